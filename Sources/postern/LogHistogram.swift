// LogHistogram.swift: counts of positive numbers over many orders of magnitude, in fixed memory.

/// A histogram whose bins end at powers of the square root of 2: two bins an octave, from about
/// 1e-6 to about 1e6. What is smaller or larger is in the first or the last bin.
struct LogHistogram: Equatable, Sendable {
  /// Half octaves from 1 to the ends.
  static let reach = 40
  /// Bins: those between the ends, one below and one above.
  static let binCount = 2 * reach + 2

  private(set) var counts = [Int](repeating: 0, count: binCount)
  private(set) var total = 0

  /// Counts a number that is 0 or more and finite.
  mutating func add(_ value: Float) {
    counts[LogHistogram.bin(of: value)] += 1
    total += 1
  }

  mutating func add(_ other: LogHistogram) {
    for bin in counts.indices { counts[bin] += other.counts[bin] }
    total += other.total
  }

  /// The bin of a number. Bin `b` in the middle goes from `edge(b)` up to, not including,
  /// `edge(b + 1)`.
  static func bin(of value: Float) -> Int {
    guard value >= Float(edge(1)) else { return 0 }
    let halves = 2 * Int(value.exponent) + (Double(value.significand) >= 2.0.squareRoot() ? 1 : 0)
    return min(halves + reach + 1, binCount - 1)
  }

  /// Where a bin starts; 0 for the first.
  static func edge(_ bin: Int) -> Double {
    if bin == 0 { return 0 }
    let halves = bin - 1 - reach
    let octave = halves >= 0 ? halves / 2 : (halves - 1) / 2
    let power = Double(sign: .plus, exponent: octave, significand: 1)
    return halves - 2 * octave == 1 ? power * 2.0.squareRoot() : power
  }

  /// The bins from the first to the last with a count; none if all are empty.
  var occupied: Range<Int> {
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { return 0..<0 }
    return first..<last + 1
  }

  /// About the number that a share of all is below: right within its bin, or nil without numbers.
  func quantile(_ share: Double) -> Double? {
    guard total > 0 else { return nil }
    let wanted = share * Double(total)
    var sum = 0.0
    for bin in occupied {
      let count = Double(counts[bin])
      if sum + count >= wanted, count > 0 {
        let low = LogHistogram.edge(bin)
        let high = bin + 1 < LogHistogram.binCount ? LogHistogram.edge(bin + 1) : low
        return low + (high - low) * max(0, wanted - sum) / count
      }
      sum += count
    }
    return nil
  }

  /// One bar of a plot.
  struct Bar {
    /// Nil for the bars at the ends that hold all smaller, or all larger numbers.
    var from: Double?
    var to: Double?
    var count: Int
    /// Where the bar starts, in half octaves from 1.
    var halfOctave: Int?
  }

  /// Bars for a plot: the bins that hold all but half a percent at each end, and a bar for what is
  /// beyond them, so that a few strays do not squeeze the rest.
  var bars: [Bar] {
    let tail = total / 200
    var inner = occupied
    var (below, above) = (0, 0)
    while !inner.isEmpty, below + counts[inner.lowerBound] <= tail {
      below += counts[inner.lowerBound]
      inner = inner.lowerBound + 1..<inner.upperBound
    }
    while !inner.isEmpty, above + counts[inner.upperBound - 1] <= tail {
      above += counts[inner.upperBound - 1]
      inner = inner.lowerBound..<inner.upperBound - 1
    }
    var bars = inner.map { bin in
      let isLast = bin + 1 == LogHistogram.binCount
      return Bar(
        from: bin == 0 ? nil : LogHistogram.edge(bin),
        to: isLast ? nil : LogHistogram.edge(bin + 1), count: counts[bin],
        halfOctave: bin == 0 ? nil : bin - 1 - LogHistogram.reach)
    }
    if below > 0 {
      bars.insert(Bar(from: nil, to: LogHistogram.edge(inner.lowerBound), count: below), at: 0)
    }
    if above > 0 {
      bars.append(Bar(from: LogHistogram.edge(inner.upperBound), to: nil, count: above))
    }
    return bars
  }
}

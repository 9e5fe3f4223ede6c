// NumberStatistics.swift: where the numbers of a column lie, and what is taken off them.
//
// Step: fields → [origin] → features.   Specification: formats/model.md, section 6.6.

package import PosternFormat

/// Numbers of a column, summed up in fixed memory.
package struct NumberStatistics: Sendable {
  /// Numbers that are kept for quantiles.
  private static let sampleCountLimit = 4096

  /// Finite numbers.
  package private(set) var count = 0
  /// The smallest, 0 if there is none.
  package private(set) var minimum = 0.0
  /// The largest, 0 if there is none.
  package private(set) var maximum = 0.0
  /// Every `stride`-th number.
  private var sample: [Double] = []
  private var stride = 1

  /// Creates statistics of nothing.
  package init() {}

  /// Creates statistics of these numbers; NaN is passed over.
  package init(_ values: [Double]) {
    for value in values where !value.isNaN { add(value) }
  }

  /// Adds a finite number.
  package mutating func add(_ value: Double) {
    minimum = count == 0 ? value : min(minimum, value)
    maximum = count == 0 ? value : max(maximum, value)
    if count % stride == 0 {
      if sample.count == Self.sampleCountLimit {
        sample = Swift.stride(from: 0, to: sample.count, by: 2).map { sample[$0] }
        stride *= 2
      }
      if count % stride == 0 { sample.append(value) }
    }
    count += 1
  }

  /// Chooses origin and exponent, so that what rounding to binary32 loses is at most 2^-20 of the
  /// spread of the column.
  ///
  /// The spread is the distance of the first and the last decile, so that a few numbers far away do
  /// not count; of numbers within 16 times their spread nothing needs to be taken off. The origin
  /// is a round number near the median.
  package var origin: NumberOrigin {
    guard count > 0 else { return .zero }
    let sorted = sample.sorted()
    var low = sorted[sorted.count / 10]
    var high = sorted[sorted.count - 1 - sorted.count / 10]
    if low == high { (low, high) = (minimum, maximum) }
    // Halves, because a whole spread may be infinite.
    let half = high / 2 - low / 2
    if half == 0 {
      // One number only: it must be itself.
      return Double(Float(minimum)) == minimum ? .zero : NumberOrigin(origin: minimum, exponent: 0)
    }
    let isFar = max(low.magnitude, high.magnitude) > 32 * half
    let origin = isFar ? roundNumber(near: sorted[sorted.count / 2], spread: 2 * half) : 0
    return NumberOrigin(origin: origin, exponent: exponent(origin: origin, spread: half))
  }

  /// Whether different numbers become one value of a row.
  package func collapses(_ reading: NumberReading) -> Bool {
    let sorted = sample.sorted()
    for (left, right) in zip(sorted, sorted.dropFirst()) where left != right {
      if reading.relative(left) == reading.relative(right) { return true }
    }
    return false
  }

  /// A multiple of a power of ten that is not larger than the spread.
  private func roundNumber(near value: Double, spread: Double) -> Double {
    var step = 1.0
    while step > spread, step > 1e-15 { step /= 10 }
    while step * 10 <= spread, step < 1e15 { step *= 10 }
    let round =
      step < 1
      ? (value * (1 / step).rounded()).rounded() / (1 / step).rounded()
      : (value / step).rounded() * step
    // Beyond the range of this arithmetic any number will do.
    return round.isFinite && (round - value).magnitude <= 2 * spread ? round : value
  }

  /// The power of two that brings very large and very small numbers into the range of binary32.
  private func exponent(origin: Double, spread: Double) -> Int {
    let most = max((maximum / 2 - origin / 2).magnitude, (minimum / 2 - origin / 2).magnitude)
    if most >= 0x1p89 { return Int(most.exponent) + 1 }
    if spread < 0x1p-61 { return max(Int(spread.exponent) + 1, -1000) }
    return 0
  }
}

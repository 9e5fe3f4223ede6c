// Separation.swift: which columns tell an expert's rows from all others.
//
// Step: tally → [separations] → report.

internal import PosternData

/// One difference between an expert's rows and the rest.
struct Separation: Equatable {
  enum Kind: Equatable {
    /// Means of a numeric column.
    case mean(Double, rest: Double)
    /// Shares of a category.
    case category([UInt8], share: Double, rest: Double)
    /// Shares of categories that the model does not know.
    case unknown(share: Double, rest: Double)
    /// Shares of missing values.
    case missing(share: Double, rest: Double)
  }

  var column: [UInt8]
  var kind: Kind
  /// Cohen's d for means, h for shares: above 0 for more than the rest.
  var effect: Double

  /// Effects below this are not worth a word: what Cohen calls small.
  static let leastEffect = 0.2
}

/// For each expert its largest separations, at most `top`, one a column and kind of value.
///
/// - Complexity: O(*experts* · *counts*); the rest of an expert is put together from the parts
///   before and behind it, so that nothing cancels.
func separations(of tally: RouteTally, top: Int) -> [[Separation]] {
  var found = [[Separation]](repeating: [], count: tally.experts.count)
  let used = tally.experts.indices.filter { tally.experts[$0].columns != nil }
  let parts = used.compactMap { tally.experts[$0].columns }
  guard parts.count > 1 else { return found }
  let rowCounts = used.map { Double(tally.experts[$0].rowCount) }
  let total = rowCounts.reduce(0, +)
  for (place, column) in tally.columns.columns.enumerated() {
    let rests = column.categoryCount == nil ? rests(parts.map { $0.moments[place] }) : []
    let width = column.categoryCount.map { $0 + 2 } ?? 1
    let range = column.firstCount..<column.firstCount + width
    let sums = range.map { count in parts.reduce(0) { $0 + $1.counts[count] } }
    for (number, expert) in used.enumerated() {
      if column.categoryCount == nil {
        let own = parts[number].moments[place]
        if let effect = own.standardizedDifference(from: rests[number]) {
          found[expert].append(
            Separation(
              column: column.name,
              kind: .mean(
                column.reading.absolute(own.mean),
                rest: column.reading.absolute(rests[number].mean)), effect: effect))
        }
      }
      if let largest = largestShare(
        Array(parts[number].counts[range]), sums, rowCounts[number], total)
      {
        found[expert].append(
          Separation(
            column: column.name,
            kind: kind(largest, column.categoryCount, column.categories),
            effect: largest.effect))
      }
    }
  }
  return found.map { all in
    let order = all.indices.filter { all[$0].effect.magnitude >= Separation.leastEffect }
      .sorted { (all[$1].effect.magnitude, $0) < (all[$0].effect.magnitude, $1) }
    return order.prefix(top).map { all[$0] }
  }
}

/// For each part, all other parts together.
private func rests(_ parts: [Moments]) -> [Moments] {
  var behind = [Moments](repeating: Moments(), count: parts.count)
  for place in parts.indices.dropLast().reversed() {
    behind[place] = parts[place + 1]
    behind[place].add(behind[place + 1])
  }
  var before = Moments()
  return parts.indices.map { place in
    var rest = before
    rest.add(behind[place])
    before.add(parts[place])
    return rest
  }
}

private struct ShareDifference {
  var place: Int
  var share: Double
  var rest: Double
  var effect: Double
}

/// The value whose share differs most from its share among the rest.
private func largestShare(
  _ counts: [Int], _ sums: [Int], _ rowCount: Double, _ total: Double
) -> ShareDifference? {
  var largest: ShareDifference?
  guard rowCount > 0, total > rowCount else { return nil }
  for place in counts.indices {
    let share = Double(counts[place]) / rowCount
    let rest = Double(sums[place] - counts[place]) / (total - rowCount)
    let effect = arcsineDifference(share, rest)
    if effect.magnitude > (largest?.effect.magnitude ?? 0) {
      largest = ShareDifference(place: place, share: share, rest: rest, effect: effect)
    }
  }
  return largest
}

private func kind(
  _ difference: ShareDifference, _ categoryCount: Int?, _ names: [[UInt8]]
) -> Separation.Kind {
  let count = categoryCount ?? -1
  if difference.place < count {
    return .category(
      names[difference.place], share: difference.share, rest: difference.rest)
  }
  if difference.place == count {
    return .unknown(share: difference.share, rest: difference.rest)
  }
  return .missing(share: difference.share, rest: difference.rest)
}

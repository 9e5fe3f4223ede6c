// PrincipalAxis.swift: the direction in which rows differ most.
//
// Step: encoded rows → [axis] → two halves of a cell.

/// The first principal axis of rows' features, by power iteration.
struct PrincipalAxis: Sendable {
  /// Of length 1, one for each feature; 0 if all rows are equal.
  private(set) var weights: [Double]
  private(set) var mean: [Double]

  /// - Complexity: O(*rows* · *features*) for each of 20 rounds.
  init(_ data: EncodedRows) {
    let count = data.featureCount
    mean = [Double](repeating: 0, count: count)
    weights = (0..<count).map { 1 + 0.1 * Double($0 % 7) }
    guard data.rowCount > 0 else { return }
    for row in 0..<data.rowCount {
      for feature in 0..<count {
        mean[feature] += Double(data.features[row * data.featureStride + feature])
      }
    }
    for feature in 0..<count { mean[feature] /= Double(data.rowCount) }
    for _ in 0..<20 {
      var next = [Double](repeating: 0, count: count)
      for row in 0..<data.rowCount {
        let place = place(data, row: row)
        for feature in 0..<count {
          let offset = Double(data.features[row * data.featureStride + feature]) - mean[feature]
          next[feature] += place * offset
        }
      }
      let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
      weights = next.map { length > 0 ? $0 / length : 0 }
    }
  }

  /// How far from the mean a row lies along the axis.
  func place(_ data: EncodedRows, row: Int) -> Double {
    var sum = 0.0
    for feature in weights.indices {
      let offset = Double(data.features[row * data.featureStride + feature]) - mean[feature]
      sum += weights[feature] * offset
    }
    return sum
  }
}

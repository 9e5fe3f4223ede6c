// ColumnImportance.swift: how much each feature should matter where rows are grouped.
//
// Step: dense network → [feature weights] → k-means → router.

import PosternPackaging

/// For each feature, what to multiply it with before distances between rows are measured.
///
/// A column counts by how far it moves the first layer of a trained network: the variance over the
/// rows of its look-up table's answers, summed over the outputs. Columns that the network learned
/// to overlook then do not decide which rows belong together. The mean over the columns is 1.
///
/// - Parameters:
///   - network: A trained network.
///   - columns: The model's columns.
///   - data: Rows, of which at most 2,000, evenly spaced, are looked at.
/// - Returns: One factor for each feature, not negative.
/// - Complexity: O(*rows* · *columns* · *width*).
func featureWeights(
  of network: FittedNetwork, columns: [Column], data: EncodedRows
) -> [Float] {
  let prepared = Network(shape: network.shape, parameters: network.parameters)
  prepared.prepare()
  let table = prepared.preparedTable
  let width = network.shape.layers[0].outputCount
  let rows = Array(stride(from: 0, to: data.rowCount, by: max(1, data.rowCount / 2000)))
  var importances: [Double] = []
  for pair in 0..<data.pairCount {
    var sums = [Double](repeating: 0, count: width)
    var squares = sums
    for row in rows {
      let entry = Int(data.entries[row * data.pairCount + pair])
      let r = data.fractions[row * data.pairCount + pair]
      let next = r > 0 ? entry + 1 : entry
      for output in 0..<width {
        let low = table[entry * width + output]
        let value = Double(low + r * (table[next * width + output] - low))
        sums[output] += value
        squares[output] += value * value
      }
    }
    let count = Double(rows.count)
    let variances = (0..<width).map {
      max(squares[$0] / count - (sums[$0] / count) * (sums[$0] / count), 0)
    }
    importances.append(variances.reduce(0, +))
  }
  let mean = importances.reduce(0, +) / Double(max(importances.count, 1))
  guard mean > 0, mean.isFinite else { return [Float](repeating: 1, count: data.featureCount) }
  var weights: [Float] = []
  let used = columns.filter { $0.kind != .ignored }
  for (column, importance) in zip(used, importances) {
    let features = weights.count..<weights.count + column.featureCount
    let spread = features.reduce(0.0) { $0 + data.featureVariance($1, rows: rows) }
    let weight = spread > 0 ? (importance / mean / spread).squareRoot() : 0
    weights += features.map { _ in Float(min(weight, 10)) }
  }
  return weights
}

extension EncodedRows {
  /// The variance of a feature over `rows`, as far as k-means looks at it.
  fileprivate func featureVariance(_ feature: Int, rows: [Int]) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for row in rows {
      let value = features[row * featureStride + feature]
      let clipped = Double(min(max(value, -KMeans.reach), KMeans.reach))
      sum += clipped
      squares += clipped * clipped
    }
    let count = Double(rows.count)
    return max(squares / count - (sum / count) * (sum / count), 0)
  }
}

// RouterStart.swift: where a router's training begins.
//
// Step: dense network → [k-means, router] → mixture.

import PosternPackaging
import PosternRuntime

extension TrainableRouter {
  /// A router of `shape` that gives each row to the nearest of the centres of k-means, as nearly as
  /// its kind can, group by group.
  ///
  /// `featureWeights` say how much a difference in each feature matters; `confidence` is the mean
  /// probability of the chosen child of each node.
  init(
    startingFrom data: EncodedRows, shape: RouterShape, featureWeights: [Float],
    confidence: Double, random: inout RandomStream
  ) {
    self.init(shape, featureCount: data.featureCount)
    guard expertCount > 1 else { return }
    start(node: 0, data, featureWeights: featureWeights, confidence: confidence, &random)
    guard isTwoLevel else { return }
    var trace = RouterTrace()
    forms[0].forward(
      parameters, features: data.features, rowCount: data.rowCount, into: &trace)
    var cells = [[Int32]](repeating: [], count: shape.groups.count)
    for row in 0..<data.rowCount {
      cells[forms[0].best(trace.logits, row: row)].append(Int32(row))
    }
    for (group, cell) in cells.enumerated() {
      // A group without rows starts as all of them would.
      let own = cell.count < forms[group + 1].childCount ? data : data.selecting(cell)
      start(
        node: group + 1, own, featureWeights: featureWeights, confidence: confidence, &random)
    }
  }

  /// A router of `shape` whose prototypes and directions are random rows, or whose weights are
  /// uniform and at most one over the root of the number of features; distances and cosines are
  /// multiplied by `scale`.
  init(
    startingAtRandomIn data: EncodedRows, shape: RouterShape, scale: Float,
    random: inout RandomStream
  ) {
    self.init(shape, featureCount: data.featureCount)
    let reach = 1 / Float(max(data.featureCount, 1)).squareRoot()
    for (node, form) in forms.enumerated() {
      for child in 0..<form.childCount {
        let row = random.below(data.rowCount)
        for feature in 0..<featureCount {
          parameters[form.weight(child, feature)] =
            form.kind == .linear
            ? reach * Float(2 * random.uniform() - 1)
            : data.features[row * data.featureStride + feature]
        }
      }
      if form.kind != .linear { sharpen(node: node, by: scale) }
    }
  }

  private mutating func start(
    node: Int, _ data: EncodedRows, featureWeights: [Float], confidence: Double,
    _ random: inout RandomStream
  ) {
    let form = forms[node]
    guard form.childCount > 1 else { return }
    let means = KMeans(
      data, count: form.childCount, featureWeights: featureWeights, random: &random)
    for child in 0..<form.childCount {
      let center = means.centers[child]
      if form.kind == .linear {
        // The nearest centre has the largest `c · x - ‖c‖² / 2`.
        var square: Float = 0
        for feature in 0..<featureCount {
          parameters[form.weight(child, feature)] = center[feature] * featureWeights[feature]
          square += center[feature] * center[feature]
        }
        parameters[form.place.bias + child] = -square / 2
      } else {
        // Prototypes and directions in the features' own space; equal ones would never part.
        for feature in 0..<featureCount {
          parameters[form.weight(child, feature)] =
            means.means[child][feature] + 1e-3 * random.normal()
        }
      }
    }
    sharpen(node: node, for: data, confidence: confidence)
  }

  /// Scales a node's logits so that its chosen child has the probability `confidence` on average.
  @discardableResult
  mutating func sharpen(node: Int, for data: EncodedRows, confidence: Double) -> Float {
    let form = forms[node]
    let step = max(1, data.rowCount / 1000)
    let rows = Array(Swift.stride(from: 0, to: data.rowCount, by: step)).map { Int32($0) }
    let sample = data.selecting(rows)
    var trace = RouterTrace()
    form.forward(
      parameters, features: sample.features, rowCount: sample.rowCount, into: &trace)
    var (low, high) = (1e-4, 1e4)
    for _ in 0..<30 {
      let middle = (low * high).squareRoot()
      if form.meanConfidence(trace, rowCount: sample.rowCount, sharpness: middle) < confidence {
        low = middle
      } else {
        high = middle
      }
    }
    let factor = Float((low * high).squareRoot())
    sharpen(node: node, by: factor)
    return factor
  }
}

extension RouterForm {
  /// The mean probability of the largest logit when all are multiplied by `sharpness`.
  fileprivate func meanConfidence(
    _ trace: RouterTrace, rowCount: Int, sharpness: Double
  ) -> Double {
    var total = 0.0
    for row in 0..<rowCount {
      let first = row * stride
      let largest = trace.logits[first + best(trace.logits, row: row)]
      var sum = 0.0
      for child in 0..<childCount {
        sum += Elementary.exp(sharpness * Double(trace.logits[first + child] - largest))
      }
      total += 1 / sum
    }
    return total / Double(max(rowCount, 1))
  }
}

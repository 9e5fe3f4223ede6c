// LoadLoss.swift: how many rows each expert would get under fresh noise, and what evens that out.
//
// Step: batch → [load loss] → router.

import PosternRuntime

/// The load loss of one node under noisy top-1 routing [1, appendix A].
///
/// With clean logits `s`, noise of spread `σ` and noisy logits `h`, child `i` would be chosen under
/// fresh noise of its own with the probability `P = Φ((sᵢ - max over others of h) / σᵢ)`. Its load
/// is the sum of `P` over the rows; the loss is the squared coefficient of variation of the loads.
///
/// [1]: https://arxiv.org/abs/1701.06538
///      "N. Shazeer et al. Outrageously large neural networks. ICLR 2017."
struct LoadLoss {
  /// The load of each child.
  private(set) var loads: [Double]
  /// The squared coefficient of variation of `loads`.
  private(set) var value = 0.0
  /// The gradients by noisy logits (the largest of the others), by clean ones, and by spreads;
  /// shape `(rows, stride)`.
  private(set) var byNoisy: [Float]
  private(set) var byClean: [Float]
  private(set) var bySpread: [Float]

  /// Logits at or below this belong to dropped children.
  private static let dropped: Float = -1e8

  /// The loss over `rowCount` rows; `draws` are the standard normal numbers that, times `spreads`,
  /// make clean logits noisy. Gradients are multiplied by `weight`.
  ///
  /// - Complexity: O(*rows* · *children*).
  init(
    form: RouterForm, noisy: [Float], draws: [Float], spreads: [Float], rowCount: Int,
    weight: Double
  ) {
    let count = form.childCount
    loads = [Double](repeating: 0, count: count)
    byNoisy = [Float](repeating: 0, count: rowCount * form.stride)
    (byClean, bySpread) = (byNoisy, byNoisy)
    guard count > 1 else { return }
    // For each child of each row: the rival's index, and how many spreads the child is above it.
    var rivals = [Int](repeating: 0, count: rowCount * form.stride)
    var margins = [Double](repeating: -.infinity, count: rowCount * form.stride)
    for row in 0..<rowCount {
      let first = row * form.stride
      let best = first + form.best(noisy, row: row)
      var second = best == first ? first + 1 : first
      for index in first..<first + count where index != best && noisy[index] > noisy[second] {
        second = index
      }
      for child in 0..<count where noisy[first + child] > Self.dropped {
        let index = first + child
        rivals[index] = index == best ? second : best
        let clean = noisy[index] - draws[index] * spreads[index]
        margins[index] = Double(clean - noisy[rivals[index]]) / Double(spreads[index])
        loads[child] += normalShare(below: margins[index])
      }
    }
    let slopes = variation(weight: weight)
    for row in 0..<rowCount {
      for child in 0..<count {
        let index = row * form.stride + child
        guard margins[index] > -.infinity else { continue }
        let margin = margins[index]
        let density = Elementary.exp(-margin * margin / 2) * 0.398942280401432678
        let flow = slopes[child] * density / Double(spreads[index])
        byClean[index] += Float(flow)
        byNoisy[rivals[index]] -= Float(flow)
        // The clean logit does not change with the spread; the margin's divisor does.
        bySpread[index] -= Float(flow * margin)
      }
    }
  }

  /// Sets `value` and returns the gradient of the weighted loss by each load.
  private mutating func variation(weight: Double) -> [Double] {
    let count = Double(loads.count)
    let mean = loads.reduce(0, +) / count
    let squares = loads.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let divisor = (count - 1) * (mean * mean + 1e-10)
    value = squares / divisor
    return loads.map { load in
      let byMean = value * 2 * mean / (count * (mean * mean + 1e-10))
      return weight * (2 * (load - mean) / divisor - byMean)
    }
  }
}

/// The share of a normal distribution below `x`, within 2e-7 (Abramowitz and Stegun, 7.1.26).
func normalShare(below x: Double) -> Double {
  let z = abs(x) / 1.41421356237309505
  let t = 1 / (1 + 0.3275911 * z)
  var sum = 0.0
  for factor in [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592] {
    sum = (sum + factor) * t
  }
  let tail = sum * Elementary.exp(-z * z) / 2
  return x > 0 ? 1 - tail : tail
}

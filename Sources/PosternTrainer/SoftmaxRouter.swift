// SoftmaxRouter.swift: the affine router, its probabilities while training, and its own gradients.
//
// Step: encoded rows → [router] → experts.   Specification: formats/model.md, sections 6.3 and 9.3.

import PosternRuntime

/// An affine router over the features. At serving the largest logit chooses; in training the
/// softmax of the logits over a falling temperature says how likely each expert is.
struct SoftmaxRouter {
  var expertCount: Int
  /// Panels of 16 experts, then the biases.
  var place: LayerPlace
  var parameters: [Float]

  init(expertCount: Int, featureStride: Int) {
    precondition(expertCount > 0)
    self.expertCount = expertCount
    let stride = (expertCount + 15) / 16 * 16
    place = LayerPlace(
      inputCount: featureStride, outputCount: stride, weights: 0, bias: featureStride * stride,
      slopes: nil)
    parameters = [Float](repeating: 0, count: place.bias + stride)
  }

  /// Logits of a row stand this far apart.
  var logitStride: Int { place.outputCount }

  /// The weight of `feature` for `expert`.
  subscript(expert: Int, feature: Int) -> Float {
    get { parameters[weightIndex(expert, feature)] }
    set { parameters[weightIndex(expert, feature)] = newValue }
  }

  /// The bias of `expert`.
  subscript(bias expert: Int) -> Float {
    get { parameters[place.bias + expert] }
    set { parameters[place.bias + expert] = newValue }
  }

  private func weightIndex(_ expert: Int, _ feature: Int) -> Int {
    ((expert / 16) * place.inputCount + feature) * 16 + expert % 16
  }

  /// The logits of rows whose features stand one after the other; shape `(rows, logitStride)`.
  func logits(features: [Float], rowCount: Int, into logits: inout [Float]) {
    if logits.count < rowCount * logitStride {
      logits = [Float](repeating: 0, count: rowCount * logitStride)
    }
    DenseProduct.forward(
      place, parameters: parameters, x: features, rowCount: rowCount, y: &logits)
  }

  /// The expert with the largest logit, the lowest index at a tie.
  func best(_ logits: [Float], row: Int) -> Int {
    let first = row * logitStride
    var best = 0
    for expert in 1..<max(expertCount, 1) where logits[first + expert] > logits[first + best] {
      best = expert
    }
    return best
  }

  /// The expert that answers for each row of `data`.
  func route(_ data: EncodedRows) -> [Int32] {
    var all: [Float] = []
    logits(features: data.features, rowCount: data.rowCount, into: &all)
    return (0..<data.rowCount).map { Int32(best(all, row: $0)) }
  }

  /// Multiplies logits by `factor`: sharper probabilities, the same choice.
  mutating func scale(by factor: Float) {
    for index in parameters.indices { parameters[index] *= factor }
  }
}

/// The probabilities that a router gives its experts for the rows of a batch, and how the router
/// should change.
struct RouterBatch {
  let expertCount: Int
  let stride: Int
  /// Shape `(rows, stride)`.
  private(set) var probabilities: [Float] = []
  /// The gradient of the loss by the logits, shape `(rows, stride)`.
  private(set) var logitGradient: [Float] = []
  private(set) var rowCount = 0
  /// The logarithm of the sum of the exponentials of each row's logits (at temperature 1).
  private var logSums: [Double] = []
  private var choices: [Int] = []
  private var softProbabilities: [Float] = []
  private var temperature: Float = 1

  init(router: SoftmaxRouter) {
    expertCount = router.expertCount
    stride = router.logitStride
  }

  /// Computes the probabilities at `temperature`.
  mutating func set(
    logits: [Float], rowCount: Int, temperature: Float, router: SoftmaxRouter
  ) {
    self.rowCount = rowCount
    self.temperature = temperature
    let count = rowCount * stride
    if probabilities.count < count {
      probabilities = [Float](repeating: 0, count: count)
      logitGradient = probabilities
      softProbabilities = probabilities
      logSums = [Double](repeating: 0, count: rowCount)
      choices = [Int](repeating: 0, count: rowCount)
    }
    for row in 0..<rowCount {
      let best = router.best(logits, row: row)
      choices[row] = best
      let first = row * stride
      let largest = logits[first + best]
      var (sharpSum, softSum) = (0.0, 0.0)
      for index in first..<first + expertCount {
        let difference = Double(logits[index] - largest)
        let soft = Elementary.exp(difference)
        let sharp = temperature == 1 ? soft : Elementary.exp(difference / Double(temperature))
        softProbabilities[index] = Float(soft)
        probabilities[index] = Float(sharp)
        softSum += soft
        sharpSum += sharp
      }
      logSums[row] = Double(largest) + Elementary.log(softSum)
      for index in first..<first + expertCount {
        probabilities[index] = Float(Double(probabilities[index]) / sharpSum)
        softProbabilities[index] = Float(Double(softProbabilities[index]) / softSum)
      }
    }
  }

  /// Sets the gradient by the logits of: the expected loss of each expert under the router, the
  /// load-balancing loss [1, equations 4 to 6] and the router z-loss [2, equation 5].
  ///
  /// - Parameters:
  ///   - losses: The loss of each expert for each row, shape `(rows, stride)`; NaN where an expert
  ///     was too unlikely to be computed, which then counts as average.
  ///   - balanceWeight: Of the load-balancing loss.
  ///   - zWeight: Of the router z-loss.
  /// - Returns: The mean over the rows of the expected loss, the load-balancing loss and the
  ///   z-loss, unweighted.
  ///
  /// [1]: https://arxiv.org/abs/2101.03961
  ///      "W. Fedus, B. Zoph, N. Shazeer. Switch Transformers. JMLR 23(120), 2022."
  /// [2]: https://arxiv.org/abs/2202.08906
  ///      "B. Zoph et al. ST-MoE. 2022."
  mutating func setGradient(
    losses: [Float], balanceWeight: Float, zWeight: Float
  ) -> (expected: Double, balance: Double, z: Double) {
    var shares = [Float](repeating: 0, count: expertCount)
    var means = [Double](repeating: 0, count: expertCount)
    let one = 1 / Float(rowCount)
    for row in 0..<rowCount { shares[choices[row]] += one }
    var (expected, zLoss) = (0.0, 0.0)
    for row in 0..<rowCount {
      let range = row * stride..<row * stride + expertCount
      var (mass, mean, balanceMean) = (0.0 as Float, 0.0 as Float, 0.0 as Float)
      for index in range {
        let p = probabilities[index]
        means[index - range.lowerBound] += Double(p)
        balanceMean += p * shares[index - range.lowerBound]
        guard !losses[index].isNaN else { continue }
        mass += p
        mean += p * losses[index]
      }
      mean = mass > 0 ? mean / mass : 0
      expected += Double(mean)
      zLoss += logSums[row] * logSums[row]
      let z = zWeight * one * 2 * Float(logSums[row])
      let balance = balanceWeight * Float(expertCount) * one
      for index in range {
        let own = losses[index].isNaN ? 0 : losses[index] - mean
        let share = shares[index - range.lowerBound]
        logitGradient[index] =
          probabilities[index] * (one * own + balance * (share - balanceMean)) / temperature
          + z * softProbabilities[index]
      }
    }
    let count = Double(rowCount)
    var balance = 0.0
    for expert in 0..<expertCount { balance += Double(shares[expert]) * means[expert] / count }
    return (expected / count, Double(expertCount) * balance, zLoss / count)
  }
}

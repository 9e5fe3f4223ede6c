// RouterLearning.swift: a router learned from what frozen experts already know.
//
// Step: explored experts → [router] → cells.

/// The router's gradient at its start, averaged over many rows (phase II of Kawata et al. [1]).
///
/// At `θ = 0` with uniform noise each expert is as likely as any other, so the expected gradient of
/// the routed expert's correlation loss by the logits is `p (ℓ - Σ p ℓ)`: each expert is drawn to
/// rows whose target it correlates with more than the others. One long step along it is the router.
/// Its length decides nothing under top-1 for the linear router of the paper, nor for cosines; for
/// a Laplace router, which is ours, it says where the prototypes stand: at most at distance 1.
///
/// Clipping keeps heavy tails of targets and answers from deciding alone.
///
/// [1]: https://arxiv.org/abs/2506.01656
///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster structure
///      in gradient-based learning. ICML 2025."
struct RouterLearning {
  private let start: TrainableRouter
  private var sum: [Double]
  private var batch: RouterBatch

  /// Targets and answers beyond this count as this.
  static let reach: Float = 3

  /// Starts with a router whose parameters are all zero.
  init(_ shape: RouterShape, featureCount: Int) {
    start = TrainableRouter(shape, featureCount: featureCount)
    sum = [Double](repeating: 0, count: start.parameters.count)
    batch = RouterBatch(router: start)
  }

  /// Adds the gradient over all rows of `data`.
  ///
  /// - Complexity: One answer of each expert to each row.
  mutating func add(
    _ experts: [NetworkParameters], data: EncodedRows, targets: Targets, threads: Int
  ) {
    let losses = Parallel.map(count: experts.count, threads: threads) { expert -> [Float] in
      var answers = experts[expert].network.predict(data)
      for index in answers.indices {
        answers[index] = min(max(answers[index], -Self.reach), Self.reach)
      }
      return (0..<data.rowCount).map { row in
        targets.correlationAndGradient(
          row: row, outputs: &answers, offset: row * targets.outputCount, reach: Self.reach)
      }
    }
    for first in Swift.stride(from: 0, to: data.rowCount, by: 1024) {
      addBlock(first..<min(first + 1024, data.rowCount), losses, data)
    }
  }

  private mutating func addBlock(_ rows: Range<Int>, _ losses: [[Float]], _ data: EncodedRows) {
    let features = Array(
      data.features[rows.lowerBound * data.featureStride..<rows.upperBound * data.featureStride])
    batch.forward(start.parameters, features: features, rowCount: rows.count, temperature: 1)
    var byLogProbability = [Float](repeating: 0, count: rows.count * start.stride)
    for (place, row) in rows.enumerated() {
      var mean: Float = 0
      for expert in losses.indices {
        mean += batch.probabilities[place * start.stride + expert] * losses[expert][row]
      }
      for expert in losses.indices {
        let index = place * start.stride + expert
        byLogProbability[index] = batch.probabilities[index] * (losses[expert][row] - mean)
      }
    }
    var nodes = batch.logitGradients(byLogProbability, zWeight: 0).nodes
    var gradient = [Float](repeating: 0, count: start.parameters.count)
    for (node, form) in start.forms.enumerated() {
      form.backward(
        start.parameters, features: features, rowCount: rows.count, trace: batch.traces[node],
        logitGradient: &nodes[node], gradient: &gradient)
    }
    for index in gradient.indices { sum[index] += Double(gradient[index]) }
  }

  /// The router: minus the gradient, the longest weight of each node of length 1, no biases.
  var learned: TrainableRouter {
    var router = start
    for form in router.forms {
      var longest = 0.0
      for child in 0..<form.childCount {
        var square = 0.0
        for feature in 0..<form.featureCount {
          let value = sum[form.weight(child, feature)]
          square += value * value
        }
        longest = max(longest, square.squareRoot())
      }
      guard longest > 0 else { continue }
      for child in 0..<form.childCount {
        for feature in 0..<form.featureCount {
          let index = form.weight(child, feature)
          router.parameters[index] = Float(-sum[index] / longest)
        }
      }
    }
    return router
  }
}

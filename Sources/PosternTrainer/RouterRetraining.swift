// RouterRetraining.swift: a router of any kind, trained on what its choices cost.
//
// Step: features, answers of all experts → [router] → router section.

import PosternPackaging
import PosternRuntime

/// A router that sends rows to the experts that cost least, starting from `router`.
///
/// The expected loss of each row under the router's probabilities is what is learned; they sharpen
/// over the passes, as serving takes the largest logit. That is done twice, from the router as it
/// is and from one that hardly prefers any expert. After each pass the rows `stopping` are routed
/// as they would be served, and the best router of all passes is the result.
///
/// - Returns: The best router; nil if none is better than `router` itself.
/// - Complexity: O(*epochs* · *rows* · *experts* · (*features* + *outputs*)).
func retrainedRouter(
  _ router: TrainableRouter, train: RoutedAnswers, stopping: RoutedAnswers, epochCount: Int,
  seed: UInt64, reporter: ProgressReporter
) -> TrainableRouter? {
  var run = RouterRetraining(
    router, train: train, stopping: stopping, epochCount: epochCount, reporter: reporter)
  for (index, isFresh) in [false, true].enumerated() {
    run.train(isFresh: isFresh, random: RandomStream(seed: seed, 0x7570_726F, UInt64(index)))
  }
  return run.best.router
}

/// The training of one router, and the best router so far.
private struct RouterRetraining {
  private let shape: RouterShape
  private let start: TrainableRouter
  private let train: RoutedAnswers
  private let stopping: RoutedAnswers
  private let schedule: Schedule
  private let reporter: ProgressReporter
  private var passes = 0
  private(set) var best: (loss: Double, router: TrainableRouter?)

  /// What the chosen expert's probability is at the start of a run, on average.
  private static let confidence = 0.8

  init(
    _ router: TrainableRouter, train: RoutedAnswers, stopping: RoutedAnswers, epochCount: Int,
    reporter: ProgressReporter
  ) {
    shape = router.shape
    start = router.withMovingPrototypes
    self.train = train
    self.stopping = stopping
    self.reporter = reporter
    var schedule = Schedule(
      epochs: epochCount, batchSize: min(256, max(32, train.rowCount / 16)), rate: 3e-2,
      patience: max(10, epochCount / 3))
    schedule.weightDecay = 1e-4
    self.schedule = schedule
    best = (stopping.loss(servedBy: router), nil)
  }

  /// Trains from the start, its logits scaled so that the chosen expert is likely, or from one that
  /// hardly prefers any. Gates are probabilities, so that a gated router's logits stay as they are.
  mutating func train(isFresh: Bool, random: RandomStream) {
    var factors = [Float](repeating: 1, count: start.forms.count)
    var first = start
    if !train.isGated { factors = first.sharpen(for: train.data, confidence: Self.confidence) }
    if isFresh { first.flatten(for: train.data) }
    var slopes = RouterSlopes(first, fixing: shape)
    var optimizer = Optimizer(parameters: slopes.router.parameters)
    var batches = Batches(
      rows: (0..<Int32(train.rowCount)).map { $0 }, size: schedule.batchSize, random: random)
    var own = (loss: Double.infinity, epoch: 0)
    for epoch in 0..<schedule.epochs where !reporter.shouldStop {
      batches.shuffle()
      for index in 0..<batches.count {
        slopes.set(
          train, rows: batches[index],
          temperature: 1 / (1 + 4 * Float(epoch) / Float(schedule.epochs)))
        let scale = clippingScale(
          square: VectorMath.squaredNorm(slopes.gradient), limit: schedule.gradientNormLimit)
        optimizer.update(
          &slopes.router.parameters, gradient: slopes.gradient,
          decayedRanges: slopes.router.decayedRanges,
          rate: schedule.rate(
            step: epoch * batches.count + index, of: schedule.epochs * batches.count),
          schedule: schedule, gradientScale: scale)
      }
      // The same choices, logits as far apart as they were.
      var average = TrainableRouter(shape, featureCount: start.featureCount)
      average.parameters = optimizer.average
      let loss = stopping.loss(servedBy: average)
      if loss < best.loss {
        best = (loss, average)
        for (node, factor) in factors.enumerated() {
          best.router?.sharpen(node: node, by: 1 / factor)
        }
      }
      if loss < own.loss { own = (loss, epoch + 1) }
      passes += 1
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: passes, epochCount: 2 * schedule.epochs,
          trainingLoss: loss / Double(stopping.rowCount), validationScore: nil, bestScore: nil,
          fractionDone: 0))
      if schedule.isStale(epoch: epoch + 1, best: own.epoch) { break }
    }
  }
}

/// The gradient of a batch's expected loss by the parameters of a router.
struct RouterSlopes {
  var router: TrainableRouter
  private(set) var gradient: [Float]
  private var batch: RouterBatch
  private var features: [Float] = []
  /// Parameters that stay: biases and scales of prototypes.
  private let fixed: [Range<Int>]

  /// - Parameters:
  ///   - router: Where training starts.
  ///   - shape: What the router is; its prototypes have neither bias nor a scale to learn.
  init(_ router: TrainableRouter, fixing shape: RouterShape) {
    self.router = router
    gradient = [Float](repeating: 0, count: router.parameters.count)
    batch = RouterBatch(router: router)
    fixed = router.forms.enumerated().compactMap { node, form in
      (node == 0 ? shape.outer : shape.inner) == .prototype ? form.place.bias..<form.end : nil
    }
  }

  /// Sets the gradient of the mean over `rows` of `Σ p ℓ`, where `p` is an expert's probability at
  /// `temperature` and `ℓ` its loss behind its gate, the probability at temperature 1.
  ///
  /// - Returns: The mean expected loss.
  @discardableResult
  mutating func set(
    _ answers: RoutedAnswers, rows: ArraySlice<Int32>, temperature: Float
  ) -> Double {
    answers.data.gatherFeatures(rows, into: &features)
    batch.forward(
      router.parameters, features: features, rowCount: rows.count, temperature: 1)
    let stride = router.stride
    let count = answers.expertCount
    var costs = [Double](repeating: 0, count: rows.count * stride)
    var byGate = costs
    var outputs = [Float](repeating: 0, count: answers.targets.outputCount)
    for (place, row) in rows.enumerated() {
      for expert in 0..<count {
        let index = place * stride + expert
        if answers.isGated {
          (costs[index], byGate[index]) = answers.cost(
            row: Int(row), expert: expert, gate: batch.probabilities[index], scratch: &outputs)
        } else {
          costs[index] = answers.losses[Int(row) * count + expert]
        }
      }
    }
    batch.set(rowCount: rows.count, temperature: temperature)
    var (byChoice, throughGate) = (
      [Float](repeating: 0, count: costs.count), [Float](repeating: 0, count: costs.count)
    )
    var total = 0.0
    for first in Swift.stride(from: 0, to: rows.count * stride, by: stride) {
      let own = first..<first + count
      let mean = own.reduce(0.0) { $0 + Double(batch.probabilities[$1]) * costs[$1] }
      total += mean
      for index in own {
        let weight = Double(batch.probabilities[index]) / Double(rows.count)
        byChoice[index] = Float(weight * (costs[index] - mean))
        throughGate[index] = Float(weight * byGate[index])
      }
    }
    var nodes = batch.logitGradients(byChoice, zWeight: 0).nodes
    if answers.isGated {
      batch.set(rowCount: rows.count, temperature: 1)
      for (node, slopes) in batch.logitGradients(throughGate, zWeight: 0).nodes.enumerated() {
        for index in slopes.indices { nodes[node][index] += slopes[index] }
      }
    }
    for (node, form) in router.forms.enumerated() {
      form.backward(
        router.parameters, features: features, rowCount: rows.count, trace: batch.traces[node],
        logitGradient: &nodes[node], gradient: &gradient)
    }
    for range in fixed { for index in range { gradient[index] = 0 } }
    return total / Double(rows.count)
  }
}

extension TrainableRouter {
  /// The same places, which a gradient moves: a prototype's logits are those of a Laplace router
  /// without bias.
  fileprivate var withMovingPrototypes: TrainableRouter {
    var moving = shape
    if moving.outer == .prototype { moving.outer = .laplace }
    if moving.inner == .prototype { moving.inner = .laplace }
    var router = TrainableRouter(moving, featureCount: featureCount)
    router.parameters = parameters
    return router
  }

  /// Multiplies the logits of each node so that its chosen child has the probability `confidence`
  /// on average. Returns the factors.
  fileprivate mutating func sharpen(for data: EncodedRows, confidence: Double) -> [Float] {
    forms.indices.map { sharpen(node: $0, for: data, confidence: confidence) }
  }

  /// Makes a router that hardly prefers any expert: linear nodes of zeros, others with flat logits
  /// and no biases.
  fileprivate mutating func flatten(for data: EncodedRows) {
    for (node, form) in forms.enumerated() {
      let evenly = 1 / Double(max(form.childCount, 2))
      _ = sharpen(node: node, for: data, confidence: 1.5 * evenly)
      for index in form.place.bias..<form.logScale { parameters[index] = 0 }
      guard form.kind == .linear else { continue }
      for index in form.place.weights..<form.place.bias { parameters[index] = 0 }
    }
  }
}

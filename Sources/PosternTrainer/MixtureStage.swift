// MixtureStage.swift: trains router and experts together, from soft to hard routing.
//
// Step: student → [mixture] → refit.

import PosternRuntime

/// The constants of training a mixture, besides those of its networks.
struct MixtureSchedule: Equatable, Sendable {
  var networks: Schedule
  /// The router's learning rate, as a multiple of the experts'.
  var routerRate: Float = 2
  /// The softmax temperature at the start and from `annealedShare` of the steps on.
  var firstTemperature: Float = 1
  var lastTemperature: Float = 0.1
  var annealedShare = 0.6
  /// An expert less likely than this is not computed for a row.
  var probabilityLimit: Float = 0.02
  var balanceWeight: Float = 0.01
  var zWeight: Float = 1e-3
  /// Spread of the noise that parts the copies, relative to the spread of the weights.
  var noise: Float = 0.02

  /// The temperature after `share` of the steps: falls geometrically, then stays.
  func temperature(after share: Double) -> Float {
    let progress = min(share / annealedShare, 1)
    let ratio = Double(lastTemperature / firstTemperature)
    return firstTemperature * Float(Elementary.exp(progress * Elementary.log(ratio)))
  }
}

/// One expert in training, with the rows of the current batch that it is computed for.
private final class ExpertInTraining {
  let network: Network
  var optimizer: Optimizer
  var random: RandomStream
  var rows: [Int32] = []
  /// For each of `rows`, its place in the batch and its weight in the mean.
  var places: [Int] = []
  var weights: [Float] = []
  var losses: [Float] = []

  init(shape: NetworkShape, parameters: [Float], random: RandomStream) {
    network = Network(shape: shape, parameters: parameters)
    optimizer = Optimizer(parameters: parameters)
    self.random = random
  }

  func clear() {
    rows.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
  }

  /// One step on the rows of the batch, each weighted; sets `losses`.
  func step(_ data: EncodedRows, targets: Targets, schedule: Schedule, rate: Float) {
    losses.removeAll(keepingCapacity: true)
    guard !rows.isEmpty else { return }
    network.prepare()
    network.forward(data, rows: rows[...], dropout: schedule.dropout, random: &random)
    for (index, row) in rows.enumerated() {
      losses.append(
        targets.lossAndGradient(
          row: Int(row), outputs: &network.outputs, offset: index * network.shape.outputStride,
          weight: weights[index]))
    }
    network.backward()
    let scale = clippingScale(
      square: VectorMath.squaredNorm(network.gradient), limit: schedule.gradientNormLimit)
    optimizer.update(
      &network.parameters, gradient: network.gradient,
      decayedRanges: network.shape.decayedRanges, rate: rate, schedule: schedule,
      gradientScale: scale)
  }
}

/// A mixture with its score under top-1 routing.
struct FittedMixture: Sendable {
  var mixture: Mixture
  var score: Score
  /// Passes over the rows until the best validation score.
  var epochs: Int
}

/// Trains router and experts together on the expected loss of each expert under the router.
///
/// Not the blended output is trained but each expert's own answer, so that hard routing loses
/// nothing; the temperature falls until nearly all of a row's probability is on one expert.
final class MixtureTrainer {
  private let data: EncodedRows
  private let targets: Targets
  private let schedule: MixtureSchedule
  private let threads: Int
  private let experts: [ExpertInTraining]
  private var router: SoftmaxRouter
  private var routerOptimizer: Optimizer
  private var routerGradient: [Float]
  private var routerBatch: RouterBatch
  private var features: [Float] = []
  private var logits: [Float] = []
  private var losses: [Float] = []
  private var scratch: [Float] = []

  /// Starts from copies of a network (sparse upcycling [1]), parted by noise.
  ///
  /// [1]: https://arxiv.org/abs/2212.05055
  ///      "A. Komatsuzaki et al. Sparse upcycling. ICLR 2023."
  init(
    start: Mixture, data: EncodedRows, targets: Targets, schedule: MixtureSchedule, seed: UInt64,
    threads: Int
  ) {
    self.data = data
    self.targets = targets
    self.schedule = schedule
    self.threads = threads
    router = start.router
    routerOptimizer = Optimizer(parameters: start.router.parameters)
    routerGradient = [Float](repeating: 0, count: start.router.parameters.count)
    routerBatch = RouterBatch(router: start.router)
    experts = start.experts.enumerated().map { index, parameters in
      var random = RandomStream(seed: seed, 0x6578_7065, UInt64(index))
      var parameters = parameters
      for range in start.shape.decayedRanges {
        let spread = schedule.noise * Self.spread(parameters[range])
        for parameter in range where parameters[parameter] != 0 {
          parameters[parameter] += spread * random.normal()
        }
      }
      return ExpertInTraining(shape: start.shape, parameters: parameters, random: random)
    }
  }

  private static func spread(_ values: ArraySlice<Float>) -> Float {
    var squares = 0.0
    for value in values { squares += Double(value) * Double(value) }
    return Float((squares / Double(max(values.count, 1))).squareRoot())
  }

  /// The moving averages of router and experts.
  private func average(shape: NetworkShape) -> Mixture {
    var averaged = router
    averaged.parameters = routerOptimizer.average
    return Mixture(
      router: averaged, shape: shape, experts: experts.map(\.optimizer.average))
  }

  /// Trains until the schedule ends, the validation score has not risen for long, or the caller
  /// wishes to stop. The best mixture of all epochs is the result.
  func train(
    rows: [Int32], start: FittedMixture, validation: LabelledRows, seed: UInt64,
    reporter: ProgressReporter, observe: (Int, Double, Score, Score) -> Void
  ) -> FittedMixture {
    var best = start
    best.epochs = 0
    var batches = Batches(
      rows: rows, size: schedule.networks.batchSize,
      random: RandomStream(seed: seed, 0x6D69_7874))
    let stepCount = schedule.networks.epochs * batches.count
    var step = 0
    for epoch in 0..<schedule.networks.epochs {
      batches.shuffle()
      var loss = 0.0
      for batch in 0..<batches.count {
        if reporter.shouldStop { break }
        loss += trainBatch(batches[batch], step: step, stepCount: stepCount)
        step += 1
      }
      let mixture = average(shape: best.mixture.shape)
      let score = validation.score(mixture.predict(validation.data, threads: threads))
      if score.loss < best.score.loss {
        best = FittedMixture(mixture: mixture, score: score, epochs: epoch + 1)
      }
      observe(epoch + 1, loss / Double(batches.count), score, best.score)
      let annealed = Double(epoch + 1) >= schedule.annealedShare * Double(schedule.networks.epochs)
      let stale = schedule.networks.isStale(epoch: epoch + 1, best: best.epochs)
      if reporter.shouldStop || (annealed && stale) { break }
    }
    return best
  }

  private func trainBatch(_ rows: ArraySlice<Int32>, step: Int, stepCount: Int) -> Double {
    let share = Double(step) / Double(max(stepCount, 1))
    let rate = schedule.networks.rate(step: step, of: stepCount)
    features.removeAll(keepingCapacity: true)
    for row in rows {
      features.append(
        contentsOf: data.features[
          Int(row) * data.featureStride..<(Int(row) + 1) * data.featureStride])
    }
    router.logits(features: features, rowCount: rows.count, into: &logits)
    routerBatch.set(
      logits: logits, rowCount: rows.count, temperature: schedule.temperature(after: share),
      router: router)
    assign(rows)
    Parallel.forEach(count: experts.count, threads: threads) { expert in
      experts[expert].step(data, targets: targets, schedule: schedule.networks, rate: rate)
    }
    return updateRouter(rowCount: rows.count, rate: rate * schedule.routerRate)
  }

  /// Gives each expert the rows for which it is likely enough.
  private func assign(_ rows: ArraySlice<Int32>) {
    let one = 1 / Float(rows.count)
    for (index, expert) in experts.enumerated() {
      expert.clear()
      for (place, row) in rows.enumerated() {
        let probability = routerBatch.probabilities[place * routerBatch.stride + index]
        guard probability >= schedule.probabilityLimit else { continue }
        expert.rows.append(row)
        expert.places.append(place)
        expert.weights.append(probability * one)
      }
    }
  }

  private func updateRouter(rowCount: Int, rate: Float) -> Double {
    let stride = routerBatch.stride
    losses = [Float](repeating: .nan, count: rowCount * stride)
    for (index, expert) in experts.enumerated() {
      for (place, loss) in zip(expert.places, expert.losses) {
        losses[place * stride + index] = loss
      }
    }
    let loss = routerBatch.setGradient(
      losses: losses, balanceWeight: schedule.balanceWeight, zWeight: schedule.zWeight)
    let needed = (rowCount + 4) * (router.place.inputCount + stride)
    if scratch.count < needed { scratch = [Float](repeating: 0, count: needed) }
    DenseProduct.weightGradient(
      router.place, x: features, dy: routerBatch.logitGradient, rowCount: rowCount,
      gradient: &routerGradient, scratch: &scratch)
    VectorMath.columnSums(
      routerBatch.logitGradient, width: stride, rowCount: rowCount, into: &routerGradient,
      at: router.place.bias)
    let scale = clippingScale(
      square: VectorMath.squaredNorm(routerGradient),
      limit: schedule.networks.gradientNormLimit)
    routerOptimizer.update(
      &router.parameters, gradient: routerGradient,
      decayedRanges: [0..<router.place.bias], rate: rate, schedule: schedule.networks,
      gradientScale: scale)
    return loss.expected
  }
}

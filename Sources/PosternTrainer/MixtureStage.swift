// MixtureStage.swift: trains router and experts together.
//
// Step: student → [mixture] → refit.

import PosternPackaging

/// A mixture with its score under top-1 routing.
struct FittedMixture: Sendable {
  var mixture: Mixture
  var score: Score
  /// Passes over the rows until the best validation score.
  var epochs: Int
  /// The share of validation rows whose expert changed over each epoch (expert change rate).
  var changeRates: [Double] = []
  /// After how many epochs the router was frozen.
  var frozenAfter: Int?
}

/// Trains router and experts together on batches; ``Objective`` says on what.
///
/// With ``Objective/expectedLoss`` not the blended output is trained but each expert's own answer,
/// so that hard routing loses nothing; the temperature falls until nearly all of a row's
/// probability is on one expert.
final class MixtureTrainer {
  /// The rows that the next batch is of.
  var data: EncodedRows
  var targets: Targets
  let schedule: MixtureSchedule
  let experts: [ExpertInTraining]
  var batch: RouterBatch
  /// The outputs of the shared expert and the gates of the chosen ones, by place in the batch.
  var adjustment: OutputAdjustment
  let shared: ExpertInTraining?
  private let threads: Int
  /// What the experts that a thread computes one after the other share: so little fits into its
  /// cache. Empty where each needs its own.
  private let memories: [NetworkMemory]
  private var router: RouterInTraining
  private let gateScale: Mixture
  private var features: [Float] = []
  private var changeRates: [Double] = []
  private var frozenAfter: Int?

  /// Starts from a mixture. Copies of one network (sparse upcycling [1]) are parted by noise.
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
    gateScale = start
    router = RouterInTraining(
      start.router, schedule: schedule, random: RandomStream(seed: seed, 0x726F_7574))
    batch = RouterBatch(router: start.router)
    adjustment = OutputAdjustment(outputCount: start.outputCount)
    experts = start.experts.enumerated().map { index, expert in
      var random = RandomStream(seed: seed, 0x6578_7065, UInt64(index))
      let parted = schedule.copyNoise > 0 ? expert.parted(schedule.copyNoise, &random) : expert
      return ExpertInTraining(parted, random: random)
    }
    memories =
      schedule.objective.weighsAlone && start.shared == nil
      ? (0..<max(threads, 1)).map { _ in NetworkMemory() } : []
    shared = start.shared.map {
      ExpertInTraining($0, random: RandomStream(seed: seed, 0x7368_6172))
    }
  }

  /// The moving averages of router and experts.
  var average: Mixture {
    var mixture = gateScale
    mixture.router = router.average
    mixture.experts = experts.map(\.average)
    mixture.shared = shared?.average
    mixture.temperature = schedule.lastTemperature
    if schedule.objective == .gatedTop1 { mixture.gateScale = .probability }
    return mixture
  }

  /// The router as it is validated.
  var servedRouter: TrainableRouter { router.average }

  /// Trains until the schedule ends, the validation score has not risen for long, or the caller
  /// wishes to stop. The best mixture of all epochs is the result; with `start` only one that is
  /// better than it.
  func train(
    rows: [Int32], start: FittedMixture?, validation: LabelledRows, seed: UInt64,
    reporter: ProgressReporter, observe: (Int, Double, Score, Score) -> Void
  ) -> FittedMixture {
    var best = start
    best?.epochs = 0
    var batches = Batches(
      rows: rows, size: schedule.networks.batchSize,
      random: RandomStream(seed: seed, 0x6D69_7874))
    let stepCount = schedule.networks.epochs * batches.count
    var step = 0
    var routes: [Int32] = []
    for epoch in 0..<schedule.networks.epochs {
      batches.shuffle()
      var loss = 0.0
      for batch in 0..<batches.count {
        if reporter.shouldStop { break }
        loss += trainBatch(batches[batch], step: step, stepCount: stepCount)
        step += 1
      }
      let mixture = average
      let score = validation.score(mixture.predict(validation.data, threads: threads))
      if schedule.networks.keepsLast || best.map({ score.loss < $0.score.loss }) ?? true {
        best = FittedMixture(mixture: mixture, score: score, epochs: epoch + 1)
      }
      observe(epoch + 1, loss / Double(batches.count), score, best?.score ?? score)
      let annealed = Double(epoch + 1) >= schedule.annealedShare * Double(schedule.networks.epochs)
      watchRouter(mixture, validation.data, &routes, epoch: epoch + 1, annealed: annealed)
      let stale = schedule.networks.isStale(epoch: epoch + 1, best: best?.epochs ?? 0)
      if reporter.shouldStop || (annealed && stale) { break }
    }
    let mixture = average
    var fitted =
      best
      ?? FittedMixture(
        mixture: mixture,
        score: validation.score(mixture.predict(validation.data, threads: threads)), epochs: 0)
    (fitted.changeRates, fitted.frozenAfter) = (changeRates, frozenAfter)
    return fitted
  }

  /// Measures how many rows changed their expert over the epoch, and freezes a router that has
  /// come to rest.
  private func watchRouter(
    _ mixture: Mixture, _ data: EncodedRows, _ routes: inout [Int32], epoch: Int, annealed: Bool
  ) {
    guard schedule.trainsRouter, frozenAfter == nil, data.rowCount > 0 else { return }
    let now = ServingRouter(mixture.router.serving).route(data, threads: threads)
    defer { routes = now }
    guard routes.count == now.count else { return }
    let changed = zip(routes, now).count { $0 != $1 }
    changeRates.append(Double(changed) / Double(now.count))
    guard annealed, changeRates[changeRates.count - 1] < schedule.freezingChangeRate else { return }
    router.freeze()
    frozenAfter = epoch
  }

  /// One step on `rows` of ``data``, the `step`-th of `stepCount`. Returns the mean loss.
  func trainBatch(_ rows: ArraySlice<Int32>, step: Int, stepCount: Int) -> Double {
    let share = Double(step) / Double(max(stepCount, 1))
    let rate = schedule.networks.rate(step: step, of: stepCount)
    if let variance = schedule.errorVariance(after: share) {
      for expert in experts { expert.variance = variance }
    }
    // An expert whose weights are known before the others' losses steps as soon as it is compared.
    let stepsAlone = schedule.trainsExperts && !memories.isEmpty
    var (loss, gradient) = compare(
      rows, temperature: schedule.temperature(after: share), rate: stepsAlone ? rate : nil)
    if schedule.trainsExperts && !stepsAlone {
      stepShared(rowCount: rows.count, rate: rate)
      Parallel.forEach(count: experts.count, threads: threads) { expert in
        experts[expert].step(schedule: schedule.networks, rate: rate)
      }
    }
    if schedule.trainsRouter && frozenAfter == nil {
      router.step(
        batch, gradient: &gradient, features: features, rate: rate * schedule.routerRate)
    }
    return loss
  }

  /// Computes router and experts for a batch and compares them with the truth.
  ///
  /// - Returns: The mean loss, and its gradient by the logarithm of each expert's probability,
  ///   shape `(rows, stride)`. Each expert has the gradient by its outputs and a weight for each
  ///   of its rows.
  ///
  /// With a `rate` each expert has also taken its step; only where it weighs its rows alone.
  func compare(
    _ rows: ArraySlice<Int32>, temperature: Float, rate: Float? = nil
  ) -> (loss: Double, gradient: [Float]) {
    data.gatherFeatures(rows, into: &features)
    let noise = router.drawNoise(features: features, rowCount: rows.count)
    batch.forward(
      router.router.parameters, features: features, rowCount: rows.count,
      temperature: temperature, noise: noise)
    assign(rows)
    Parallel.forEach(count: experts.count, threads: threads) { thread, index in
      let expert = experts[index]
      if rate != nil { expert.network.memory = memories[thread] }
      expert.forward(
        data, dropout: schedule.networks.dropout, keepsAnswers: schedule.objective.readsAnswers)
      switch schedule.objective {
      case .blended: break
      case .correlation: expert.correlate(targets)
      default: expert.compare(targets, adjustment: adjustment)
      }
      weighAlone(index, rowCount: rows.count)
      if let rate { expert.step(schedule: schedule.networks, rate: rate) }
    }
    var gradient = [Float](repeating: 0, count: rows.count * batch.router.stride)
    return (weigh(Array(rows), gradient: &gradient), gradient)
  }

  /// Gives each expert the rows that it is chosen for, or for which it is likely enough; computes
  /// the shared expert.
  private func assign(_ rows: ArraySlice<Int32>) {
    let stride = batch.router.stride
    for (index, expert) in experts.enumerated() {
      expert.clear()
      guard !schedule.objective.isTop1 else { continue }
      for (place, row) in rows.enumerated()
      where batch.probabilities[place * stride + index] >= schedule.probabilityLimit {
        expert.rows.append(row)
        expert.places.append(place)
      }
    }
    if schedule.objective.isTop1 {
      for (place, row) in rows.enumerated() {
        experts[batch.choices[place]].rows.append(row)
        experts[batch.choices[place]].places.append(place)
      }
    }
    if schedule.objective == .gatedTop1 {
      adjustment.gates = rows.indices.map {
        let place = $0 - rows.startIndex
        return batch.probabilities[place * stride + batch.choices[place]]
      }
    }
    guard let shared else { return }
    shared.clear()
    shared.rows = Array(rows)
    shared.forward(data, dropout: schedule.networks.dropout, keepsAnswers: true)
    adjustment.offsets = rows.indices.flatMap { row in
      let first = (row - rows.startIndex) * shared.outputStride
      return shared.answers[first..<first + targets.outputCount]
    }
  }

  /// The shared expert's gradient is the sum of those of the experts that it was added to.
  private func stepShared(rowCount: Int, rate: Float) {
    guard let shared else { return }
    let count = targets.outputCount
    var sums = [Float](repeating: 0, count: rowCount * count)
    for expert in experts {
      for (index, place) in expert.places.enumerated() {
        // The gradient by an expert's outputs holds the gate, that by the sum does not.
        let weight = expert.weights[index] / adjustment.gate(place)
        for output in 0..<count {
          sums[place * count + output] +=
            weight * expert.network.outputs[index * expert.outputStride + output]
        }
      }
    }
    for row in 0..<rowCount {
      shared.setOutputGradient(row, sums[row * count..<(row + 1) * count])
    }
    shared.weights = [Float](repeating: 1, count: rowCount)
    shared.step(schedule: schedule.networks, rate: rate)
  }
}

extension NetworkParameters {
  /// The same with noise on its weights, `share` of their spread.
  fileprivate func parted(_ share: Float, _ random: inout RandomStream) -> NetworkParameters {
    var parted = self
    for range in shape.decayedRanges {
      var squares = 0.0
      for value in values[range] { squares += Double(value) * Double(value) }
      let spread = share * Float((squares / Double(max(range.count, 1))).squareRoot())
      for index in range where values[index] != 0 {
        parted.values[index] += spread * random.normal()
      }
    }
    return parted
  }
}

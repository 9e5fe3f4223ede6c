// TrainingRun+Phased.swift: the four phases of Kawata et al. on a table.
//
// Step: random experts → [phases] → refit.

import PosternPackaging

extension TrainingRun {
  /// Trains `start` in four phases. Its router's parameters do not matter, its kind does:
  /// prototypes move along no gradient and stay where k-means puts them.
  ///
  /// An affine expert has no hidden layer; only the refit trains it.
  ///
  /// - Returns: The mixture after the last phase, and how each phase came out.
  func trainInPhases(
    _ start: Mixture, targets: Targets
  ) -> (fitted: FittedMixture, phases: [PhaseReport]) {
    var phases: [PhaseReport] = []
    let means = startRouter(dense: nil)
    let groups = means.cellIndices(prepared.data)
    func report(_ phase: TrainingPhase, _ router: TrainableRouter?, loss: Double) {
      var random = RandomStream(seed: plan.seed, 0x6469_7370)
      let experts =
        router?.cellIndices(prepared.data)
        ?? groups.map { _ in Int32(random.below(plan.expertCount)) }
      let dispatch = Dispatch(
        experts: experts, groups: groups, expertCount: plan.expertCount,
        groupCount: plan.expertCount)
      phases.append(
        PhaseReport(
          phase: phase, loss: loss, dispatchEntropy: dispatch.entropy, purity: dispatch.purity))
    }

    var mixture = start
    mixture.router = TrainableRouter(plan.router, featureCount: prepared.data.featureCount)
    if plan.start == .scratch { mixture.experts = restartedExperts(mixture, phase: 1) }
    var loss = descend(&mixture, targets: targets, exploring: true, share: 0...0.3)
    report(.exploration, nil, loss: loss)

    (mixture.router, loss) = learnRouter(mixture, means: means, targets: targets)
    report(.routing, mixture.router, loss: loss)

    mixture.experts = restartedExperts(mixture, phase: 3)
    loss = descend(&mixture, targets: targets, exploring: false, share: 0.3...0.9)
    report(.experts, mixture.router, loss: loss)

    loss = fitHeads(&mixture, targets: targets)
    report(.heads, mixture.router, loss: loss)
    return (FittedMixture(mixture: mixture, score: score(mixture), epochs: 0), phases)
  }

  private func restartedExperts(_ mixture: Mixture, phase: UInt64) -> [NetworkParameters] {
    mixture.experts.enumerated().map { index, expert in
      var random = RandomStream(seed: plan.seed, 0x7068_6173, phase, UInt64(index))
      return .unexplored(expert.shape, &random)
    }
  }

  /// Phases I and III. Returns the mean loss of the last pass.
  private func descend(
    _ mixture: inout Mixture, targets: Targets, exploring: Bool, share: ClosedRange<Double>
  ) -> Double {
    var networks = plan.mixture.networks
    networks.rate = plan.phasedRate
    networks.epochs = max(1, networks.epochs * (exploring ? 1 : 2) / 3)
    let schedule = MixtureSchedule.phased(networks, exploring: exploring)
    let seed = plan.seed &+ (exploring ? 0 : 1)
    let trainer = MixtureTrainer(
      start: mixture, data: prepared.data, targets: targets, schedule: schedule, seed: seed,
      threads: plan.threads)
    var batches = Batches(
      rows: rows, size: networks.batchSize, random: RandomStream(seed: seed, 0x6D69_7874))
    let stepCount = networks.epochs * batches.count
    var loss = 0.0
    for epoch in 0..<networks.epochs {
      batches.shuffle()
      loss = 0
      for batch in 0..<batches.count where !reporter.shouldStop {
        loss +=
          trainer.trainBatch(
            batches[batch], step: epoch * batches.count + batch, stepCount: stepCount)
          / Double(batches.count)
      }
      let done =
        share.lowerBound
        + (share.upperBound - share.lowerBound) * Double(epoch + 1) / Double(networks.epochs)
      reporter.report(
        TrainingProgress(
          stage: .mixture, epoch: Int(1000 * done), epochCount: 1000, trainingLoss: loss,
          validationScore: nil, bestScore: nil, fractionDone: 0))
      if reporter.shouldStop { break }
    }
    let router = mixture.router
    mixture = trainer.average
    mixture.router = router
    return loss
  }

  /// Phase II; `means` is the router of k-means. Returns the router, and the correlation loss of
  /// the experts that it chooses.
  private func learnRouter(
    _ mixture: Mixture, means: TrainableRouter, targets: Targets
  ) -> (TrainableRouter, Double) {
    var learning = RouterLearning(plan.router, featureCount: prepared.data.featureCount)
    learning.add(mixture.experts, data: prepared.data, targets: targets, threads: plan.threads)
    var router = learning.learned
    for (node, form) in router.forms.enumerated() {
      if form.isTrained {
        router.sharpen(node: node, for: prepared.data, confidence: plan.startConfidence)
      } else {
        for index in form.place.weights..<form.end {
          router.parameters[index] = means.parameters[index]
        }
      }
    }
    var routed = mixture
    routed.router = router
    var outputs = routed.predict(prepared.data, threads: plan.threads)
    var loss = 0.0
    for row in 0..<prepared.data.rowCount {
      loss += Double(
        targets.correlationAndGradient(
          row: row, outputs: &outputs, offset: row * targets.outputCount))
    }
    return (router, loss / Double(prepared.data.rowCount))
  }

  /// Phase IV: the shared expert's head on all rows, then each routed one's on what is left in its
  /// cell. Returns the loss on the training rows.
  private func fitHeads(_ mixture: inout Mixture, targets: Targets) -> Double {
    var random = RandomStream(seed: plan.seed, 0x6865_6164)
    if let shared = mixture.shared {
      mixture.shared = shared.withFittedHead(
        activation: .prelu, data: prepared.data, targets: targets, rows: rows, random: &random)
    }
    let offsets = mixture.adjustment(prepared.data, threads: plan.threads).offsets
    let cells = mixture.cells(prepared.data)
    let experts = mixture.experts
    mixture.experts = Parallel.map(count: experts.count, threads: plan.threads) { index in
      var random = RandomStream(seed: plan.seed, 0x6865_6164, UInt64(index))
      return experts[index].withFittedHead(
        activation: .prelu, data: prepared.data, targets: targets, rows: cells[index],
        offsets: offsets, random: &random)
    }
    var outputs = mixture.predict(prepared.data, threads: plan.threads)
    var loss = 0.0
    for row in 0..<prepared.data.rowCount {
      loss += Double(
        targets.lossAndGradient(
          row: row, outputs: &outputs, offset: row * targets.outputCount, weight: 0))
    }
    return loss / Double(prepared.data.rowCount)
  }
}

extension TrainableRouter {
  /// The expert that answers for each row of `data`.
  func cellIndices(_ data: EncodedRows) -> [Int32] { ServingRouter(serving).route(data) }
}

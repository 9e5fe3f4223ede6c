// TrainingRun+Mixture.swift: from one dense network, or from nothing, to a routed mixture.
//
// Step: student → [mixture, refit] → choice.

extension TrainingRun {
  /// The router that gives each row to the nearest of the centres of k-means.
  func startRouter(dense: FittedNetwork?) -> TrainableRouter {
    if let expertStart {
      return TrainableRouter(
        startingFrom: expertStart, data: prepared.data, shape: plan.router,
        confidence: plan.startConfidence)
    }
    var random = RandomStream(seed: plan.seed, 0x6B6D_6561)
    if case .random(let scale) = plan.routerStart {
      return TrainableRouter(
        startingAtRandomIn: prepared.data, shape: plan.router, scale: scale, random: &random)
    }
    // Who stops does not wait for the importance of columns.
    let isPlain = dense == nil || plan.method == .twoStage || reporter.shouldStop
    let weights =
      isPlain
      ? [Float](repeating: 1, count: prepared.data.featureCount)
      : dense.map { featureWeights(of: $0, columns: prepared.columns, data: prepared.data) } ?? []
    return TrainableRouter(
      startingFrom: prepared.data, shape: plan.router, featureWeights: weights,
      confidence: plan.startConfidence, random: &random)
  }

  /// Where the mixture starts.
  func startMixture(router: TrainableRouter, dense: FittedNetwork?) -> Mixture {
    let copied = dense.map { NetworkParameters(shape: $0.shape, values: $0.parameters) }
    var mixture: Mixture
    if plan.start == .upcycled, let copied {
      mixture = Mixture(router: router, copies: copied)
      if plan.hasSharedExpert {
        // The shared expert knows what all know; the routed ones start with no answer at all.
        mixture.shared = copied
        mixture.experts = mixture.experts.map(\.silenced)
      }
    } else {
      mixture = Mixture(
        router: router, experts: (0..<plan.expertCount).map { randomExpert(UInt64($0)) })
      if plan.method == .twoStage {
        for (expert, rows) in mixture.cells(prepared.data).enumerated() {
          let input = prepared.input.standardized(over: prepared.data, rows: rows)
          mixture.experts[expert].shape.input = input
        }
      }
      if plan.hasSharedExpert {
        mixture.shared = copied ?? randomExpert(UInt64(plan.expertCount))
      }
    }
    return mixture
  }

  private func randomExpert(_ index: UInt64) -> NetworkParameters {
    let widths = Int(index) < plan.expertWidths.count ? plan.expertWidths[Int(index)] : plan.widths
    let shape = NetworkShape(
      input: prepared.input, widths: widths, outputCount: prepared.head.count)
    var random = RandomStream(seed: plan.seed, 0x7363_7261, index)
    return NetworkParameters(
      shape: shape, values: shape.initialParameters(&random, slope: plan.startSlope))
  }

  func trainMixture(_ stages: inout Stages, targets: Targets) {
    reporter.begin(.mixture, share: stages.dense == nil ? 0.8 : 0.4)
    let router = stages.copied?.mixture.router ?? startRouter(dense: stages.dense)
    var start = startMixture(router: router, dense: stages.dense)
    start.temperature = plan.mixture.lastTemperature
    if plan.method == .phased {
      let (fitted, phases) = trainInPhases(start, targets: targets)
      (stages.mixture, stages.phases) = (fitted, phases)
    } else if plan.method == .twoStage {
      stages.mixture = FittedMixture(mixture: start, score: score(start), epochs: 0)
    } else {
      stages.mixture = trainJointly(start, targets: targets)
    }
    guard !reporter.shouldStop, let fitted = stages.mixture else { return }
    reporter.begin(.refit, share: stages.dense == nil ? 0.2 : 0.05)
    stages.refit = refit(fitted, targets: targets)
  }

  private func trainJointly(_ start: Mixture, targets: Targets) -> FittedMixture {
    var schedule = plan.mixture
    schedule.networks.dropout = dropout
    let trainer = MixtureTrainer(
      start: start, data: prepared.data, targets: targets, schedule: schedule, seed: plan.seed,
      threads: plan.threads)
    return trainer.train(
      rows: rows, start: nil, validation: prepared.validation, seed: plan.seed, reporter: reporter
    ) { epoch, loss, score, best in
      reporter.report(
        TrainingProgress(
          stage: .mixture, epoch: epoch, epochCount: schedule.networks.epochs, trainingLoss: loss,
          validationScore: score.metric, bestScore: best.metric, fractionDone: 0))
    }
  }

  private func refit(_ fitted: FittedMixture, targets: Targets) -> FittedMixture {
    var schedule = plan.refit
    schedule.dropout = dropout
    let refitted = PosternTrainer.refit(
      fitted.mixture, data: prepared.data, targets: targets, validation: prepared.validation,
      schedule: schedule, seed: plan.seed, threads: plan.threads, rowLimit: plan.refitRowLimit,
      reporter: reporter
    ) { expert, epoch, loss in
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: expert * schedule.epochs + epoch,
          epochCount: plan.expertCount * schedule.epochs, trainingLoss: loss,
          validationScore: nil, bestScore: nil, fractionDone: 0))
    }
    return FittedMixture(mixture: refitted, score: score(refitted), epochs: schedule.epochs)
  }

  /// The validation score of a mixture under top-1 routing.
  func score(_ mixture: Mixture) -> Score {
    prepared.validation.score(
      mixture.predict(prepared.validation.data, threads: plan.threads))
  }

  /// The validation score of a mixture whose experts' outputs are blended.
  func softScore(_ mixture: Mixture) -> Score {
    prepared.validation.score(
      mixture.predictBlended(prepared.validation.data, threads: plan.threads))
  }
}

extension NetworkParameters {
  /// The same network with an output layer of zeros.
  fileprivate var silenced: NetworkParameters {
    var silenced = self
    guard let last = shape.layers.last else { return self }
    for index in last.weights..<last.bias + last.outputCount { silenced.values[index] = 0 }
    return silenced
  }
}

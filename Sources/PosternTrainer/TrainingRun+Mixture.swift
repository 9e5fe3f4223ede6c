// TrainingRun+Mixture.swift: from one dense network to a routed mixture.
//
// Step: student → [mixture, refit] → choice.

extension TrainingRun {
  /// The router that gives each row to the nearest of the centres of k-means.
  func startRouter(dense: FittedNetwork) -> SoftmaxRouter {
    var random = RandomStream(seed: plan.seed, 0x6B6D_6561)
    guard plan.expertCount > 1 else {
      return SoftmaxRouter(expertCount: 1, featureStride: prepared.data.featureStride)
    }
    let weights = featureWeights(of: dense, columns: prepared.columns, data: prepared.data)
    let means = KMeans(
      prepared.data, count: plan.expertCount, featureWeights: weights, random: &random)
    return means.router(for: prepared.data, confidence: plan.startConfidence)
  }

  func trainMixture(_ stages: inout Stages, targets: Targets) {
    reporter.begin(share: 0.4)
    var schedule = plan.mixture
    schedule.networks.dropout = dropout
    let trainer = MixtureTrainer(
      start: stages.copied.mixture, data: prepared.data, targets: targets, schedule: schedule,
      seed: plan.seed, threads: plan.threads)
    let fitted = trainer.train(
      rows: rows, start: stages.copied, validation: prepared.validation, seed: plan.seed,
      reporter: reporter
    ) { epoch, loss, score, best in
      reporter.report(
        TrainingProgress(
          stage: .mixture, epoch: epoch, epochCount: schedule.networks.epochs, trainingLoss: loss,
          validationScore: score.metric, bestScore: best.metric, fractionDone: 0))
    }
    stages.mixture = fitted
    stages.softMixtureScore = prepared.validation.score(
      fitted.mixture.predictBlended(
        prepared.validation.data, temperature: schedule.lastTemperature, threads: plan.threads))
    guard !reporter.shouldStop else { return }
    reporter.begin(share: 0.05)
    var refitSchedule = plan.refit
    refitSchedule.dropout = dropout
    let refitted = refit(
      fitted.mixture, data: prepared.data, targets: targets, validation: prepared.validation,
      schedule: refitSchedule, seed: plan.seed, threads: plan.threads,
      rowLimit: plan.refitRowLimit, reporter: reporter
    ) { expert, epoch, loss in
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: expert * plan.refit.epochs + epoch,
          epochCount: plan.expertCount * plan.refit.epochs, trainingLoss: loss,
          validationScore: nil, bestScore: nil, fractionDone: 0))
    }
    stages.refit = FittedMixture(
      mixture: refitted,
      score: prepared.validation.score(
        refitted.predict(prepared.validation.data, threads: plan.threads)),
      epochs: plan.refit.epochs)
  }
}

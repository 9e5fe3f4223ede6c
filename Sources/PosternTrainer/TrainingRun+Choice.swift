// TrainingRun+Choice.swift: which of the trained candidates becomes the model.
//
// Step: mixture, refit → [choice] → model value.

extension TrainingRun {
  /// The best student, unless the best teacher validates better by more than chance would do: what
  /// learned from several has less luck in its score.
  func bestDense(teacher: FittedNetwork, students: [FittedNetwork]) -> FittedNetwork {
    guard var best = students.first else { return teacher }
    for student in students where student.score.loss < best.score.loss { best = student }
    func losses(_ network: FittedNetwork) -> [Double] {
      prepared.validation.rowLosses(
        Network(shape: network.shape, parameters: network.parameters)
          .predict(prepared.validation.data))
    }
    return isBetter(losses(teacher), than: losses(best)) ? teacher : best
  }

  /// Whether the mean loss is lower by as many standard errors as the plan asks for.
  func isBetter(_ losses: [Double], than base: [Double]) -> Bool {
    let gains = zip(base, losses).map { $0 - $1 }
    let count = Double(gains.count)
    let mean = gains.reduce(0, +) / count
    var squares = 0.0
    for gain in gains { squares += (gain - mean) * (gain - mean) }
    let error = (squares / count / max(count - 1, 1)).squareRoot()
    return mean > plan.preference(validationRowCount: gains.count) * error
  }

  /// Takes the mixture that validates best; where the plan allows it, only if it is better than the
  /// copied dense network by more than chance would do.
  func choose(_ stages: inout Stages) {
    let data = prepared.validation.data
    func losses(_ mixture: Mixture) -> [Double] {
      prepared.validation.rowLosses(mixture.predict(data, threads: plan.threads))
    }
    let rival = plan.mayServeDense ? stages.copied : nil
    let base = rival.map { losses($0.mixture) }
    var bestLoss = rival?.score.loss ?? .infinity
    for (candidate, fitted) in [
      (TrainingReport.Candidate.refitMixture, stages.refit), (.mixture, stages.mixture),
    ] {
      guard let fitted, fitted.score.loss < bestLoss else { continue }
      if let base, !isBetter(losses(fitted.mixture), than: base) { continue }
      bestLoss = fitted.score.loss
      stages.chosen = candidate
      stages.model = fitted
    }
  }
}

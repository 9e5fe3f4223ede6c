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
    let preference = plan.teacherPreference(validationRowCount: prepared.validation.data.rowCount)
    let gain = MeanGain(before: losses(best), after: losses(teacher))
    return gain.exceeds(preference) ? teacher : best
  }

  /// Takes the mixture that validates best, before or after the refit; where the plan allows it,
  /// only if it is as much better than the dense network as the plan asks for.
  func choose(_ stages: inout Stages) {
    let candidates = [
      (TrainingReport.Candidate.refitMixture, stages.refit), (.mixture, stages.mixture),
    ]
    var best: (candidate: TrainingReport.Candidate, fitted: FittedMixture)?
    for case (let candidate, let fitted?) in candidates where fitted.score.loss.isFinite {
      if best.map({ fitted.score.loss < $0.fitted.score.loss }) ?? true {
        best = (candidate, fitted)
      }
    }
    guard let best else { return }
    if plan.mayServeSimpler, let rival = stages.copied {
      let data = prepared.validation.data
      let (own, base) = (
        prepared.validation.rowLosses(best.fitted.mixture.predict(data, threads: plan.threads)),
        prepared.validation.rowLosses(rival.mixture.predict(data, threads: plan.threads))
      )
      let preference = plan.mixturePreference(validationRowCount: base.count)
      guard MeanGain(before: base, after: own).exceeds(preference) else { return }
    }
    stages.chosen = best.candidate
    stages.model = best.fitted
  }
}

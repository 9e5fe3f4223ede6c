// TrainingRun+Simple.swift: networks are served only where they beat a line and a constant.
//
// Step: choice → [simpler models] → model value.

import PosternPackaging

/// A model that may become the result, as the runtime serves it.
struct Contender {
  var candidate: TrainingReport.Candidate
  var description: ModelDescription
  /// The validation rows; the same targets and units for all contenders.
  var rows: LabelledRows
  var answers: ServedAnswers
  var score: Score

  init(
    _ candidate: TrainingReport.Candidate, _ description: ModelDescription, _ rows: LabelledRows,
    _ table: TrainingTable
  ) throws(TrainingError) {
    self.candidate = candidate
    self.description = description
    self.rows = rows
    answers = try serve(description, table)
    score = rows.score(served: answers.values)
  }

  /// The loss of each validation row.
  var losses: [Double] { rows.rowLosses(served: answers.values) }
}

extension TrainingRun {
  /// The model that came of the stages, then the simpler ones that it must be better than.
  func contenders(
    _ candidate: TrainingReport.Candidate, _ routed: ModelDescription
  ) throws(TrainingError) -> [Contender] {
    let table = prepared.validationTable
    let rows = try LabelledRows(table, of: routed)
    var contenders = [try Contender(candidate, routed, rows, table)]
    for (candidate, description) in simpleModels(like: routed) {
      contenders.append(try Contender(candidate, description, rows, table))
    }
    return contenders
  }

  /// The first contender if it is as much better than the best of the others as the plan asks for,
  /// or if the plan has no other.
  func chosen(of contenders: [Contender]) -> Contender {
    let rivals = contenders.dropFirst()
    guard plan.mayServeSimpler, var best = rivals.first else { return contenders[0] }
    for rival in rivals where rival.score.loss < best.score.loss { best = rival }
    let own = contenders[0].losses
    let preference = plan.networkPreference(validationRowCount: own.count)
    return MeanGain(before: best.losses, after: own).exceeds(preference) ? contenders[0] : best
  }

  /// A linear model, if one was fitted, and a constant, each as a model with one expert.
  private func simpleModels(
    like routed: ModelDescription
  ) -> [(TrainingReport.Candidate, ModelDescription)] {
    guard let simple else { return [] }
    let constant = (TrainingReport.Candidate.constant, simple.constant)
    let models = (simple.linear.map { [(.linear, $0)] } ?? []) + [constant]
    return models.map { candidate, model in
      var description = ModelDescription(
        task: routed.task, gateScale: .none, columns: model.columns,
        targetNames: routed.targetNames, classNames: routed.classNames,
        router: TrainableRouter.single(featureCount: prepared.data.featureCount).serving,
        experts: [model.expert(over: model.columns, head: simple.head)], head: simple.head)
      description.ancillary.routingHistogram = [UInt64(prepared.data.rowCount)]
      return (candidate, description)
    }
  }

  /// Tells what a constant scores, and returns a warning if the model is one or worse.
  func compareWithConstant(
    _ report: inout TrainingReport, _ contenders: [Contender]
  ) -> [TrainingWarning] {
    guard let constant = contenders.first(where: { $0.candidate == .constant })?.score.metric else {
      return []
    }
    report.constantScore = constant
    let isConstantTarget = prepared.head.allSatisfy { $0.scale == 0 }
    if report.chosen == .constant {
      return isConstantTarget ? [] : [.nothingLearned(constant: constant)]
    }
    let isWorse =
      prepared.task == .regression ? report.score > constant : report.score < constant
    return isWorse ? [.worseThanConstant(score: report.score, constant: constant)] : []
  }
}

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
    for candidate in [TrainingReport.Candidate.linear, .constant] {
      guard let description = description(candidate, simple, like: routed) else { continue }
      contenders.append(try Contender(candidate, description, rows, table))
    }
    return contenders
  }

  /// The model to be written. Of a simple one that was judged by rows held out of the table it is
  /// the fit to all of the table: nothing was chosen by these rows but which model it is.
  func written(_ chosen: Contender) throws(TrainingError) -> ModelDescription {
    guard let whole, let fitted = try simple?.refitted(to: whole),
      var description = description(chosen.candidate, fitted, like: chosen.description)
    else { return chosen.description }
    description.ancillary = chosen.description.ancillary
    return description
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

  /// The linear model or the constant as a model with one expert; nil for any other candidate, and
  /// where there is none.
  private func description(
    _ candidate: TrainingReport.Candidate, _ simple: SimpleModels?, like routed: ModelDescription
  ) -> ModelDescription? {
    guard let simple,
      let model = candidate == .linear
        ? simple.linear : candidate == .constant ? simple.constant : nil
    else { return nil }
    var description = ModelDescription(
      task: routed.task, gateScale: .none, columns: model.columns,
      targetNames: routed.targetNames, classNames: routed.classNames,
      router: TrainableRouter.single(featureCount: prepared.data.featureCount).serving,
      experts: [model.expert(over: model.columns, head: simple.head)], head: simple.head)
    description.ancillary.routingHistogram = [UInt64(prepared.data.rowCount)]
    return description
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

// UpdateRun+Grow.swift: the expert that costs most gets a second one beside it.
//
// Step: model, rows → loss excess → [new child ⇄ new expert] → sections.

import PosternFormat
import PosternPackaging

extension UpdateRun {
  /// Adds one expert, a copy of the one with the largest loss excess, and a child of the router.
  ///
  /// The new child learns to win the rows that the new expert answers better, the new expert is
  /// trained on the rows that it wins, by turns. All else is frozen: a row that the new expert does
  /// not win has the same best score, the same expert and the same answer as before.
  func grow(
    _ model: ModelView, _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    let pass = try lossPass(expert)
    var whole = frame
    for index in 0..<expertCount { whole.experts.append(try expert(index)) }
    let parts = parts(of: nil)
    var report = emptyReport
    report.lossShares = pass.shares
    let parent = pass.order[0]
    let place = frame.router.place(of: parent)
    let new = frame.router.groups[...place.group].reduce(0, +)
    var growth = UpdateReport.Growth(
      parent: parent, wonRowCount: 0,
      trial: UpdateReport.Trial(expert: new, .tooFewRows, parts))
    report.growth = [growth]
    let heldOut = try labelled(parts.heldOut)
    let split = try ExpertSplit(
      run: self, whole: whole, parent: parent, published: published, parts: parts)
    guard parts.isLargeEnough, split.isLargeEnough else {
      return ModelUpdate(replacements: [], report: report)
    }
    reporter.begin(.refit, share: 1)
    let found = try split.best()
    report.stoppedEarly = reporter.shouldStop
    let before = try served(whole, parts.heldOut)
    growth.trial.outcome = .noImprovement
    growth.trial.before = heldOut.score(served: before.values).metric
    guard let found else {
      report.growth = [growth]
      return ModelUpdate(replacements: [], report: report)
    }
    whole.router = found.router
    whole.experts.insert(found.expert, at: new)
    let after = try served(whole, parts.heldOut)
    growth.trial.after = heldOut.score(served: after.values).metric
    growth.trial.outcome = Self.outcome(
      before: heldOut.rowLosses(served: before.values),
      after: heldOut.rowLosses(served: after.values))
    let traffic = try traffic(of: found.router)
    growth.wonRowCount = traffic[new]
    report.growth = [growth]
    guard growth.trial.isUpdated else { return ModelUpdate(replacements: [], report: report) }
    report.expertTraffic = traffic
    var update = ModelUpdate(replacements: [], report: report)
    update.experts = try replacement(found, parent: parent, new: new)
    if model.entry(.routingHistogram) != nil {
      update.replacements = [Self.histogram(traffic.map { UInt64($0) })]
    }
    update.routerParameters = try routerParameters(found.router) {
      $0.adding(weight: found.child.weight, bias: found.child.bias, toGroup: place.group)
    }
    // What the new expert has, others had; the others' deviations are of rows that stay.
    let losers = after.experts.indices.filter { after.experts[$0] == new }
      .map { before.experts[$0] }.map { $0 < new ? $0 : $0 + 1 }
    update.deviations = deviations(
      after.values, heldOut, experts: after.experts, changed: Set(losers).union([new]),
      expertCount: expertCount + 1)
    return update
  }

  private func replacement(
    _ found: ExpertSplit.Candidate, parent: Int, new: Int
  ) throws(UpdateError) -> ExpertReplacement {
    var sources = (0..<expertCount).map { ExpertReplacement.Source.kept($0) }
    do throws(PackagingError) {
      sources.insert(
        .added(try frame.section(of: found.expert, index: new), like: parent), at: new)
    } catch {
      throw .unservable(error)
    }
    return ExpertReplacement(sources: sources, router: found.router)
  }
}

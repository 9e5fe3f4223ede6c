// UpdateRun+Router.swift: the router alone, against experts that stay.
//
// Step: model, rows → answers of all experts → [router] → section.

import PosternFormat
import PosternPackaging

extension UpdateRun {
  /// Trains the router on the expected loss of the experts as they are.
  func updateRouter(
    _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    let router = try trainableRouter()
    var model = frame
    for index in 0..<expertCount { model.experts.append(try expert(index)) }
    let parts = parts(of: nil)
    var report = emptyReport
    var trial = UpdateReport.Trial(expert: nil, .tooFewRows, parts)
    report.router = trial
    guard parts.isLargeEnough else { return ModelUpdate(replacements: [], report: report) }
    let heldOut = try labelled(parts.heldOut)
    let before = try served(model, parts.heldOut)
    reporter.begin(.refit, share: 1)
    let new = retrainedRouter(
      router, train: try answers(of: model.experts, parts.training),
      stopping: try answers(of: model.experts, parts.stopping),
      epochCount: options.epochCount ?? 60, seed: options.seed, reporter: reporter)
    var after = before
    if let new {
      model.router = new.serving
      after = try served(model, parts.heldOut)
    }
    trial.outcome = Self.outcome(
      before: heldOut.rowLosses(served: before.values),
      after: heldOut.rowLosses(served: after.values))
    trial.before = heldOut.score(served: before.values).metric
    trial.after = heldOut.score(served: after.values).metric
    report.router = trial
    report.stoppedEarly = reporter.shouldStop
    guard trial.isUpdated, let new else { return ModelUpdate(replacements: [], report: report) }
    report.expertTraffic = try traffic(of: model.router)
    var update = ModelUpdate(
      replacements: [
        try section(of: model.router), Self.histogram(report.expertTraffic.map { UInt64($0) }),
      ], report: report)
    // Gates have the temperature that they had.
    update.routerParameters = try routerParameters(model.router) {
      new.published(temperature: $0.temperature)
    }
    update.deviations = deviations(
      after.values, heldOut, experts: after.experts, changed: Set(0..<expertCount),
      expertCount: expertCount)
    return update
  }

  /// The router as training sees it: what the file says that it was trained as, as long as that is
  /// what routes; affine scores speak for themselves.
  private func trainableRouter() throws(UpdateError) -> TrainableRouter {
    let groups = frame.router.groups
    if let published {
      let router = TrainableRouter(published, groups: groups, featureCount: frame.featureCount)
      if router.serving.isNear(frame.router) { return router }
    }
    guard frame.router.nodes.allSatisfy({ $0.kind == .affine }) else {
      throw .unsupportedModel(.router)
    }
    let linear = RouterParameters(
      outerKind: .linear, innerKind: frame.router.nodes.count > 1 ? .linear : nil,
      nodes: frame.router.nodes.map {
        RouterParameters.Node(
          weight: $0.weights, bias: $0.bias, scale: [Float](repeating: 1, count: $0.bias.count))
      })
    return TrainableRouter(linear, groups: groups, featureCount: frame.featureCount)
  }

  private func section(of router: Router) throws(UpdateError) -> SectionReplacement {
    var model = frame
    model.router = router
    do throws(PackagingError) {
      return SectionReplacement(.router, try model.sectionOfRouter())
    } catch {
      throw .unservable(error)
    }
  }

  /// What each expert says before the head.
  private func answers(
    of experts: [Expert], _ table: TrainingTable
  ) throws(UpdateError) -> RoutedAnswers {
    var raw = frame
    raw.head = frame.head.map { _ in HeadOutput() }
    raw.sharedExpert = nil
    var outputs: [[Float]] = []
    for expert in experts { outputs.append(try values(raw.alone(expert), table)) }
    return RoutedAnswers(
      try labelled(table), outputs: outputs, offsets: try sharedOutputs(table),
      isGated: frame.gateScale == .probability)
  }
}

extension Router {
  /// Whether two routers are the same but for rounding.
  func isNear(_ other: Router) -> Bool {
    guard groups == other.groups, nodes.count == other.nodes.count else { return false }
    return zip(nodes, other.nodes).allSatisfy { mine, theirs in
      mine.kind == theirs.kind && areNear(mine.weights, theirs.weights)
        && areNear(mine.bias, theirs.bias) && areNear(mine.scale, theirs.scale)
    }
  }
}

private func areNear(_ mine: [Float], _ theirs: [Float]) -> Bool {
  mine.count == theirs.count
    && zip(mine, theirs).allSatisfy { abs($0 - $1) <= 1e-4 * max(abs($0), abs($1), 1e-3) }
}

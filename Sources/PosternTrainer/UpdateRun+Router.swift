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
    model.ancillary = Ancillary()
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
    report.expertTraffic = try traffic(of: new)
    var update = ModelUpdate(
      replacements: try sections(of: model, report.expertTraffic), report: report)
    update.routerParameters = try parameters(new)
    if frame.task == .regression {
      let deviations = heldOut.deviations(of: after, expertCount: expertCount)
      for expert in 0..<expertCount {
        update.deviations[expert] = Array(
          deviations[expert * frame.outputCount..<(expert + 1) * frame.outputCount])
      }
    }
    return update
  }

  /// The router as training sees it: what the file says that it was trained as, as long as that is
  /// what routes; affine scores speak for themselves.
  private func trainableRouter() throws(UpdateError) -> TrainableRouter {
    let groups = frame.router.groups
    if let published = frame.ancillary.routerParameters {
      let router = TrainableRouter(published, groups: groups, featureCount: frame.featureCount)
      if router.serving.isNear(frame.router) { return router }
    }
    guard frame.router.nodes.allSatisfy({ $0.kind == .affine }) else {
      throw .unsupportedModel(.router)
    }
    let published = RouterParameters(
      outerKind: .linear, innerKind: frame.router.nodes.count > 1 ? .linear : nil,
      nodes: frame.router.nodes.map {
        RouterParameters.Node(
          weight: $0.weights, bias: $0.bias, scale: [Float](repeating: 1, count: $0.bias.count))
      })
    return TrainableRouter(published, groups: groups, featureCount: frame.featureCount)
  }

  private func sections(
    of model: ModelDescription, _ traffic: [Int]
  ) throws(UpdateError) -> [SectionReplacement] {
    var histogram: [UInt8] = []
    for count in traffic {
      for shift in stride(from: 0, to: 64, by: 8) {
        histogram.append(UInt8(truncatingIfNeeded: count >> shift))
      }
    }
    do throws(PackagingError) {
      return [
        SectionReplacement(.router, try model.sectionOfRouter()),
        SectionReplacement(.routingHistogram, histogram),
      ]
    } catch {
      throw .unservable(error)
    }
  }

  /// What the new router was trained as; gates have the temperature that they had.
  private func parameters(_ router: TrainableRouter) throws(UpdateError) -> [UInt8]? {
    var model = frame
    model.router = router.serving
    model.ancillary.routerParameters = router.published(
      temperature: frame.ancillary.routerParameters?.temperature ?? 1)
    do throws(PackagingError) {
      return try model.sectionOfRouterParameters()
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

  /// Rows of all that is learned from, by the experts that `router` gives them.
  private func traffic(of router: TrainableRouter) throws(UpdateError) -> [Int] {
    var traffic = [Int](repeating: 0, count: expertCount)
    for expert in ServingRouter(router.serving).route(try labelled(rows.table).data) {
      traffic[Int(expert)] += 1
    }
    return traffic
  }
}

extension Router {
  /// The number of experts in each group; of a flat router, one number.
  fileprivate var groups: [Int] {
    switch self {
    case .flat(let node): [node.bias.count]
    case .twoLevel(_, let inner): inner.map(\.bias.count)
    }
  }

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

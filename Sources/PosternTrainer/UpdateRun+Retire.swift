// UpdateRun+Retire.swift: experts go, and the next best take their rows.
//
// Step: model, rows → [fewer experts] → sections.   Specification: formats/model.md, section 9.3.

import PosternFormat
import PosternPackaging

extension Trainer {
  /// Refuses experts that are not there or cannot all go.
  static func checkRetirement(_ model: ModelView, _ experts: [Int]) throws(UpdateError) {
    let count = model.header.expertCount
    try checkNames(experts, expertCount: count)
    // Every gate of a softmax has all experts in it.
    if model.header.gateScale == .probability { throw .unsupportedModel(.gateScale) }
    let router = ModelDescription(frameOf: model).router
    if experts.count == count { throw .lastExpert(group: nil) }
    for (group, size) in router.groups.enumerated()
    where experts.count(where: { router.place(of: $0).group == group }) == size {
      throw .lastExpert(group: group)
    }
  }
}

extension UpdateRun {
  /// Retires the experts without traffic: in these rows, and in the routing histogram if the file
  /// has one. A group without any traffic keeps its first expert.
  func retireIdle(
    _ model: ModelView, _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    var traffic = emptyReport.expertTraffic
    for judge in judged?.experts ?? [] { traffic[judge] += 1 }
    if let histogram = try histogram(model) {
      for index in traffic.indices where histogram[index] > 0 { traffic[index] += 1 }
    }
    var idle: [Int] = []
    var first = 0
    for count in frame.router.groups {
      let own = (first..<first + count).filter { traffic[$0] == 0 }
      idle += own.count == count ? own.dropFirst() : own[...]
      first += count
    }
    return try retire(idle, model, expert)
  }

  /// Retires the named experts, if the rows' score allows it.
  ///
  /// Nothing is learned, so that all rows may judge. A row that moves falls to the expert with the
  /// next best score of the same node; every other row keeps its expert and so its answer.
  func retire(
    _ named: [Int], _ model: ModelView, _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    let gone = Set(named)
    let kept = (0..<expertCount).filter { !gone.contains($0) }
    let judge = judged ?? rows
    var fewer = frame
    fewer.router = frame.router.removing(gone)
    let router = ServingRouter(fewer.router)
    let labelled = try labelled(judge.table)
    let now = router.route(labelled.data).map { kept[Int($0)] }
    // Only experts that some of these rows meet are looked at.
    let met = Set(judge.experts).union(now)
    var whole = frame
    whole.experts = try (0..<expertCount).map { index throws(UpdateError) in
      met.contains(index) ? try expert(index) : frame.constant(0)
    }
    fewer.experts = kept.map { whole.experts[$0] }
    let before = try served(whole, judge.table).values
    let after = try served(fewer, judge.table).values
    let moved = now.indices.filter { now[$0] != judge.experts[$0] }
    var retirement = UpdateReport.Retirement(
      experts: gone.sorted(), outcome: .retired, rowCount: now.count, movedRowCount: moved.count,
      takers: kept.compactMap { index in
        let count = moved.count { now[$0] == index }
        return count > 0 ? UpdateReport.Retirement.Taker(expert: index, rowCount: count) : nil
      },
      before: labelled.score(served: before).metric, after: labelled.score(served: after).metric)
    let isWorse =
      Self.outcome(
        before: labelled.rowLosses(served: after), after: labelled.rowLosses(served: before))
      == .updated
    if gone.isEmpty {
      retirement.outcome = .noneIdle
    } else if isWorse && !options.isForced {
      retirement.outcome = .worse
    }
    var report = emptyReport
    report.retirement = retirement
    guard retirement.isDone else { return ModelUpdate(replacements: [], report: report) }
    report.expertTraffic = try traffic(of: fewer.router)
    var update = ModelUpdate(replacements: [], report: report)
    update.experts = ExpertReplacement(sources: kept.map { .kept($0) }, router: fewer.router)
    update.replacements = try histogramSection(model, gone: gone, traffic: report.expertTraffic)
    update.routerParameters = try routerParameters(fewer.router) {
      $0.removing(gone, groups: frame.router.groups)
    }
    update.deviations = deviations(
      after, labelled, experts: now.map { kept.firstIndex(of: $0) ?? 0 },
      changed: Set(retirement.takers.compactMap { kept.firstIndex(of: $0.expert) }),
      expertCount: kept.count)
    return update
  }

  /// The counts of the kept experts where none of those that go had any, which is as it was in
  /// training; else the traffic of these rows.
  private func histogramSection(
    _ model: ModelView, gone: Set<Int>, traffic: [Int]
  ) throws(UpdateError) -> [SectionReplacement] {
    guard model.entry(.routingHistogram) != nil else { return [] }
    let old = try histogram(model)
    let isIdle = old.map { old in gone.allSatisfy { old[$0] == 0 } } ?? false
    let kept = old.map { old in old.indices.filter { !gone.contains($0) }.map { old[$0] } }
    return [Self.histogram(isIdle ? kept ?? [] : traffic.map { UInt64($0) })]
  }
}

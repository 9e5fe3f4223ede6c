// RoutesJSON.swift: a report on routes as JSON for scripts. The keys are an interface; a test
// freezes them.

/// What `postern routes --json` prints.
func routesJSON(_ report: RoutesReport) -> JSON {
  let idle = report.experts.filter(\.isIdle).map { JSON.integer($0.index) }
  let neverTrained = report.experts.filter(\.wasIdleInTraining).map { JSON.integer($0.index) }
  let gate: JSON = .object([
    "mean": number(report.meanGateProbability),
    "counts": .array(report.gateCounts.map(JSON.integer)),
  ])
  let scores = JSON.array(report.scores.indices.map { scoreJSON(report.scores[$0], report, $0) })
  return .object([
    "schema": .integer(reportSchema),
    "command": .text("routes"),
    "model": .text(report.modelName),
    "file": .text(report.inputName),
    "task": .text(taskName(report.task)),
    "targets": .array(report.targets.map(JSON.bytes)),
    "rowCount": .integer(report.rowCount),
    "rejectedCount": .integer(report.rejectedCount),
    "expertCount": .integer(report.experts.count),
    "idleExperts": .array(idle),
    "idleInTraining": .array(neverTrained),
    "balance": balanceJSON(report.balance),
    "hasTrainingHistogram": .bool(report.hasHistogram),
    "drift": report.drift.map { drift in
      .object([
        "populationStabilityIndex": .number(drift.stabilityIndex),
        "chiSquare": .number(drift.chiSquare),
        "degreesOfFreedom": .integer(drift.degreesOfFreedom),
        "probability": .number(drift.probability),
        "alarm": .bool(drift.isAlarm),
      ])
    } ?? .null,
    "margins": marginsJSON(report),
    "gateProbability": gate,
    "metric": .text(report.metricName),
    "scores": scores,
    "unknownClassCount": .integer(report.unknownClassCount),
    "groupBalance": report.groupBalance.map(balanceJSON) ?? .null,
    "groups": .array(report.groups.map(groupJSON)),
    "jointTop1": report.joint.map { joint in
      .object([
        "rowCount": .integer(joint.rowCount),
        "otherCount": .integer(joint.otherCount),
        "otherShare": .number(joint.share),
      ])
    } ?? .null,
    "prototypeDistances": .array(report.distances.map(distanceJSON)),
    "experts": .array(report.experts.map { expertJSON($0, report) }),
  ])
}

private func number(_ value: Double?) -> JSON { value.map { JSON.number($0) } ?? .null }

private func balanceJSON(_ balance: RouteBalance) -> JSON {
  .object([
    "coefficientOfVariation": number(balance.coefficientOfVariation),
    "entropy": number(balance.entropy),
    "entropyShare": number(balance.entropyShare),
    "effectiveCount": number(balance.effectiveCount),
  ])
}

private func marginsJSON(_ report: RoutesReport) -> JSON {
  let bins = report.margins.occupied.map { bin -> JSON in
    let isLast = bin + 1 == LogHistogram.binCount
    return .object([
      "from": .number(LogHistogram.edge(bin)),
      "to": isLast ? .null : .number(LogHistogram.edge(bin + 1)),
      "count": .integer(report.margins.counts[bin]),
    ])
  }
  return .object([
    "rowCount": .integer(report.margins.total),
    "withoutRunnerUp": .integer(report.withoutRunnerUp),
    "tenth": number(report.margins.quantile(0.1)),
    "median": number(report.margins.quantile(0.5)),
    "nineTenths": number(report.margins.quantile(0.9)),
    "bins": .array(bins),
  ])
}

private func scoreJSON(_ score: RouteScore, _ report: RoutesReport, _ target: Int) -> JSON {
  .object([
    "target": .bytes(report.targets[target]),
    "rowCount": .integer(score.rowCount),
    "score": number(score.score),
    "chosen": number(score.chosen),
    "runnerUp": number(score.runnerUp),
    "dropTop1": number(score.change),
  ])
}

private func distanceJSON(_ distance: PrototypeDistance) -> JSON {
  .object([
    "level": .text(distance.level.rawValue),
    "rowCount": .integer(distance.rowCount),
    "mean": .number(distance.mean),
    "ninetyNineHundredths": .number(distance.high),
  ])
}

private func groupJSON(_ group: GroupRoutes) -> JSON {
  .object([
    "index": .integer(group.index),
    "firstExpert": .integer(group.experts.lowerBound),
    "expertCount": .integer(group.experts.count),
    "rowCount": .integer(group.rowCount),
    "share": .number(group.share),
    "trainingShare": number(group.trainingShare),
    "balance": balanceJSON(group.balance),
  ])
}

private func expertJSON(_ expert: ExpertRoutes, _ report: RoutesReport) -> JSON {
  let scores = expert.scores.indices.map { scoreJSON(expert.scores[$0], report, $0) }
  let deviations =
    expert.heldOutDeviations.map { JSON.array($0.map { JSON.numeral(shortestSingle($0)) }) }
    ?? .null
  let runnerUps = expert.runnerUpCounts.map { JSON.array($0.map(JSON.integer)) } ?? .null
  return .object([
    "index": .integer(expert.index),
    "group": expert.group.map(JSON.integer) ?? .null,
    "rowCount": .integer(expert.rowCount),
    "share": .number(expert.share),
    "trainingRowCount": expert.trainingRowCount.map { .numeral(String($0)) } ?? .null,
    "trainingShare": number(expert.trainingShare),
    "meanGateProbability": number(expert.meanGateProbability),
    "medianMargin": number(expert.margins.quantile(0.5)),
    "scores": .array(scores),
    "heldOutDeviations": deviations,
    "runnerUpCounts": runnerUps,
    "separations": .array(expert.separations.map(separationJSON)),
  ])
}

/// One separation; an infinite effect is null.
private func separationJSON(_ separation: Separation) -> JSON {
  let kind: String
  var category = JSON.null
  let values: (own: Double, rest: Double)
  switch separation.kind {
  case .mean(let own, let rest): (kind, values) = ("mean", (own, rest))
  case .category(let name, let share, let rest):
    (kind, values) = ("category", (share, rest))
    category = .bytes(name)
  case .unknown(let share, let rest): (kind, values) = ("unknown", (share, rest))
  case .missing(let share, let rest): (kind, values) = ("missing", (share, rest))
  }
  return .object([
    "column": .bytes(separation.column),
    "kind": .text(kind),
    "category": category,
    "value": .number(values.own),
    "rest": .number(values.rest),
    "effect": .number(separation.effect),
    "words": .text({ "\($0.subject): \($0.values)" }(Messages.words(separation))),
  ])
}

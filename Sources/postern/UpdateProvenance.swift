// UpdateProvenance.swift: how a model was changed, as the file says it.
//
// Specification: formats/model.md, section 8.3. Equal files, options and seed give equal text: no
// time, no path, no number of threads.

internal import PosternData
internal import PosternFormat
internal import PosternTrainer

/// The provenance of a model that is to be updated; an empty object if it has none.
///
/// - Throws: Rule R18 for a damaged one, ``CommandFailure`` for one that cannot be carried on.
func provenance(of model: ModelView, _ name: String) throws -> JSON {
  guard let entry = model.entry(.provenance) else { return .object([]) }
  guard entry.encoding == .raw,
    let value = JSON(parsing: try model.checkedSection(entry).copied()), value.isObject
  else { throw CommandFailure(.refusedModel, Messages.unreadableProvenance(name)) }
  return value
}

/// The bytes of a provenance with one more entry under `updates`.
func adding(_ entry: JSON, to provenance: JSON) -> [UInt8] {
  guard case .object(var members) = provenance else { return [] }
  var updates = [entry]
  if case .array(let earlier)? = provenance["updates"] { updates = earlier + updates }
  members.removeAll { $0.name == "updates" }
  members.append(JSON.Member(name: "updates", value: .array(updates)))
  return Array(JSON.object(members).sorted.compact.utf8)
}

/// What one update says about itself.
func updateEntry(
  _ command: UpdateCommand, _ data: TrainingData, _ validation: TrainingData?,
  _ report: UpdateReport
) -> JSON {
  var options: [JSON.Member] = []
  if let epochs = command.epochs {
    options.append(JSON.Member(name: "epochs", value: .integer(epochs)))
  }
  if let experts = command.experts {
    options.append(JSON.Member(name: "experts", value: .text(experts.text)))
  }
  if let count = command.grow {
    options.append(JSON.Member(name: "grow", value: .integer(count)))
  }
  if let experts = command.retire {
    options.append(JSON.Member(name: "retire", value: .text(experts.text)))
    if command.force { options.append(JSON.Member(name: "force", value: .bool(true))) }
  }
  if command.router { options.append(JSON.Member(name: "router", value: .bool(true))) }
  if report.stoppedEarly { options.append(JSON.Member(name: "stoppedEarly", value: .bool(true))) }
  func rows(_ data: TrainingData) -> JSON {
    .object([
      "rows": .integer(data.table.rowCount), "xxh64": .text(hexadecimal(data.digest)),
    ])
  }
  var members = [
    JSON.Member(name: "command", value: .text("postern update")),
    JSON.Member(name: "data", value: rows(data)),
    JSON.Member(name: "metric", value: .text(metricName(report.metric))),
    JSON.Member(name: "options", value: .object(options)),
    JSON.Member(name: "seed", value: .numeral(String(command.seed))),
    JSON.Member(
      name: "validation",
      value: validation.map(rows) ?? .object(["taken": .text("from the data")])),
    JSON.Member(name: "version", value: .text(Version.number)),
  ]
  if let router = report.router {
    members.append(JSON.Member(name: "router", value: trialJSON(router)))
  } else if let retirement = report.retirement {
    members.append(JSON.Member(name: "retirement", value: retirementJSON(retirement)))
  } else if !report.growth.isEmpty {
    members.append(JSON.Member(name: "growth", value: .array(report.growth.map(growthJSON))))
  } else {
    members.append(JSON.Member(name: "experts", value: .array(report.experts.map(trialJSON))))
  }
  return .object(members)
}

/// What became of one part.
func trialJSON(_ trial: UpdateReport.Trial) -> JSON {
  var members: [JSON.Member] = []
  if let expert = trial.expert {
    members.append(JSON.Member(name: "expert", value: .integer(expert)))
  }
  members += [
    JSON.Member(name: "outcome", value: .text(trial.outcome.rawValue)),
    JSON.Member(name: "before", value: trial.before.map { JSON.number($0) } ?? .null),
    JSON.Member(name: "after", value: trial.after.map { JSON.number($0) } ?? .null),
    JSON.Member(name: "rows", value: .integer(trial.trainingRowCount)),
    JSON.Member(name: "heldOutRows", value: .integer(trial.heldOutRowCount)),
  ]
  return .object(members)
}

/// What became of a new expert.
func growthJSON(_ growth: UpdateReport.Growth) -> JSON {
  guard case .object(let members) = trialJSON(growth.trial) else { return .null }
  return .object(
    members + [
      JSON.Member(name: "parent", value: .integer(growth.parent)),
      JSON.Member(name: "wonRows", value: .integer(growth.wonRowCount)),
    ])
}

/// What became of experts that were to go.
func retirementJSON(_ retirement: UpdateReport.Retirement) -> JSON {
  .object([
    "experts": .array(retirement.experts.map(JSON.integer)),
    "outcome": .text(retirement.outcome.rawValue),
    "before": .number(retirement.before),
    "after": .number(retirement.after),
    "rows": .integer(retirement.rowCount),
    "movedRows": .integer(retirement.movedRowCount),
    "takers": .array(
      retirement.takers.map {
        .object(["expert": .integer($0.expert), "rows": .integer($0.rowCount)])
      }),
  ])
}

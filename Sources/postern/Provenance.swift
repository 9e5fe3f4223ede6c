// Provenance.swift: how a model was made, as the file says it.
//
// Specification: formats/model.md, section 8.3. Equal data, options and seed give equal text: no
// time, no path, no number of threads.

internal import PosternTrainer

/// The provenance section of a model.
func provenance(
  _ command: TrainCommand, _ data: TrainingData, _ validation: TrainingData?,
  _ report: TrainingReport
) -> [UInt8] {
  var options: [JSON.Member] = []
  func add(_ name: String, _ value: JSON?) {
    if let value { options.append(JSON.Member(name: name, value: value)) }
  }
  func list(_ texts: [String]) -> JSON? { texts.isEmpty ? nil : .array(texts.map(JSON.text)) }
  add("target", list(command.target))
  add("task", command.task.map { .text($0.rawValue) })
  for (name, value) in command.routing.chosen { add(name, value) }
  add("hidden", command.hidden.map { .text($0.text) })
  add("bins", command.bins.map(JSON.integer))
  add("epochs", command.epochs.map(JSON.integer))
  add("teachers", command.teachers.map(JSON.integer))
  add("categorical", list(command.columns.categorical))
  add("numeric", list(command.columns.numeric))
  add("ignore", list(command.columns.ignore))
  add("missing", list(command.table.missing))
  add("decimal", command.forms.decimal.map { .text($0.rawValue) })
  add("thousands", command.forms.thousands.map { .text($0.rawValue) })
  add("unit", list(command.forms.unit))
  add("dateOrder", command.forms.dateOrder.map { .text($0.rawValue) })
  add("delimiter", command.table.delimiter.map { .text(String(UnicodeScalar($0.byte))) })
  add("timeLimit", command.timeLimit.map { JSON.number($0) })
  if report.stoppedEarly { add("stoppedEarly", .bool(true)) }
  var members: KeyValuePairs<String, JSON> = [:]
  members = [
    "command": .text("postern train"),
    "data": dataJSON(data, rows: report.trainingRowCount),
    "options": .object(options),
    "scores": scoresJSON(report),
    "seed": .numeral(String(command.seed)),
    "validation": validation.map { dataJSON($0, rows: report.validationRowCount) }
      ?? .object(["rows": .integer(report.validationRowCount), "taken": .text("from the data")]),
    "version": .text(Version.number),
  ]
  var object = members.map { JSON.Member(name: $0.key, value: $0.value) }
  if !report.structure.isEmpty {
    object.append(JSON.Member(name: "structure", value: structureJSON(report)))
  }
  return Array(JSON.object(object).sorted.compact.utf8)
}

private func dataJSON(_ data: TrainingData, rows: Int) -> JSON {
  .object(["rows": .integer(rows), "xxh64": .text(hexadecimal(data.digest))])
}

/// The scores on the validation rows.
func scoresJSON(_ report: TrainingReport) -> JSON {
  var members = [
    JSON.Member(name: "metric", value: .text(metricName(report.metric))),
    JSON.Member(name: "model", value: .number(report.score)),
  ]
  let optional = [
    ("unrounded", report.unroundedScore), ("constant", report.constantScore),
    ("linear", report.linearScore), ("dense", report.denseScore),
    ("teachersMean", report.teachersMeanScore), ("softMixture", report.softMixtureScore),
    ("mixture", report.mixtureScore), ("refit", report.refitScore), ("softLoss", report.softLoss),
    ("top1Loss", report.hardLoss),
  ]
  for (name, score) in optional {
    if let score { members.append(JSON.Member(name: name, value: .number(score))) }
  }
  if !report.phases.isEmpty {
    let phases = report.phases.map { phase in
      JSON.object([
        "phase": .text(phase.phase.rawValue), "loss": .number(phase.loss),
        "dispatchEntropy": .number(phase.dispatchEntropy), "purity": .number(phase.purity),
      ])
    }
    members.append(JSON.Member(name: "phases", value: .array(phases)))
  }
  return .object(members)
}

/// The short name of a score.
func metricName(_ metric: TrainingReport.Metric) -> String {
  switch metric {
  case .rootMeanSquaredError: "RMSE"
  case .accuracy: "accuracy"
  }
}

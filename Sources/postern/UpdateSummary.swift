// UpdateSummary.swift: what `postern update` says when it is done.

internal import PosternTrainer

/// The result of an update, for a person and for scripts.
struct UpdateSummary {
  let command: UpdateCommand
  let data: TrainingData
  let validation: TrainingData?
  let report: UpdateReport
  var byteCount: Int
  let seconds: Double
  /// Rows of the self-test with new answers.
  var changedSelfTestRowCount = 0
  var droppedSignature = false

  private var metric: String { metricName(report.metric) }
  private var file: String { Messages.name(ofOutput: command.destination) }

  /// What else happened to the file.
  var notes: [Message] {
    var notes: [Message] = []
    if changedSelfTestRowCount > 0 {
      notes.append(Messages.newSelfTestAnswers(changedSelfTestRowCount, file))
    }
    if droppedSignature { notes.append(Messages.droppedSignature(file)) }
    return notes
  }

  /// The lines for a terminal.
  var text: String {
    if let retirement = report.retirement { return text(retirement) }
    var text = "learned from \(Messages.count(report.rowCount, "row")) of \(data.name)"
    if report.refusedRowCount > 0 {
      text += " (\(Messages.count(report.refusedRowCount, "more row")) refused by the model)"
    }
    text += ", judged on rows " + (validation.map { "of \($0.name)" } ?? "held out") + "\n"
    for trial in report.experts {
      let expert = trial.expert ?? 0
      let share =
        report.lossShares.isEmpty
        ? "" : ", \(percent(report.lossShares[expert])) of the loss"
      text += "  expert \(expert)\(share): \(line(trial))\n"
    }
    for growth in report.growth {
      let name = "expert \(growth.trial.expert ?? 0) from \(growth.parent)"
      text += "  \(name): \(line(growth))\n"
    }
    if let router = report.router {
      text += "  router: \(line(router))\n"
      let total = max(report.rowCount, 1)
      let shares = report.expertTraffic.map { percent(Double($0) / Double(total)) }
      text += "  rows by expert  " + Messages.list(shares, limit: 16) + "\n"
    }
    if report.stoppedEarly { text += "  " + Messages.stoppedEarly + "\n" }
    return text + fileLine
  }

  /// What became of the file.
  private var fileLine: String {
    let change =
      report.isUpdated ? "" : command.output == nil ? ", as it was" : ", a copy of the model"
    return "  \(file): \(byteText(byteCount))\(change), \(durationText(seconds))\n"
  }

  private func text(_ retirement: UpdateReport.Retirement) -> String {
    let source = validation ?? data
    var text = "judged by \(Messages.count(retirement.rowCount, "row")) of \(source.name)\n"
    let experts = Messages.list(retirement.experts.map(String.init), limit: 16)
    let scores = "\(metric) \(significant(retirement.before)) -> \(significant(retirement.after))"
    switch retirement.outcome {
    case .retired: text += "  retired \(experts): \(scores)\n"
    case .worse: text += "  kept \(experts), worse by more than chance (\(scores)); see --force\n"
    case .noneIdle: text += "  every expert has rows, none retires\n"
    }
    if retirement.movedRowCount > 0 {
      let takers = retirement.takers.map { "\($0.rowCount) to \($0.expert)" }
      let verb = retirement.isDone ? "fall" : "would fall"
      text +=
        "  \(Messages.count(retirement.movedRowCount, "row")) \(verb) to the next best expert: "
        + Messages.list(takers, limit: 16) + "\n"
    }
    return text + fileLine
  }

  private func line(_ growth: UpdateReport.Growth) -> String {
    let trial = growth.trial
    guard trial.isUpdated else {
      return line(trial).replacing("kept, ", with: "not added, ")
    }
    return line(trial) + ", \(Messages.count(growth.wonRowCount, "row")) won"
  }

  private func line(_ trial: UpdateReport.Trial) -> String {
    let scores =
      "\(trial.before.map { significant($0) } ?? "none") -> "
      + (trial.after.map { significant($0) } ?? "none")
    let rows = Messages.count(trial.trainingRowCount + trial.heldOutRowCount, "row")
    switch trial.outcome {
    case .updated:
      return "\(metric) \(scores) on \(Messages.count(trial.heldOutRowCount, "held-out row"))"
    case .noImprovement: return "kept, no improvement (\(scores))"
    case .withinChance: return "kept, no more improvement than chance would bring (\(scores))"
    case .tooFewRows: return "kept, too few rows to learn from and to judge by (\(rows))"
    case .noRows: return "kept, no row reaches it"
    }
  }

  /// What `postern update --json` prints.
  var json: JSON {
    .object([
      "schema": .integer(reportSchema),
      "command": .text("update"),
      "file": .text(file),
      "byteCount": .integer(byteCount),
      "seconds": .numeral(fixed(seconds, places: 3)),
      "updated": .bool(report.isUpdated),
      "rowCount": .integer(report.rowCount),
      "refusedRowCount": .integer(report.refusedRowCount),
      "beyondRangeRowCount": .integer(report.beyondRangeRowCount),
      "rowsWithoutTarget": .integer(data.withoutTarget),
      "metric": .text(metric),
      "experts": .array(report.experts.map(trialJSON)),
      "router": report.router.map(trialJSON) ?? .null,
      "growth": .array(report.growth.map(growthJSON)),
      "retirement": report.retirement.map(retirementJSON) ?? .null,
      "expertRowCounts": .array(report.expertTraffic.map(JSON.integer)),
      "lossShares": .array(report.lossShares.map { JSON.number($0) }),
      "changedSelfTestRowCount": .integer(changedSelfTestRowCount),
      "droppedSignature": .bool(droppedSignature),
      "stoppedEarly": .bool(report.stoppedEarly),
    ])
  }
}

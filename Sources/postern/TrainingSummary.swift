// TrainingSummary.swift: what `postern train` says when it is done.

internal import PosternTrainer

/// The result of training, for a person and for scripts.
struct TrainingSummary {
  let command: TrainCommand
  let data: TrainingData
  let validation: TrainingData?
  let report: TrainingReport
  let columnCount: Int
  let columns: [ColumnReport]
  let byteCount: Int
  let seconds: Double

  private var metric: String { metricName(report.metric) }

  /// The lines for a terminal.
  var text: String {
    var text =
      "trained on \(Messages.count(report.trainingRowCount, "row")) and "
      + "\(Messages.count(columnCount, "column")) of \(data.name), "
    text +=
      validation.map {
        "judged on \(Messages.count(report.validationRowCount, "row")) of \($0.name)\n"
      }
      ?? "judged on \(Messages.count(report.validationRowCount, "row")) held out\n"
    var table = AlignedText([("", .left), ("", .left), ("", .left)])
    table.append([metric, significant(report.score), chosenText])
    if let unrounded = report.unroundedScore {
      table.append(["in f32", significant(unrounded), "before the weights were rounded"])
    }
    if let linear = report.linearScore, report.chosen != .linear {
      let kind = report.metric == .accuracy ? "logistic" : "ridge"
      table.append(["linear model", significant(linear), "\(kind) regression on the same columns"])
    }
    if let soft = report.softMixtureScore {
      let hard = report.mixtureScore.map { "top-1 instead: \(significant($0)), then refit" }
      table.append([
        "soft routing", significant(soft),
        (hard ?? "top-1 instead") + ": \(report.refitScore.map { significant($0) } ?? "none")",
      ])
    }
    if let soft = report.softLoss, let hard = report.hardLoss {
      table.append([
        "soft loss", significant(soft),
        "top-1 loss: \(significant(hard)), \(fixed(hard / max(soft, 1e-30), places: 2)) times the soft one",
      ])
    }
    for phase in report.phases {
      table.append([
        phase.phase.rawValue, significant(phase.loss),
        "loss; groups of k-means: purity \(percent(phase.purity)), "
          + "dispatch entropy \(fixed(phase.dispatchEntropy, places: 2))",
      ])
    }
    if command.compare == .dense, let dense = report.denseScore {
      table.append([
        "dense network", significant(dense), "one network for all rows, same recipe",
      ])
    }
    text += String(table.rendered().drop { $0 == "\n" })
    text += traffic
    text += structureText(report)
    text +=
      "  \(Messages.name(ofOutput: command.output)): \(byteText(byteCount)), \(durationText(seconds))\n"
    if report.stoppedEarly { text += "  " + Messages.stoppedEarly + "\n" }
    if command.output != "-" {
      text += "next: postern predict \(Messages.shown(command.output)) < rows.csv\n"
    }
    return text
  }

  private var chosenText: String {
    let tried = Messages.count(report.triedExpertCount, "expert")
    var experts = Messages.count(report.expertTraffic.count, "expert")
    if report.expertTraffic.count < report.triedExpertCount { experts += " of \(tried) tried" }
    let part = report.hasLinearPart ? ", beside a linear model" : ""
    switch report.chosen {
    case .refitMixture: return "\(experts), each refitted on the rows it answers for\(part)"
    case .mixture: return experts + part
    case .dense where report.triedExpertCount == 1: return "one expert\(part)"
    case .dense: return "one expert\(part): \(tried) were tried and are no better"
    case .linear:
      return
        "a linear model\(validation == nil ? ", then fitted to all rows" : ""): no network is better"
    case .constant: return "a constant: nothing is better"
    }
  }

  private var traffic: String {
    let total = max(report.expertTraffic.reduce(0, +), 1)
    let shares = report.expertTraffic.map { percent(Double($0) / Double(total)) }
    return "  rows by expert  " + Messages.list(shares, limit: 16) + "\n"
  }

  /// What `postern train --json` prints.
  func json(_ warnings: [Message]) -> JSON {
    .object([
      "schema": .integer(reportSchema),
      "command": .text("train"),
      "file": .text(Messages.name(ofOutput: command.output)),
      "byteCount": .integer(byteCount),
      "seconds": .numeral(fixed(seconds, places: 3)),
      "rowCount": .integer(report.trainingRowCount),
      "validationRowCount": .integer(report.validationRowCount),
      "rowsWithoutTarget": .integer(data.withoutTarget),
      "columnCount": .integer(columnCount),
      "scores": scoresJSON(report),
      "chosen": .text(report.chosen.rawValue),
      "structure": structureJSON(report),
      "hasLinearPart": .bool(report.hasLinearPart),
      "triedExpertCount": .integer(report.triedExpertCount),
      "expertRowCounts": .array(report.expertTraffic.map(JSON.integer)),
      "expertChangeRates": .array(report.expertChangeRates.map(JSON.number)),
      "routerFrozenAfter": report.routerFrozenAfter.map(JSON.integer) ?? .null,
      "stoppedEarly": .bool(report.stoppedEarly),
      "columns": ColumnReport.json(columns),
      "warnings": .array(warnings.map { .text($0.text) }),
    ])
  }
}

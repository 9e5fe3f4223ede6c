// BudgetReport.swift: what is said about a model that was planned for a budget.

internal import PosternPackaging
internal import PosternTrainer

extension Budget {
  /// The limits as they are printed, such as `flash 65,536 bytes, macs 20,000`.
  var text: String {
    Limit.allCases.compactMap { limit in
      limits[limit].map { "\(limit.rawValue) \(grouped($0))\(limit == .macs ? "" : " bytes")" }
    }.joined(separator: ", ")
  }

  var json: JSON {
    .object(
      Limit.allCases.map { limit in
        JSON.Member(name: limit.rawValue, value: limits[limit].map(JSON.integer) ?? .null)
      })
  }
}

extension BudgetCandidate {
  var json: JSON {
    .object([
      "experts": .integer(expertCount),
      "hidden": .array(widths.map(JSON.integer)),
      "bins": .integer(binCount),
      "elementType": .text("\(elementType)"),
      "fileByteCount": .integer(sizes.fileByteCount),
      "ramByteCount": .integer(sizes.ramByteCount),
      "rowMacCountLimit": .integer(sizes.rowMacCount),
      "totalParameterCount": .integer(totalParameterCount),
      "activeParameterCount": .integer(activeParameterCount),
      "complexityBound": .integer(complexity),
    ])
  }
}

extension BudgetPlan {
  /// What is printed before training.
  func text(name: String) -> String {
    guard let chosen else { return "" }
    var text = "\(name): \(Messages.count(trainingRowCount, "row")) to learn from, "
    text += "\(Messages.count(featureCount, "feature")); budget \(budget.text)\n"
    var table = AlignedText([
      ("", .left), ("experts", .right), ("hidden", .left), ("bins", .right), ("type", .left),
      ("flash", .right), ("ram", .right), ("macs", .right), ("parameters", .right),
      ("active", .right), ("C", .right),
    ])
    for candidate in shown {
      table.append([
        candidate == chosen ? ">" : "", String(candidate.expertCount), candidate.widthText,
        String(candidate.binCount), "\(candidate.elementType)",
        grouped(candidate.sizes.fileByteCount), grouped(candidate.sizes.ramByteCount),
        grouped(candidate.sizes.rowMacCount),
        grouped(candidate.totalParameterCount), grouped(candidate.activeParameterCount),
        grouped(candidate.complexity),
      ])
    }
    text += table.rendered()
    text += """
        Each line is the best of those with that many experts, or in that type, of \
      \(Messages.count(candidates.count, "candidate")); \
      \(Messages.count(measuredCount, "model")) measured.
        C = L max(n L, J W) bounds the VC dimension of L experts of depth J and width W over n \
      features; at most the rows, so \(grouped(chosen.complexity)) of \
      \(grouped(trainingRowCount)) here.
        > has the most experts x active^2, and the error in approximation falls as its power of \
      -1/n. Fewer bits have to gain
        what rounding costs: at least \(gainText) times as much.

      """
    text += "flash has \(grouped(provenanceByteCount)) bytes in it for the text of how the "
    text += "model was made, which takes less\n"
    return text
  }

  /// The most promising candidates with each number of experts and in each element type.
  private var shown: [BudgetCandidate] {
    func isBest(_ candidate: BudgetCandidate, of rivals: [BudgetCandidate]) -> Bool {
      rivals.allSatisfy { $0.promise <= candidate.promise }
    }
    return candidates.filter { candidate in
      isBest(candidate, of: candidates.filter { $0.expertCount == candidate.expertCount })
        || isBest(candidate, of: candidates.filter { $0.elementType == candidate.elementType })
    }
  }

  /// Such as `int8 1.3, int4 31`.
  private var gainText: String {
    Expert.ElementType.byBits.dropFirst().map { "\($0) \(significant($0.leastGain, digits: 2))" }
      .joined(separator: ", ")
  }

  /// What `--json` prints; `trained` is the file that was written.
  func json(name: String, trained: BudgetResult?) -> JSON {
    .object([
      "schema": .integer(reportSchema),
      "command": .text("plan"),
      "file": .text(name),
      "budget": budget.json,
      "rows": .integer(rowCapacity),
      "rowCount": .integer(trainingRowCount),
      "featureCount": .integer(featureCount),
      "measuredCount": .integer(measuredCount),
      "candidates": .array(candidates.map(\.json)),
      "chosen": chosen?.json ?? .null,
      "trained": trained.map { trained in
        .object([
          "file": .text(trained.name),
          "fileByteCount": .integer(trained.sizes.fileByteCount),
          "ramByteCount": .integer(trained.sizes.ramByteCount),
          "rowMacCountLimit": .integer(trained.sizes.rowMacCount),
          "elementType": .text("\(trained.elementType)"),
          "roundingLoss": .number(trained.roundingLoss),
          "scores": scoresJSON(trained.report),
        ])
      } ?? .null,
    ])
  }
}

/// A model that was trained within a budget.
struct BudgetResult {
  /// The name of the file.
  var name: String
  /// What the file takes, as it was written.
  var sizes: BudgetSizes
  var elementType: Expert.ElementType
  var report: TrainingReport

  /// By what part of its metric the model is worse on the rows that judge than it was in f32; below
  /// 0 if it is better.
  var roundingLoss: Double {
    guard let before = report.unroundedScore, before != report.score else { return 0 }
    let difference =
      report.metric == .rootMeanSquaredError ? report.score - before : before - report.score
    return difference / max(before, .leastNormalMagnitude)
  }

  /// What is printed last.
  var text: String {
    "within the budget: flash \(grouped(sizes.fileByteCount)) bytes, "
      + "ram \(grouped(sizes.ramByteCount)) bytes, macs \(grouped(sizes.rowMacCount)), "
      + "weights in \(elementType)\n"
  }

  /// Set if rounding costs more than 1 %.
  var warning: Message? {
    guard roundingLoss > 0.01, let before = report.unroundedScore else { return nil }
    return Message(
      name,
      "\(metricName(report.metric)) is \(significant(report.score)) in \(elementType), "
        + "\(percent(roundingLoss)) worse than \(significant(before)) in f32",
      help: "more flash allows more bits")
  }
}

extension Messages {
  /// No shape stays within the budget.
  static func nothingFits(_ plan: BudgetPlan) -> CommandFailure {
    let over = plan.budget.overruns(plan.smallest.sizes).map(\.text).joined(separator: "; ")
    return CommandFailure(
      .badData,
      Message(
        "--budget", "nothing fits: the smallest model has \(over)",
        help: "the smallest model is one affine expert with one bin a column, "
          + "weights in \(plan.smallest.elementType): "
          + "flash=\(plan.smallest.sizes.fileByteCount)B,ram=\(plan.smallest.sizes.ramByteCount)B,"
          + "macs=\(plan.smallest.sizes.rowMacCount)"))
  }

  /// A trained model exceeds the budget that it was planned for.
  static func overBudget(_ overruns: [Budget.Overrun], _ name: String) -> CommandFailure {
    CommandFailure(
      .doneWithRejects,
      Message(
        name,
        "the trained model exceeds the budget: "
          + overruns.map(\.text).joined(separator: "; "),
        help: "nothing was written; leave a little more room"))
  }
}

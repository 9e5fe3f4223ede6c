// BudgetReport.swift: what is said about a model that was planned for a budget.

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
      "elementType": .text("f32"),
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
    for candidate in candidates {
      table.append([
        candidate == chosen ? ">" : "", String(candidate.expertCount), candidate.widthText,
        String(candidate.binCount), "f32", grouped(candidate.sizes.fileByteCount),
        grouped(candidate.sizes.ramByteCount), grouped(candidate.sizes.rowMacCount),
        grouped(candidate.totalParameterCount), grouped(candidate.activeParameterCount),
        grouped(candidate.complexity),
      ])
    }
    text += table.rendered()
    text += """
        Each line is the most that fits with that number of experts, of \
      \(Messages.count(measuredCount, "shape")) measured. C = L max(n L, J W) bounds the VC \
      dimension
        of L experts of depth J and width W over n features; at most the rows, so \
      \(grouped(chosen.complexity)) of \(grouped(trainingRowCount)) here.
        > has the least error in approximation, which falls as (experts x active^2)^(-1/n).

      """
    text += "flash has \(grouped(Self.provenanceByteCount)) bytes in it for the text of how the "
    text += "model was made, which takes less\n"
    return text
  }

  /// What `--json` prints; `trained` is the file that was written, with its sizes.
  func json(name: String, trained: (name: String, sizes: BudgetSizes, score: JSON)?) -> JSON {
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
          "scores": trained.score,
        ])
      } ?? .null,
    ])
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
        help: "the smallest model is one affine expert with one bin a column: "
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

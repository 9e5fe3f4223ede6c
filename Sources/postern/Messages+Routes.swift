// Messages+Routes.swift: what is said about routes.

internal import PosternData
internal import PosternFormat

extension Messages {
  static func noRowsToRoute(model: String) -> Message {
    Message(
      "", "no rows: standard input is a terminal",
      help: "name a file, or pipe rows in: `postern routes \(shellQuoted(model)) < rows.csv`")
  }

  static func wrongTargetCount(_ found: Int, _ expected: Int, _ model: String) -> Message {
    Message(
      model, "\(count(found, "column")) in `--target`, expected \(expected), one for each target",
      help: "`postern inspect \(shellQuoted(model))` lists the model's targets")
  }

  /// Whether the rows look like training, in one line.
  static func verdict(_ drift: RouteDrift) -> String {
    let chance =
      drift.probability < RouteDrift.limits.probability
      ? "p < \(significant(RouteDrift.limits.probability, digits: 1))"
      : "p = \(significant(drift.probability, digits: 2))"
    let index = "population stability index \(significant(drift.stabilityIndex, digits: 3))"
    if drift.isAlarm { return "the rows do not look like training: \(index), \(chance)" }
    if drift.stabilityIndex >= RouteDrift.limits.stabilityIndex {
      return "no alarm: \(index) is large, but so few rows may differ so by chance (\(chance))"
    }
    return "no alarm: by their routes the rows look like training (\(index))"
  }

  /// How often greedy routing and the joint probability disagree.
  static func words(_ joint: JointTally) -> String {
    "for \(grouped(joint.otherCount)) of \(count(joint.rowCount, "row")) (\(percent(joint.share))) "
      + "another expert has the largest P(group) x P(expert | group)"
  }

  /// What must not be overlooked in a report.
  static func aboutRoutes(_ report: RoutesReport) -> [Message] {
    var messages: [Message] = []
    if let drift = report.drift, drift.isAlarm {
      messages.append(
        Message(
          report.inputName, verdict(drift),
          help: "check where the rows come from; if they are right, update the model with them"))
    }
    let idle = report.experts.filter { $0.isIdle && !$0.wasIdleInTraining }.map(\.index)
    if !idle.isEmpty {
      messages.append(
        Message(
          report.inputName,
          "\(experts(idle)) \(idle.count == 1 ? "answers" : "answer") for no row here"))
    }
    let collapsed = report.experts.filter { $0.isIdle && $0.wasIdleInTraining }.map(\.index)
    if !collapsed.isEmpty {
      messages.append(
        Message(
          report.modelName,
          "\(experts(collapsed)) \(collapsed.count == 1 ? "is" : "are") idle: no row here and none "
            + "in training",
          help:
            "train again with fewer experts: `--experts \(report.experts.count - collapsed.count)`"
        ))
    }
    let revived = report.experts.filter { !$0.isIdle && $0.wasIdleInTraining }.map(\.index)
    if !revived.isEmpty { messages.append(idleInTraining(revived, report.modelName)) }
    if report.unknownClassCount > 0 {
      messages.append(
        Message(
          report.inputName,
          "\(count(report.unknownClassCount, "row")) of a class that the model does not know, "
            + "counted as wrong"))
    }
    return messages
  }

  /// Experts that answered for no training row, by the model's histogram.
  static func idleInTraining(_ indices: [Int], _ model: String) -> Message {
    Message(model, "\(experts(indices)) answered for no training row")
  }

  /// Experts by their numbers.
  static func experts(_ indices: [Int]) -> String {
    (indices.count == 1 ? "expert " : "experts ") + list(indices.map(String.init))
  }

  /// A separation in words: where, and this expert's value against that of the rest.
  static func words(_ separation: Separation) -> (subject: String, values: String) {
    let column = shown(String(decoding: separation.column, as: UTF8.self))
    func shares(_ share: Double, _ rest: Double) -> String {
      "\(percent(share)) against \(percent(rest))"
    }
    switch separation.kind {
    case .mean(let own, let rest):
      // As many digits as it takes to see the difference.
      var digits = 4
      var ratio = max(own.magnitude, rest.magnitude) / (own - rest).magnitude
      while ratio > 100 && digits < 12 {
        digits += 1
        ratio /= 10
      }
      return (
        "\(column) \(separation.effect < 0 ? "lower" : "higher")",
        "mean \(significant(own, digits: digits)) against \(significant(rest, digits: digits))"
      )
    case .category(let name, let share, let rest):
      let category = shown(String(decoding: name, as: UTF8.self))
      return ("\(column) = \(category)", shares(share, rest))
    case .unknown(let share, let rest): return ("\(column) unknown", shares(share, rest))
    case .missing(let share, let rest): return ("\(column) missing", shares(share, rest))
    }
  }
}

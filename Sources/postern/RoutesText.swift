// RoutesText.swift: a report on routes as a person wants to read it.
//
// Step: report → [text] → standard output.

/// What `postern routes` prints.
struct RoutesText {
  private let report: RoutesReport
  /// Experts that are shown one by one.
  private static let shownExpertCount = 64
  /// Targets whose scores are shown.
  private static let shownTargetCount = 3

  init(_ report: RoutesReport) { self.report = report }

  var text: String {
    var text =
      "\(report.inputName): \(Messages.count(report.rowCount, "row")) through \(report.modelName), "
      + "\(Messages.count(report.experts.count, "expert"))\n"
    if report.rejectedCount > 0 {
      text += "\(Messages.count(report.rejectedCount, "row")) more without an answer\n"
    }
    for message in Messages.aboutRoutes(report) { text += "WARNING: \(message.text)\n" }
    text += "\nTRAFFIC\n" + traffic
    if !report.groups.isEmpty { text += "\nGROUPS\n" + groups }
    if report.rowCount == 0 { return text }
    text += "\nBALANCE\n" + balance
    text += "\nDRIFT\n" + drift
    text += "\nMARGINS\n" + margins
    if !report.distances.isEmpty { text += "\nDISTANCES\n" + distances }
    if !report.scores.isEmpty { text += "\nSCORES\n" + scores }
    text += "\nWHAT SEPARATES THE ROWS OF EACH EXPERT\n" + separations
    return text
  }

  private var shown: ArraySlice<ExpertRoutes> { report.experts.prefix(RoutesText.shownExpertCount) }

  private var rest: String {
    report.experts.count > shown.count
      ? "  and \(Messages.count(report.experts.count - shown.count, "more expert")), all in --json\n"
      : ""
  }

  private var traffic: String {
    var table = AlignedText([
      ("expert", .right), ("rows", .right), ("share", .right), ("in training", .right),
      ("gate", .right), ("median margin", .right), ("", .left),
    ])
    for expert in shown {
      let bar = String(repeating: "█", count: Int((20 * expert.share).rounded()))
      table.append([
        String(expert.index), grouped(expert.rowCount), percent(expert.share),
        expert.trainingShare.map(percent) ?? "",
        expert.meanGateProbability.map { fixed($0, places: 3) } ?? "",
        expert.margins.quantile(0.5).map { significant($0, digits: 3) } ?? "",
        expert.isIdle ? "IDLE" + (expert.wasIdleInTraining ? ", and in training" : "") : bar,
      ])
    }
    return table.rendered() + rest
  }

  private var groups: String {
    var table = AlignedText([
      ("group", .right), ("experts", .left), ("rows", .right), ("share", .right),
      ("in training", .right), ("entropy within", .right),
    ])
    for group in report.groups.prefix(RoutesText.shownExpertCount) {
      let last = group.experts.upperBound - 1
      table.append([
        String(group.index),
        group.experts.count == 1
          ? String(last) : "\(group.experts.lowerBound) to \(last)",
        grouped(group.rowCount), percent(group.share), group.trainingShare.map(percent) ?? "",
        group.balance.entropyShare.map { percent($0) + " of the largest" } ?? "",
      ])
    }
    let joint = report.joint.map { "  " + Messages.words($0) + "\n" }
    return table.rendered() + (joint ?? "")
  }

  private var balance: String {
    var table = AlignedText([("", .left), ("", .right), ("", .left)])
    func append(_ balance: RouteBalance, _ count: Int, _ noun: String) {
      guard let variation = balance.coefficientOfVariation, let entropy = balance.entropy,
        let share = balance.entropyShare, let effective = balance.effectiveCount
      else { return }
      table.append([
        "coefficient of variation of \(noun)s", significant(variation),
        "0 if all had equal traffic",
      ])
      table.append([
        "entropy of \(noun)s", significant(entropy) + " nats",
        "\(percent(share)) of log(\(count)), as \(fixed(effective, places: 1)) of equal traffic",
      ])
    }
    append(report.balance, report.experts.count, "expert")
    if let balance = report.groupBalance { append(balance, report.groups.count, "group") }
    return body(table)
  }

  private var drift: String {
    guard let drift = report.drift else {
      return report.hasHistogram
        ? "  unknown: the model's routing histogram is empty\n"
        : "  unknown: the model has no routing histogram\n"
    }
    let verdict = drift.isAlarm ? "ALARM: " : ""
    var table = AlignedText([("", .left), ("", .right), ("", .left)])
    table.append([
      "population stability index", significant(drift.stabilityIndex),
      "\(drift.verdict) (from 0.1 on some, from 0.25 on large)",
    ])
    table.append([
      "chi-square", significant(drift.chiSquare),
      "with \(Messages.count(drift.degreesOfFreedom, "degree")) of freedom",
    ])
    return "  \(verdict)\(Messages.verdict(drift))\n" + body(table)
  }

  private var margins: String {
    var text = ""
    if let mean = report.meanGateProbability {
      text += "  mean gate probability \(fixed(mean, places: 3))\n"
    }
    guard report.margins.total > 0 else { return text + "  no row has a runner-up\n" }
    let quantiles = [0.1, 0.5, 0.9].compactMap { report.margins.quantile($0) }
    text +=
      "  a tenth below about \(significant(quantiles[0], digits: 3)), half below "
      + "\(significant(quantiles[1], digits: 3)), nine tenths below "
      + "\(significant(quantiles[2], digits: 3))\n"
    let bars = report.margins.bars
    let largest = Double(max(bars.map(\.count).max() ?? 1, 1))
    var table = AlignedText([("from", .right), ("to", .right), ("rows", .right), ("", .left)])
    for bar in bars {
      let length = (40 * Double(bar.count) / largest).rounded(.up)
      table.append([
        bar.from.map { significant($0, digits: 3) } ?? "",
        bar.to.map { significant($0, digits: 3) } ?? "", grouped(bar.count),
        String(repeating: "█", count: Int(length)),
      ])
    }
    return text + table.rendered()
  }

  private var distances: String {
    var table = AlignedText([("", .left), ("", .right), ("", .left)])
    for distance in report.distances {
      let name = "mean to the chosen \(distance.level.rawValue)'s prototype"
      table.append([
        name, significant(distance.mean),
        "99 % of \(Messages.count(distance.rowCount, "row")) below about "
          + significant(distance.high, digits: 3),
      ])
    }
    return body(table)
  }

  private var scores: String {
    var text = ""
    for (target, score) in report.scores.prefix(RoutesText.shownTargetCount).enumerated() {
      let heldOutTitle: [(String, AlignedText.Side)] =
        report.hasDeviations ? [("held out", .right)] : []
      var table = AlignedText(
        [("expert", .right), ("rows", .right), (report.metricName, .right)] + heldOutTitle
          + [("by the runner-up", .right), ("change", .right), ("", .left)])
      func append(_ name: String, _ score: RouteScore, _ heldOut: Double? = nil) {
        let deviation = heldOut.map { significant($0) } ?? ""
        table.append(
          [name, grouped(score.rowCount), score.score.map { significant($0) } ?? ""]
            + (report.hasDeviations ? [deviation] : [])
            + [
              score.runnerUp.map { significant($0) } ?? "", score.change.map(signed) ?? "",
              score.gainsByDrop(report.metric) ? "no worse" : "",
            ])
      }
      for expert in shown where expert.scores[target].rowCount > 0 {
        append(String(expert.index), expert.scores[target], expert.heldOutDeviations?[target])
      }
      append("all", score)
      if report.scores.count > 1 {
        text += "  " + Messages.quoted(report.targets[target]) + "\n"
      }
      text += table.rendered()
    }
    text += rest
    if report.scores.count > RoutesText.shownTargetCount {
      text += "  and \(report.scores.count - RoutesText.shownTargetCount) more targets in --json\n"
    }
    return text
  }

  private var separations: String {
    var text = ""
    for expert in shown where expert.rowCount > 0 {
      text += "  expert \(expert.index), \(Messages.count(expert.rowCount, "row"))\n"
      if expert.separations.isEmpty {
        text += "    no column by much\n"
        continue
      }
      var table = AlignedText([("", .left), ("", .left)])
      for separation in expert.separations {
        let words = Messages.words(separation)
        table.append(["\(words.subject): \(words.values)", effectText(separation)])
      }
      text += body(table, indent: 4)
    }
    return text + rest
  }

  private func effectText(_ separation: Separation) -> String {
    if case .mean = separation.kind { return "d = " + signed(separation.effect) }
    return "h = " + signed(separation.effect)
  }

  /// A table without titles.
  private func body(_ table: AlignedText, indent: Int = 2) -> String {
    String(table.rendered(indent: indent).drop { $0 == "\n" })
  }
}

/// A number with its sign, to three digits.
func signed(_ number: Double) -> String {
  if number.isInfinite { return number > 0 ? "+infinite" : "-infinite" }
  return (number > 0 ? "+" : "") + significant(number, digits: 3)
}

extension RouteScore {
  /// Whether the runner-up answers as well as the chosen expert or better: a bad sign of a router.
  func gainsByDrop(_ metric: RoutesReport.Metric) -> Bool {
    guard let change else { return false }
    return metric == .accuracy ? change >= 0 : change <= 0
  }
}

// RoutesPage+Tables.swift: traffic, groups, scores and runners-up, a row for each expert.
//
// Step: report → [page] → file.

extension RoutesPage {
  var trafficNote: String {
    report.hasHistogram
      ? "Share of the rows that each expert answers. The mark is its share of the training rows."
      : "Share of the rows that each expert answers. The model does not say how it was in training."
  }

  /// A bar for each expert; the longest takes the whole width.
  var traffic: String {
    let largest = shown.map { max($0.share, $0.trainingShare ?? 0) }.max() ?? 0
    var text = """
      <table class="bars">
      <thead><tr><th scope="col">Expert</th><th scope="col" class="wide">Share</th>\
      <th scope="col" class="number">Here</th><th scope="col" class="number">In training</th>\
      <th scope="col" class="number">Rows</th><th scope="col" class="number">Gate</th>\
      <th scope="col" class="number">Median margin</th></tr></thead>
      <tbody>

      """
    for expert in shown {
      let mark = expert.trainingShare.map { share in
        "<i style=\"left:\(HTML.length(largest > 0 ? share / largest : 0))\"></i>"
      }
      let bar =
        "<div class=\"track\" aria-hidden=\"true\"><b style=\"width:"
        + "\(HTML.length(largest > 0 ? expert.share / largest : 0))\"></b>\(mark ?? "")</div>"
      let gate = expert.meanGateProbability.map { fixed($0, places: 3) } ?? "\u{2013}"
      let margin = expert.margins.quantile(0.5).map { significant($0, digits: 3) } ?? "\u{2013}"
      text +=
        "<tr data-expert=\"\(expert.index)\"\(expert.isIdle ? " class=\"idle\"" : "")>"
        + "<th scope=\"row\">\(expert.index)\(expert.isIdle ? " <em>idle</em>" : "")</th>"
        + "<td class=\"wide\">\(bar)</td>" + cell(percent(expert.share))
        + cell(expert.trainingShare.map(percent) ?? "\u{2013}") + cell(grouped(expert.rowCount))
        + cell(gate) + cell(margin) + "</tr>\n"
    }
    return text + "</tbody>\n</table>\n"
  }

  private func cell(_ text: String) -> String { "<td class=\"number\">\(text)</td>" }

  var groupsNote: String {
    "The first router chooses a group, a second one the expert in it. Evenness is the entropy of "
      + "the group\u{2019}s experts as part of the largest possible."
      + (report.joint.map {
        " Served is the best expert of the best group; \(HTML.text(Messages.words($0)))."
      }
        ?? "")
  }

  var groups: String {
    let largest = report.groups.map(\.share).max() ?? 0
    var text = """
      <table class="bars">
      <thead><tr><th scope="col">Group</th><th scope="col">Experts</th>\
      <th scope="col" class="wide">Share</th><th scope="col" class="number">Here</th>\
      <th scope="col" class="number">In training</th><th scope="col" class="number">Rows</th>\
      <th scope="col" class="number">Evenness</th></tr></thead>
      <tbody>

      """
    for group in report.groups.prefix(RoutesPage.shownExpertCount) {
      let last = group.experts.upperBound - 1
      let experts =
        group.experts.count == 1 ? "\(last)" : "\(group.experts.lowerBound)\u{2013}\(last)"
      text +=
        "<tr data-group=\"\(group.index)\"><th scope=\"row\">\(group.index)</th><td>\(experts)</td>"
        + "<td class=\"wide\"><div class=\"track\" aria-hidden=\"true\"><b style=\"width:"
        + "\(HTML.length(largest > 0 ? group.share / largest : 0))\"></b></div></td>"
        + cell(percent(group.share)) + cell(group.trainingShare.map(percent) ?? "\u{2013}")
        + cell(grouped(group.rowCount))
        + cell(group.balance.entropyShare.map(percent) ?? "\u{2013}") + "</tr>\n"
    }
    return text + "</tbody>\n</table>\n"
  }

  func scoresTitle(_ target: Int) -> String {
    let name = report.metric == .accuracy ? "Accuracy" : "RMSE"
    return report.scores.count > 1
      ? "\(name) of <bdi>\(HTML.text(report.targets[target]))</bdi>" : "\(name) of each expert"
  }

  var scoresNote: String {
    (report.metric == .accuracy ? "Higher is better. " : "Lower is better. ")
      + "The filled dot is the chosen expert on its own rows, the ring is what the runner-up would "
      + "score on them: if the router is good, the ring is on the worse side."
      + (report.hasDeviations
        ? " Held out: the deviation of the expert\u{2019}s errors on rows held out in training."
        : "")
  }

  /// Two dots on a line for each expert.
  func scoreTable(_ target: Int) -> String {
    let rows = shown.filter { $0.scores[target].rowCount > 0 }
    let values = rows.flatMap { [$0.scores[target].score, $0.scores[target].runnerUp] }
      .compactMap { $0 }
    let low = report.metric == .accuracy ? 0.9 * (values.min() ?? 0) : 0
    let high = max(values.max() ?? 1, low + 1e-30)
    func place(_ value: Double) -> String { HTML.length((value - low) / (high - low)) }
    var text = """
      <table class="bars">
      <thead><tr><th scope="col">Expert</th><th scope="col" class="wide">\
      \(significant(low, digits: 3)) to \(significant(high, digits: 3))</th>\
      <th scope="col" class="number">\(report.metricName)</th>\
      \(report.hasDeviations ? "<th scope=\"col\" class=\"number\">Held out</th>" : "")\
      <th scope="col" class="number">Runner-up</th><th scope="col" class="number">Change</th>\
      <th scope="col" class="number">Rows</th></tr></thead>
      <tbody>

      """
    func append(_ name: String, _ attribute: String, _ score: RouteScore, _ heldOut: Double? = nil)
    {
      var dots = ""
      if let own = score.score {
        if let other = score.runnerUp {
          let start = min(own, other)
          dots =
            "<s style=\"left:\(place(start));width:"
            + "\(HTML.length((max(own, other) - start) / (high - low)))\"></s>"
            + "<u style=\"left:\(place(other))\"></u>"
        }
        dots += "<q style=\"left:\(place(own))\"></q>"
      }
      text +=
        "<tr \(attribute)><th scope=\"row\">\(name)</th>"
        + "<td class=\"wide\"><div class=\"line\" aria-hidden=\"true\">\(dots)</div></td>"
        + cell(score.score.map { significant($0) } ?? "\u{2013}")
        + (report.hasDeviations
          ? cell(heldOut.map { significant(Double($0)) } ?? "\u{2013}") : "")
        + cell(score.runnerUp.map { significant($0) } ?? "\u{2013}")
        + "<td class=\"number\(score.gainsByDrop(report.metric) ? " bad" : "")\">"
        + (score.change.map(signed) ?? "\u{2013}") + "</td>" + cell(grouped(score.rowCount))
        + "</tr>\n"
    }
    for expert in rows {
      append(
        "\(expert.index)", "data-score=\"\(expert.index)\"", expert.scores[target],
        expert.heldOutDeviations?[target])
    }
    append("All", "class=\"all\"", report.scores[target])
    return text + "</tbody>\n</table>\n"
  }

  /// Who would answer without the chosen expert.
  var matrixSection: String {
    let rows = report.experts.compactMap(\.runnerUpCounts)
    guard (2...RoutesPage.matrixLimit).contains(report.experts.count),
      rows.count == report.experts.count, report.margins.total > 0
    else { return "" }
    var text =
      "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><th scope=\"col\">Chosen</th>"
    for expert in report.experts { text += "<th scope=\"col\">\(expert.index)</th>" }
    text += "</tr></thead>\n<tbody>\n"
    for (expert, counts) in rows.enumerated() {
      let total = Double(max(counts.reduce(0, +), 1))
      text += "<tr><th scope=\"row\">\(expert)</th>"
      for (other, count) in counts.enumerated() {
        let share = Double(count) / total
        text +=
          other == expert
          ? "<td class=\"self\"></td>"
          : "<td style=\"--share:\(HTML.length(0.5 * share))\">\(count > 0 ? fixed(100 * share, places: 0) : "")</td>"
      }
      text += "</tr>\n"
    }
    text += "</tbody>\n</table></div>\n"
    return section(
      "runners-up", "Who comes next",
      "For the rows of each expert (one line), in how many of a hundred which other expert is the "
        + "runner-up.", text)
  }
}

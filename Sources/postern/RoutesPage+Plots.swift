// RoutesPage+Plots.swift: histograms of margins and gate probabilities, and what separates experts.
//
// Step: report → [page] → file.

/// One bar of a histogram.
private struct Bar {
  var count: Int
  /// What the bar stands for, in words.
  var name: String
}

extension RoutesPage {
  var marginsNote: String {
    "Left: how far the chosen expert\u{2019}s score is above the next one, on a logarithmic axis; "
      + "rows on the left end could as well have gone elsewhere. Right: the softmax value of the "
      + "chosen expert."
  }

  var plots: String {
    var text = "<div class=\"plots\">\n"
    if report.margins.total > 0 {
      let parts = report.margins.bars
      let bars = parts.map { part in
        let from = part.from.map { significant($0, digits: 3) }
        let to = part.to.map { significant($0, digits: 3) }
        let name = from.map { from in to.map { "\(from) to \($0)" } ?? "from \(from) on" }
        return Bar(count: part.count, name: "margin " + (name ?? "below \(to ?? "all")"))
      }
      // Powers of two are short numbers: a tick at every second edge or at fewer.
      let step = max(2, (parts.count / 8 + 1) / 2 * 2)
      let ticks = parts.enumerated().compactMap { index, part -> (place: Double, text: String)? in
        guard let from = part.from, let half = part.halfOctave, half % step == 0 else { return nil }
        return (Double(index) / Double(parts.count), significant(from, digits: 2))
      }
      text += histogram("margin-plot", "Margin", bars, ticks)
    } else {
      text += "<p>No row has a runner-up.</p>\n"
    }
    let count = Double(report.gateCounts.count)
    let bars = report.gateCounts.enumerated().map { bin, rows in
      Bar(
        count: rows,
        name: "gate probability \(fixed(Double(bin) / count, places: 2)) to "
          + fixed(Double(bin + 1) / count, places: 2))
    }
    let ticks = [0, 0.25, 0.5, 0.75, 1].map { ($0, significant($0, digits: 2)) }
    text += histogram("gate-plot", "Gate probability", bars, ticks)
    return text + "</div>\n"
  }

  /// A plot of bars of equal width, with ticks at parts of the axis.
  private func histogram(
    _ id: String, _ title: String, _ bars: [Bar], _ ticks: [(place: Double, text: String)]
  ) -> String {
    let (width, height, left, top, bottom) = (480.0, 220.0, 52.0, 12.0, 34.0)
    let plotWidth = width - left - 10
    let plotHeight = height - top - bottom
    let largest = Double(max(bars.map(\.count).max() ?? 1, 1))
    func number(_ value: Double) -> String { fixed(value, places: 1) }
    var text = """
      <figure>
      <svg id="\(id)" viewBox="0 0 \(number(width)) \(number(height))" role="img" \
      aria-labelledby="\(id)-title">
      <title id="\(id)-title">\(title): histogram of \(Messages.count(report.rowCount, "row"))</title>

      """
    for part in [0, 0.5, 1.0] {
      let y = number(top + plotHeight * (1 - part))
      text +=
        "<line class=\"grid\" x1=\"\(number(left))\" x2=\"\(number(left + plotWidth))\" y1=\"\(y)\" y2=\"\(y)\"/>"
        + "<text x=\"\(number(left - 6))\" y=\"\(y)\" dy=\".32em\" text-anchor=\"end\">"
        + "\(grouped(Int((part * largest).rounded())))</text>\n"
    }
    let barWidth = plotWidth / Double(max(bars.count, 1))
    let gap = min(2, barWidth / 5)
    for (index, bar) in bars.enumerated() where bar.count > 0 {
      let barHeight = max(plotHeight * Double(bar.count) / largest, 1)
      text +=
        "<rect x=\"\(number(left + Double(index) * barWidth + gap / 2))\" "
        + "y=\"\(number(top + plotHeight - barHeight))\" width=\"\(number(barWidth - gap))\" "
        + "height=\"\(number(barHeight))\" rx=\"1.5\"><title>\(bar.name): "
        + "\(Messages.count(bar.count, "row"))</title></rect>\n"
    }
    for tick in ticks {
      text +=
        "<text x=\"\(number(left + tick.place * plotWidth))\" y=\"\(number(top + plotHeight + 15))\" "
        + "text-anchor=\"middle\">\(tick.text)</text>\n"
    }
    return text + """
      </svg>
      <figcaption>\(title)</figcaption>
      </figure>

      """
  }

  var separationsNote: String {
    "Columns in which an expert\u{2019}s rows differ most from all other rows. Bars show the size "
      + "of the difference (Cohen\u{2019}s d for means, h for shares), to the right for more and "
      + "to the left for less; 0.2 counts as small, 0.8 as large."
  }

  /// A card for each expert with traffic.
  var cards: String {
    let effects = shown.flatMap(\.separations).map(\.effect.magnitude)
    let most = min(max(effects.filter(\.isFinite).max() ?? 1, 0.8), 4)
    var text = "<div class=\"cards\">\n"
    for expert in shown where expert.rowCount > 0 {
      text +=
        "<article data-card=\"\(expert.index)\"><h3>Expert \(expert.index)</h3>"
        + "<p>\(Messages.count(expert.rowCount, "row")), \(percent(expert.share))</p>\n"
      if expert.separations.isEmpty {
        text += "<p class=\"quiet\">Its rows are like all others, column by column.</p>"
      }
      text += expert.separations.isEmpty ? "" : "<ul>\n"
      for separation in expert.separations {
        let words = Messages.words(separation)
        let length = HTML.length(min(separation.effect.magnitude / most, 1) / 2)
        let side = separation.effect < 0 ? "right:50%" : "left:50%"
        text +=
          "<li><span class=\"subject\"><bdi>\(HTML.text(words.subject))</bdi></span> "
          + "<span class=\"values\">\(HTML.text(words.values))</span>"
          + "<div class=\"effect\" title=\"\(HTML.text(effectName(separation)))\">"
          + "<b style=\"\(side);width:\(length)\"></b></div></li>\n"
      }
      text += expert.separations.isEmpty ? "" : "</ul>"
      text += "</article>\n"
    }
    return text + "</div>\n"
  }

  private func effectName(_ separation: Separation) -> String {
    if case .mean = separation.kind { return "d = " + signed(separation.effect) }
    return "h = " + signed(separation.effect)
  }
}

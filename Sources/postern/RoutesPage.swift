// RoutesPage.swift: a report on routes as a page that stands alone.
//
// Step: report → [page] → file.
//
// The page needs nothing but itself: no script, no font, no picture from elsewhere, and its policy
// tells the browser to fetch nothing. Every text from the model or the rows goes through
// `HTML.text`, so that a column named `<script>` is a column of that name.

internal import PosternFormat

/// HTML that is safe to put together.
enum HTML {
  /// A text as HTML shows it: markup characters become references, control characters are shown.
  static func text(_ text: String) -> String {
    var result = ""
    for scalar in Messages.shown(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The same for bytes from a file.
  static func text(_ bytes: [UInt8]) -> String { text(String(decoding: bytes, as: UTF8.self)) }

  /// A share as a length for a style.
  static func length(_ share: Double) -> String {
    fixed(100 * min(max(share.isFinite ? share : 1, 0), 1), places: 2) + "%"
  }
}

/// The page that `postern routes --html` writes.
struct RoutesPage {
  let report: RoutesReport
  /// Experts that are shown one by one; the rest is in the JSON report.
  static let shownExpertCount = 128
  /// Experts up to which the page shows who is whose runner-up.
  static let matrixLimit = 24

  init(_ report: RoutesReport) { self.report = report }

  var shown: ArraySlice<ExpertRoutes> { report.experts.prefix(RoutesPage.shownExpertCount) }

  /// The whole page.
  var text: String {
    let model = HTML.text(lastPart(report.modelName))
    var body = header + alerts + tiles
    body += section("traffic", "Traffic", trafficNote, traffic + more)
    if !report.groups.isEmpty { body += section("groups", "Groups", groupsNote, groups) }
    if report.rowCount > 0 {
      body += section("margins", "How clearly rows are routed", marginsNote, plots)
      for target in report.scores.indices.prefix(4) {
        body += section(
          "scores-\(target)", scoresTitle(target), scoresNote, scoreTable(target) + more)
      }
      body += section(
        "separations", "What separates each expert\u{2019}s rows", separationsNote, cards + more)
      body += matrixSection
    }
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'">
      <meta name="generator" content="\(HTML.text(Version.text.prefix { $0 != "\n" } + ""))">
      <title>Routes of \(model)</title>
      <style>
      \(RoutesPage.style)</style>
      </head>
      <body>
      <main>
      \(body)</main>
      <footer>Made by postern routes from <bdi>\(HTML.text(report.modelName))</bdi> and \
      <bdi>\(HTML.text(report.inputName))</bdi>. Rows in all figures: those that the model has an \
      answer for.</footer>
      </body>
      </html>

      """
  }

  /// The file's name without folders.
  private func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  func section(_ id: String, _ title: String, _ note: String, _ content: String) -> String {
    """
    <section id="\(id)" aria-labelledby="\(id)-title">
    <h2 id="\(id)-title">\(title)</h2>
    <p class="note">\(note)</p>
    \(content)</section>

    """
  }

  private var header: String {
    let targets = Messages.list(report.targets.map { "<bdi>\(HTML.text($0))</bdi>" })
    let task = report.task == .regression ? "regression of" : "classification of"
    let rejected =
      report.rejectedCount > 0
      ? ", and \(Messages.count(report.rejectedCount, "row")) without an answer" : ""
    return """
      <header>
      <p class="kicker">Routes</p>
      <h1><bdi>\(HTML.text(lastPart(report.modelName)))</bdi></h1>
      <p class="lead">\(Messages.count(report.rowCount, "row")) of \
      <bdi>\(HTML.text(lastPart(report.inputName)))</bdi>\(rejected), through \
      \(Messages.count(report.experts.count, "expert")): \(task) \(targets)</p>
      </header>

      """
  }

  /// What must not be overlooked.
  private var alerts: String {
    var texts = Messages.aboutRoutes(report).map { HTML.text($0.text) }
    let gaining = report.scores.contains { $0.gainsByDrop(report.metric) }
    if gaining {
      texts.append("the runners-up answer no worse: on these rows the router gains nothing")
    }
    return texts.map {
      "<p class=\"alert\" role=\"alert\">\($0.prefix(1).uppercased() + $0.dropFirst())</p>\n"
    }
    .joined()
  }

  private var tiles: String {
    let used = report.experts.count { $0.rowCount > 0 }
    var tiles = [
      tile(
        "Experts in use", "\(grouped(used)) of \(grouped(report.experts.count))", "by these rows")
    ]
    if let share = report.balance.entropyShare, let count = report.balance.effectiveCount,
      let variation = report.balance.coefficientOfVariation
    {
      tiles.append(
        tile(
          "Evenness", percent(share),
          "entropy, as \(fixed(count, places: 1)) equal experts; "
            + "coefficient of variation \(significant(variation, digits: 3))"))
    }
    if let drift = report.drift {
      tiles.append(
        tile(
          "Drift from training", significant(drift.stabilityIndex, digits: 3),
          "\(drift.isAlarm ? "alarm" : "no alarm"): \(drift.verdict) (PSI); "
            + "chi-square \(significant(drift.chiSquare)), \(drift.degreesOfFreedom) d.f."))
    } else {
      tiles.append(
        tile(
          "Drift from training", "unknown",
          report.hasHistogram ? "no rows to compare" : "no routing histogram in the model"))
    }
    if let mean = report.meanGateProbability {
      tiles.append(tile("Gate probability", fixed(mean, places: 3), "mean, of the chosen expert"))
    }
    for distance in report.distances {
      tiles.append(
        tile(
          "Distance to the \(distance.level.rawValue)\u{2019}s prototype",
          significant(distance.mean, digits: 3),
          "mean; 99 % of rows below about \(significant(distance.high, digits: 3))"))
    }
    if let score = report.scores.first, let value = score.score {
      tiles.append(
        tile(
          report.metricName, significant(value),
          score.change.map { "\(signed($0)) if the runner-up answers (DropTop1)" }
            ?? "no runner-up to compare with"))
    }
    return "<ul class=\"tiles\">\n" + tiles.joined() + "</ul>\n"
  }

  private func tile(_ name: String, _ value: String, _ remark: String) -> String {
    "<li><span class=\"name\">\(name)</span> <strong>\(value)</strong> <small>\(remark)</small></li>\n"
  }

  var more: String {
    let count = report.experts.count - shown.count
    return count > 0
      ? "<p class=\"note\">\(Messages.count(count, "more expert")) in the JSON report.</p>\n" : ""
  }
}

// InspectText.swift: a model as a person wants to see it.

internal import PosternData
internal import PosternFormat

/// What `postern inspect` prints.
func inspectionText(_ summary: ModelSummary, name: String) -> String {
  var text = headline(summary, name)
  text += "\nCOLUMNS\n" + columnTable(summary.columns)
  text += "\nEXPERTS\n" + expertTable(summary)
  text += "\nROUTER\n  " + routerLine(summary) + "\n"
  if let provenance = summary.provenance { text += "\nTRAINING\n" + trainingLines(provenance) }
  if let card = summary.card { text += "\nMODEL CARD\n  " + Messages.shown(card.compact) + "\n" }
  text += "\nSIZE AND MEMORY\n" + memoryTable(summary)
  return text
}

/// Rows of a table that are shown before the rest is only counted.
private let shownRowCount = 64

private func headline(_ summary: ModelSummary, _ name: String) -> String {
  let header = summary.header
  let targets = Messages.list(summary.targets.map { Messages.quoted($0) })
  let task =
    switch header.task {
    case .regression: "regression of \(targets)"
    case .binary, .multiclass:
      "classification of \(targets) into "
        + Messages.list(summary.classes.map { Messages.quoted($0) }, limit: 6)
    }
  var line = "\(name): \(task)\n"
  line += "\(Messages.count(header.columnCount, "column")), "
  line += "\(Messages.count(header.expertCount, "expert")), "
  line += "\(byteText(summary.byteCount)), format \(Layout.versionMajor).\(header.versionMinor)\n"
  if !summary.idleExperts.isEmpty {
    line += "WARNING: \(Messages.idleInTraining(summary.idleExperts, name).text)\n"
  }
  return line
}

private func columnTable(_ columns: [ColumnSummaryOfModel]) -> String {
  var table = AlignedText([
    ("name", .left), ("kind", .left), ("values", .left), ("missing", .left), ("unknown", .left),
  ])
  for column in columns.prefix(shownRowCount) {
    let name = Messages.shown(String(decoding: column.name, as: UTF8.self))
    switch column.kind {
    case .ignored: table.append([name, column.kindWord, "", "", ""])
    case .numeric:
      let range =
        "\(shortest(column.low, column.reading)) to \(shortest(column.high, column.reading)), "
        + Messages.count(column.binCount, "bin") + readingText(column)
      table.append([name, column.kindWord, range, missingText(column), ""])
    case .categorical:
      let shown = Messages.list(column.categories.map { Messages.quoted($0) }, limit: 4)
      table.append([
        name, column.kindWord, shown, missingText(column),
        column.unknownPolicy == 0 ? "refused" : "its own entry",
      ])
    }
  }
  return table.rendered() + rest(columns.count, "column")
}

/// How the texts of a column become its numbers, where that is not plain.
private func readingText(_ column: ColumnSummaryOfModel) -> String {
  var words: [String] = []
  if let source = column.source {
    words.append("\(source.part) of \(Messages.quoted(source.name)), \(source.form.words)")
  }
  let form = column.reading.form
  if form.decimal == .comma { words.append("decimal comma") }
  if form.grouping != .none { words.append("thousands by \(form.grouping.words)") }
  if !form.unit.isEmpty { words.append("unit \(Messages.quoted(form.unit))") }
  if column.reading.isRelative {
    words.append("from \(shortest(column.reading.origin.origin))")
    if column.reading.origin.exponent != 0 {
      words.append("in units of 2^\(column.reading.origin.exponent)")
    }
  }
  return words.map { ", " + $0 }.joined()
}

private func missingText(_ column: ColumnSummaryOfModel) -> String {
  switch (column.missingPolicy, column.kind) {
  case (0, _): "refused"
  case (1, .numeric): "taken as \(shortest(column.fill, column.reading))"
  case (1, _): "taken as unknown"
  default: "its own entry"
  }
}

private func rest(_ count: Int, _ noun: String) -> String {
  count > shownRowCount ? "  and \(Messages.count(count - shownRowCount, "more " + noun))\n" : ""
}

private func expertTable(_ summary: ModelSummary) -> String {
  let hasDeviations = summary.experts.contains { $0.deviations != nil }
  let deviation: [(String, AlignedText.Side)] = hasDeviations ? [("deviation", .left)] : []
  var table = AlignedText(
    [
      ("expert", .right), ("layers", .left), ("weights", .left), ("stored", .left),
      ("bytes", .right), ("in the file", .right),
    ] + deviation + [("training rows", .right), ("share", .right), ("", .left)])
  let total = summary.trainingRowCount ?? 0
  let all = summary.experts.prefix(shownRowCount) + (summary.sharedExpert.map { [$0] } ?? [])
  for expert in all {
    var traffic = ["", "", ""]
    if let rows = expert.rowCount, total > 0 {
      let share = Double(rows) / Double(total)
      traffic = [
        grouped(Int(clamping: rows)), percent(share),
        rows == 0 ? "IDLE" : String(repeating: "█", count: Int((20 * share).rounded())),
      ]
    }
    table.append(
      [
        expert.index.map(String.init) ?? "shared", expert.shapeText, "\(expert.elementType)",
        expert.encodingWord + (expert.entry.isPageAligned ? ", page-aligned" : ""),
        grouped(Int(expert.entry.decodedByteCount)), grouped(Int(expert.entry.storedByteCount)),
      ] + (hasDeviations ? [deviationText(expert)] : []) + traffic)
  }
  return table.rendered() + rest(summary.experts.count, "expert")
}

/// The standard deviation of the expert's errors for each target.
private func deviationText(_ expert: ExpertSummary) -> String {
  (expert.deviations ?? []).map { significant($0) }.joined(separator: ", ")
}

private func routerLine(_ summary: ModelSummary) -> String {
  let words = summary.routerKinds.map {
    switch $0 {
    case .affine: "affine scores"
    case .distance: "distances"
    case .cosine: "cosines"
    }
  }
  var line =
    summary.header.groupCount > 0
    ? "two levels: \(words[0]) of \(summary.header.groupCount) groups, then "
      + "\(words.last ?? "") of the experts in one"
    : words[0]
  line += " over \(Messages.count(summary.header.featureCount, "feature"))"
  if let trained = summary.trainedRouter { line += ", trained as \(trained.text)" }
  switch summary.header.gateScale {
  case .none: break
  case .probability: line += "; outputs are scaled by the gate probability"
  case .score: line += "; outputs are scaled by the router's score"
  }
  return line
}

/// The members of the provenance, one a line; nested ones with their path.
private func trainingLines(_ provenance: JSON) -> String {
  var table = AlignedText([("", .left), ("", .left)])
  func append(_ value: JSON, _ path: String) {
    switch value {
    case .object(let members):
      for member in members {
        append(member.value, path.isEmpty ? member.name : path + " " + member.name)
      }
    case .text(let text): table.append([Messages.shown(path), Messages.shown(text)])
    case .array(let elements) where elements.contains(where: \.isObject):
      for (index, element) in elements.enumerated() { append(element, "\(path) \(index + 1)") }
    case .array(let elements):
      let texts = elements.map { $0.string ?? $0.compact }
      table.append([Messages.shown(path), Messages.shown(texts.joined(separator: ", "))])
    case .numeral(let digits):
      let number = digits.contains(".") ? Double(digits).map { significant($0) } : nil
      table.append([Messages.shown(path), number ?? digits])
    default: table.append([Messages.shown(path), Messages.shown(value.compact)])
    }
  }
  append(provenance, "")
  return String(table.rendered().drop { $0 == "\n" })
}

private func memoryTable(_ summary: ModelSummary) -> String {
  let header = summary.header
  var table = AlignedText([("", .left), ("", .left)])
  table.append(["read when opened", byteText(summary.openingByteCount)])
  table.append([
    "workspace, one row at a time", byteText(header.workspaceByteCount(rowCapacity: 1)),
  ])
  table.append([
    "workspace, 256 rows at a time", byteText(header.workspaceByteCount(rowCapacity: 256)),
  ])
  table.append(["largest expert", byteText(summary.largestExpertByteCount)])
  if let rows = summary.selfTestRowCount {
    table.append(["self-test", Messages.count(rows, "row")])
  }
  table.append(["signature", summary.publicKey == nil ? "none" : "present, not checked here"])
  return String(table.rendered().drop { $0 == "\n" })
}

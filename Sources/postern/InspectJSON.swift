// InspectJSON.swift: a model as JSON for scripts. The keys are an interface; a test freezes them.

internal import PosternData
internal import PosternFormat

/// The version of the reports' keys.
let reportSchema = 1

/// What `postern inspect --json` prints.
func inspectionJSON(_ summary: ModelSummary, name: String) -> JSON {
  let header = summary.header
  let router: JSON = .object([
    "kinds": .array(summary.routerKinds.map { .text("\($0)") }),
    "groupCount": .integer(header.groupCount),
    "trainedAs": summary.trainedRouter.map { .text($0.name) } ?? .null,
    "temperature": summary.trainedRouter.map { .number($0.temperature) } ?? .null,
    "tau1": summary.trainedRouter.map { .number($0.tau1) } ?? .null,
    "tau2": summary.trainedRouter.map { .number($0.tau2) } ?? .null,
    "gateScale": .text("\(header.gateScale)"),
  ])
  let experts = JSON.array(summary.experts.map { expertJSON($0) })
  let sharedExpert = summary.sharedExpert.map { expertJSON($0) } ?? JSON.null
  let key = summary.publicKey.map { JSON.text(hexadecimal($0)) } ?? JSON.null
  let selfTest = summary.selfTestRowCount.map { JSON.integer($0) } ?? JSON.null
  return .object([
    "schema": .integer(reportSchema),
    "command": .text("inspect"),
    "file": .text(name),
    "formatVersion": .text("\(Layout.versionMajor).\(header.versionMinor)"),
    "byteCount": .integer(summary.byteCount),
    "task": .text(taskName(header.task)),
    "targets": .array(summary.targets.map(JSON.bytes)),
    "classes": .array(summary.classes.map(JSON.bytes)),
    "featureCount": .integer(header.featureCount),
    "outputCount": .integer(header.outputCount),
    "columns": .array(summary.columns.map(columnJSON)),
    "router": router,
    "experts": experts,
    "sharedExpert": sharedExpert,
    "idleExperts": .array(summary.idleExperts.map(JSON.integer)),
    "memory": memoryJSON(header),
    "selfTestRowCount": selfTest,
    "publicKey": key,
    "card": summary.card ?? .null,
    "provenance": summary.provenance ?? .null,
    "sections": .array(summary.sections.map(sectionJSON)),
  ])
}

extension JSON {
  /// Text from a file.
  static func bytes(_ bytes: [UInt8]) -> JSON { .text(String(decoding: bytes, as: UTF8.self)) }
}

private func numericJSON(_ column: ColumnSummaryOfModel) -> JSON {
  func number(_ value: Float) -> JSON { .numeral(shortest(value, column.reading)) }
  let form = column.reading.form
  let source: JSON =
    column.source.map { source in
      .object([
        "name": .bytes(source.name), "form": .text("\(source.form)"),
        "part": .text("\(source.part)"),
      ])
    } ?? .null
  return .object([
    "name": .bytes(column.name), "kind": .text(column.kindWord),
    "missing": .text(column.missingWord), "fill": number(column.fill),
    "low": number(column.low), "high": number(column.high),
    "binCount": .integer(column.binCount),
    "origin": .numeral(shortest(column.reading.origin.origin)),
    "exponent": .integer(column.reading.origin.exponent),
    "decimal": .text("\(form.decimal)"), "thousands": .text("\(form.grouping)"),
    "unit": .bytes(form.unit), "source": source,
  ])
}

private func columnJSON(_ column: ColumnSummaryOfModel) -> JSON {
  switch column.kind {
  case .ignored:
    .object(["name": .bytes(column.name), "kind": .text(column.kindWord)])
  case .numeric: numericJSON(column)
  case .categorical:
    .object([
      "name": .bytes(column.name), "kind": .text(column.kindWord),
      "missing": .text(column.missingWord), "unknown": .text(column.unknownWord),
      "categories": .array(column.categories.map(JSON.bytes)),
    ])
  }
}

/// One expert; `index` is null for the shared one.
func expertJSON(_ expert: ExpertSummary) -> JSON {
  .object([
    "index": expert.index.map(JSON.integer) ?? .null,
    "firstLayer": .text(expert.firstLayer == .lookup ? "lookup" : "dense"),
    "activation": .text("\(expert.activation)"),
    "widths": .array(expert.widths.map(JSON.integer)),
    "elementType": .text("\(expert.elementType)"),
    "encoding": .text(expert.encodingWord),
    "pageAligned": .bool(expert.entry.isPageAligned),
    "storedByteCount": .integer(Int(expert.entry.storedByteCount)),
    "decodedByteCount": .integer(Int(expert.entry.decodedByteCount)),
    "macCount": .integer(expert.macCount),
    "trainingRowCount": expert.rowCount.map { .numeral(String($0)) } ?? .null,
    "deviations": expert.deviations.map { .array($0.map { .numeral(shortestSingle($0)) }) }
      ?? .null,
    "checksum": .text(hexadecimal(expert.entry.checksum)),
  ])
}

/// The sizes that a session's memory follows from.
func memoryJSON(_ header: Header) -> JSON {
  .object([
    "sessionByteCount": .integer(header.sessionByteCount),
    "rowByteCount": .integer(header.rowByteCount),
    "blockRowByteCount": .integer(header.blockRowByteCount),
    "cacheByteCount": .integer(header.cacheByteCount),
  ])
}

private func sectionJSON(_ entry: SectionEntry) -> JSON {
  .object([
    "kind": .integer(Int(entry.rawKind)),
    "name": .text(entry.kind.map { "\($0)" } ?? "unknown"),
    "index": .integer(Int(entry.index)),
    "critical": .bool(entry.isCritical),
    "encoding": .text(encodingName(entry.encoding)),
    "offset": .integer(Int(entry.offset)),
    "storedByteCount": .integer(Int(entry.storedByteCount)),
    "decodedByteCount": .integer(Int(entry.decodedByteCount)),
    "checksum": .text(hexadecimal(entry.checksum)),
  ])
}

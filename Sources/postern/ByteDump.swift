// ByteDump.swift: a model file byte by byte, as appendix A of the specification shows it.

internal import PosternData
internal import PosternFormat

/// An annotated dump: offset, bytes, type, field and value, section by section.
///
/// Large tensors are cut to their first line; everything else is shown whole.
struct ByteDump: ~Escapable {
  private let model: ModelView
  private(set) var text = ""

  /// Numbers of a tensor that are shown; the rest is counted.
  private static let shownNumberCount = 16

  @_lifetime(copy model)
  init(_ model: ModelView) {
    self.model = model
    header()
    directory()
    for number in 0..<model.header.sectionCount { section(model.entry(number)) }
  }

  // MARK: Lines

  private mutating func title(_ title: String) { text += "\n\(title)\n" }

  private mutating func line(_ offset: Int, _ count: Int, _ type: String, _ meaning: String) {
    var bytes = ""
    for index in offset..<offset + min(count, 8) {
      bytes += hexadecimal(UInt64(model.bytes[index]), digits: 2) + " "
    }
    if count > 8 { bytes += "…" }
    text += hexadecimal(UInt64(offset), digits: 6) + " | "
    text += bytes + String(repeating: " ", count: max(0, 26 - bytes.count)) + "| "
    text += type + String(repeating: " ", count: max(0, 9 - type.count)) + "| " + meaning + "\n"
  }

  /// An integer of `size` bytes.
  @discardableResult
  private mutating func integer(
    _ offset: Int, _ size: Int, _ field: String, _ remark: String = ""
  ) -> Int {
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(model.bytes[offset + index]) }
    let isWide = value > 1 << 48
    let shown = isWide ? hexadecimal(value) : String(value)
    line(
      offset, size, "u\(8 * size)",
      "\(field) = \(shown)" + (remark.isEmpty ? "" : " (\(remark))"))
    return Int(truncatingIfNeeded: value)
  }

  private mutating func float(_ offset: Int, _ field: String) {
    line(offset, 4, "f32", "\(field) = \(model.bytes.float(at: offset))")
  }

  private mutating func reserved(_ offset: Int, _ count: Int) {
    line(offset, count, "zeros", "reserved, \(Messages.count(count, "byte"))")
  }

  /// Zeros up to `end`, if there are some.
  private mutating func padding(_ offset: Int, to end: Int) {
    if end > offset { line(offset, end - offset, "zeros", "padding, \(Messages.count(end - offset, "byte"))") }
  }

  private mutating func floats(_ offset: Int, _ count: Int, _ field: String) {
    let shown = min(count, ByteDump.shownNumberCount)
    var values: [String] = []
    for index in 0..<shown { values.append(model.bytes.float(at: offset + 4 * index).description) }
    let more = count > shown ? " … \(count - shown) more" : ""
    line(offset, 4 * count, "f32[\(count)]", "\(field) = \(values.joined(separator: " "))\(more)")
  }

  private mutating func text(_ offset: Int, _ count: Int, _ field: String) {
    let bytes = model.bytes.extracting(offset..<offset + count)
    line(offset, count, "text", "\(field) = \(Messages.quoted(bytes))")
  }

  // MARK: Header and directory

  private mutating func header() {
    typealias Field = Layout.Header
    text += "HEADER\n"
    line(0, 8, "bytes", "signature")
    integer(Field.versionMajor, 2, "versionMajor")
    integer(Field.versionMinor, 2, "versionMinor")
    integer(Field.headerByteCount, 4, "headerByteCount")
    integer(Field.fileByteCount, 8, "fileByteCount")
    integer(Field.sectionCount, 4, "sectionCount")
    integer(Field.expertCount, 4, "expertCount")
    integer(Field.columnCount, 4, "columnCount")
    integer(Field.featureCount, 4, "featureCount")
    integer(Field.outputCount, 4, "outputCount")
    integer(Field.task, 1, "task", taskName(model.header.task))
    integer(Field.gateScale, 1, "gateScale", model.header.scalesByGate ? "probability" : "none")
    integer(Field.sharedExpert, 1, "sharedExpert")
    reserved(Field.reservedByte, 1)
    integer(Field.groupCount, 4, "groupCount")
    reserved(Field.reservedWord, 4)
    integer(Field.sessionByteCount, 8, "sessionByteCount")
    integer(Field.rowByteCount, 8, "rowByteCount")
    integer(Field.blockRowByteCount, 8, "blockRowByteCount")
    integer(Field.cacheByteCount, 8, "cacheByteCount")
    reserved(Field.reservedTail, Layout.headerByteCount - Field.reservedTail)
  }

  private mutating func directory() {
    typealias Field = Layout.Entry
    var offset = Layout.headerByteCount
    for number in 0..<model.header.sectionCount {
      let entry = model.entry(number)
      title("DIRECTORY ENTRY \(number)")
      integer(offset, 4, "kind", entry.kind.map { "\($0)" } ?? "unknown")
      integer(offset + Field.index, 4, "index")
      let flags = [(entry.isCritical, "critical"), (entry.isPageAligned, "page-aligned")]
      integer(
        offset + Field.flags, 1, "flags",
        flags.filter(\.0).map(\.1).joined(separator: ", "))
      integer(offset + Field.encoding, 1, "encoding", encodingName(entry.encoding))
      reserved(offset + Field.reservedHead, Field.offset - Field.reservedHead)
      integer(offset + Field.offset, 8, "offset")
      integer(offset + Field.storedByteCount, 8, "storedByteCount")
      integer(offset + Field.decodedByteCount, 8, "decodedByteCount")
      integer(offset + Field.checksum, 8, "checksum")
      reserved(offset + Field.reservedTail, Layout.entryByteCount - Field.reservedTail)
      offset += Layout.entryByteCount
    }
    title("DIRECTORY CHECKSUM")
    integer(offset, 8, "directoryChecksum")
    end = offset + 8
  }

  /// Where the last part that was shown ends.
  private var end = 0

  // MARK: Sections

  private mutating func section(_ entry: SectionEntry) {
    let start = Int(entry.offset)
    padding(end, to: start)
    end = start + Int(entry.storedByteCount)
    let name = entry.kind == .expert ? "EXPERT \(entry.index)" : "\(entry.kind.map { "\($0)" } ?? "KIND \(entry.rawKind)")"
    title("SECTION \(name.uppercased())")
    switch entry.kind {
    case .schema: schema(start)
    case .transform: transform(start)
    case .router: router(start)
    case .head: head(start)
    case .expertShapes: shapes(start)
    case .expert, .sharedExpert:
      if entry.encoding == .raw {
        expert(start, entry.kind == .expert ? Int(entry.index) : model.header.expertCount)
      } else {
        line(start, Int(entry.storedByteCount), "frame", "zstd, \(encodingName(entry.encoding))")
      }
    case .modelCard, .provenance: text(start, Int(entry.storedByteCount), "JSON")
    case .routingHistogram:
      for expert in 0..<model.header.expertCount { integer(start + 8 * expert, 8, "rows of expert \(expert)") }
    default:
      line(start, Int(entry.storedByteCount), "bytes", Messages.count(Int(entry.storedByteCount), "byte"))
    }
  }

  private mutating func schema(_ start: Int) {
    let columns = integer(start, 4, "columnCount")
    let targets = integer(start + 4, 4, "targetCount")
    let classes = integer(start + 8, 4, "classCount")
    let categories = integer(start + 12, 4, "categoryCount")
    integer(start + 16, 4, "textByteCount")
    reserved(start + 20, 12)
    var offset = start + Layout.Schema.fixedByteCount
    for column in 0..<columns {
      integer(offset, 1, "columns[\(column)].kind", "\(model.schema.kind(ofColumn: column))")
      reserved(offset + 1, 3)
      integer(offset + 4, 4, "columns[\(column)].firstCategory")
      integer(offset + 8, 4, "columns[\(column)].categoryCount")
      reserved(offset + 12, 4)
      offset += Layout.Schema.recordByteCount
    }
    let count = columns + targets + classes + categories
    let texts = offset + 4 * (count + 1)
    var bounds: [Int] = []
    for index in 0...count { bounds.append(integer(offset + 4 * index, 4, "textOffset[\(index)]")) }
    for index in 0..<count where bounds[index + 1] > bounds[index] {
      text(texts + bounds[index], bounds[index + 1] - bounds[index], "text[\(index)]")
    }
  }

  private mutating func transform(_ start: Int) {
    let columns = integer(start, 4, "columnCount")
    integer(start + 4, 4, "featureCount")
    integer(start + 8, 4, "entryCount")
    let values = integer(start + 12, 4, "valueCount")
    var offset = start + Layout.Transform.fixedByteCount
    let fields = [
      "firstFeature", "featureCount", "firstEntry", "entryCount", "firstValue", "valueCount",
    ]
    for column in 0..<columns {
      let name = "columns[\(column)]."
      integer(offset, 1, name + "kind", "\(model.schema.kind(ofColumn: column))")
      integer(offset + 1, 1, name + "missingPolicy")
      integer(offset + 2, 1, name + "unknownPolicy")
      reserved(offset + 3, 1)
      for (place, field) in fields.enumerated() { integer(offset + 4 + 4 * place, 4, name + field) }
      float(offset + 28, name + "fill")
      float(offset + 32, name + "center")
      float(offset + 36, name + "scale")
      reserved(offset + 40, 8)
      offset += Layout.Transform.recordByteCount
    }
    if values > 0 { floats(offset, values, "values") }
  }

  private mutating func router(_ start: Int) {
    let count = integer(start, 4, "nodeCount")
    reserved(start + 4, 12)
    var offset = start + Layout.Router.fixedByteCount
    for node in 0..<count {
      integer(offset, 1, "nodes[\(node)].kind", model.bytes[offset] == 0 ? "affine" : "distance")
      reserved(offset + 1, 3)
      integer(offset + 4, 4, "nodes[\(node)].firstChild")
      integer(offset + 8, 4, "nodes[\(node)].childCount")
      integer(offset + 12, 4, "nodes[\(node)].firstBlock")
      offset += Layout.Router.recordByteCount
    }
    for number in 0..<count {
      let node = number == 0 ? model.router.root : model.router.inner(number - 1)
      padding(offset, to: start + node.panels)
      floats(start + node.panels, (node.bias - node.panels) / 4, "nodes[\(number)].panels")
      floats(start + node.bias, (node.scale - node.bias) / 4, "nodes[\(number)].bias")
      if node.end > node.scale {
        floats(start + node.scale, (node.end - node.scale) / 4, "nodes[\(number)].scale")
      }
      offset = start + node.end
    }
  }

  private mutating func head(_ start: Int) {
    for output in 0..<model.header.outputCount {
      let offset = start + output * Layout.headRecordByteCount
      for (place, field) in ["scale", "offset", "low", "high"].enumerated() {
        float(offset + 4 * place, "outputs[\(output)].\(field)")
      }
    }
  }

  private mutating func shapes(_ start: Int) {
    for expert in 0..<model.expertSectionCount {
      let offset = start + expert * Layout.shapeRecordByteCount
      let shape = model.shape(ofExpert: expert)
      let name = "shapes[\(expert)]."
      integer(offset, 1, name + "firstLayer", "\(shape.firstLayer)")
      integer(offset + 1, 1, name + "elementType", "\(shape.elementType)")
      let hidden = integer(offset + 2, 1, name + "hiddenCount")
      reserved(offset + 3, 1)
      integer(offset + 4, 4, name + "groupSize")
      for layer in 0..<hidden { integer(offset + 8 + 4 * layer, 4, name + "widths[\(layer)]") }
      line(
        offset + 8 + 4 * hidden, 4 * (12 - hidden) + 8, "zeros",
        "widths without a layer, and 8 reserved bytes")
    }
  }

  private mutating func expert(_ start: Int, _ expert: Int) {
    let shape = model.shape(ofExpert: expert)
    let sizes = model.sizes
    var layout = shape.firstLayout(sizes)
    while true {
      let name = "layers[\(layout.layer)]."
      let weights = layout.weightScale - layout.weights
      if shape.elementType == .f32 {
        floats(start + layout.weights, weights / 4, name + "weights")
      } else {
        line(start + layout.weights, weights, "\(shape.elementType)", name + "weights")
      }
      if layout.bias > layout.weightScale {
        floats(start + layout.weightScale, (layout.bias - layout.weightScale) / 4, name + "weightScale")
      }
      floats(start + layout.bias, layout.paddedOutputs, name + "bias")
      if layout.isLast { return }
      floats(start + layout.slopes, layout.paddedOutputs, name + "slopes")
      layout = shape.nextLayout(layout, sizes)
    }
  }
}

// ByteDump.swift: a model file byte by byte, as appendix A of the specification shows it.

internal import PosternData
internal import PosternFormat

/// An annotated dump: offset, bytes, type, field and value, section by section.
///
/// Large tensors are cut to their first line; everything else is shown whole.
struct ByteDump: ~Escapable {
  let model: ModelView
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

  mutating func title(_ title: String) { text += "\n\(title)\n" }

  mutating func line(_ offset: Int, _ count: Int, _ type: String, _ meaning: String) {
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
  mutating func integer(
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

  mutating func float(_ offset: Int, _ field: String) {
    line(offset, 4, "f32", "\(field) = \(model.bytes.float(at: offset))")
  }

  mutating func reserved(_ offset: Int, _ count: Int) {
    line(offset, count, "zeros", "reserved, \(Messages.count(count, "byte"))")
  }

  /// Zeros up to `end`, if there are some.
  mutating func padding(_ offset: Int, to end: Int) {
    if end > offset {
      line(offset, end - offset, "zeros", "padding, \(Messages.count(end - offset, "byte"))")
    }
  }

  mutating func floats(_ offset: Int, _ count: Int, _ field: String) {
    let shown = min(count, ByteDump.shownNumberCount)
    var values: [String] = []
    for index in 0..<shown { values.append(model.bytes.float(at: offset + 4 * index).description) }
    let more = count > shown ? " … \(count - shown) more" : ""
    line(offset, 4 * count, "f32[\(count)]", "\(field) = \(values.joined(separator: " "))\(more)")
  }

  mutating func text(_ offset: Int, _ count: Int, _ field: String) {
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
  var end = 0
}

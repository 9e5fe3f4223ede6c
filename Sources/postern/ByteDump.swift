// ByteDump.swift: a model file byte by byte, as appendix A of the specification shows it.

internal import PosternData
internal import PosternFormat

/// An annotated dump: offset, bytes, type, field and value, section by section.
///
/// Every byte of the file is in some line; of a long field the first bytes are shown.
struct ByteDump: ~Escapable {
  let model: ModelView
  private(set) var text = ""
  /// Where the last part that was shown ends.
  private var end = 0

  /// Bytes of a line.
  private static let shownByteCount = 8
  /// Numbers of a tensor.
  private static let shownNumberCount = 4

  @_lifetime(copy model)
  init(_ model: ModelView) {
    self.model = model
    header()
    directory()
    for number in 0..<model.header.sectionCount {
      let entry = model.entry(number)
      let start = Int(entry.offset)
      zeros(end, to: start)
      title("\(entry.kind.map { "\($0)" } ?? "kind \(entry.rawKind)") \(entry.index)")
      section(entry, at: start)
      end = start + Int(entry.storedByteCount)
    }
  }

  private mutating func title(_ title: String) {
    text += text.isEmpty ? "\(title)\n" : "\n\(title)\n"
  }

  mutating func line(
    _ offset: Int, _ count: Int, _ type: String, _ name: String, _ value: String = ""
  ) {
    var bytes: [String] = []
    for index in offset..<offset + min(count, ByteDump.shownByteCount) {
      bytes.append(hexadecimal(UInt64(model.bytes[index]), digits: 2).uppercased())
    }
    if count > ByteDump.shownByteCount { bytes.append("…") }
    let columns = [
      hexadecimal(UInt64(offset), digits: 6).uppercased(), padded(bytes.joined(separator: " "), 25),
      padded(type, 9), padded(name, 22), value,
    ]
    var line = columns.joined(separator: " | ")
    while line.last == " " || line.last == "|" { line.removeLast() }
    text += line + "\n"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// An integer of `size` bytes.
  @discardableResult
  mutating func integer(_ offset: Int, _ size: Int, _ name: String) -> Int {
    var value: UInt64 = 0
    for index in (0..<size).reversed() { value = value << 8 | UInt64(model.bytes[offset + index]) }
    let isSum = name == "checksum" || name == "directoryChecksum"
    line(offset, size, "u\(8 * size)", name, isSum ? "0x" + hexadecimal(value) : String(value))
    return Int(truncatingIfNeeded: value)
  }

  mutating func float(_ offset: Int, _ name: String) {
    line(offset, 4, "f32", name, shortest(model.bytes.float(at: offset)))
  }

  mutating func bytes(_ offset: Int, _ count: Int, _ name: String, _ value: String = "") {
    line(offset, count, Messages.count(count, "byte"), name, value)
  }

  mutating func reserved(_ offset: Int, _ count: Int) { bytes(offset, count, "reserved") }

  /// Zeros up to `end`, if there are some.
  mutating func zeros(_ offset: Int, to end: Int) {
    if end > offset { bytes(offset, end - offset, "zeros") }
  }

  /// The first numbers of a tensor, in the order of the file.
  mutating func tensor(
    _ offset: Int, _ shape: [Int], _ element: String, byteCount: Int, _ name: String
  ) {
    var values: [String] = []
    if element == "f32" {
      let count = byteCount / 4
      for index in 0..<min(count, ByteDump.shownNumberCount) {
        values.append(shortest(model.bytes.float(at: offset + 4 * index)))
      }
      if count > ByteDump.shownNumberCount { values.append("…") }
    }
    let dimensions = shape.map(String.init).joined(separator: ", ")
    line(offset, byteCount, element, "\(name) (\(dimensions))", values.joined(separator: ", "))
  }

  private mutating func header() {
    typealias Field = Layout.Header
    title("header")
    bytes(0, 8, "signature")
    integer(Field.versionMajor, 2, "versionMajor")
    integer(Field.versionMinor, 2, "versionMinor")
    integer(Field.headerByteCount, 4, "headerByteCount")
    integer(Field.fileByteCount, 8, "fileByteCount")
    integer(Field.sectionCount, 4, "sectionCount")
    integer(Field.expertCount, 4, "expertCount")
    integer(Field.columnCount, 4, "columnCount")
    integer(Field.featureCount, 4, "featureCount")
    integer(Field.outputCount, 4, "outputCount")
    integer(Field.task, 1, "task")
    integer(Field.gateScale, 1, "gateScale")
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
      title("directory, entry \(number): \(entry.kind.map { "\($0)" } ?? "unknown") \(entry.index)")
      integer(offset, 4, "kind")
      integer(offset + Field.index, 4, "index")
      integer(offset + Field.flags, 1, "flags")
      integer(offset + Field.encoding, 1, "encoding")
      reserved(offset + Field.reservedHead, Field.offset - Field.reservedHead)
      integer(offset + Field.offset, 8, "offset")
      integer(offset + Field.storedByteCount, 8, "storedByteCount")
      integer(offset + Field.decodedByteCount, 8, "decodedByteCount")
      integer(offset + Field.checksum, 8, "checksum")
      reserved(offset + Field.reservedTail, Layout.entryByteCount - Field.reservedTail)
      offset += Layout.entryByteCount
    }
    title("directory, end")
    integer(offset, 8, "directoryChecksum")
    end = offset + Layout.checksumByteCount
  }
}

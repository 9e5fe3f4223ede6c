// RecordReader+Text.swift: that text is UTF-8.
//
// Step: bytes → [fields] → features.

extension RecordReader {
  /// Says which fields are read as text. One that is not UTF-8 makes its record faulty: two texts
  /// that differ must never be printed alike.
  package mutating func expectText(in fields: [Int]) { textFields = fields }

  /// Refuses the current record if one of ``textFields`` is not UTF-8.
  mutating func checkText() throws(DataError) {
    guard !isBinary, hasHighByte(in: record) else { return }
    for index in textFields where !isValidUTF8(field(index)) {
      recordCount -= 1
      throw .invalidText(
        position(of: index), name: ShortText(header[index]), text: ShortText(field(index)))
    }
  }

  /// Whether some byte of the buffer in `range` is not ASCII.
  func hasHighByte(in range: Range<Int>) -> Bool {
    let bytes = buffer.span
    var found: UInt64 = 0
    var offset = range.lowerBound
    while range.upperBound &- offset >= 32 {
      found |= bytes.word(at: offset) | bytes.word(at: offset &+ 8)
      found |= bytes.word(at: offset &+ 16) | bytes.word(at: offset &+ 24)
      offset &+= 32
    }
    while offset < range.upperBound {
      found |= UInt64(bytes[offset])
      offset &+= 1
    }
    return found & 0x8080_8080_8080_8080 != 0
  }
}

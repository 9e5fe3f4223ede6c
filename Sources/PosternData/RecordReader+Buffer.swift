// RecordReader+Buffer.swift: bytes from the source, a block at a time.
//
// Step: [bytes] → fields → features.

extension RecordReader {
  /// The first read: is this text at all, and where does it start?
  mutating func readStart() throws(DataError) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    repeat {
      try fill()
    } while !isAtEnd && end < mark.count && buffer[..<end].elementsEqual(mark[..<end])
    guard end > 0 else { throw options.format == .ndjson ? .emptyJSON : .emptyInput }
    if end >= mark.count, buffer[..<mark.count].elementsEqual(mark) {
      scanner.beginRecord(at: mark.count)
    }
    // What a program sends is answered line by line: no more is waited for.
    let wanted = min(Self.foreignByteCount, options.recordByteCountLimit)
    while !isAtEnd, end < wanted, source.isReady { try fill() }
    let start = buffer.span.extracting(scanner.start..<max(scanner.start, min(end, wanted)))
    let delimiter = options.format == .ndjson ? nil : scanner.delimiter
    if let kind = ForeignKind.sniff(start, delimiter: delimiter) { throw .notText(kind) }
  }

  /// How much of the input is looked at, at most, to know what it is.
  private static let foreignByteCount = 4096

  /// Reads once, after making room.
  mutating func fill() throws(DataError) {
    index.removeAll()
    let kept = scanner.start
    if kept > 0 {
      for offset in kept..<end { buffer[offset - kept] = buffer[offset] }
      scanner.move(by: -kept)
      end -= kept
    }
    if end + options.blockByteCount + Self.slack > buffer.count {
      grow()
    }
    let count = try source.read(into: &buffer, at: end, limit: buffer.count - Self.slack - end)
    // What was moved may be without those bytes that the rest had.
    if hasHighBytes && kept > 0 { hasHighBytes = hasHighByte(in: 0..<end) }
    hasHighBytes = hasHighBytes || hasHighByte(in: end..<end + count)
    end += count
    isAtEnd = count == 0
  }

  /// Doubles the buffer, but not beyond what the longest record and two blocks take.
  private mutating func grow() {
    let most = options.recordByteCountLimit + 2 * options.blockByteCount + Self.slack
    var larger = [UInt8](repeating: 0, count: min(2 * buffer.count, max(most, buffer.count + 1)))
    larger.replaceSubrange(0..<end, with: buffer[..<end])
    buffer = larger
  }

  /// Gets more bytes for the open record.
  ///
  /// - Returns: False if that would wait and `waiting` is false.
  mutating func fillForRecord(waiting: Bool) throws(DataError) -> Bool {
    if !waiting && !source.isReady { return false }
    try fill()
    return true
  }
}

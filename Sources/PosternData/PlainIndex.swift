// PlainIndex.swift: where the fields of the next records end, found ahead of reading them.
//
// Step: bytes → [fields] → features.

/// The ends of fields and lines of a piece of delimited text without quotes.
///
/// Every delimiter and every line end counts, so this is how a record is cut only if none of its
/// fields starts with a quote; the search ends where one may.
struct PlainIndex {
  /// What a search found.
  struct Found: Equatable {
    var fieldCount = 0
    var lineCount = 0
  }

  /// Fields that one search finds, about.
  static let capacity = 2048
  /// Places of the tables behind ``capacity`` that a search may write to.
  static let slack = 128

  /// Offsets in the buffer: of delimiters, of LF, of CR before LF.
  private(set) var fieldEnds = [UInt32](repeating: 0, count: capacity + slack)
  /// For each line the number of field ends up to and including its last.
  private(set) var lineEnds = [UInt32](repeating: 0, count: capacity + slack)
  private var lineCount = 0
  /// The next line, and its first field.
  private var line = 0
  private var field = 0
  /// Where the next line starts.
  private var start = 0
  /// The first field of the line that was taken last.
  private(set) var first = 0
  /// Ends a field.
  let delimiter: UInt8
  /// Whether the processor's widest registers are used.
  var isWide = TextKernels.isSupported

  init(delimiter: UInt8) { self.delimiter = delimiter }

  /// Whether nothing stands in the last field of the line that was taken last.
  var isLastEmpty: Bool { field > 1 && fieldEnds[field - 1] == fieldEnds[field - 2] + 1 }

  /// Forgets everything: the bytes have moved.
  mutating func removeAll() { line = lineCount }

  /// Takes the line that starts at `start`.
  ///
  /// - Parameters:
  ///   - fieldCount: The fields that it must have.
  ///   - start: Not before that of the call before, unless ``removeAll()`` came between.
  ///   - end: The offset behind the last byte of the input.
  ///   - buffer: The bytes, with ``PlainNumber/lookAhead`` of them behind `end`.
  /// - Returns: The offset behind the line end; nil for a line that is not whole, has another
  ///   number of fields or anything that has to be looked at.
  @inline(__always)
  mutating func take(
    _ fieldCount: Int, from start: Int, to end: Int, in buffer: [UInt8]
  ) -> Int? {
    if line == lineCount || self.start != start {
      guard find(start, to: end, in: buffer) else { return nil }
    }
    let next = Int(lineEnds[line])
    guard next &- field == fieldCount else { return nil }
    first = field
    field = next
    line &+= 1
    let last = Int(fieldEnds[next &- 1])
    self.start = buffer[last] == 0x0D ? last &+ 2 : last &+ 1
    return self.start
  }

  /// Makes the line at `start` the next one.
  ///
  /// - Returns: Whether there is a whole one.
  private mutating func find(_ start: Int, to end: Int, in buffer: [UInt8]) -> Bool {
    // Somebody else has read some lines.
    while line < lineCount && self.start < start {
      field = Int(lineEnds[line])
      line += 1
      let last = Int(fieldEnds[field - 1])
      self.start = buffer[last] == 0x0D ? last + 2 : last + 1
    }
    if line < lineCount && self.start == start { return true }
    let found =
      isWide
      ? TextKernels.index(
        buffer, from: start, to: end, delimiter, fieldEnds: &fieldEnds, lineEnds: &lineEnds)
      : PlainIndex.index(
        buffer, from: start, to: end, delimiter, fieldEnds: &fieldEnds, lineEnds: &lineEnds)
    lineCount = found.lineCount
    line = 0
    field = 0
    self.start = start
    return lineCount > 0
  }

  /// Finds the ends of fields and lines up to the first quote, zero byte or CR without LF, or until
  /// ``capacity`` fields or some more.
  static func index(
    _ buffer: [UInt8], from start: Int, to end: Int, _ delimiter: UInt8,
    fieldEnds: inout [UInt32], lineEnds: inout [UInt32]
  ) -> Found {
    let bytes = buffer.span
    var fields = fieldEnds.mutableSpan
    var lines = lineEnds.mutableSpan
    let delimiters = repeated(delimiter)
    var found = Found()
    var offset = start
    while offset < end {
      let word = bytes.word(at: offset)
      // LF, CR, the quote and zero are below '#'; of ordinary characters only ' ' and '!' are.
      var stops = bytesBelow(0x23, in: word) | zeroBytes(in: word ^ delimiters)
      while stops != 0 {
        let place = offset &+ stops.trailingZeroBitCount &>> 3
        stops &= stops &- 1
        guard place < end else { return found }
        let byte = bytes[place]
        let isReturn = byte == 0x0D
        if byte == 0x22 || byte == 0 || (isReturn && (place + 1 >= end || bytes[place + 1] != 0x0A))
        {
          return found
        }
        // The LF of a CRLF is no end of its own.
        if byte == 0x0A && place > start && bytes[place - 1] == 0x0D { continue }
        guard byte == delimiter || byte == 0x0A || isReturn else { continue }
        fields[found.fieldCount] = UInt32(truncatingIfNeeded: place)
        found.fieldCount &+= 1
        if byte == delimiter { continue }
        lines[found.lineCount] = UInt32(truncatingIfNeeded: found.fieldCount)
        found.lineCount &+= 1
      }
      offset &+= 8
      guard found.fieldCount < capacity else { return found }
    }
    return found
  }
}

// JSONTemplate.swift: lines of JSON that differ in their numbers only.
//
// Step: bytes → [fields, numbers] → features.

/// What stands before, between and behind the values of an object, as it did on an earlier line.
///
/// Lines that programs write have one form: the same keys in the same order with the same blanks.
/// Such a line is known by comparing it with the form, and only its numbers have to be read.
struct JSONTemplate {
  /// All texts of the form, one behind the other; piece `i` ends at `ends[i]`. The last one is what
  /// stands behind the last value, line end included.
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// The column of each value, or -1 for one that nobody wants.
  private var columns: [Int] = []
  /// Those that are not -1.
  private var wantedCount = 0
  /// Whether the form of a whole line is known.
  private(set) var isKnown = false

  /// Bytes behind ``bytes``, so that pieces can be compared in words.
  private static let slack = 8

  /// Forgets the form and starts to learn another.
  mutating func begin() {
    isKnown = false
    wantedCount = 0
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    columns.removeAll(keepingCapacity: true)
  }

  /// Learns what stands before the value of a column; nil for a key that is not one.
  mutating func append(_ piece: Span<UInt8>, before column: Int?) {
    columns.append(column ?? -1)
    if column != nil { wantedCount += 1 }
    append(piece)
  }

  /// Learns what stands behind the last value.
  mutating func finish(_ piece: Span<UInt8>) {
    append(piece)
    for _ in 0..<JSONTemplate.slack { bytes.append(0) }
    isKnown = true
  }

  private mutating func append(_ piece: Span<UInt8>) {
    for index in piece.indices { bytes.append(piece[index]) }
    ends.append(bytes.count)
  }

  /// Reads a line of this form all of whose wanted and unwanted values are plain numbers.
  ///
  /// - Parameters:
  ///   - buffer: The bytes, with ``PlainNumber/lookAhead`` of them behind `end`.
  ///   - start: Where the line starts, before `end`.
  ///   - end: The offset behind the last byte of the input.
  ///   - fields: Gets the places of the values, `absent` for columns without one.
  ///   - numbers: Gets the values, NaN for columns without one.
  /// - Returns: The offset behind the line; nil for any other line. What is in `fields` and
  ///   `numbers` is of no meaning then.
  func read(
    _ buffer: [UInt8], from start: Int, to end: Int, fields: inout [Field], numbers: inout [Float]
  ) -> Int? {
    let text = buffer.span
    let form = bytes.span
    var places = fields.mutableSpan
    var values = numbers.mutableSpan
    if wantedCount < places.count {
      for index in places.indices {
        places[index] = .absent
        values[index] = .nan
      }
    }
    var offset = start
    var piece = 0
    for index in columns.indices {
      guard offset < end, JSONTemplate.matches(text, at: offset, form, from: piece, to: ends[index])
      else { return nil }
      offset &+= ends[index] &- piece
      piece = ends[index]
      guard offset < end else { return nil }
      let number = PlainNumber.read(text, at: offset)
      guard JSONTemplate.isLawful(text, offset, number) else { return nil }
      let column = columns[index]
      if column >= 0 {
        places[column] = Field(offset &- start, number.end &- start)
        values[column] = number.value
      }
      offset = number.end
    }
    let last = ends[columns.count]
    guard offset < end, JSONTemplate.matches(text, at: offset, form, from: piece, to: last) else {
      return nil
    }
    offset &+= last &- piece
    return offset <= end ? offset : nil
  }

  /// Whether a piece of the form stands at `offset`, which may be beyond the end of the input.
  @inline(__always)
  private static func matches(
    _ text: Span<UInt8>, at offset: Int, _ form: Span<UInt8>, from start: Int, to end: Int
  ) -> Bool {
    guard offset &+ end &- start &+ 8 <= text.count else { return false }
    var place = start
    while place < end {
      let difference = text.word(at: offset &+ place &- start) ^ form.word(at: place)
      let left = end &- place
      if left >= 8
        ? difference != 0 : difference &<< UInt64(truncatingIfNeeded: 64 &- 8 &* left) != 0
      {
        return false
      }
      place &+= 8
    }
    return true
  }

  /// Whether a number is one for JSON too: digits around the point, no zero before other digits.
  @inline(__always)
  private static func isLawful(_ text: Span<UInt8>, _ start: Int, _ number: PlainNumber) -> Bool {
    let first = start &+ (text[start] == 0x2D ? 1 : 0)
    let isDigit = text[first] &- 0x30 < 10 && text[number.end &- 1] &- 0x30 < 10
    let hasZero = text[first] == 0x30 && text[first &+ 1] &- 0x30 < 10
    return !number.value.isNaN && isDigit && !hasZero
  }
}

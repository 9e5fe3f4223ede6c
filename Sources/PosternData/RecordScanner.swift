// RecordScanner.swift: finds the ends of records and of the fields of delimited ones.
//
// Step: bytes → [fields] → features.

/// A state machine over the bytes of delimited text, RFC 4180 with these liberties: any delimiter,
/// a line ends with LF, CR or CRLF, and a quote that does not open a field is an ordinary
/// character.
///
/// It can stop at the end of any block of bytes and go on when more have come, so that no byte is
/// looked at twice however the blocks fall.
struct RecordScanner {
  enum Outcome: Equatable {
    /// A whole record, line end included.
    case record
    /// The bytes end before the record does.
    case more
    /// The field table is full; call again with a longer one.
    case tableFull
    /// Something other than a delimiter or a line end at this offset after a closing quote.
    case textAfterQuote(Int)
    /// A zero byte at this offset.
    case zeroByte(Int)
    /// A field in quotes goes on behind ``fieldLineCountLimit`` lines.
    case tooManyLines
  }

  /// The most lines that a field in quotes may span.
  static let fieldLineCountLimit = 20

  private enum State {
    /// At the start of a field or in one without quotes.
    case plain
    case quoted
    /// Behind a quote inside quotes: the end of the field or half of a doubled quote.
    case quoteInQuoted
  }

  let delimiter: UInt8
  /// Whether a quote at the start of a field opens it.
  let hasQuotes: Bool
  /// Offset of the record's first byte.
  private(set) var start = 0
  /// Offset of the next byte to look at.
  private(set) var position = 0
  /// Offset of the current field's first byte, after an opening quote.
  private(set) var fieldStart = 0
  /// Fields of the record so far; those beyond the end of a fixed table are only counted.
  private(set) var fieldCount = 0
  /// Line ends inside quotes so far.
  private(set) var innerLineCount = 0
  /// The first quote of the record that has passed over a line end, and where that was.
  private(set) var longQuote: (offset: Int, firstLineEnd: Int)?
  /// Line ends inside the quotes of the current field so far.
  private(set) var fieldLineCount = 0
  /// Whether a field of the record has doubled quotes.
  private(set) var hasEscapes = false
  private var state = State.plain
  private var isFieldEscaped = false
  /// Whether the last record ended with CR: an LF that follows belongs to it.
  private(set) var isAfterReturn = false
  /// Whether the last byte inside quotes was CR: an LF that follows is no new line.
  private var isAfterInnerReturn = false

  init(delimiter: UInt8, hasQuotes: Bool) {
    self.delimiter = delimiter
    self.hasQuotes = hasQuotes
  }

  /// Whether nothing of the next record has been seen.
  var isAtRecordStart: Bool { position == start && state == .plain }
  /// Whether the bytes so far end inside quotes.
  var isInQuotes: Bool { state == .quoted }

  /// Sets the first byte of the next record; an LF there is passed over if the byte before was CR.
  mutating func beginRecord(at offset: Int, isAfterReturn: Bool = false) {
    self.isAfterReturn = isAfterReturn
    start = offset
    position = offset
    fieldStart = offset
    fieldCount = 0
    innerLineCount = 0
    longQuote = nil
    fieldLineCount = 0
    hasEscapes = false
    state = .plain
    isFieldEscaped = false
  }

  /// Starts the record behind the last one.
  mutating func beginNextRecord() { beginRecord(at: position, isAfterReturn: isAfterReturn) }

  /// Goes behind a record without quotes that was cut by other means, its whole line end included.
  @inline(__always)
  mutating func pass(_ record: Range<Int>, fieldCount: Int) {
    beginRecord(at: record.lowerBound)
    position = record.upperBound
    self.fieldCount = fieldCount
  }

  /// Follows the bytes of an unfinished record to their new place in the buffer.
  mutating func move(by distance: Int) {
    start += distance
    position += distance
    fieldStart += distance
    if let quote = longQuote {
      longQuote = (quote.offset + distance, quote.firstLineEnd + distance)
    }
  }

  /// Goes on to the end of the record or of the bytes.
  ///
  /// - Parameters:
  ///   - bytes: The buffer, with at least eight readable bytes behind `end`.
  ///   - end: The offset behind the last byte that was read from the input.
  ///   - fields: The places of the fields, from ``start`` on.
  ///   - isTableFixed: Whether fields beyond the table are counted and not reported as `tableFull`.
  /// - Returns: What stopped it.
  @inline(__always)
  mutating func scan(
    _ bytes: Span<UInt8>, end: Int, fields: inout [Field], isTableFixed: Bool
  ) -> Outcome {
    if isAfterReturn, position < end {
      isAfterReturn = false
      if bytes[position] == 0x0A { beginRecord(at: position + 1) }
    }
    var table = fields.mutableSpan
    while true {
      let outcome: Outcome?
      switch state {
      case .plain:
        outcome = scanPlain(bytes, end: end, fields: &table, isTableFixed: isTableFixed)
      case .quoted:
        outcome = scanQuoted(bytes, end: end)
      case .quoteInQuoted:
        outcome = scanAfterQuote(bytes, end: end, fields: &table, isTableFixed: isTableFixed)
      }
      if let outcome { return outcome }
    }
  }

  /// Goes on to the line end that ends a record without quotes, or to the end of the bytes.
  ///
  /// - Parameters:
  ///   - bytes: The buffer, with at least eight readable bytes behind `end`.
  ///   - end: The offset behind the last byte that was read from the input.
  /// - Returns: `record` with ``position`` behind the LF, or `more`.
  mutating func scanLine(_ bytes: Span<UInt8>, end: Int) -> Outcome {
    position = bytes.lineEnd(from: position, to: end, isReturnAnEnd: false)
    if position < end {
      position += 1
      return .record
    }
    return .more
  }

  /// Closes the last field at the end of the input, where no line end stands.
  ///
  /// - Returns: `record`, or `tableFull`.
  mutating func finish(fields: inout [Field], isTableFixed: Bool) -> Outcome {
    let fieldEnd = state == .quoteInQuoted ? position - 1 : position
    var table = fields.mutableSpan
    guard put(fieldEnd, in: &table, isTableFixed: isTableFixed) else { return .tableFull }
    return .record
  }

  /// Fields without quotes. Nil means that the state has changed.
  @inline(__always)
  private mutating func scanPlain(
    _ bytes: Span<UInt8>, end: Int, fields: inout MutableSpan<Field>, isTableFixed: Bool
  ) -> Outcome? {
    let delimiters = repeated(delimiter)
    var offset = position
    var first = fieldStart
    var count = fieldCount
    defer {
      position = offset
      fieldStart = first
      fieldCount = count
    }
    while offset < end {
      let word = bytes.word(at: offset)
      // LF, CR, the quote and zero are below '#'; of ordinary characters only ' ' and '!' are.
      var stops = bytesBelow(0x23, in: word) | zeroBytes(in: word ^ delimiters)
      if end &- offset < 8 { stops &= (1 << UInt64(truncatingIfNeeded: 8 &* (end &- offset))) &- 1 }
      while stops != 0 {
        let place = offset &+ stops.trailingZeroBitCount >> 3
        stops &= stops &- 1
        let byte = bytes[place]
        if byte == delimiter || byte == 0x0A || byte == 0x0D {
          if count < fields.count {
            fields[count] = Field(first &- start, place &- start)
          } else if !isTableFixed {
            offset = place
            return .tableFull
          }
          count &+= 1
          first = place &+ 1
          if byte != delimiter {
            offset = first
            isAfterReturn = byte == 0x0D
            return .record
          }
        } else if byte == 0x22 && place == first && hasQuotes {
          first = place &+ 1
          offset = first
          state = .quoted
          fieldLineCount = 0
          return nil
        } else if byte == 0 {
          offset = place
          return .zeroByte(place)
        }
      }
      offset = min(offset &+ 8, end)
    }
    return .more
  }

  /// The inside of quotes. Nil means that a quote was found.
  private mutating func scanQuoted(_ bytes: Span<UInt8>, end: Int) -> Outcome? {
    while position < end {
      var stops = bytesBelow(0x23, in: bytes.word(at: position))
      let left = end - position
      if left < 8 { stops &= (1 << UInt64(8 * left)) - 1 }
      if stops == 0 {
        position = min(position + 8, end)
        isAfterInnerReturn = false
        continue
      }
      let skipped = stops.trailingZeroBitCount >> 3
      position += skipped
      let wasAfterReturn = isAfterInnerReturn && skipped == 0
      isAfterInnerReturn = false
      let byte = bytes[position]
      if byte == 0 { return .zeroByte(position) }
      position += 1
      switch byte {
      case 0x22:
        state = .quoteInQuoted
        return nil
      case 0x0A where wasAfterReturn:
        break
      case 0x0A, 0x0D:
        isAfterInnerReturn = byte == 0x0D
        noteInnerLineEnd()
        if fieldLineCount >= Self.fieldLineCountLimit { return .tooManyLines }
      default:
        break
      }
    }
    return .more
  }

  /// Counts a line end inside quotes, which has just been passed.
  private mutating func noteInnerLineEnd() {
    innerLineCount += 1
    fieldLineCount += 1
    if longQuote == nil { longQuote = (fieldStart - 1, position - 1) }
  }

  /// Behind a quote inside quotes. Nil means that the state has changed.
  private mutating func scanAfterQuote(
    _ bytes: Span<UInt8>, end: Int, fields: inout MutableSpan<Field>, isTableFixed: Bool
  ) -> Outcome? {
    guard position < end else { return .more }
    let byte = bytes[position]
    if byte == 0x22 {
      isFieldEscaped = true
      hasEscapes = true
      position += 1
      state = .quoted
      return nil
    }
    guard byte == delimiter || byte == 0x0A || byte == 0x0D else {
      return .textAfterQuote(position)
    }
    guard put(position - 1, in: &fields, isTableFixed: isTableFixed) else { return .tableFull }
    position += 1
    fieldStart = position
    state = .plain
    if byte == delimiter { return nil }
    isAfterReturn = byte == 0x0D
    return .record
  }

  /// Notes the current field, which ends at `end`; false if the table is full.
  private mutating func put(
    _ end: Int, in fields: inout MutableSpan<Field>, isTableFixed: Bool
  ) -> Bool {
    if fieldCount < fields.count {
      fields[fieldCount] = Field(fieldStart - start, end - start, hasEscapes: isFieldEscaped)
    } else if !isTableFixed {
      return false
    }
    fieldCount += 1
    isFieldEscaped = false
    return true
  }
}

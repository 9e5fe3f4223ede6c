// RecordReader+Fields.swift: what the current record says, and where.
//
// Step: bytes → [fields] → features.

extension RecordReader {
  /// The content of a field of the current record, without quotes and escapes; empty if absent.
  ///
  /// - Precondition: ``advance(waiting:)`` has just returned `record`.
  /// - Returns: Bytes that stay until the next call of ``advance(waiting:)``.
  /// - Complexity: O(1) without escapes, no allocation.
  @_lifetime(borrow self)
  package func field(_ index: Int) -> Span<UInt8> {
    let place = place(index)
    if place.isAbsent { return buffer.span.extracting(0..<0) }
    if place.hasEscapes {
      for entry in unescaped where entry.field == index &+ layout.leadCount {
        return scratch.span.extracting(entry.range)
      }
    }
    let start = record.lowerBound &+ Int(place.start)
    return buffer.span.extracting(start..<record.lowerBound &+ place.end)
  }

  /// Whether a field has no value: null, a key that is not there, or one of ``Options/missing``.
  ///
  /// - Returns: Always false for a text that is not among the tokens.
  package func isMissing(_ index: Int) -> Bool {
    place(index).isAbsent || options.missing.contains(field(index))
  }

  /// Whether a JSON object does not have the key at all, or has null there.
  ///
  /// - Returns: Always false for delimited text.
  package func isAbsent(_ index: Int) -> Bool { place(index).isAbsent }

  /// Whether a JSON object has the key, be it with null, and delimited text the column.
  ///
  /// - Returns: Always true for binary records.
  package func hasKey(_ index: Int) -> Bool { isBinary || place(index) != .absent }

  /// Whether a field is a string of a JSON object, and not a number, true or false.
  ///
  /// - Returns: Always false for delimited text and for a field that is absent.
  package func isJSONString(_ index: Int) -> Bool {
    let place = place(index)
    guard options.format == .ndjson, !place.isAbsent, place.start > 0 else { return false }
    return buffer[record.lowerBound + Int(place.start) - 1] == 0x22
  }

  /// The number in a field.
  ///
  /// - Returns: A finite number, or NaN for a missing value. Of a binary record what stands there.
  /// - Throws: ``DataError/notNumber(_:name:text:)``, ``DataError/notFinite(_:name:text:)``.
  /// - Complexity: O(*length*), no allocation.
  @inline(__always)
  package func number(_ index: Int) throws(DataError) -> Float {
    if hasNumbers {
      let number = numbers[index]
      if !number.isNaN || isBinary { return number }
    }
    return try parsedNumber(index)
  }

  private func parsedNumber(_ index: Int) throws(DataError) -> Float {
    if options.missing.hasNumber || options.missingNumbers.hasNumber, isMissingNumber(index) {
      return .nan
    }
    let place = place(index)
    if !place.hasEscapes && !place.isAbsent {
      let plain = PlainNumber.read(buffer.span, at: record.lowerBound &+ Int(place.start))
      if plain.end == record.lowerBound &+ place.end && !plain.value.isNaN { return plain.value }
    }
    let text = field(index)
    let result = parseFloat(text)
    if case .number(let value) = result { return value }
    if isMissingNumber(index) { return .nan }
    let name = ShortText(header[index])
    let position = position(of: index)
    if let quote = scanner.longQuote, options.format != .ndjson,
      quote.offset == record.lowerBound + Int(place.start) - 1
    {
      throw .quoteAcrossLines(self.position(at: quote.offset), .notNumber)
    }
    if result == .notNumber { throw .notNumber(position, name: name, text: ShortText(text)) }
    throw .notFinite(position, name: name, text: ShortText(text))
  }

  @inline(__always)
  private func place(_ index: Int) -> Field {
    let place = index &+ layout.leadCount
    guard place < layout.fieldCount else { return .absent }
    return isPlain ? plainPlace(place) : fields[place]
  }

  /// Where the content of a field starts; the start of the record if it is absent.
  ///
  /// - Returns: A physical line and a character in it.
  /// - Complexity: O(*length of the record*).
  package func position(of index: Int) -> TextPosition {
    if isBinary { return TextPosition(line: line, column: index + 1) }
    let place = place(index)
    return position(at: record.lowerBound + (place.isAbsent ? 0 : Int(place.start)))
  }

  /// The place of a byte of the current record, given by its offset in the buffer.
  func position(at offset: Int) -> TextPosition {
    var place = TextPosition(line: line, column: 1)
    for index in record.lowerBound..<offset {
      let byte = buffer[index]
      // CR and CRLF are one line end each: the LF of CRLF counts, its CR does not.
      if byte == 0x0A || (byte == 0x0D && buffer[index + 1] != 0x0A) {
        place.line += 1
        place.column = 1
      } else if !isContinuation(byte) {
        place.column += 1
      }
    }
    return place
  }
}

/// A piece of a line of the input, for a message that points into it.
package struct Excerpt: Equatable, Sendable {
  /// The piece, fit for a terminal; `…` stands where the line was cut.
  package var text: String
  /// How many characters of ``text`` stand before the place pointed at.
  package var caretOffset: Int
}

extension RecordReader {
  /// The line around a place in the current record, or in the faulty one after an error.
  ///
  /// - Parameters:
  ///   - place: A place as found in an error.
  ///   - width: About how many characters to show.
  /// - Returns: The piece of the line that is at hand, or nil if the place is not in this record.
  package func excerpt(at place: TextPosition, width: Int = 96) -> Excerpt? {
    guard !isBinary, let start = offset(ofLine: place.line) else { return nil }
    let bytes = buffer.span
    var target = start
    var column = 1
    while target < end, column < place.column {
      target += 1
      while target < end, isContinuation(bytes[target]) { target += 1 }
      column += 1
    }
    var first = max(start, target - width / 2)
    while first > start, isContinuation(bytes[first]) { first -= 1 }
    var last = target
    while last < min(end, first + width), bytes[last] != 0x0A, bytes[last] != 0x0D { last += 1 }
    let isCut = last < end && bytes[last] != 0x0A && bytes[last] != 0x0D
    while isCut, last > target, isContinuation(bytes[last]) { last -= 1 }
    let before = (first > start ? "…" : "") + printable(bytes.extracting(first..<target))
    let after = printable(bytes.extracting(target..<last)) + (isCut ? "…" : "")
    return Excerpt(text: before + after, caretOffset: before.count)
  }

  /// Where the physical line starts in the buffer, if it belongs to the current record.
  private func offset(ofLine number: Int) -> Int? {
    guard number >= line else { return nil }
    var offset = record.lowerBound
    var current = line
    while current < number {
      guard offset < end else { return nil }
      let byte = buffer[offset]
      if byte == 0x0A || (byte == 0x0D && buffer[offset + 1] != 0x0A) { current += 1 }
      offset += 1
    }
    return offset
  }
}

// RecordReader+JSON.swift: records from lines of JSON.
//
// Step: bytes → [fields] → features.

/// The keys that are columns, and what is remembered to find them fast.
struct JSONColumns {
  /// The names of the columns, by index.
  var keys = TextTable()
  /// Whether a key that is not a column becomes one.
  var isDiscovering = false
  /// For each place in an object, the column whose key stood there last: objects of one file
  /// mostly have one order.
  var columnAtPlace: [Int] = []
  /// A key without its escapes.
  var scratch: [UInt8] = []
  /// The form of the lines, if numbers are expected.
  var template = JSONTemplate()
  var expectsNumbers = false
  /// Lines in a row that were not of the form.
  var missCount = 0
  /// Whether some line was not blank.
  var hasObject = false

  /// Whether the form of the line that is read now is learned: rarer the longer none was met again.
  mutating func beginsLearning() -> Bool {
    guard expectsNumbers else { return false }
    missCount += 1
    guard missCount < 16 || missCount & (missCount - 1) == 0 else { return false }
    template.begin()
    return true
  }

  /// The column with this key, which is the `place`-th of its object.
  mutating func column(_ key: Span<UInt8>, at place: Int) -> Int? {
    if place < columnAtPlace.count {
      let likely = columnAtPlace[place]
      if likely < keys.count, keys[likely].equals(key) { return likely }
    }
    guard let column = keys.index(of: key) else { return nil }
    while columnAtPlace.count <= place { columnAtPlace.append(.max) }
    columnAtPlace[place] = column
    return column
  }
}

extension RecordReader {
  /// Goes to the next line that is not blank.
  mutating func advanceJSON(waiting: Bool) throws(DataError) -> Advance {
    if isDiscarding {
      guard try discardLine(waiting: waiting) else { return .starved }
    }
    repeat {
      let advance = try findLine(waiting: waiting)
      if advance == .end && !json.hasObject { throw .emptyJSON }
      guard advance == .record else { return advance }
    } while isBlank(record)
    json.hasObject = true
    try readObject()
    recordCount += 1
    return .record
  }

  /// Finds the end of the next line; it becomes the current record.
  private mutating func findLine(waiting: Bool) throws(DataError) -> Advance {
    if !isRecordOpen {
      scanner.beginNextRecord()
      isRecordOpen = true
    }
    while true {
      let outcome = scanLine()
      try checkLength()
      if outcome == .record { break }
      if isAtEnd {
        guard scanner.position > scanner.start else {
          isRecordOpen = false
          return .end
        }
        break
      }
      guard try fillForRecord(waiting: waiting) else { return .starved }
    }
    closeRecord()
    return .record
  }

  private mutating func scanLine() -> RecordScanner.Outcome {
    let bytes = buffer
    return scanner.scanLine(bytes.span, end: end)
  }

  private func isBlank(_ range: Range<Int>) -> Bool {
    for index in range {
      let byte = buffer[index]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return false }
    }
    return true
  }

  /// Reads the object on the current line into the field table.
  ///
  /// A fault in one value does not keep the others from being read: an identifier stays readable.
  private mutating func readObject() throws(DataError) {
    for index in fields.indices { fields[index] = .absent }
    unescaped.removeAll(keepingCapacity: true)
    scratch.removeAll(keepingCapacity: true)
    // A second reference: the buffer is read while columns are added.
    let line = buffer
    var lineEnd = record.upperBound
    while lineEnd > record.lowerBound, buffer[lineEnd - 1] == 0x0A || buffer[lineEnd - 1] == 0x0D {
      lineEnd -= 1
    }
    let bytes = line.span.extracting(first: lineEnd)
    var cursor = JSONCursor(bytes, at: record.lowerBound)
    var fault: DataError?
    var pieceStart = record.lowerBound
    let learns = json.beginsLearning()
    do throws(JSONError) {
      try cursor.expect(0x7B, else: .expectedObject)
      var place = 0
      var isOpen = cursor.peek() != 0x7D
      while isOpen {
        let member = try cursor.member()
        do throws(DataError) {
          let column = try put(member, place, in: bytes)
          if learns {
            json.template.append(bytes.extracting(pieceStart..<member.start), before: column)
            pieceStart = cursor.offset
          }
        } catch {
          fault = fault ?? error
        }
        place += 1
        isOpen = cursor.peek() == 0x2C
        if isOpen { try cursor.expect(0x2C, else: .expectedCommaOrBrace) }
      }
      try cursor.expect(0x7D, else: .expectedCommaOrBrace)
      guard cursor.peek() == nil else {
        throw JSONError(fault: .textAfterObject, offset: cursor.offset)
      }
    } catch {
      throw fault ?? .json(position(at: error.offset), error.fault)
    }
    if let fault { throw fault }
    try checkKeys(in: bytes)
    if learns && pieceStart > record.lowerBound && buffer[record.upperBound - 1] == 0x0A {
      json.template.finish(line.span.extracting(pieceStart..<record.upperBound))
    }
  }

  /// Refuses an object that lacks the key of a column.
  private func checkKeys(in bytes: Span<UInt8>) throws(DataError) {
    guard let names = options.names, !options.absentIsMissing else { return }
    for column in 0..<names.count - options.optionalNameCount where fields[column] == .absent {
      var keys: [[UInt8]] = []
      var cursor = JSONCursor(bytes, at: record.lowerBound)
      // It has been walked over without a fault.
      try? cursor.expect(0x7B, else: .expectedObject)
      while let member = try? cursor.member() {
        keys.append(key(member, in: bytes))
        guard (try? cursor.expect(0x2C, else: .expectedCommaOrBrace)) != nil else { break }
      }
      let others = keys.filter { !names.contains($0) }
      let similar = mostSimilar(to: names[column], among: others)
      throw .absentKey(
        line: line, name: ShortText(names[column]), suggestion: similar.map { ShortText($0) })
    }
  }

  /// The key of a member, its escapes resolved.
  private func key(_ member: JSONCursor.Member, in bytes: Span<UInt8>) -> [UInt8] {
    guard member.hasEscapedKey else { return bytes.extracting(member.key).copied() }
    var key: [UInt8] = []
    unescape(bytes.extracting(member.key), to: &key)
    return key
  }

  /// Notes the value of one key.
  ///
  /// - Returns: The column that it belongs to, if it is one.
  private mutating func put(
    _ member: JSONCursor.Member, _ place: Int, in bytes: Span<UInt8>
  ) throws(DataError) -> Int? {
    let found: Int?
    if member.hasEscapedKey {
      json.scratch.removeAll(keepingCapacity: true)
      unescape(bytes.extracting(member.key), to: &json.scratch)
      let name = json.scratch
      found = try self.column(name.span, at: place, member.value)
    } else {
      found = try self.column(bytes.extracting(member.key), at: place, member.value)
    }
    if case .bad(let fault, let offset) = member.value { throw .json(position(at: offset), fault) }
    guard let column = found else { return nil }
    // While keys are discovered nobody knows which ones will be used.
    guard !isSeen(column) || json.isDiscovering else {
      throw .duplicateKey(position(at: member.key.lowerBound), key: ShortText(header[column]))
    }
    switch member.value {
    case .null:
      fields[column] = .null
    case .nested:
      fields[column] = .null
      guard json.isDiscovering else {
        throw .nestedValue(position(at: member.start), name: ShortText(header[column]))
      }
    case .notFinite:
      fields[column] = .null
      guard json.isDiscovering else { throw .json(position(at: member.start), .notFinite) }
    case .bad:
      break
    case .text(let range, let hasEscapes):
      let lower = range.lowerBound - record.lowerBound
      fields[column] = Field(lower, lower + range.count, hasEscapes: hasEscapes)
      if hasEscapes {
        let first = scratch.count
        unescape(bytes.extracting(range), to: &scratch)
        unescaped.removeAll { $0.field == column }
        unescaped.append(UnescapedField(field: column, range: first..<scratch.count))
      }
    }
    return column
  }

  /// The column of a key, made now if keys are being discovered; nil if nobody wants the key.
  private mutating func column(
    _ key: Span<UInt8>, at place: Int, _ value: JSONCursor.Value
  ) throws(DataError) -> Int? {
    if let column = json.column(key, at: place) { return column }
    guard json.isDiscovering else { return nil }
    if value == .nested {
      if !nestedKeys.contains(where: { $0.span.equals(key) }) { nestedKeys.append(key.copied()) }
      return nil
    }
    guard header.count < Self.columnCountLimit else {
      throw .tooManyColumns(line: line, limit: Self.columnCountLimit)
    }
    guard isValidUTF8(key) else {
      throw .invalidUTF8(TextPosition(line: line, column: 1), text: ShortText(key))
    }
    nestedKeys.removeAll { $0.span.equals(key) }
    header.append(key.copied())
    fields.append(.absent)
    layout.fieldCount += 1
    return json.keys.insert(key).index
  }

  private func isSeen(_ column: Int) -> Bool { fields[column] != .absent }
}

/// Appends the content of a JSON string, whose escapes have been checked.
private func unescape(_ text: Span<UInt8>, to output: inout [UInt8]) {
  var offset = 0
  while offset < text.count {
    if text[offset] == 0x5C, let escape = try? JSONEscape(text, at: offset) {
      escape.append(to: &output)
      offset += escape.length
    } else {
      output.append(text[offset])
      offset += 1
    }
  }
}

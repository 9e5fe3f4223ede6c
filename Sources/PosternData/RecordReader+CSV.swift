// RecordReader+CSV.swift: records of delimited text.
//
// Step: bytes → [fields] → features.

extension RecordReader {
  /// Goes to the next record with the right number of fields.
  mutating func advanceDelimited(waiting: Bool) throws(DataError) -> Advance {
    if isDiscarding {
      guard try discardLine(waiting: waiting) else { return .starved }
    }
    while true {
      let advance = try scanRecord(waiting: waiting, isTableFixed: true)
      guard advance == .record else { return advance }
      if isBlankLine && fields.count != 1 { continue }
      guard scanner.fieldCount == fields.count else {
        throw .raggedRow(line: line, found: scanner.fieldCount, expected: fields.count)
      }
      if scanner.hasEscapes { unescapeQuotes() }
      recordCount += 1
      return .record
    }
  }

  /// Reads the header and checks the names.
  mutating func readHeader() throws(DataError) {
    repeat {
      guard try scanRecord(waiting: true, isTableFixed: false) == .record else {
        throw .emptyInput
      }
    } while isBlankLine
    fields.removeLast(fields.count - scanner.fieldCount)
    guard fields.count <= Self.columnCountLimit else {
      throw .tooManyColumns(line: line, limit: Self.columnCountLimit)
    }
    if scanner.hasEscapes { unescapeQuotes() }
    try checkDelimiter()
    var names = TextTable()
    for index in fields.indices {
      let name = trimmed(field(index))
      guard isValidUTF8(name) else {
        throw .invalidUTF8(position(of: index), text: ShortText(name))
      }
      guard !name.isEmpty else { throw .emptyName(position(of: index), column: index + 1) }
      let (first, isNew) = names.insert(name)
      guard isNew else {
        throw .duplicateName(
          position(of: index), name: ShortText(name), first: first + 1, second: index + 1)
      }
    }
    header = names.texts
    unescaped.removeAll()
  }

  /// Whether the current record is a line without any byte.
  private var isBlankLine: Bool { scanner.fieldCount == 1 && fields.first == Field(0, 0) }

  /// Scans one record; it becomes the current one.
  private mutating func scanRecord(waiting: Bool, isTableFixed: Bool) throws(DataError) -> Advance {
    if !isRecordOpen {
      scanner.beginNextRecord()
      isRecordOpen = true
    }
    while true {
      let outcome = scanBuffer(isTableFixed: isTableFixed)
      try checkLength()
      switch outcome {
      case .record:
        closeRecord()
        return .record
      case .tableFull:
        fields.append(contentsOf: repeatElement(.absent, count: max(16, fields.count)))
      case .more:
        guard isAtEnd else {
          guard try fillForRecord(waiting: waiting) else { return .starved }
          continue
        }
        if scanner.isAtRecordStart {
          isRecordOpen = false
          return .end
        }
        return try finishRecord(isTableFixed: isTableFixed)
      case .textAfterQuote(let offset):
        beginDiscarding(at: offset)
        throw .textAfterQuote(position(at: offset), found: buffer[offset])
      case .zeroByte(let offset):
        beginDiscarding(at: offset)
        throw .zeroByte(position(at: offset))
      }
    }
  }

  private mutating func scanBuffer(isTableFixed: Bool) -> RecordScanner.Outcome {
    // A second reference, because a borrow of the buffer would lock the scanner too. It ends here,
    // so that the buffer is never copied when it is next written.
    let bytes = buffer
    return scanner.scan(bytes.span, end: end, fields: &fields, isTableFixed: isTableFixed)
  }

  /// The last record, which has no line end.
  private mutating func finishRecord(isTableFixed: Bool) throws(DataError) -> Advance {
    if scanner.isInQuotes {
      beginDiscarding(at: end)
      throw .unterminatedQuote(position(at: scanner.fieldStart - 1))
    }
    while scanner.finish(fields: &fields, isTableFixed: isTableFixed) == .tableFull {
      fields.append(contentsOf: repeatElement(.absent, count: max(16, fields.count)))
    }
    closeRecord()
    return .record
  }

  /// Makes what the scanner has found the current record.
  mutating func closeRecord() {
    isRecordOpen = false
    record = scanner.start..<scanner.position
    line = nextLine
    nextLine += 1 + scanner.innerLineCount
  }

  /// Writes the fields with doubled quotes to the scratch buffer, without the doubles.
  private mutating func unescapeQuotes() {
    unescaped.removeAll(keepingCapacity: true)
    scratch.removeAll(keepingCapacity: true)
    for index in fields.indices where fields[index].hasEscapes {
      let start = scratch.count
      var offset = record.lowerBound + Int(fields[index].start)
      let end = record.lowerBound + fields[index].end
      while offset < end {
        scratch.append(buffer[offset])
        offset += buffer[offset] == 0x22 ? 2 : 1
      }
      unescaped.append(UnescapedField(field: index, range: start..<scratch.count))
    }
  }

  /// Refuses a header of one name without quotes in which another delimiter stands.
  private func checkDelimiter() throws(DataError) {
    guard fields.count == 1, fields[0].start == 0 else { return }
    let name = field(0)
    for suspect: UInt8 in [0x09, 0x3B, 0x2C, 0x7C] where suspect != scanner.delimiter {
      for index in name.indices where name[index] == suspect {
        throw .wrongDelimiter(line: line, expected: scanner.delimiter, suspected: suspect)
      }
    }
  }
}

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
      if isBlankLine && layout.fieldCount != 1 { continue }
      if scanner.fieldCount != layout.fieldCount {
        try acceptOtherCount()
      } else if layout.endsEmpty && !isLastFieldEmpty {
        try refuseCount()
      }
      if scanner.hasEscapes { unescapeQuotes() }
      if scanner.innerLineCount > 0 { notices.lineEndRowCount += 1 }
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
    let count = scanner.fieldCount
    guard count <= Self.columnCountLimit else {
      throw .tooManyColumns(line: line, limit: Self.columnCountLimit)
    }
    layout = RowLayout(fieldCount: count)
    fields.removeLast(fields.count - count)
    if options.isHeaderless {
      setColumns((1...count).map { Array(String($0).utf8) })
      // The record is read again, as a row.
      nextLine = line
      scanner.beginRecord(at: record.lowerBound)
      return
    }
    if scanner.hasEscapes { unescapeQuotes() }
    try checkDelimiter()
    try readNames()
    fields.append(.absent)
    unescaped.removeAll()
  }

  /// Makes the current record the header.
  private mutating func readNames() throws(DataError) {
    var names = TextTable()
    // For each name the columns that have it, and where it stands for the second time.
    var columns: [[Int]] = []
    var second: [TextPosition?] = []
    var texts: [[UInt8]] = []
    var hasText = false
    for index in 0..<layout.fieldCount {
      let name = trimmed(field(index)).copied()
      let place = position(of: index)
      guard isValidUTF8(name.span) else { throw .invalidUTF8(place, text: ShortText(name)) }
      texts.append(name)
      guard !name.isEmpty else { continue }
      if case .number = parseFloat(name.span) {} else { hasText = true }
      let (entry, isNew) = names.insert(name.span)
      if isNew {
        columns.append([])
        second.append(nil)
      }
      columns[entry].append(index + 1)
      if columns[entry].count == 2 { second[entry] = place }
    }
    guard names.count > 0 else { throw .emptyName(position(of: 0), column: 1) }
    header = texts
    notices.namesAreNumbers = !hasText
    notices.unnamedColumns = texts.indices.filter { texts[$0].isEmpty }.map { $0 + 1 }
    for entry in 0..<names.count {
      guard let place = second[entry] else { continue }
      notices.repeatedNames.append(
        TableNotices.RepeatedName(
          name: names[entry].copied(), columns: columns[entry], position: place))
    }
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
        let found = buffer[offset]
        if scanner.fieldLineCount > 0 { try refuseQuote(.textAfterQuote(found)) }
        beginDiscarding(at: offset)
        throw .textAfterQuote(position(at: offset), found: found)
      case .zeroByte(let offset):
        beginDiscarding(at: scanner.isInQuotes ? scanner.longQuote?.offset ?? offset : offset)
        throw .zeroByte(position(at: offset))
      case .tooManyLines:
        try refuseQuote(.tooManyLines(limit: RecordScanner.fieldLineCountLimit))
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
      let quote = scanner.fieldStart - 1
      beginDiscarding(at: quote)
      throw .unterminatedQuote(position(at: quote))
    }
    while scanner.finish(fields: &fields, isTableFixed: isTableFixed) == .tableFull {
      fields.append(contentsOf: repeatElement(.absent, count: max(16, fields.count)))
    }
    closeRecord()
    return .record
  }

  /// Refuses the field in quotes that the scanner is in or has just left. What follows is looked
  /// for behind the line on which it opens.
  private mutating func refuseQuote(_ fault: QuoteFault) throws(DataError) {
    let quote = scanner.fieldStart - 1
    beginDiscarding(at: quote)
    throw .quoteAcrossLines(position(at: quote), fault)
  }

  /// Makes what the scanner has found the current record.
  mutating func closeRecord() {
    isRecordOpen = false
    record = scanner.start..<scanner.position
    line = nextLine
    nextLine += 1 + scanner.innerLineCount
  }

  /// Writes the fields with doubled quotes to the scratch buffer, without the doubles.
  mutating func unescapeQuotes() {
    unescaped.removeAll(keepingCapacity: true)
    scratch.removeAll(keepingCapacity: true)
    let count = min(scanner.fieldCount, fields.count, readableFieldCount)
    for index in 0..<count where fields[index].hasEscapes {
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
    guard layout.fieldCount == 1, fields[0].start == 0 else { return }
    let name = field(0)
    for suspect: UInt8 in [0x09, 0x3B, 0x2C, 0x7C] where suspect != scanner.delimiter {
      for index in name.indices where name[index] == suspect {
        throw .wrongDelimiter(line: line, expected: scanner.delimiter, suspected: suspect)
      }
    }
  }
}

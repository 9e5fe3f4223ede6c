// RowLayout.swift: how rows lie under their header, where the two differ.
//
// Step: bytes → [fields] → features.

/// Which fields of a row belong to which columns.
struct RowLayout {
  /// The fields that a row must have.
  var fieldCount = 0
  /// Fields before the first column: the row's name, which the header does not count.
  var leadCount = 0
  /// Whether the last field belongs to no column: it stands behind a delimiter that ends the row.
  var endsEmpty = false
  /// Whether a row has shown that it differs from the header.
  var isSettled = false
}

/// What is unusual about a table, although it can be read.
package struct TableNotices: Equatable, Sendable {
  /// A name that several columns have.
  package struct RepeatedName: Equatable, Sendable {
    /// The name.
    package var name: [UInt8]
    /// The columns that have it, from 1.
    package var columns: [Int]
    /// Where it stands for the second time.
    package var position: TextPosition
  }

  /// Columns without a name, from 1.
  package internal(set) var unnamedColumns: [Int] = []
  /// Names that stand more than once.
  package internal(set) var repeatedNames: [RepeatedName] = []
  /// Whether every name in the header is a number.
  package internal(set) var namesAreNumbers = false
  /// Whether each row starts with a name of its own that the header does not count.
  package internal(set) var hasRowNames = false
  /// Rows with a line end inside a field.
  package internal(set) var lineEndRowCount = 0

  /// The name if several columns have it.
  package func repeated(_ name: [UInt8]) -> RepeatedName? {
    repeatedNames.first { $0.name == name }
  }
}

extension RecordReader {
  /// The columns that nobody can name: those without a name and those that share one.
  package var namelessColumns: [Int] {
    let repeated = notices.repeatedNames.flatMap(\.columns)
    return (notices.unnamedColumns + repeated).map { $0 - 1 }.sorted()
  }

  /// Whether the names of the columns come from the text.
  package var hasOwnHeader: Bool {
    if case .delimited = options.format { return options.names == nil && !options.isHeaderless }
    return false
  }

  /// Adds those of `names` that are no columns of delimited text, as columns without a value.
  package mutating func addAbsent(_ names: [[UInt8]]) {
    guard hasOwnHeader else { return }
    let absent = names.filter { !header.contains($0) }
    header += absent
    fields += [Field](repeating: .absent, count: absent.count)
  }

  /// Whether a field of the current record can be read; after an error, whether it is certain which
  /// field that is.
  package func isReadable(_ index: Int) -> Bool {
    if isBinary { return true }
    let isThere =
      options.format == .ndjson
      ? !isAbsent(index) : index + layout.leadCount < readableFieldCount
    return isThere && isValidUTF8(field(index))
  }

  /// How much of the input is looked at, at most, to learn how rows lie under the header.
  private static let layoutByteCount = 1 << 16

  /// Decides what a number of fields means that is not that of the columns.
  ///
  /// - Throws: ``DataError/raggedRow(line:found:expected:)``, or
  ///   ``DataError/quoteAcrossLines(_:_:)`` for a record with line ends in quotes.
  mutating func acceptOtherCount() throws(DataError) {
    let found = scanner.fieldCount
    if layout.endsEmpty && found == layout.fieldCount - 1 { return }
    if scanner.longQuote == nil, recordCount == 0, !layout.isSettled, try settle(found) {
      layout.isSettled = true
      return
    }
    try refuseCount()
  }

  /// Goes on behind the line on which the first quote of the current record opens that has reached
  /// over a line end.
  package mutating func resumeBehindQuote() {
    guard let quote = scanner.longQuote else { return }
    nextLine = line
    recordCount -= 1
    notices.lineEndRowCount -= 1
    beginDiscarding(at: quote.offset)
  }

  /// Refuses the current record for the number of its fields.
  mutating func refuseCount() throws(DataError) {
    let found = scanner.fieldCount
    let expected = layout.fieldCount
    if let quote = scanner.longQuote {
      nextLine = line
      beginDiscarding(at: quote.offset)
      throw .quoteAcrossLines(
        position(at: quote.offset), .wrongFieldCount(found: found, expected: expected))
    }
    // Which field is too many or missing nobody knows; the first one is what it is.
    readableFieldCount = min(1, found)
    if scanner.hasEscapes { unescapeQuotes() }
    throw .raggedRow(line: line, found: found, expected: expected)
  }

  /// Learns from the first record how rows differ from the header.
  ///
  /// - Returns: Whether they do so in a known way.
  private mutating func settle(_ found: Int) throws(DataError) -> Bool {
    let count = layout.fieldCount
    if found == count - 1 && notices.unnamedColumns.last == count && count > 1 {
      layout.fieldCount = found
      return true
    }
    guard found == count + 1 else { return false }
    if isLastFieldEmpty {
      layout.fieldCount = found
      layout.endsEmpty = true
      return true
    }
    guard options.names == nil, !options.isHeaderless, try haveRowNames(fieldCount: found) else {
      return false
    }
    layout.fieldCount = found
    layout.leadCount = 1
    notices.hasRowNames = true
    return true
  }

  /// Whether nothing stands behind the last delimiter of the record.
  var isLastFieldEmpty: Bool {
    let last = fields[scanner.fieldCount - 1]
    return Int(last.start) == last.end
  }

  /// Whether the current record and those behind it, as far as they are at hand, all have
  /// `fieldCount` fields and start with names, and nothing else explains the field too many.
  private mutating func haveRowNames(fieldCount: Int) throws(DataError) -> Bool {
    // The buffer holds one record of the longest kind and no more.
    let limit = min(Self.layoutByteCount, options.recordByteCountLimit)
    while !isAtEnd, end < scanner.start + limit, source.isReady { try fill() }
    record = scanner.start..<scanner.position
    let end = min(end, record.lowerBound + limit)
    let isWhole = isAtEnd && end == self.end
    var ahead = RecordScanner(delimiter: scanner.delimiter, hasQuotes: options.hasQuotes)
    ahead.beginRecord(at: record.lowerBound)
    var places = fields
    var names = RowNames(
      delimiter: scanner.delimiter,
      texts: (0..<layout.fieldCount).filter { options.textColumns.contains(header[$0]) })
    let bytes = buffer
    while names.count < RowNames.countLimit {
      let start = ahead.position
      let outcome = ahead.scan(bytes.span, end: end, fields: &places, isTableFixed: true)
      if outcome == .more {
        guard isWhole, start < end else { break }
        guard ahead.finish(fields: &places, isTableFixed: true) == .record else { break }
      } else if outcome != .record {
        return false
      }
      let isBlank = ahead.fieldCount == 1 && places[0] == Field(0, 0)
      if !isBlank {
        guard ahead.fieldCount == fieldCount else { return false }
        let row = bytes.span.extracting(ahead.start..<ahead.position)
        guard names.add(row, places.span.extracting(first: fieldCount)) else { return false }
      }
      if outcome == .more { break }
      ahead.beginNextRecord()
    }
    return names.areNames
  }
}

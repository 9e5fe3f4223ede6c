// ColumnSummary.swift: what the values of a column are, from one reading of the table.
//
// Step: fields → [summary] → kinds of columns.

/// A value of the input that is worth showing, and where it stands.
package struct FieldSample: Equatable, Sendable {
  /// Where the value starts.
  package var position: TextPosition
  /// Its text.
  package var text: ShortText
}

/// Counts over the values of one column.
package struct ColumnSummary: Sendable {
  /// Distinct values are counted up to this number; one more means "more".
  package static let distinctCountLimit = 1000

  /// The column's name.
  package let name: [UInt8]
  /// Values that are missing.
  package private(set) var missingCount = 0
  /// Where the first missing value stands, or should stand.
  package private(set) var firstMissing: TextPosition?
  /// Finite numbers.
  package private(set) var numberCount = 0
  /// Numbers that are infinite, too large for a Float, or named `nan` while that is not "missing".
  package private(set) var notFiniteCount = 0
  /// The first of them.
  package private(set) var firstNotFinite: FieldSample?
  /// Values that are no numbers.
  package private(set) var textCount = 0
  /// The first of them.
  package private(set) var firstText: FieldSample?
  /// The smallest number, 0 if there is none.
  package private(set) var minimum: Float = 0
  /// The largest number, 0 if there is none.
  package private(set) var maximum: Float = 0
  /// Whether all numbers are integers.
  package private(set) var isIntegral = true
  /// Distinct values that are no numbers, as far as ``distinctCount`` goes.
  package private(set) var distinctTextCount = 0
  private var distinct = TextTable()

  /// Starts a summary. `missingCount` is the number of rows that passed before the column appeared.
  init(name: [UInt8], missingCount: Int = 0) {
    self.name = name
    self.missingCount = missingCount
  }

  /// Values that are not missing.
  package var presentCount: Int { numberCount + notFiniteCount + textCount }

  /// Distinct values as texts, `1` and `1.0` being two; at most ``distinctCountLimit`` + 1.
  package var distinctCount: Int { distinct.count }

  /// Whether there are more distinct values than were counted.
  package var hasMoreDistinct: Bool { distinct.count > Self.distinctCountLimit }

  /// Whether the name is a number, or one of the first distinct values.
  var isNamedLikeValue: Bool {
    if case .number = parseFloat(name.span) { return true }
    return distinct.index(of: name.span) != nil
  }

  /// Adds the value of the current record.
  mutating func add(_ index: Int, of reader: borrowing RecordReader) {
    if reader.isMissing(index) {
      missingCount += 1
      if firstMissing == nil { firstMissing = reader.position(of: index) }
      return
    }
    let text = reader.field(index)
    let isNew = distinct.count <= Self.distinctCountLimit && distinct.insert(text).isNew
    switch parseFloat(text) {
    case .number(let value):
      minimum = numberCount == 0 ? value : min(minimum, value)
      maximum = numberCount == 0 ? value : max(maximum, value)
      isIntegral = isIntegral && value == value.rounded(.towardZero)
      numberCount += 1
    case .overflow, .notFinite:
      notFiniteCount += 1
      if firstNotFinite == nil {
        firstNotFinite = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
    case .notNumber:
      textCount += 1
      if isNew { distinctTextCount += 1 }
      if firstText == nil {
        firstText = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
    }
  }
}

/// Summaries of all columns of a table.
package struct TableSummary: Sendable {
  /// Rows.
  package private(set) var rowCount = 0
  /// The columns, in the order of the table.
  package private(set) var columns: [ColumnSummary] = []
  /// Keys of JSON objects that are no columns because their values are objects or arrays.
  package private(set) var nestedKeys: [[UInt8]] = []
  /// What is unusual about the table. Columns that nobody can name are not among ``columns``.
  package private(set) var notices = TableNotices()
  /// Whether the header looks like a row: each name is a number or a value of its own column.
  package private(set) var namesLookLikeValues = false

  /// Reads a whole table.
  ///
  /// - Throws: ``DataError``, at the first faulty row.
  /// - Complexity: O(*bytes*) time; memory for ``ColumnSummary/distinctCountLimit`` texts a column.
  package init(reading input: TableInput) throws(DataError) {
    var reader = try input.open()
    addColumns(of: reader)
    while try reader.next() {
      addColumns(of: reader)
      for index in columns.indices { columns[index].add(index, of: reader) }
      rowCount += 1
    }
    nestedKeys = reader.nestedKeys
    notices = reader.notices
    namesLookLikeValues = reader.hasOwnHeader && columns.allSatisfy(\.isNamedLikeValue)
    for index in reader.namelessColumns.reversed() { columns.remove(at: index) }
  }

  /// Starts summaries for columns that have just been discovered.
  private mutating func addColumns(of reader: borrowing RecordReader) {
    while columns.count < reader.header.count {
      columns.append(ColumnSummary(name: reader.header[columns.count], missingCount: rowCount))
    }
  }

  /// The index of the column with this name.
  package func index(of name: [UInt8]) -> Int? { columns.firstIndex { $0.name == name } }
}

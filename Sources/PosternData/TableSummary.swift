// TableSummary.swift: what the values of all columns are, from one reading of the table.
//
// Step: fields → [summary] → kinds of columns.

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

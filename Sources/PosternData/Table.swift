// Table.swift: a whole table in memory, by columns.
//
// Step: file → [table] → trainer.

/// A column to load.
package struct ColumnPlan: Equatable, Sendable {
  /// How the values are kept.
  package enum Kind: Equatable, Sendable {
    /// As numbers.
    case numeric
    /// As codes into a dictionary of the texts that occur.
    case categorical
    /// As codes into a given dictionary, whose texts ascend by their bytes.
    case codes([[UInt8]])
  }

  /// The column's name.
  package var name: [UInt8]
  /// How its values are kept.
  package var kind: Kind

  /// Creates a plan.
  package init(name: [UInt8], kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// Columns of equal length.
package struct Table: Equatable, Sendable {
  /// The values of a column, one for each row.
  package enum Values: Equatable, Sendable {
    /// Numbers, finite, or NaN for a missing value.
    case numeric([Float])
    /// Indices into `categories`, which ascend by their bytes; ``missingCode`` for a missing value;
    /// with a given dictionary `categories.count` for a text that is not in it.
    case categorical(codes: [UInt32], categories: [[UInt8]])
  }

  /// One column.
  package struct Column: Equatable, Sendable {
    /// The name.
    package var name: [UInt8]
    /// The values.
    package var values: Values
  }

  /// Stands in a categorical column for a missing value.
  package static let missingCode = UInt32.max
  /// The most categories that a column may have.
  package static let categoryCountLimit = 1 << 16
  /// The longest category in bytes.
  package static let categoryByteCountLimit = (1 << 16) - 1

  /// The columns, in the order of the plans.
  package private(set) var columns: [Column] = []
  /// The number of rows.
  package private(set) var rowCount = 0
  /// The physical line on which each row starts.
  package private(set) var lines: [Int] = []
  /// What is unusual about the text of the table.
  package private(set) var notices = TableNotices()

  /// Reads the planned columns of a whole table.
  ///
  /// Equal input gives an equal table; the order of the rows does not change a dictionary.
  ///
  /// - Throws: ``DataError``: missing columns, a faulty row, a value that is no number in a numeric
  ///   column, too many or too long categories.
  /// - Complexity: O(*bytes*) time, and memory for four bytes a value and the dictionaries.
  package init(reading input: TableInput, columns plans: [ColumnPlan]) throws(DataError) {
    var input = input
    let names = plans.map(\.name)
    // Of JSON only the planned keys are looked at.
    if case .ndjson = input.options.format { input.options.names = names }
    var reader = try input.open()
    if input.options.absentIsMissing { reader.addAbsent(names) }
    let binding = try ColumnBinding(wanted: names, in: reader.header, notices: reader.notices)
    reader.expectText(
      in: plans.indices.filter { plans[$0].kind != .numeric }.map { binding.positions[$0] })
    var builders = plans.map(ColumnBuilder.init)
    while try reader.next() {
      for index in builders.indices {
        try builders[index].append(binding.positions[index], of: reader)
      }
      lines.append(reader.line)
      rowCount += 1
    }
    notices = reader.notices
    for index in builders.indices {
      columns.append(Column(name: plans[index].name, values: builders[index].values()))
    }
  }

  /// Removes the rows for which `isRemoved` is true.
  ///
  /// - Parameter isRemoved: One answer for each row.
  package mutating func removeRows(where isRemoved: [Bool]) {
    precondition(isRemoved.count == rowCount)
    let kept = isRemoved.indices.filter { !isRemoved[$0] }
    for index in columns.indices {
      switch columns[index].values {
      case .numeric(let numbers):
        columns[index].values = .numeric(kept.map { numbers[$0] })
      case .categorical(let codes, let categories):
        columns[index].values = .categorical(codes: kept.map { codes[$0] }, categories: categories)
      }
    }
    lines = kept.map { lines[$0] }
    rowCount = kept.count
  }
}

/// A column while it is read.
private struct ColumnBuilder {
  private let kind: ColumnPlan.Kind
  private var numbers: [Float] = []
  private var codes: [UInt32] = []
  private var texts = TextTable()

  init(_ plan: ColumnPlan) {
    kind = plan.kind
    if case .codes(let categories) = plan.kind {
      for category in categories { texts.insert(category.span) }
    }
  }

  mutating func append(_ index: Int, of reader: borrowing RecordReader) throws(DataError) {
    if case .numeric = kind {
      numbers.append(try reader.number(index))
      return
    }
    guard !reader.isMissing(index) else {
      codes.append(Table.missingCode)
      return
    }
    let text = reader.field(index)
    guard case .categorical = kind else {
      codes.append(UInt32(texts.index(of: text) ?? texts.count))
      return
    }
    let limit = Table.categoryByteCountLimit
    guard text.count <= limit else {
      throw .textTooLong(
        reader.position(of: index), name: ShortText(reader.header[index]), byteCount: text.count,
        limit: limit)
    }
    codes.append(UInt32(texts.insert(text).index))
    guard texts.count <= Table.categoryCountLimit else {
      throw .tooManyCategories(
        reader.position(of: index), name: ShortText(reader.header[index]),
        limit: Table.categoryCountLimit)
    }
  }

  /// The finished column, with its dictionary in order.
  func values() -> Table.Values {
    if case .numeric = kind { return .numeric(numbers) }
    let found = texts.texts
    if case .codes = kind { return .categorical(codes: codes, categories: found) }
    let order = found.indices.sorted { found[$0].lexicographicallyPrecedes(found[$1]) }
    var newCode = [UInt32](repeating: 0, count: found.count)
    for (rank, old) in order.enumerated() { newCode[old] = UInt32(rank) }
    let sorted = codes.map { $0 == Table.missingCode ? $0 : newCode[Int($0)] }
    return .categorical(codes: sorted, categories: order.map { found[$0] })
  }
}

// Table.swift: a whole table in memory, by columns.
//
// Step: file → [table] → trainer.

package import PosternFormat

/// A column to load.
package struct ColumnPlan: Equatable, Sendable {
  /// How the values are kept.
  package enum Kind: Equatable, Sendable {
    /// As values of a row: numbers of this form, less an origin that is chosen by the values if
    /// there is none.
    case numeric(NumberForm, NumberOrigin?)
    /// As values of a row: a part of dates or times, likewise.
    case calendar(CalendarForm, CalendarPart, NumberOrigin?)
    /// As codes into a dictionary of the texts that occur.
    case categorical
    /// As codes into a given dictionary, whose texts ascend by their bytes.
    case codes([[UInt8]])

    /// Whether the values are texts.
    var isText: Bool {
      switch self {
      case .numeric, .calendar: false
      case .categorical, .codes: true
      }
    }
  }

  /// The column's name.
  package var name: [UInt8]
  /// The name of the column in the input; another one for what is derived.
  package var source: [UInt8]
  /// How its values are kept.
  package var kind: Kind
  /// Whether the numbers are kept in double precision too.
  package var keepsExact = false
  /// Spellings of categories that are known already: they are preferred to those of the input.
  package var spellings: [[UInt8]] = []
  /// Whether texts that mean missing among numbers mean so here, although values are codes.
  package var hasNumberTokens = false

  /// Creates a plan.
  package init(name: [UInt8], source: [UInt8]? = nil, kind: Kind, keepsExact: Bool = false) {
    self.name = name
    self.source = source ?? name
    self.kind = kind
    self.keepsExact = keepsExact
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
    /// Numbers: how they became values of a row.
    package var reading = NumberReading()
    /// The numbers less the origin, in the unit of the values; empty unless the plan keeps them.
    package var exact: [Double] = []
    /// Whether different numbers became one value.
    package var collapses = false
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
    let names = plans.map(\.source)
    // Of JSON only the planned keys are looked at.
    if case .ndjson = input.options.format {
      var keys = TextTable()
      input.options.names = names.filter { keys.insert($0.span).isNew }
    }
    var reader = try input.open()
    if input.options.absentIsMissing { reader.addAbsent(names) }
    let binding = try ColumnBinding(wanted: names, in: reader.header, notices: reader.notices)
    reader.expectText(
      in: plans.indices.filter { plans[$0].kind.isText }.map { binding.positions[$0] })
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
      columns.append(builders[index].column(named: plans[index].name))
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
        let exact = columns[index].exact
        if !exact.isEmpty { columns[index].exact = kept.map { exact[$0] } }
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
  private let keepsExact: Bool
  private let spellings: [[UInt8]]
  private let hasNumberTokens: Bool
  private var numbers: [Float] = []
  /// The numbers as they stand in the text, if they are needed.
  private var doubles: [Double] = []
  private var codes: [UInt32] = []
  private var texts = TextTable()
  private var textCounts: [Int] = []
  private var known = CategoryIndex([])
  private var knownCount = 0

  init(_ plan: ColumnPlan) {
    kind = plan.kind
    keepsExact = plan.keepsExact
    spellings = plan.spellings
    hasNumberTokens = plan.hasNumberTokens
    if case .codes(let categories) = plan.kind {
      known = CategoryIndex(categories)
      knownCount = categories.count
    }
  }

  mutating func append(_ index: Int, of reader: borrowing RecordReader) throws(DataError) {
    switch kind {
    case .numeric(let form, let origin): try appendNumber(index, of: reader, form, origin)
    case .calendar(let form, let part, _):
      doubles.append(try reader.time(index, form: form)?.part(part) ?? .nan)
    case .categorical, .codes: try appendCode(index, of: reader)
    }
  }

  private mutating func appendNumber(
    _ index: Int, of reader: borrowing RecordReader, _ form: NumberForm, _ origin: NumberOrigin?
  ) throws(DataError) {
    if let origin {
      numbers.append(try reader.number(index, as: NumberReading(form: form, origin: origin)))
      if keepsExact { doubles.append(try reader.double(index, form: form)) }
      return
    }
    let value = try reader.double(index, form: form)
    doubles.append(value)
    // If no origin is needed, the text is rounded once.
    numbers.append(
      value.magnitude < 0x1p127 ? try reader.number(index, as: NumberReading(form: form)) : .nan)
  }

  private mutating func appendCode(
    _ index: Int, of reader: borrowing RecordReader
  ) throws(DataError) {
    guard !(hasNumberTokens ? reader.isMissingNumber(index) : reader.isMissing(index)) else {
      codes.append(Table.missingCode)
      return
    }
    let text = trimmed(reader.field(index))
    if case .codes = kind {
      codes.append(UInt32(known.code(of: text) ?? knownCount))
      return
    }
    let limit = Table.categoryByteCountLimit
    guard text.count <= limit else {
      throw .textTooLong(
        reader.position(of: index), name: ShortText(reader.header[index]), byteCount: text.count,
        limit: limit)
    }
    let code = texts.insert(text).index
    if code == textCounts.count { textCounts.append(0) }
    textCounts[code] += 1
    codes.append(UInt32(code))
    guard texts.count <= Table.categoryCountLimit else {
      throw .tooManyCategories(
        reader.position(of: index), name: ShortText(reader.header[index]),
        limit: Table.categoryCountLimit)
    }
  }

  /// The finished column.
  func column(named name: [UInt8]) -> Table.Column {
    switch kind {
    case .numeric(let form, let origin):
      return numericColumn(name, form, origin, isDerived: false)
    case .calendar(_, _, let origin):
      return numericColumn(name, NumberForm(), origin, isDerived: true)
    case .categorical: return Table.Column(name: name, values: merged())
    case .codes(let categories):
      return Table.Column(
        name: name, values: .categorical(codes: codes, categories: categories))
    }
  }

  private func numericColumn(
    _ name: [UInt8], _ form: NumberForm, _ origin: NumberOrigin?, isDerived: Bool
  ) -> Table.Column {
    let statistics = origin == nil ? NumberStatistics(doubles) : NumberStatistics()
    let reading = NumberReading(form: form, origin: origin ?? statistics.origin)
    var column = Table.Column(name: name, values: .numeric(numbers), reading: reading)
    if isDerived || (origin == nil && reading.isRelative) {
      column.values = .numeric(doubles.map { reading.relative($0) })
    }
    column.collapses = statistics.collapses(reading)
    if keepsExact { column.exact = doubles.map { reading.exactlyRelative($0) } }
    return column
  }

  /// The codes with a dictionary in order, in which each category has the spelling that is known or
  /// else the most frequent one.
  private func merged() -> Table.Values {
    var found = texts.texts
    var keys = TextTable()
    var spelling: [Int] = []
    var keyOfText: [Int] = []
    var key: [UInt8] = []
    for (index, text) in found.enumerated() {
      key.removeAll(keepingCapacity: true)
      appendCategoryKey(of: text.span, to: &key)
      let (place, isNew) = keys.insert(key.span)
      keyOfText.append(place)
      if isNew { spelling.append(index) }
      // The most frequent spelling, of equally frequent ones the shortest.
      let rival = spelling[place]
      let isEarlier =
        text.count != found[rival].count
        ? text.count < found[rival].count : text.lexicographicallyPrecedes(found[rival])
      if textCounts[index] > textCounts[rival]
        || (textCounts[index] == textCounts[rival] && isEarlier)
      {
        spelling[place] = index
      }
    }
    var known = CategoryIndex(spellings)
    for index in spelling {
      let text = found[index]
      if let code = known.code(of: text.span) { found[index] = spellings[code] }
    }
    let order = spelling.indices.sorted {
      found[spelling[$0]].lexicographicallyPrecedes(found[spelling[$1]])
    }
    var rankOfKey = [UInt32](repeating: 0, count: order.count)
    for (rank, place) in order.enumerated() { rankOfKey[place] = UInt32(rank) }
    let sorted = codes.map { $0 == Table.missingCode ? $0 : rankOfKey[keyOfText[Int($0)]] }
    return .categorical(codes: sorted, categories: order.map { found[spelling[$0]] })
  }
}

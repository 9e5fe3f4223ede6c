// ColumnTally.swift: what the rows of one expert are like, column by column, in fixed memory.
//
// Step: rows → [tally] → what separates an expert's rows.

internal import PosternData
internal import PosternFormat

/// The columns that a model looks at, as a tally needs them.
struct TalliedColumns {
  struct Column {
    let index: Int
    let name: [UInt8]
    /// Known categories; nil for a number.
    let categoryCount: Int?
    let categories: [[UInt8]]
    /// Where the column's counts start.
    let firstCount: Int
    /// What the numbers of rows are in the text.
    let reading: NumberReading
  }

  private(set) var columns: [Column] = []
  /// Counts of all columns: of a number the missing ones; else one for each category, then unknown
  /// and missing.
  private(set) var countCount = 0

  init(_ model: ModelView) {
    let input = ModelInput(model)
    for index in 0..<model.header.columnCount {
      let kind = model.schema.kind(ofColumn: index)
      if kind == .ignored { continue }
      let categories = kind == .categorical ? model.schema.categoryCount(ofColumn: index) : nil
      columns.append(
        Column(
          index: index, name: model.schema.columnName(index).copied(), categoryCount: categories,
          categories: (0..<(categories ?? 0)).map {
            model.schema.category($0, ofColumn: index).copied()
          }, firstCount: countCount, reading: input.columns[index].reading))
      countCount += categories.map { $0 + 2 } ?? 1
    }
  }
}

/// Values of some rows, summed up.
struct ColumnTally {
  /// For each column; of no meaning for categories.
  private(set) var moments: [Moments]
  private(set) var counts: [Int]

  init(_ columns: TalliedColumns) {
    moments = [Moments](repeating: Moments(), count: columns.columns.count)
    counts = [Int](repeating: 0, count: columns.countCount)
  }

  /// Adds a row as the runtime takes it.
  mutating func add(_ row: Span<Float>, _ columns: TalliedColumns) {
    for place in columns.columns.indices {
      let column = columns.columns[place]
      let value = row[column.index]
      if let categories = column.categoryCount {
        counts[column.firstCount + (value.isNaN ? categories + 1 : Int(value))] += 1
      } else if value.isNaN {
        counts[column.firstCount] += 1
      } else {
        moments[place].add(Double(value))
      }
    }
  }
}

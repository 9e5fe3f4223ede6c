// ColumnFindings.swift: what is worth a word about the values of a column that a model knows.

internal import PosternData
internal import PosternFormat
internal import PosternTrainer

/// Values of one column that are not there or that training has not seen.
struct ColumnFindings {
  /// The column's name.
  let name: [UInt8]
  var missingCount = 0
  var unknownCount = 0
  /// The first unknown text and its line.
  var firstUnknown: (text: ShortText, line: Int)?
}

extension Console {
  /// Says which values of an input were filled and which are unknown.
  func note(_ findings: [ColumnFindings], in name: String) {
    let filled = findings.filter { $0.missingCount > 0 }
    let unknown = findings.filter { $0.unknownCount > 0 }
    if !filled.isEmpty { note(Messages.filledValues(filled, in: name)) }
    if !unknown.isEmpty { note(Messages.unknownCategories(unknown, in: name)) }
  }

  /// Says what is unusual about rows to learn from or to judge by.
  ///
  /// - Parameters:
  ///   - data: The rows.
  ///   - known: For each column the categories that are known, nil for one of numbers; nil where
  ///     the rows themselves say what is known.
  func note(about data: TrainingData, known: [[[UInt8]]?]? = nil) {
    for message in Messages.aboutRows(data.notices, in: data.name) { note(message) }
    if data.withoutTarget > 0 { warning(Messages.withoutTarget(data.withoutTarget, data.name)) }
    guard let known else { return }
    for message in Messages.aboutHeader(data.notices, in: data.name) { note(message) }
    note(data.findings(known: known), in: data.name)
  }
}

extension TrainingData {
  /// What the rows have that other rows, which a model was trained on, have not.
  ///
  /// - Parameter known: For each column the categories that are known; nil for one of numbers.
  /// - Returns: The findings of each column that is used.
  func findings(known: [[[UInt8]]?]) -> [ColumnFindings] {
    zip(table.columns, known).compactMap { column, known in
      var found = ColumnFindings(name: column.name)
      switch column.values {
      case .ignored: return nil
      case .numeric(let values): found.missingCount = values.count { $0.isNaN }
      case .categorical(let codes, let categories):
        var table = TextTable()
        for text in known ?? [] { table.insert(text.span) }
        let isKnown = categories.map { table.index(of: $0.span) != nil }
        for (row, code) in codes.enumerated() {
          if code == Table.missingCode {
            found.missingCount += 1
          } else if !isKnown[Int(code)] {
            found.unknownCount += 1
            if found.firstUnknown == nil {
              found.firstUnknown = (ShortText(categories[Int(code)]), lines[row])
            }
          }
        }
      }
      return found
    }
  }

  /// For each column the categories that occur; nil for one of numbers.
  var categories: [[[UInt8]]?] {
    table.columns.map {
      if case .categorical(_, let categories) = $0.values {
        return categories
      }
      return nil
    }
  }
}

/// For each column of a model its categories; nil for one of numbers.
func categories(of model: ModelView) -> [[[UInt8]]?] {
  (0..<model.header.columnCount).map { column in
    guard model.schema.kind(ofColumn: column) == .categorical else { return nil }
    return (0..<model.schema.categoryCount(ofColumn: column)).map {
      model.schema.category($0, ofColumn: column).copied()
    }
  }
}

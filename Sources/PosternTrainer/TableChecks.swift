// TableChecks.swift: refuses tables that cannot be trained on, and cuts off rows to validate on.
//
// Step: [rows] → columns → encoded rows → networks.

extension TrainingTable {
  /// Throws what is wrong with the table itself.
  func check() throws(TrainingError) {
    guard rowCount > 0 else { throw .noRows }
    for (index, column) in columns.enumerated() {
      switch column.values {
      case .ignored: continue
      case .numeric(let values):
        try checkCount(values.count, name: column.name)
        if let row = values.firstIndex(where: \.isInfinite) {
          throw .infiniteValue(column: index, row: row)
        }
      case .categorical(let codes, let categories):
        try checkCount(codes.count, name: column.name)
        if let row = codes.firstIndex(where: { $0 != .max && $0 >= categories.count }) {
          throw .codeOutOfRange(
            column: index, row: row, code: Int(codes[row]), categoryCount: categories.count)
        }
      }
    }
    try checkTarget()
  }

  private func checkTarget() throws(TrainingError) {
    switch target {
    case .regression(let names, let values):
      for (index, target) in values.enumerated() {
        try checkCount(target.count, name: names[index])
        if let row = target.firstIndex(where: { !$0.isFinite }) {
          throw .nonFiniteTarget(target: index, row: row)
        }
      }
      try checkExactTargets(names: names)
    case .classification(let name, let labels, let classes):
      guard classes.count <= 65_536 else {
        throw .tooManyClasses(found: classes.count, most: 65_536)
      }
      try checkCount(labels.count, name: name)
      if let row = labels.firstIndex(where: { $0 >= classes.count }) {
        throw .labelOutOfRange(row: row, label: Int(labels[row]), classCount: classes.count)
      }
    }
  }

  private func checkExactTargets(names: [[UInt8]]) throws(TrainingError) {
    guard !exactTargets.isEmpty else { return }
    for (index, name) in names.enumerated() {
      try checkCount(index < exactTargets.count ? exactTargets[index].count : 0, name: name)
      if let row = exactTargets[index].firstIndex(where: { !$0.isFinite }) {
        throw .nonFiniteTarget(target: index, row: row)
      }
    }
  }

  private func checkCount(_ count: Int, name: [UInt8]) throws(TrainingError) {
    guard count == rowCount else {
      throw .wrongValueCount(name: name, found: count, expected: rowCount)
    }
  }

  /// Throws if `other` cannot be read as this table's columns and targets.
  func checkValidation(_ other: TrainingTable) throws(TrainingError) {
    guard columns.count == other.columns.count else { throw .validationDiffers(column: nil) }
    for (index, (mine, theirs)) in zip(columns, other.columns).enumerated() {
      let same =
        switch (mine.values, theirs.values) {
        case (.numeric, .numeric), (.categorical, .categorical), (.ignored, _): true
        default: false
        }
      guard same && mine.name == theirs.name else { throw .validationDiffers(column: index) }
    }
    switch (target, other.target) {
    case (.regression(let mine, _), .regression(let theirs, _)) where mine == theirs: return
    case (.classification(let mine, _, _), .classification(let theirs, _, _)) where mine == theirs:
      return
    default: throw .validationDiffers(column: nil)
    }
  }

  /// The table with only `rows`, in that order.
  func selecting(_ rows: [Int]) -> TrainingTable {
    let columns = columns.map { column in
      let values: Column.Values =
        switch column.values {
        case .ignored: .ignored
        case .numeric(let values): .numeric(rows.map { values[$0] })
        case .categorical(let codes, let categories):
          .categorical(codes: rows.map { codes[$0] }, categories: categories)
        }
      return Column(name: column.name, values: values)
    }
    let target: Target =
      switch target {
      case .regression(let names, let values):
        .regression(names: names, values: values.map { target in rows.map { target[$0] } })
      case .classification(let name, let labels, let classes):
        .classification(name: name, labels: rows.map { labels[$0] }, classes: classes)
      }
    return TrainingTable(
      columns: columns, target: target,
      exactTargets: exactTargets.map { target in rows.map { target[$0] } }, rowCount: rows.count)
  }

  /// Rows to train on and rows to validate on: a seeded tenth to sixth of the table, with the same
  /// share of each class (nearly) in both. `nil` when there are too few rows to part.
  func splitForValidation(seed: UInt64) -> (train: [Int], validation: [Int])? {
    guard rowCount >= 10 else { return nil }
    var order = Array(0..<rowCount)
    var random = RandomStream(seed: seed, 0x7370_6C69)
    random.shuffle(&order)
    if case .classification(_, let labels, let classes) = target {
      var byClass = [[Int]](repeating: [], count: classes.count)
      for row in order { byClass[Int(labels[row])].append(row) }
      order = byClass.flatMap { $0 }
    }
    let every = rowCount >= 10_000 ? 10 : 6
    var train: [Int] = []
    var validation: [Int] = []
    for (position, row) in order.enumerated() {
      if position % every == every / 2 { validation.append(row) } else { train.append(row) }
    }
    return (train.sorted(), validation.sorted())
  }
}

// TrainingColumns.swift: decides what each column of a training table is.
//
// Step: summary → [columns] → table.

internal import PosternData
internal import PosternFormat
internal import PosternTrainer

/// The columns of a training table, decided.
struct TrainingColumns {
  /// An input, or a column that is left out and keeps its place.
  struct Input {
    var name: [UInt8]
    /// Its place among the columns that are read; nil if it is left out.
    var place: Int?
  }

  /// Every column but the targets, in the order of the table.
  private(set) var inputs: [Input] = []
  /// The columns to read: inputs, then targets.
  private(set) var plans: [ColumnPlan] = []
  /// The names of the targets.
  private(set) var targets: [[UInt8]] = []
  let isClassification: Bool
  /// Whether a model decided, so that the user cannot.
  let isOfModel: Bool
  /// What was decided without being asked.
  private(set) var notes: [Message] = []

  /// Where the targets are among the columns that are read.
  var targetIndices: Range<Int> { plans.count - targets.count..<plans.count }

  /// The columns that a model knows already; `name` is the model's.
  init(_ model: ModelView, _ name: String) throws(CommandFailure) {
    let schema = model.schema
    isClassification = model.header.task != .regression
    isOfModel = true
    for column in 0..<model.header.columnCount {
      let name = schema.columnName(column).copied()
      let kind = schema.kind(ofColumn: column)
      inputs.append(Input(name: name, place: kind == .ignored ? nil : plans.count))
      if kind != .ignored {
        plans.append(ColumnPlan(name: name, kind: kind == .numeric ? .numeric : .categorical))
      }
    }
    for target in 0..<schema.targetCount {
      let name = schema.targetName(target).copied()
      targets.append(name)
      plans.append(ColumnPlan(name: name, kind: isClassification ? .categorical : .numeric))
    }
    var table = TextTable()
    for (place, plan) in plans.enumerated() {
      let (first, isNew) = table.insert(plan.name.span)
      guard isNew else {
        var message = Messages.ambiguousColumns(first, place, plan.name, in: name)
        message.help = "columns are found by name; train the model again with other names"
        throw CommandFailure(.refusedModel, message)
      }
    }
  }

  /// Decides by the values of the columns and what the user says.
  init(_ source: TrainingInput, _ command: TrainCommand) throws(CommandFailure) {
    isOfModel = false
    let summary: TableSummary
    do throws(DataError) {
      summary = try TableSummary(reading: source.input)
    } catch {
      throw Messages.data(error, in: source.name)
    }
    let header = summary.columns.map(\.name)
    guard summary.rowCount > 0 else {
      throw CommandFailure(.badData, Messages.noDataRows(source.name))
    }
    let targets = columnNames(command.target, in: header)
    let categorical = columnNames(command.columns.categorical, in: header)
    let numeric = columnNames(command.columns.numeric, in: header)
    // A name that several columns have stands for none of them, and all are left out.
    let repeated = summary.notices.repeatedNames.map(\.name)
    let ignored = columnNames(command.columns.ignore, in: header + repeated)
      .filter { !repeated.contains($0) }
    let options = [
      ("--target", targets), ("--categorical", categorical), ("--numeric", numeric),
      ("--ignore", ignored),
    ]
    for (option, names) in options {
      for name in names { try TrainingColumns.checkIsOne(name, summary.notices, source.name) }
      try TrainingColumns.check(names, option, in: header, source.name)
    }
    notes += Messages.aboutHeader(summary.notices, ignored: command.columns.ignore, in: source.name)
    if summary.namesLookLikeValues { notes.append(Messages.headerLikeRow(source.name)) }
    try TrainingColumns.checkOnce(options)
    if targets.count > 1 && command.task == .classification {
      throw CommandFailure(.usage, Messages.severalClasses)
    }
    do throws(DataError) {
      let task = try TrainingColumns.task(summary, targets, command.task, source.name)
      isClassification = task.0
      notes += task.1
      for column in summary.columns where !targets.contains(column.name) {
        let wanted: PosternData.ColumnKind? =
          categorical.contains(column.name)
          ? .categorical : numeric.contains(column.name) ? .numeric : nil
        try add(column, isIgnored: ignored.contains(column.name), wanted: wanted, source.name)
      }
    } catch {
      throw Messages.data(error, in: source.name)
    }
    if !summary.nestedKeys.isEmpty {
      notes.append(Messages.nestedKeys(summary.nestedKeys, source.name))
    }
    self.targets = targets
    for name in targets {
      plans.append(ColumnPlan(name: name, kind: isClassification ? .categorical : .numeric))
    }
  }

  private mutating func add(
    _ column: ColumnSummary, isIgnored: Bool, wanted: PosternData.ColumnKind?, _ name: String
  ) throws(DataError) {
    var kind: PosternData.ColumnKind?
    if !isIgnored {
      switch try column.verdict(wanted: wanted) {
      case .use(let found), .constant(let found): kind = found
      // The trainer says that it leaves the column out.
      case .allMissing: kind = .numeric
      case .identifierLike(let count):
        notes.append(Messages.identifierLike(column.name, count, name))
      }
    }
    inputs.append(Input(name: column.name, place: kind == nil ? nil : plans.count))
    if let kind {
      plans.append(
        ColumnPlan(name: column.name, kind: kind == .numeric ? .numeric : .categorical))
    }
  }

  private static func check(
    _ names: [[UInt8]], _ option: String, in header: [[UInt8]], _ name: String
  ) throws(CommandFailure) {
    if option == "--target" && names.isEmpty {
      throw CommandFailure(.usage, Messages.emptyTarget)
    }
    for column in names where !header.contains(column) {
      throw CommandFailure(
        .badData,
        Messages.noSuchColumn(option, column, mostSimilar(to: column, among: header), header, name))
    }
  }

  /// Refuses a name that several columns have.
  private static func checkIsOne(
    _ column: [UInt8], _ notices: TableNotices, _ name: String
  ) throws(CommandFailure) {
    guard let found = notices.repeated(column) else { return }
    let error = DataError.duplicateName(
      found.position, name: ShortText(column), first: found.columns[0], second: found.columns[1])
    throw Messages.data(error, in: name)
  }

  /// A column is one thing only.
  private static func checkOnce(_ options: [(String, [[UInt8]])]) throws(CommandFailure) {
    for (index, (option, names)) in options.enumerated() {
      for (other, others) in options[(index + 1)...] {
        if let column = names.first(where: others.contains) {
          throw CommandFailure(.usage, Messages.namedTwice(column, option, other))
        }
      }
    }
  }

  /// Whether the target is a class, and what there is to say about that.
  private static func task(
    _ summary: TableSummary, _ targets: [[UInt8]], _ wanted: TrainCommand.TaskName?, _ name: String
  ) throws(DataError) -> (Bool, [Message]) {
    let columns = summary.columns.filter { targets.contains($0.name) }
    if targets.count > 1 || wanted == .regression {
      for column in columns { _ = try column.verdict(wanted: .numeric) }
      return (false, [])
    }
    guard let column = columns.first else { return (false, []) }
    if wanted == .classification { return (true, []) }
    let verdict = try column.verdict()
    let target = Messages.quoted(column.name)
    if column.textCount > 0 {
      if case .identifierLike(let count) = verdict {
        return (true, [Messages.manyClasses(target, count, name)])
      }
      return (true, [])
    }
    if column.distinctCount == 2 {
      return (true, [Messages.assumedClasses(target, name)])
    }
    if column.isIntegral && column.distinctCount <= 20 && column.distinctCount > 2 {
      return (false, [Messages.assumedNumbers(target, column.distinctCount, name)])
    }
    return (false, [])
  }

  /// The targets of a table that was read by these plans.
  func target(of table: Table) -> TrainingTable.Target {
    let columns = table.columns[targetIndices]
    if isClassification, case .categorical(let codes, let categories)? = columns.first?.values {
      return .classification(name: targets[0], labels: codes, classes: categories)
    }
    var values: [[Float]] = []
    for column in columns {
      if case .numeric(let numbers) = column.values { values.append(numbers) }
    }
    return .regression(names: targets, values: values)
  }
}

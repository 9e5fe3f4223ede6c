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
    /// The date or time that it is a part of.
    var part: ModelInput.Part?
  }

  /// Every column but the targets, in the order of the table; a date has a column for each part.
  private(set) var inputs: [Input] = []
  /// The columns to read: inputs, then targets.
  private(set) var plans: [ColumnPlan] = []
  /// The names of the targets.
  private(set) var targets: [[UInt8]] = []
  /// The columns of dates and times.
  private(set) var sources: [(name: [UInt8], form: CalendarForm)] = []
  /// Texts that mean missing among numbers, found in columns of numbers.
  private(set) var markers: [[UInt8]] = []
  let isClassification: Bool
  /// Whether a model decided, so that the user cannot.
  let isOfModel: Bool
  /// What was decided without being asked.
  private(set) var notes: [Message] = []
  /// What each column is taken for.
  private(set) var report: [ColumnReport] = []

  /// Where the targets are among the columns that are read.
  var targetIndices: Range<Int> { plans.count - targets.count..<plans.count }

  /// The columns that a model knows already; `name` is the model's.
  init(_ model: ModelView, _ name: String) throws(CommandFailure) {
    let schema = model.schema
    let input = ModelInput(model)
    isClassification = model.header.task != .regression
    isOfModel = true
    sources = input.sources
    for (index, column) in input.columns.enumerated() {
      let name = schema.columnName(index).copied()
      let kind = schema.kind(ofColumn: index)
      inputs.append(
        Input(name: name, place: kind == .ignored ? nil : plans.count, part: column.part))
      let reading = column.reading
      switch kind {
      case .ignored: continue
      case .categorical:
        var plan = ColumnPlan(name: name, kind: .categorical)
        for code in 0..<schema.categoryCount(ofColumn: index) {
          plan.spellings.append(schema.category(code, ofColumn: index).copied())
        }
        plans.append(plan)
      case .numeric:
        let form = column.part.map { sources[$0.source].form }
        let kind: ColumnPlan.Kind =
          if let part = column.part, let form {
            .calendar(form, part.part, reading.origin)
          } else {
            .numeric(reading.form, reading.origin)
          }
        plans.append(ColumnPlan(name: name, source: column.name, kind: kind))
      }
    }
    for target in 0..<schema.targetCount {
      let name = schema.targetName(target).copied()
      targets.append(name)
      let reading = isClassification ? NumberReading() : input.targets[target]
      plans.append(
        ColumnPlan(
          name: name,
          kind: isClassification ? .categorical : .numeric(reading.form, reading.origin),
          keepsExact: !isClassification))
    }
    for index in 0..<schema.classCount {
      plans[plans.count - 1].spellings.append(schema.className(index).copied())
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
    let named = try NamedColumns(command, summary, source.name)
    targets = named.targets
    for name in named.all { try TrainingColumns.checkIsOne(name, summary.notices, source.name) }
    notes += Messages.aboutHeader(summary.notices, ignored: command.columns.ignore, in: source.name)
    if summary.namesLookLikeValues { notes.append(Messages.headerLikeRow(source.name)) }
    let decisions = ColumnDecisions(summary, named, command.forms, source.name)
    do throws(DataError) {
      isClassification = try decisions.isClassification(command.task)
      notes += decisions.taskNotes(command.task, isClassification)
      if isClassification { try decisions.checkClassCount() }
    } catch {
      throw Messages.target(error, in: source.name)
    }
    let brake = isClassification ? decisions.oneClassPerRow() : nil
    if let brake { throw brake }
    do throws(DataError) {
      for column in summary.columns where !targets.contains(column.name) {
        try add(column, try decisions.decide(column), header: header)
      }
    } catch {
      throw Messages.data(error, in: source.name)
    }
    do throws(DataError) {
      for name in targets { try addTarget(name, decisions) }
    } catch {
      throw Messages.target(error, in: source.name)
    }
    notes += decisions.notes(on: report, summary)
    let nested = summary.nestedKeys.filter { !named.ignored.contains($0) }
    if !nested.isEmpty { notes.append(Messages.nestedKeys(nested, source.name)) }
  }

  /// Takes a column for what it was decided to be.
  private mutating func add(
    _ column: ColumnSummary, _ decision: ColumnDecisions.Decision, header: [[UInt8]]
  ) throws(DataError) {
    report.append(ColumnReport(name: column.name, role: decision.role, reason: decision.reason))
    switch decision.kind {
    case .leftOut: inputs.append(Input(name: column.name))
    case .numbers(let form):
      addMarkers(of: column)
      // The trainer says that it leaves a column without values out.
      let origin = form.isPlain ? column.statistics.origin : nil
      append(ColumnPlan(name: column.name, kind: .numeric(form, origin)))
    case .categories: append(ColumnPlan(name: column.name, kind: .categorical))
    case .calendar(let form):
      addMarkers(of: column)
      let source = sources.count
      sources.append((column.name, form))
      for part in form.parts {
        var name = column.name + Array(".\(part)".utf8)
        while header.contains(name) { name.append(UInt8(ascii: "_")) }
        append(
          ColumnPlan(name: name, source: column.name, kind: .calendar(form, part, nil)),
          part: ModelInput.Part(source: source, part: part))
      }
    }
  }

  private mutating func append(_ plan: ColumnPlan, part: ModelInput.Part? = nil) {
    inputs.append(Input(name: plan.name, place: plans.count, part: part))
    plans.append(plan)
  }

  private mutating func addTarget(
    _ name: [UInt8], _ decisions: ColumnDecisions
  ) throws(DataError) {
    guard !isClassification, let column = decisions.column(name) else {
      report.append(ColumnReport(name: name, role: .target, reason: ColumnReport.classes))
      var plan = ColumnPlan(name: name, kind: .categorical)
      if let column = decisions.column(name), column.textCount == 0, !column.markers.isEmpty {
        // Two numbers and a marker are two classes.
        addMarkers(of: column)
        plan.hasNumberTokens = true
      }
      plans.append(plan)
      return
    }
    let form = try decisions.targetForm(column)
    addMarkers(of: column)
    let reason = ColumnDecisions.words(form, column)
    report.append(ColumnReport(name: name, role: .target, reason: reason))
    plans.append(
      ColumnPlan(
        name: name, kind: .numeric(form, form.isPlain ? column.statistics.origin : nil),
        keepsExact: true))
  }

  private mutating func addMarkers(of column: ColumnSummary) {
    for marker in column.markers where !markers.contains(marker.text) {
      markers.append(marker.text)
    }
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

  /// The targets of a regression as the text says them, in the unit of the values; else empty.
  func exactTargets(of table: Table) -> [[Double]] {
    isClassification ? [] : table.columns[targetIndices].map(\.exact)
  }

  /// The same plans with the origins and the spellings of a first table, for further tables.
  ///
  /// - Parameter data: The first table.
  /// - Returns: Plans with an origin for every number.
  func settled(by data: TrainingData) -> TrainingColumns {
    var result = self
    for (index, reading) in data.readings.enumerated() {
      result.plans[index].spellings = data.spellings[index]
      switch plans[index].kind {
      case .numeric(let form, nil): result.plans[index].kind = .numeric(form, reading.origin)
      case .calendar(let form, let part, nil):
        result.plans[index].kind = .calendar(form, part, reading.origin)
      default: break
      }
    }
    return result
  }
}

extension TrainingColumns {
  /// Refuses a name that several columns have.
  private static func checkIsOne(
    _ column: [UInt8], _ notices: TableNotices, _ name: String
  ) throws(CommandFailure) {
    guard let found = notices.repeated(column) else { return }
    let error = DataError.duplicateName(
      found.position, name: ShortText(column), first: found.columns[0], second: found.columns[1])
    throw Messages.data(error, in: name)
  }
}

extension CalendarForm {
  /// The parts of its times that become columns.
  var parts: [CalendarPart] {
    self == .timeOfDay ? [.hour] : [.days, .hour, .weekday, .month, .dayOfYear]
  }
}

// TrainingData.swift: a table from a file to what the trainer takes.
//
// Step: CSV → [table] → trainer.

internal import PosternData
internal import PosternFormat
internal import PosternTrainer

/// A table to train or validate on.
struct TrainingData {
  /// The rows, as the trainer takes them.
  var table: TrainingTable
  /// The line of the input on which each row starts.
  var lines: [Int]
  /// Rows that were left out because their target is missing.
  var withoutTarget: Int
  /// XXH64 of the input's bytes.
  var digest: UInt64
  /// The name of the input.
  var name: String
  /// How the numbers of each column that was read, targets last, became values of a row.
  var readings: [NumberReading]
  /// The categories of each column that was read; none of numbers.
  var spellings: [[[UInt8]]]
  /// Columns of which different numbers became one value.
  var collapsed: [[UInt8]]
  /// What is unusual about its text.
  var notices: TableNotices
}

/// An input that can be read more than once, and its digest.
struct TrainingInput {
  let input: TableInput
  let digest: UInt64
  let name: String

  /// Opens a file, or reads standard input or a pipe into memory.
  init(
    _ path: String, _ table: TableOptions, model: ModelInput? = nil
  ) throws(CommandFailure) {
    name = Messages.name(ofInput: path)
    var options = table.readerOptions(path: path)
    model?.apply(to: &options, missing: table.missing)
    if path != "-", let digest = digestOfFile(at: path) {
      input = TableInput(path: path, options: options)
      self.digest = digest
      return
    }
    let bytes: [UInt8]
    do throws(DataError) {
      var source = try ByteSource(at: path)
      source.decompresses = true
      bytes = try source.readAll()
    } catch {
      throw Messages.data(error, in: name)
    }
    digest = xxh64(bytes.span)
    input = TableInput(bytes: bytes, options: options)
  }
}

/// Bytes from the input as text.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension TrainingData {
  /// Reads the planned columns of an input.
  ///
  /// - Throws: ``CommandFailure`` for a table that is not as planned, or has no row with a target.
  init(_ source: TrainingInput, _ plan: TrainingColumns) throws(CommandFailure) {
    var table: Table
    var input = source.input
    if !plan.isOfModel { input.options.missingNumbers = MissingTokens(plan.markers) }
    do throws(DataError) {
      table = try Table(reading: input, columns: plan.plans)
    } catch {
      var failure = Messages.data(
        error, in: source.name, forms: ValueForms(plan.plans, input.options))
      if plan.isOfModel && !input.options.isHeaderless {
        failure.message.help = Messages.numberedColumns(error) ?? failure.message.help
      }
      throw failure
    }
    guard table.rowCount > 0 else {
      throw CommandFailure(.badData, Messages.noDataRows(source.name))
    }
    let targets = plan.targetIndices
    let isWithoutTarget = (0..<table.rowCount).map { row in
      targets.contains { table.isMissing(row, column: $0) }
    }
    withoutTarget = isWithoutTarget.count { $0 }
    table.removeRows(where: isWithoutTarget)
    guard table.rowCount > 0 else {
      var message = Messages.noTargetValues(plan.targets, source.name)
      if plan.isOfModel { message.help = "an update learns from rows whose target is known" }
      throw CommandFailure(.badData, message)
    }
    lines = table.lines
    digest = source.digest
    name = source.name
    readings = table.columns.map(\.reading)
    spellings = table.columns.map { column in
      if case .categorical(_, let categories) = column.values { categories } else { [] }
    }
    collapsed = table.columns.filter(\.collapses).map(\.name)
    notices = table.notices
    self.table = TrainingTable(
      columns: plan.inputs.map { input in
        TrainingTable.Column(
          name: input.name,
          values: input.place.map { table.columns[$0].trainingValues } ?? .ignored)
      },
      target: plan.target(of: table), exactTargets: plan.exactTargets(of: table),
      rowCount: table.rowCount)
  }
}

extension Table {
  /// Whether a row has no value in a column.
  fileprivate func isMissing(_ row: Int, column: Int) -> Bool {
    switch columns[column].values {
    case .numeric(let values): values[row].isNaN
    case .categorical(let codes, _): codes[row] == Table.missingCode
    }
  }
}

extension Table.Column {
  fileprivate var trainingValues: TrainingTable.Column.Values {
    switch values {
    case .numeric(let values): .numeric(values)
    case .categorical(let codes, let categories):
      .categorical(codes: codes, categories: categories)
    }
  }
}

extension TrainingReport {
  /// Puts the scores of a regression into the unit of the text, if the targets have one unit.
  mutating func scale(by targets: ArraySlice<NumberReading>) {
    guard metric == .rootMeanSquaredError, let first = targets.first,
      first.origin.exponent != 0,
      targets.allSatisfy({ $0.origin.exponent == first.origin.exponent })
    else { return }
    func scaled(_ score: Double) -> Double { first.difference(score) }
    score = scaled(score)
    unroundedScore = unroundedScore.map(scaled)
    denseScore = denseScore.map(scaled)
    teachersMeanScore = teachersMeanScore.map(scaled)
    softMixtureScore = softMixtureScore.map(scaled)
    mixtureScore = mixtureScore.map(scaled)
    refitScore = refitScore.map(scaled)
    linearScore = linearScore.map(scaled)
    constantScore = constantScore.map(scaled)
    teacherScores = teacherScores.map(scaled)
    studentScores = studentScores.map(scaled)
    warnings = warnings.map { warning in
      guard case .worseThanConstant(let score, let constant) = warning else { return warning }
      return .worseThanConstant(score: scaled(score), constant: scaled(constant))
    }
  }
}

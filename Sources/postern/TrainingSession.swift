// TrainingSession.swift: a table in, a model file out.
//
// Step: CSV → table → [trainer] → model → file.

internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage
internal import PosternTrainer

/// One run of `postern train`.
struct TrainingSession {
  private let command: TrainCommand
  private let console: Console

  init(_ command: TrainCommand) {
    self.command = command
    console = Console(isQuiet: command.quiet)
  }

  /// Reads the rows to learn from.
  func load() throws -> (columns: TrainingColumns, data: TrainingData) {
    let source = try TrainingInput(command.train, command.table)
    var columns = try TrainingColumns(source, command)
    for note in columns.notes { console.note(note) }
    if !command.quiet { console.write(ColumnReport.text(columns.report)) }
    let data = try TrainingData(source, columns)
    for name in data.collapsed { console.warning(Messages.collapsed(name, data.name)) }
    columns = columns.settled(by: data)
    console.note(about: data)
    return (columns, data)
  }

  func run() throws {
    let (columns, data) = try load()
    _ = try run(columns, data) { _ in }
  }

  /// Trains on rows that were read, stores weights as `elements`, and writes the model if `check`
  /// does not throw. `isBudgeted` keeps the model to the shape that the options name.
  func run(
    _ columns: TrainingColumns, _ data: TrainingData, elements: Expert.ElementType = .f32,
    isBudgeted: Bool = false, check: ([UInt8]) throws -> Void
  ) throws -> TrainingReport {
    let validation = try command.valid.map { path in
      try TrainingData(TrainingInput(path, command.table), columns)
    }
    if let validation { console.note(about: validation, known: data.categories) }
    let metric = metricName(columns.isClassification ? .accuracy : .rootMeanSquaredError)
    var bar = ProgressBar(console: console, metric: metric)
    var options = command.trainingOptions
    // A linear part makes the file larger than the plan has it.
    options.addsLinearPart = !isBudgeted
    var trained = try train(data, validation, options, &bar)
    bar.end()
    do throws(TrainingError) {
      try trained.round(
        to: elements, data.table, validation: validation?.table, seed: command.seed)
    } catch {
      throw Messages.training(error, data, validation: validation)
    }
    trained.report.scale(by: data.readings[columns.targetIndices])
    let warnings = trained.report.warnings.filter { !columns.isPartOnly($0) }
      .map { Messages.warning($0, data) }
    for warning in warnings { console.warning(warning) }
    trained.description.input = columns.input(
      of: trained.description, data.readings, tokens(command))
    if let dense = trained.dense {
      trained.dense?.input = columns.input(of: dense, data.readings, tokens(command))
    }
    let bytes = try encoded(&trained.description, trained.report, data, validation)
    try check(bytes)
    try writeFile(bytes, to: command.output)
    if let path = command.denseOutput, var dense = trained.dense {
      try writeFile(try encoded(&dense, trained.report, data, validation), to: path)
    }
    let summary = TrainingSummary(
      command: command, data: data, validation: validation, report: trained.report,
      columnCount: columns.inputs.count { $0.place != nil }, columns: columns.report,
      byteCount: bytes.count,
      seconds: bar.seconds)
    if !command.quiet { console.write(summary.text) }
    if command.json { try Console.print(summary.json(columns.notes + warnings).pretty() + "\n") }
    return trained.report
  }

  private func train(
    _ data: TrainingData, _ validation: TrainingData?, _ options: TrainingOptions,
    _ bar: inout ProgressBar
  ) throws -> TrainedModel {
    let box = Box(bar)
    let limit = command.timeLimit ?? .infinity
    Signals.catchInterrupts()
    defer { bar = box.bar }
    do throws(TrainingError) {
      return try Trainer.train(
        data.table, validation: validation?.table, options: options
      ) { progress in
        box.bar.show(progress)
        return !Signals.isInterrupted && box.bar.seconds < limit
      }
    } catch {
      box.bar.end()
      throw Messages.training(error, data, validation: validation)
    }
  }

  /// The file of a model, with what is known about it.
  private func encoded(
    _ model: inout ModelDescription, _ report: TrainingReport, _ data: TrainingData,
    _ validation: TrainingData?
  ) throws -> [UInt8] {
    let name = Messages.name(ofOutput: command.output)
    model.ancillary.provenance = provenance(command, data, validation, report)
    do {
      model.ancillary.selfTest = try selfTestSection(
        of: try model.encoded(profile: .map), data.table)
      return try model.encoded(profile: command.profile.profile)
    } catch let error as PackagingError {
      throw CommandFailure(.badData, Messages.packaging(error, name))
    }
  }

  /// What the progress callback, which escapes, and its caller share.
  private final class Box {
    var bar: ProgressBar
    init(_ bar: ProgressBar) { self.bar = bar }
  }
}

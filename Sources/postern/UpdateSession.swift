// UpdateSession.swift: a model and a table in, the model with some new sections out.
//
// Step: model, CSV → [update] → sections → file.

internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage
internal import PosternTrainer

/// One run of `postern update`.
struct UpdateSession {
  private let command: UpdateCommand
  private let console: Console
  private let name: String

  init(_ command: UpdateCommand) {
    self.command = command
    console = Console(isQuiet: command.quiet)
    name = Messages.name(ofInput: command.model)
  }

  func run() throws {
    try withWatchedModel(at: command.model) { model, watch in
      do {
        try run(model, watch)
      } catch let error as FormatError {
        throw Messages.refused(error, in: name, bytes: model.bytes)
      } catch let error as PackagingError {
        throw CommandFailure(.refusedModel, Messages.packaging(error, name))
      }
    }
  }

  private func run(_ model: ModelView, _ watch: ModelWatch) throws {
    var watch = watch
    // What cannot be carried on is better said now than after training.
    let before = try provenance(of: model, name)
    try checkSelfTest(model)
    let (data, validation) = try read(model)
    var bar = ProgressBar(
      console: Console(isQuiet: command.quiet || !Terminal.isTerminal(2)),
      metric: metricName(model.header.task == .regression ? .rootMeanSquaredError : .accuracy))
    let update = try train(model, data, validation, &bar)
    bar.end()
    if update.report.beyondRangeRowCount > 0 {
      console.warning(Messages.beyondRange(update.report.beyondRangeRowCount, name, data.name))
    }
    var summary = UpdateSummary(
      command: command, data: data, validation: validation, report: update.report,
      byteCount: model.bytes.count, seconds: bar.seconds)
    if update.report.isUpdated {
      let entry = updateEntry(command, data, validation, update.report)
      let updated = try update.applied(to: model)
      let (bytes, changed) = try withSelfTest(
        of: updated, update, SectionReplacement(.provenance, adding(entry, to: before)))
      summary.changedSelfTestRowCount = changed
      summary.droppedSignature = model.entry(.signature) != nil
      summary.byteCount = bytes.count
      try watch.check(model)
      try writeFile(bytes, to: command.destination)
    } else if let output = command.output {
      let bytes = try replacing([], in: model)
      try watch.check(model)
      try writeFile(bytes, to: output)
    }
    for note in summary.notes { console.note(note) }
    if !command.quiet { console.write(summary.text) }
    if command.json { try Console.print(summary.json.pretty() + "\n") }
    if update.report.retirement?.outcome == .worse { throw ExitStatus.doneWithRejects.exitCode }
  }

  private func read(_ model: ModelView) throws -> (TrainingData, TrainingData?) {
    let input = ModelInput(model)
    if command.table.missing.isEmpty, let tokens = input.unsaidTokens(model) {
      console.note(Messages.trainedWithTokens(tokens, name))
    }
    let columns = try TrainingColumns(model, name)
    let known = categories(of: model)
    func read(_ path: String) throws(CommandFailure) -> TrainingData {
      let data = try TrainingData(TrainingInput(path, command.table, model: input), columns)
      console.note(about: data, known: known)
      return data
    }
    return (try read(command.data), try command.valid.map(read))
  }

  private func train(
    _ model: ModelView, _ data: TrainingData, _ validation: TrainingData?, _ bar: inout ProgressBar
  ) throws -> ModelUpdate {
    var options = UpdateOptions(command.part)
    options.isForced = command.force
    options.seed = command.seed
    options.threadCount = command.threads
    options.epochCount = command.epochs
    let box = Box(bar)
    Signals.catchInterrupts()
    defer { bar = box.bar }
    do throws(UpdateError) {
      return try Trainer.update(
        model, with: data.table, validation: validation?.table, options: options,
        decoded: { expert throws(FormatError) in try decodedExpert(model, expert) }
      ) { progress in
        box.bar.show(progress)
        return !Signals.isInterrupted
      }
    } catch {
      box.bar.end()
      if case .damaged(let error) = error {
        throw Messages.refused(error, in: name, bytes: model.bytes)
      }
      throw Messages.update(
        error, name, data, validation: validation,
        option: command.retire == nil ? "--experts" : "--retire")
    }
  }

  /// The bytes of the updated file with its provenance and a self-test that fits, and how many rows
  /// of that have new answers.
  private func withSelfTest(
    of updated: [UInt8], _ update: ModelUpdate, _ provenance: SectionReplacement
  ) throws -> ([UInt8], Int) {
    let view = try ModelView(validating: updated.span)
    let experts = Set(update.report.experts.filter(\.isUpdated).compactMap(\.expert))
    let isRouted = update.report.router != nil || update.experts != nil
    guard view.entry(.selfTest) != nil else {
      return (try replacing([provenance], in: view), 0)
    }
    let test = try refreshedSelfTest(
      view, experts: isRouted ? nil : experts, originals: update.experts?.sources.map(\.original))
    let section = SectionReplacement(.selfTest, test.bytes)
    return (try replacing([provenance, section], in: view), test.changedRowCount)
  }

  /// A damaged self-test must not come out with a right checksum.
  private func checkSelfTest(_ model: ModelView) throws(FormatError) {
    guard let entry = model.entry(.selfTest), entry.encoding == .raw else { return }
    _ = try model.checkedSection(entry)
  }

  /// What the progress callback, which escapes, and its caller share.
  private final class Box {
    var bar: ProgressBar
    init(_ bar: ProgressBar) { self.bar = bar }
  }
}

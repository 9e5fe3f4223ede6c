// RoutesRun.swift: rows in, a report on their routes out.
//
// Step: CSV → rows → [runtime → tally] → report.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage

/// Sends all rows of an input through a model and sums up who answered them.
///
/// - Returns: The report, and whether rows were rejected.
/// - Throws: ``CommandFailure``.
/// - Complexity: One prediction for each row, two if it has a true value; memory does not depend on
///   the number of rows.
func routes(
  _ model: ModelView, _ watch: ModelWatch, options: RoutesCommand, input path: String
) throws -> (RoutesReport, ExitStatus) {
  let modelName = Messages.name(ofInput: options.model)
  let names = columnNames(options.target)
  if !names.isEmpty && names.count != model.schema.targetCount {
    throw CommandFailure(
      .usage, Messages.wrongTargetCount(names.count, model.schema.targetCount, modelName))
  }
  var request = RowRequest(model: options.model, path: path, rows: options.rows.settings)
  request.targets = names.isEmpty ? .ifPresent : .named(names)
  var source = try RowSource(model, request) { hasKept in
    RowWriter(model, .csv, hasKept: hasKept)
  }
  let sizes = try PredictorSizes(model, options.rows.settings, name: modelName)
  var workspace = [UInt32](repeating: 0, count: sizes.workspaceByteCount / 4)
  var cache = [UInt32](repeating: 0, count: sizes.cacheByteCount / 4)
  var predictor: Predictor
  do throws(PredictorError) {
    predictor = try Predictor(
      model: model, rowCapacity: sizes.rowCapacity, workspace: workspace.mutableSpan,
      cache: cache.mutableSpan)
  } catch {
    throw Messages.cannotStart(error, modelName)
  }
  var run = RoutesRun(model, watch, options, hasTargets: source.targets != nil, sizes.rowCapacity)
  while source.fill(&run.block, model) != nil {
    let refusals: [Message]
    do {
      refusals = try run.answer(&predictor)
    } catch let error as FormatError {
      throw Messages.refused(error, in: modelName, bytes: model.bytes)
    }
    if let first = refusals.first, options.rows.onError == .stop {
      throw CommandFailure(.badData, first)
    }
    for message in refusals { source.note(message) }
    if let failure = run.block.failure { throw failure }
  }
  source.summarize(model)
  let report = RoutesReport(
    model, run.tally, modelName: modelName, inputName: Messages.name(ofInput: path),
    rejectedCount: source.rejectedCount, top: options.top)
  return (report, source.rejectedCount > 0 ? .doneWithRejects : .done)
}

/// Answers one block of rows after the other.
private struct RoutesRun {
  var block: RowBlock
  var tally: RouteTally
  /// Nil if the router has nothing more to say.
  private var probe: RouterProbe?
  private let inputName: String
  private var watch: ModelWatch

  init(
    _ model: ModelView, _ watch: ModelWatch, _ options: RoutesCommand, hasTargets: Bool,
    _ rowCapacity: Int
  ) {
    self.watch = watch
    block = RowBlock(capacity: rowCapacity, columnCount: model.header.columnCount)
    tally = RouteTally(model, hasTargets: hasTargets)
    probe = RouterProbe(model)
    inputName = Messages.name(ofInput: options.file ?? "-")
  }

  /// Answers ``block`` and adds it to ``tally``.
  ///
  /// - Returns: What to say of rows that the model has no answer for.
  /// - Throws: What is wrong with an expert; ``CommandFailure`` if the model's file was changed.
  mutating func answer(_ predictor: inout Predictor) throws -> [Message] {
    guard block.rowCount > 0 else { return [] }
    let rows = block.values
    let values = rows.span
    predictor.session.load(
      values.extracting(0..<block.rowCount * block.columnCount), count: block.rowCount)
    try predictor.predict(count: block.rowCount, explaining: true)
    try watch.check(predictor.session.model)
    var refusals: [Message] = []
    var chosen: [(expert: Int, losses: [Double])] = []
    for entry in block.entries {
      guard let slot = entry.slot else { continue }
      if let refusal = predictor.session.status(slot).refusal {
        refusals.append(
          Messages.row(
            predictor.session.problem(slot, refusal, line: entry.line), in: inputName,
            excerpt: nil))
        chosen.append((0, []))
        continue
      }
      let start = slot * block.columnCount
      let row = values.extracting(start..<start + block.columnCount)
      tally.add(predictor.session, slot: slot, row: row)
      let expert = predictor.session.expert(slot)
      probe?.look(at: row, expert: expert, predictor.session.model, &tally)
      if tally.targetCount > 0 {
        tally.note(truth: block.targets[slot * tally.targetCount], predictor.session.model)
        chosen.append((expert, losses(predictor.session, slot)))
      }
    }
    if tally.targetCount > 0 { try compare(chosen, &predictor) }
    return refusals
  }

  /// Lets the runners-up answer and adds the losses of both.
  private mutating func compare(
    _ chosen: [(expert: Int, losses: [Double])], _ predictor: inout Predictor
  ) throws {
    try predictor.predictByRunnersUp()
    try watch.check(predictor.session.model)
    for slot in chosen.indices where !chosen[slot].losses.isEmpty {
      let hasOther = predictor.session.runnerUp(slot) != nil
      tally.add(
        chosen[slot].losses, runnerUp: hasOther ? losses(predictor.session, slot) : nil,
        expert: chosen[slot].expert)
    }
  }

  private func losses(_ session: borrowing Session, _ slot: Int) -> [Double] {
    let start = slot * tally.targetCount
    return tally.losses(
      session, slot: slot, truth: block.targets.span.extracting(start..<start + tally.targetCount))
  }
}

// PredictRun.swift: rows in, answers out.
//
// Step: CSV → rows → [runtime] → answers.

internal import Dispatch
internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage
internal import Synchronization

/// Answers all rows of an input.
///
/// - Returns: Whether rows were rejected.
/// - Throws: ``CommandFailure``, after the answers of the rows before it were written.
func predict(
  _ model: ModelView, _ watch: ModelWatch, options: PredictSettings, input path: String
) throws -> ExitStatus {
  var request = RowRequest(model: options.model, path: path, rows: options.rows)
  request.id = options.id
  request.keep = options.keep
  let deviations = options.deviation ? try heldOutDeviations(model, options) : nil
  let source = try RowSource(model, request) { hasKept in
    RowWriter(
      model, options.format, hasKept: hasKept,
      probabilities: options.proba, deviations: deviations,
      explaining: options.explain?.termCount)
  }
  let run = PredictRun(source, watch, options)
  if options.output == "-" {
    return try run.run(model, descriptor: 1, name: "stdout")
  }
  let file = try startFile(options.output)
  let status = try run.run(model, descriptor: file.descriptor, name: Messages.shown(options.output))
  try finish(file, options.output)
  return status
}

/// The deviation of each expert for each target.
///
/// - Throws: ``CommandFailure`` if the file does not say it, or what it says is damaged.
private func heldOutDeviations(
  _ model: ModelView, _ options: PredictSettings
) throws(CommandFailure) -> [[Double]] {
  let name = Messages.name(ofInput: options.model)
  guard model.header.task == .regression else {
    throw CommandFailure(.usage, Messages.deviationOfClasses(name))
  }
  do throws(FormatError) {
    // A damaged section is not the same as none.
    _ = try model.deviations()
  } catch {
    throw Messages.refused(error, in: name, bytes: model.bytes)
  }
  guard let deviations = AncillarySection.deviations(model) else {
    throw CommandFailure(.usage, Messages.noDeviations(name))
  }
  return deviations
}

/// One input, read by one thread at a time and answered by all.
private final class PredictRun: Sendable {
  private let source: Mutex<RowSource>
  private let options: PredictSettings
  private let writer: RowWriter
  private let keptNames: [[UInt8]]
  private let experts = LocalExperts()
  private let watch: ModelWatch
  /// What is to be said of rows that the model has no answer for, while another thread reads.
  private let notes = Mutex<[Message]>([])

  init(_ source: consuming sending RowSource, _ watch: ModelWatch, _ options: PredictSettings) {
    self.watch = watch
    writer = source.writer
    keptNames = source.keptNames
    self.source = Mutex(source)
    self.options = options
  }

  func run(_ model: ModelView, descriptor: CInt, name: String) throws -> ExitStatus {
    let sizes = try PredictorSizes(
      model, options.rows, threads: options.threads, name: Messages.name(ofInput: options.model))
    let sink = RowSink(descriptor: descriptor, name: name, threadCount: options.threads)
    sink.writeHeader(of: writer, keptNames: keptNames)
    if options.threads == 1 {
      work(model, sizes, sink)
    } else {
      DispatchQueue.concurrentPerform(iterations: options.threads) { _ in
        work(model, sizes, sink)
      }
    }
    if let failure = sink.failure { throw failure }
    let hasRejects = source.withLock { source in
      hand(to: &source)
      source.summarize(model)
      return source.rejectedCount > 0
    }
    return hasRejects ? .doneWithRejects : .done
  }

  /// Answers all blocks: first few rows at a time, then, if there are that many, more.
  private func work(_ model: ModelView, _ sizes: PredictorSizes, _ sink: RowSink) {
    let first = sizes.beginning(model)
    // A cache of experts would be filled twice.
    if first.rowCapacity < sizes.rowCapacity && sizes.cacheByteCount == 0 {
      guard answerBlocks(model, first, sink, untilFull: true) else { return }
    }
    _ = answerBlocks(model, sizes, sink, untilFull: false)
  }

  /// Answers blocks until there are no more.
  ///
  /// With `isBeginning` it stops at the first block that is full.
  /// - Returns: Whether it stopped for that.
  private func answerBlocks(
    _ model: ModelView, _ sizes: PredictorSizes, _ sink: RowSink, untilFull isBeginning: Bool
  ) -> Bool {
    var workspace = [UInt32](repeating: 0, count: sizes.workspaceByteCount / 4)
    var cache = [UInt32](repeating: 0, count: sizes.cacheByteCount / 4)
    var predictor: Predictor
    do throws(PredictorError) {
      predictor = try Predictor(
        model: model, rowCapacity: sizes.rowCapacity, workspace: workspace.mutableSpan,
        cache: cache.mutableSpan)
    } catch {
      sink.fail(Messages.cannotStart(error, Messages.name(ofInput: options.model)))
      return false
    }
    var worker = PredictWorker(
      writer, rowCapacity: sizes.rowCapacity, model, watch, options, experts)
    var answers = PredictWorker.Answers(model)
    while !sink.isStopped {
      let block = source.withLock { source in
        hand(to: &source)
        return source.fill(&worker.block, model)
      }
      guard let number = block else { return false }
      let failure = worker.answer(&predictor, into: &answers) { message in
        notes.withLock { $0.append(message) }
      }
      // Not waited for: another thread may be waiting for rows, and whoever sends them for the
      // answers to these.
      let isHeard: Void? = source.withLockIfAvailable { source in
        hand(to: &source)
        if failure != nil { source.finish() }
      }
      sink.write(&answers.text, block: number, failure: failure)
      if isHeard == nil { endIfFailed(sink) }
      if isBeginning && worker.block.entries.count == sizes.rowCapacity { return true }
    }
    return false
  }
}

extension PredictRun {
  /// Lets the source say what is to be said of rows.
  private func hand(to source: inout RowSource) {
    let messages = notes.withLock { notes in
      defer { notes.removeAll() }
      return notes
    }
    for message in messages { source.note(message) }
  }

  /// Ends the process if the run failed: the thread that waits for rows may do so for ever.
  private func endIfFailed(_ sink: RowSink) {
    guard let failure = sink.failure else { return }
    var watch = watch
    Postern.end(with: watch.failure(nil) ?? failure)
  }
}

/// How much memory one thread predicts in.
struct PredictorSizes {
  let rowCapacity: Int
  let workspaceByteCount: Int
  let cacheByteCount: Int

  /// Rows that are computed together unless the options say otherwise; the fewest when memory is
  /// short.
  static let rowCounts = (usual: 1024, fewest: 256)
  /// Rows that the first block has at most, so that little memory is prepared for few rows.
  static let firstRowCount = 4
  /// The largest workspace for the usual number of rows, and the largest cache unless asked for.
  static let byteCounts = (workspace: 64 << 20, cache: 256 << 20)

  private init(rowCapacity: Int, workspaceByteCount: Int, cacheByteCount: Int) {
    self.rowCapacity = rowCapacity
    self.workspaceByteCount = workspaceByteCount
    self.cacheByteCount = cacheByteCount
  }

  /// The sizes for the first rows.
  func beginning(_ model: ModelView) -> PredictorSizes {
    let count = min(rowCapacity, PredictorSizes.firstRowCount)
    return PredictorSizes(
      rowCapacity: count,
      workspaceByteCount: model.header.workspaceByteCount(rowCapacity: count),
      cacheByteCount: cacheByteCount)
  }

  init(
    _ model: ModelView, _ options: RowSettings, threads: Int = 1, name: String
  ) throws(CommandFailure) {
    let usual = model.header.workspaceByteCount(rowCapacity: PredictorSizes.rowCounts.usual)
    rowCapacity =
      options.batch
      ?? (usual <= PredictorSizes.byteCounts.workspace
        ? PredictorSizes.rowCounts.usual : PredictorSizes.rowCounts.fewest)
    workspaceByteCount = model.header.workspaceByteCount(rowCapacity: rowCapacity)
    let least = ExpertCache.byteCount(model, slotCount: 1)
    if let cache = options.cache, least > 0 {
      cacheByteCount = cache.byteCount / threads
      if cacheByteCount < least {
        throw Messages.cannotStart(
          .cacheTooSmall(byteCount: cacheByteCount, needed: least), name)
      }
    } else {
      let limit = PredictorSizes.byteCounts.cache / threads
      let slots = max(1, ExpertCache.slotCount(model, byteCount: limit))
      cacheByteCount = ExpertCache.byteCount(model, slotCount: slots)
    }
  }
}

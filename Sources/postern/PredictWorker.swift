// PredictWorker.swift: answers one block of rows after the other.
//
// Step: rows → [runtime] → text.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage

/// What one thread answers rows with; all of it is used again for the next block.
struct PredictWorker {
  /// What is written, and room to compute it in.
  struct Answers {
    var text = TextBuffer(capacity: 4096)
    fileprivate var probabilities: [Float]

    init(_ model: ModelView) {
      probabilities = [Float](repeating: 0, count: max(model.schema.classCount, 1))
    }
  }

  var block: RowBlock
  private let writer: RowWriter
  private let explaining: Bool
  /// What makes local models, if they are wanted.
  private var explainer: RowExplainer?
  private let policy: ErrorPolicy
  private var watch: ModelWatch
  private let modelName: String
  private let inputName: String

  init(
    _ writer: RowWriter, rowCapacity: Int, _ model: ModelView, _ watch: ModelWatch,
    _ options: PredictSettings, _ experts: LocalExperts
  ) {
    self.writer = writer
    self.watch = watch
    block = RowBlock(capacity: rowCapacity, columnCount: model.header.columnCount)
    explaining = options.explain != nil
    if writer.termCount > 0 {
      explainer = RowExplainer(model, termCount: writer.termCount, experts)
    }
    policy = options.rows.onError
    modelName = Messages.name(ofInput: options.model)
    inputName = Messages.name(ofInput: options.file ?? "-")
  }

  /// Computes the answers of ``block`` and writes them to `answers`.
  ///
  /// - Parameters:
  ///   - predictor: What computes; its row capacity is the block's.
  ///   - answers: What was in it is forgotten.
  ///   - note: Hears of rows that the model has no answer for, if they do not end the run.
  /// - Returns: Why the run ends behind what is in `answers` now, or nil.
  /// - Complexity: No allocation unless a row is rejected or has a local model.
  mutating func answer(
    _ predictor: inout Predictor, into answers: inout Answers, _ note: (Message) -> Void
  ) -> CommandFailure? {
    answers.text.removeAll()
    if let failure = compute(&predictor) ?? watch.failure(predictor.session.model) {
      return failure
    }
    if writer.isOneNumber {
      return writeNumbers(predictor.session, to: &answers, note) ?? block.failure
    }
    let failure = write(&predictor.session, to: &answers, note) ?? block.failure
    // A local model reads its expert once more.
    if explainer != nil, let change = watch.failure(predictor.session.model) {
      answers.text.removeAll()
      return change
    }
    return failure
  }

  /// Writes the answers of ``block`` that are one number each. The session is borrowed once for all
  /// of them: a borrow moves its bytes about.
  private func writeNumbers(
    _ session: borrowing Session, to answers: inout Answers, _ note: (Message) -> Void
  ) -> CommandFailure? {
    var keptStart = 0
    for entry in block.entries {
      let keptFields = keptStart..<entry.keptEnd
      keptStart = entry.keptEnd
      let refusal = entry.slot.flatMap { session.status($0).refusal }
      if let slot = entry.slot, let refusal {
        let problem = session.problem(slot, refusal, line: entry.line)
        if let failure = refuse(problem, note) { return failure }
        if policy == .skip { continue }
      }
      if !keptFields.isEmpty { answers.text.append(block.kept.bytes.extracting(keptFields)) }
      if let slot = entry.slot, refusal == nil {
        writer.append(session.value(slot, output: 0), to: &answers.text)
      } else {
        writer.appendNull(to: &answers.text)
      }
    }
    return nil
  }

  /// Writes the answers of ``block``, whatever they consist of.
  private mutating func write(
    _ session: inout Session, to answers: inout Answers, _ note: (Message) -> Void
  ) -> CommandFailure? {
    var keptStart = 0
    for entry in block.entries {
      let keptFields = keptStart..<entry.keptEnd
      keptStart = entry.keptEnd
      var slot = entry.slot
      if let place = slot, let refusal = session.status(place).refusal {
        let problem = session.problem(place, refusal, line: entry.line)
        if let failure = refuse(problem, note) { return failure }
        if policy == .skip { continue }
        slot = nil
      }
      var explanations: [Explanation] = []
      if let slot, let failure = explain(slot, session, into: &explanations) {
        return failure
      }
      answers.text.append(block.kept.bytes.extracting(keptFields))
      if let slot {
        writer.append(
          &session, slot: slot, probabilities: &answers.probabilities,
          explanations: explanations, to: &answers.text)
      } else {
        writer.appendNull(to: &answers.text)
      }
    }
    return nil
  }

  /// Says that the model has no answer for a row.
  ///
  /// - Returns: Why the run ends, if it does.
  private func refuse(
    _ problem: RowProblem, _ note: (Message) -> Void
  ) -> CommandFailure? {
    let message = Messages.row(problem, in: inputName, excerpt: nil)
    if policy == .stop { return CommandFailure(.badData, message) }
    note(message)
    return nil
  }

  private mutating func explain(
    _ slot: Int, _ session: borrowing Session, into explanations: inout [Explanation]
  ) -> CommandFailure? {
    let start = slot * block.columnCount
    let values = block.values
    let row = values.span.extracting(start..<start + block.columnCount)
    do throws(FormatError) {
      explanations = try explainer?.explain(row, session, slot: slot) ?? []
    } catch {
      return Messages.refused(error, in: modelName, bytes: session.model.bytes)
    }
    return nil
  }

  private func compute(_ predictor: inout Predictor) -> CommandFailure? {
    guard block.rowCount > 0 else { return nil }
    let values = block.values.span
    predictor.session.load(
      values.extracting(0..<block.rowCount * block.columnCount), count: block.rowCount)
    do throws(FormatError) {
      try predictor.predict(count: block.rowCount, explaining: explaining)
    } catch {
      return Messages.refused(error, in: modelName, bytes: predictor.session.model.bytes)
    }
    return nil
  }
}

// Outcome.swift: what comes of bytes that may or may not be a model.

import PosternFormat
import PosternRuntime
import PosternStorage

/// The answer to a few rows, or why there is none.
enum Outcome: Equatable {
  case refused(FormatError)
  /// For each row: its expert and the bits of its value.
  case predicted([UInt64])
  /// A workspace or cache of the size that the file states was not enough.
  case failed

  /// Opens `bytes` and predicts ``SmallModel/rows``, in memory that the file states.
  init(_ bytes: Span<UInt8>) {
    do throws(FormatError) {
      let model = try ModelView(validating: bytes)
      self = try Outcome.predict(model)
    } catch {
      self = .refused(error)
    }
  }

  /// Rows that have an answer.
  var answerCount: Int {
    if case .predicted(let answers) = self { return answers.count }
    return 0
  }

  private static func predict(_ model: ModelView) throws(FormatError) -> Outcome {
    let rows = SmallModel.rows
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: rows.count) / 4)
    var cacheWords = [UInt32](
      repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
    let workspace = words.mutableSpan
    let cache = cacheWords.mutableSpan
    guard
      var predictor = try? Predictor(
        model: model, rowCapacity: rows.count, workspace: workspace, cache: cache)
    else { return .failed }
    for slot in rows.indices {
      let row = rows[slot]
      predictor.session.load(row.span, at: slot)
    }
    try predictor.predict(count: rows.count)
    var answers: [UInt64] = []
    for slot in rows.indices {
      let value = predictor.session.value(slot, output: 0).bitPattern
      answers.append(UInt64(predictor.session.expert(slot)) << 32 | UInt64(value))
    }
    return .predicted(answers)
  }
}

// MappedModel.swift: a model goes through its file, and the runtime answers from the map.
//
// Step: model value → file → map → [answers] → figures.

import PosternFormat
import PosternPackaging
import PosternRuntime
import PosternStorage

/// What the runtime answered from the mapped file.
struct MappedAnswers {
  /// The expert of each row.
  var experts: [Int] = []
  /// Values, or logits of classes; shape `(rows, outputs)`.
  var values: [Float] = []
  /// The class of each row of a classification.
  var classes: [Int] = []
}

/// Writes `model` to `path`, maps the file and predicts rows with it.
///
/// - Parameters:
///   - model: The model.
///   - path: Where the file goes; it stays.
///   - columns: The rows, `columns[column][row]`.
/// - Returns: What the runtime answered.
/// - Throws: What keeps the model from being written, mapped or run.
func answers(
  of model: ModelDescription, throughFileAt path: String, columns: [[Float]]
) throws -> MappedAnswers {
  try replaceFile(at: path, with: try model.encoded(profile: .map))
  return try answers(ofFileAt: path, columns: columns)
}

/// Maps the model at `path` and predicts rows with it.
func answers(ofFileAt path: String, columns: [[Float]]) throws -> MappedAnswers {
  let file = try MappedFile(path: path)
  let model = try ModelView(validating: file.bytes)
  let capacity = 256
  let byteCount = model.header.workspaceByteCount(rowCapacity: capacity)
  var words = [UInt32](repeating: 0, count: byteCount / 4)
  var none: [UInt32] = []
  let workspace = words.mutableSpan
  let cache = none.mutableSpan
  var predictor = try Predictor(
    model: model, rowCapacity: capacity, workspace: workspace, cache: cache)
  let outputs = model.header.outputCount
  var answers = MappedAnswers()
  let rowCount = columns[0].count
  for start in stride(from: 0, to: rowCount, by: capacity) {
    let count = min(capacity, rowCount - start)
    for slot in 0..<count {
      let row = columns.map { $0[start + slot] }
      predictor.session.load(row.span, at: slot)
    }
    try predictor.predict(count: count)
    for slot in 0..<count {
      answers.experts.append(predictor.session.expert(slot))
      if model.header.task != .regression {
        answers.classes.append(predictor.session.predictedClass(slot))
      }
      for output in 0..<outputs {
        answers.values.append(predictor.session.value(slot, output: output))
      }
    }
  }
  return answers
}

/// The root mean squared difference of predictions and truth.
func rootMeanSquaredError(_ values: [Float], _ truth: [Float]) -> Double {
  var sum = 0.0
  for (value, truth) in zip(values, truth) {
    let difference = Double(value) - Double(truth)
    sum += difference * difference
  }
  return (sum / Double(max(values.count, 1))).squareRoot()
}

// ServedEvaluation.swift: what the runtime answers for the finished model.
//
// Step: model value → encoder → runtime → [scores].

import PosternFormat
import PosternPackaging
import PosternRuntime

/// What the runtime says about rows: exactly what a user of the file will see.
struct ServedAnswers: Equatable, Sendable {
  /// The expert that answers for each row.
  var experts: [Int]
  /// Shape `(rows, outputs)`; NaN where the row is refused.
  var values: [Float]
}

/// Encodes `description` and lets the runtime predict the rows of `table`.
///
/// - Parameters:
///   - description: The model.
///   - table: The rows; its categories may differ from the model's.
/// - Returns: The answers.
/// - Throws: ``TrainingError/unservable(_:)`` if the model exceeds a limit of the format.
/// - Complexity: One encoding of the model, and the prediction of the rows on one thread.
func serve(
  _ description: ModelDescription, _ table: TrainingTable
) throws(TrainingError) -> ServedAnswers {
  var answers = ServedAnswers(
    experts: [], values: [])
  answers.experts.reserveCapacity(table.rowCount)
  answers.values.reserveCapacity(table.rowCount * description.outputCount)
  let bytes: [UInt8]
  do { bytes = try description.encoded(profile: .map) } catch { throw .unservable(error) }
  let maps = categoryMaps(of: table, columns: description.columns)
  do {
    let view = try ModelView(validating: bytes.span)
    let capacity = min(table.rowCount, 256)
    let byteCount = view.header.workspaceByteCount(rowCapacity: capacity)
    var workspace = [UInt32](repeating: 0, count: byteCount / 4)
    var session = try Session(
      model: view, rowCapacity: capacity, workspace: workspace.mutableSpan)
    var row = [Float](repeating: 0, count: description.columns.count)
    for start in stride(from: 0, to: table.rowCount, by: capacity) {
      let count = min(capacity, table.rowCount - start)
      for slot in 0..<count {
        table.copyRow(start + slot, maps: maps, to: &row)
        session.load(row.span, at: slot)
      }
      try session.predictRaw(count: count)
      for slot in 0..<count {
        let answered = session.status(slot).refusal == nil
        answers.experts.append(answered ? session.expert(slot) : -1)
        for output in 0..<description.outputCount {
          answers.values.append(answered ? session.value(slot, output: output) : .nan)
        }
      }
    }
  } catch let error as FormatError {
    throw .unservable(.unlawful(error))
  } catch {
    preconditionFailure("a workspace of the stated size is large enough")
  }
  return answers
}

extension TrainingTable {
  /// A row as the runtime takes it: numbers, codes of the model's categories, NaN for missing.
  func copyRow(_ index: Int, maps: [[UInt32]], to row: inout [Float]) {
    for (column, map) in zip(columns.indices, maps) {
      switch columns[column].values {
      case .ignored: row[column] = 0
      case .numeric(let values): row[column] = values[index]
      case .categorical(let codes, _):
        let code = codes[index]
        row[column] = code == .max || map.isEmpty ? .nan : Float(map[Int(code)])
      }
    }
  }
}

extension LabelledRows {
  /// The score of values as the runtime gives them. A refused row makes it infinitely bad.
  func score(served values: [Float]) -> Score {
    guard values.allSatisfy(\.isFinite) else {
      return Score(loss: .infinity, metric: targets.task == .regression ? .infinity : 0)
    }
    var score = score(outputs(served: values))
    if targets.task == .regression {
      score.metric = rootMeanSquaredError { Double(values[$0]) }
    }
    return score
  }

  /// What the values of a regression were before the head, classes as they are.
  func outputs(served values: [Float]) -> [Float] {
    guard targets.task == .regression else { return values }
    return values.indices.map { index in
      let record = head[index % targets.outputCount]
      return record.scale > 0 ? (values[index] - record.offset) / record.scale : 0
    }
  }

  /// The rows of `table` with their true targets, as the networks of `model` see them.
  ///
  /// - Throws: ``TrainingError/unknownValidationClass(row:)``.
  init(_ table: TrainingTable, of model: ModelDescription) throws(TrainingError) {
    self.init(
      data: encode(
        table, columns: model.columns,
        categoryMaps: categoryMaps(of: table, columns: model.columns)),
      targets: try PreparedData.targets(
        table, task: model.task, head: model.head, classNames: model.classNames),
      head: model.head, truth: table.truth)
  }
}

extension LabelledRows {
  /// The standard deviation of each expert's errors on the rows that it answers, in the target's
  /// unit; shape `(expertCount, outputs)`.
  ///
  /// An expert with few rows leans on all of them: the variance of all counts as eight rows.
  func deviations(of answers: ServedAnswers, expertCount: Int) -> [Float] {
    let count = targets.outputCount
    var squares = [Double](repeating: 0, count: expertCount * count)
    var rows = [Double](repeating: 0, count: expertCount)
    for (row, expert) in answers.experts.enumerated() where expert >= 0 {
      rows[expert] += 1
      for output in 0..<count {
        let error =
          Double(answers.values[row * count + output]) - truth[row * count + output]
        squares[expert * count + output] += error * error
      }
    }
    let prior = 8.0
    let all = max(rows.reduce(0, +), 1)
    let totals = (0..<count).map { output in
      (0..<expertCount).reduce(0.0) { $0 + squares[$1 * count + output] }
    }
    return (0..<expertCount).flatMap { expert in
      (0..<count).map { output in
        let own = squares[expert * count + output]
        let variance = (own + prior * totals[output] / all) / (rows[expert] + prior)
        return Float(min(variance.squareRoot(), Double(Float.greatestFiniteMagnitude)))
      }
    }
  }
}

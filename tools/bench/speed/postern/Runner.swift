// Runner.swift: rows through a predictor, as a program would send them.
//
// Step: rows → [load, predict, value] → numbers.

import PosternFormat
import PosternRuntime
import PosternStorage

/// The rows that are predicted, again and again, and where the outputs go.
struct Rows {
  /// Row-major.
  let numbers: [Float]
  /// Numbers of a row.
  let width: Int
  /// How many there are.
  var count: Int { numbers.count / width }
}

/// A file that is mapped, and the rows of its workload.
struct Job: Sendable {
  var modelPath: String
  var rowsPath: String

  /// All rows in memory.
  func rows(width: Int) throws -> Rows {
    let file = try MappedFile(path: rowsPath)
    return Rows(numbers: floats(file.bytes), width: width)
  }
}

/// Words of the workspace for batches of `rowCapacity` rows.
func workspaceWords(_ model: borrowing ModelView, rowCapacity: Int) -> [UInt32] {
  [UInt32](
    repeating: 0, count: model.header.workspaceByteCount(rowCapacity: rowCapacity) / 4)
}

/// Predicts `count` rows one at a time, from `first` on and round again.
///
/// Outputs are written one row after the other, and from the start again when `outputs` is full.
func predictSingly(
  _ predictor: inout Predictor, _ rows: borrowing Rows, first: Int, count: Int,
  outputs: inout MutableSpan<Float>
) throws {
  let width = rows.width
  let rowCount = rows.count
  let outputCount = predictor.session.model.header.outputCount
  let numbers = rows.numbers.span
  let capacity = outputs.count / outputCount
  var row = first % rowCount
  var place = 0
  for _ in 0..<count {
    predictor.session.load(numbers.extracting(row * width..<(row + 1) * width), at: 0)
    try predictor.predict(count: 1)
    var values = outputs._mutatingExtracting(place * outputCount..<(place + 1) * outputCount)
    predictor.session.values(0, into: &values)
    row = row + 1 == rowCount ? 0 : row + 1
    place = place + 1 == capacity ? 0 : place + 1
  }
}

/// Predicts the rows `first..<first + count` as one batch; outputs have the shape `(count, outputs)`.
func predictBatch(
  _ predictor: inout Predictor, _ rows: borrowing Rows, first: Int, count: Int,
  outputs: inout MutableSpan<Float>
) throws {
  let width = rows.width
  let outputCount = predictor.session.model.header.outputCount
  let numbers = rows.numbers.span
  let start = first * width
  predictor.session.load(numbers.extracting(start..<start + count * width), count: count)
  try predictor.predict(count: count)
  for slot in 0..<count {
    var values = outputs._mutatingExtracting(slot * outputCount..<(slot + 1) * outputCount)
    predictor.session.values(slot, into: &values)
  }
}

// Session+Numbers.swift: rows and predictions in binary64, as they stand in a text.
//
// Step: values → [numbers] → session → predictions.   Specification: formats/model.md, 9.0 and 9.5.

internal import PosternFormat

extension Session {
  /// Transforms one row of values into a slot of the next batch: what a text says, origins not
  /// subtracted.
  ///
  /// - Parameters:
  ///   - row: One value for each column of the schema, in its order: a number in the unit of the
  ///     data, the part of a time for a derived column (``PosternFormat/CalendarTime``), or the
  ///     code of a category. NaN is missing.
  ///   - slot: In `0..<rowCapacity`.
  /// - Returns: As ``load(_:at:)``.
  /// - Complexity: O(*columns* · log *edges*), no allocation.
  @discardableResult
  @_lifetime(self: copy self)
  public mutating func load(binary64 row: Span<Double>, at slot: Int) -> RowStatus {
    precondition(slot >= 0 && slot < rowCapacity)
    precondition(row.count == transform.columnCount)
    let status: RowStatus
    if let input = model.input {
      status = transformRow(at: slot) { input.number(ofColumn: $0).rowValue(row[$0]) }
    } else {
      status = transformRow(at: slot) { Float(row[$0]) }
    }
    memory[layout.scalar(.status, slot)] = status.word
    return status
  }

  /// The prediction of a target of an answered row in the unit of the data: the value that
  /// ``value(_:output:)`` gives, and the target's origin added. Valid after ``finish()``.
  ///
  /// - Precondition: ``status(_:)`` of the slot has no refusal, and the task is a regression.
  public func prediction(_ slot: Int, output: Int) -> Double {
    precondition(facts.task == .regression)
    let value = value(slot, output: output)
    guard let input = model.input else { return Double(value) }
    return input.number(ofTarget: output).prediction(value)
  }
}

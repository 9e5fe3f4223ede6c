// Session+Prediction.swift: outputs to values, classes and probabilities.
//
// Step: outputs → [head] → prediction.   Specification: formats/model.md, section 9.5.

internal import PosternFormat

extension Session {
  /// Turns the outputs of every answered row into values.
  ///
  /// - Complexity: O(*rows* · *outputs*), no allocation.
  @_lifetime(self: copy self)
  public mutating func finish() {
    let head = model.head
    Kernels.head(
      head, outputs: facts.outputCount, rows: rowCount, layout: layout,
      overflow: RowStatus(refusal: .overflow, column: 0), memory: &memory)
  }

  /// A value of an answered row: the prediction of a target, or the logit of a class. Valid after
  /// ``finish()``.
  ///
  /// - Precondition: ``status(_:)`` of the slot has no refusal.
  public func value(_ slot: Int, output: Int) -> Float {
    precondition(isAnswered(checked(slot)))
    precondition(output >= 0 && output < facts.outputCount)
    return float(layout.outputs + slot * layout.words.outputWordCount + output)
  }

  /// Writes all values of an answered row, what ``value(_:output:)`` gives one by one, to `values`,
  /// which has one place for each output.
  ///
  /// - Precondition: ``status(_:)`` of the slot has no refusal.
  public func values(_ slot: Int, into values: inout MutableSpan<Float>) {
    precondition(isAnswered(checked(slot)))
    precondition(values.count == facts.outputCount)
    let first = layout.outputs + slot * layout.words.outputWordCount
    for output in 0..<values.count { values[output] = float(first + output) }
  }

  /// The class of an answered row of a classification.
  ///
  /// - Precondition: ``status(_:)`` of the slot has no refusal.
  public func predictedClass(_ slot: Int) -> Int {
    precondition(facts.task != .regression)
    if facts.task == .binary { return value(slot, output: 0) > 0 ? 1 : 0 }
    var best = 0
    for output in 1..<facts.outputCount
    where value(slot, output: output) > value(slot, output: best) {
      best = output
    }
    return best
  }

  /// Writes the probability of each class of an answered row.
  ///
  /// - Parameters:
  ///   - slot: The row.
  ///   - probabilities: One place for each class: two for a binary task. They add up to 1 within
  ///     rounding.
  /// - Precondition: ``status(_:)`` of the slot has no refusal.
  @_lifetime(self: copy self)
  public mutating func probabilities(_ slot: Int, into probabilities: inout MutableSpan<Float>) {
    let header = model.header
    precondition(header.task != .regression)
    let classes = header.task == .binary ? 2 : header.outputCount
    precondition(probabilities.count == classes)
    // The activations of the last block have no use any more.
    let scratch = layout.activation(0)
    if header.task == .binary {
      memory[scratch] = 0
      memory[scratch + 1] = value(slot, output: 0).bitPattern
    } else {
      for index in 0..<classes { memory[scratch + index] = value(slot, output: index).bitPattern }
    }
    softmax(logits: scratch, count: classes, probabilities: scratch, memory: &memory)
    for index in 0..<classes { probabilities[index] = float(scratch + index) }
  }
}

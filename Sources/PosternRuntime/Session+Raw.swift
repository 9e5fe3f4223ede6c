// Session+Raw.swift: predicts with experts that stand raw in the file.
//
// Step: rows → [session] → predictions.   Specification: formats/model.md, sections 9 and 11.

public import PosternFormat

extension Session {
  /// The bytes of a raw expert; its first use in this session checks them.
  ///
  /// - Precondition: The expert is stored raw (``ModelView/expertEntry(_:)``).
  /// - Throws: What is wrong with the expert. Never again once it did not throw.
  @_lifetime(copy self)
  public mutating func rawExpert(_ expert: Int) throws(FormatError) -> Span<UInt8> {
    precondition(model.isRaw(expert))
    if isChecked(expert) { return model.storedExpert(expert) }
    let bytes = try model.checkedRawExpert(expert)
    noteChecked(expert)
    return bytes
  }

  /// Routes and computes the rows in slots `0..<count` of a model whose experts are all raw.
  ///
  /// - Throws: What is wrong with an expert that was used for the first time. No row of the batch
  ///   has a prediction then.
  /// - Complexity: No allocation.
  @_lifetime(self: copy self)
  public mutating func predictRaw(
    count: Int, explaining: Bool = false
  ) throws(FormatError) {
    if count == 1 && !explaining && predictPlainRow() { return }
    route(count: count, explaining: explaining)
    var position = 0
    while let group = group(at: position) {
      run(group, expert: try rawExpert(group.expert))
      position = group.end
    }
    if facts.hasSharedExpert {
      runShared(expert: try rawExpert(facts.expertCount))
    }
    finish()
  }

  /// Predicts the row in slot 0 in one go, if the model is plain and the row's expert was checked.
  /// Returns whether it did; everything reads afterwards as if the steps had been called.
  @_lifetime(self: copy self)
  public mutating func predictPlainRow() -> Bool {
    guard facts.isPlain && isAnswered(0) else { return false }
    guard
      let expert = Kernels.row(model.bytes, facts, layout: layout, memory: &memory)
    else { return false }
    if expert == .max {
      // Which step overflowed decides what else is known of the row.
      return false
    }
    rowCount = 1
    memory[layout.scalar(.expert, 0)] = expert
    // As the steps leave it: one group of one row, which stands already if the batch before was one
    // row of the same expert.
    let isGrouped =
      answeredCount == 1 && distinctCount == 1 && memory[layout.scalar(.distinct, 0)] == expert
      && memory[layout.scalar(.order, 0)] == 0
    if !isGrouped {
      distinctCount = Kernels.group(
        rows: 1, before: distinctCount, layout: layout, memory: &memory)
      answeredCount = 1
    }
    count(Int(expert), 1)
    return true
  }
}

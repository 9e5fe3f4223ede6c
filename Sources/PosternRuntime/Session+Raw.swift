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
    precondition(model.expertEntry(expert).encoding == .raw)
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
    route(count: count, explaining: explaining)
    var position = 0
    while let group = group(at: position) {
      run(group, expert: try rawExpert(group.expert))
      position = group.end
    }
    if model.header.hasSharedExpert {
      runShared(expert: try rawExpert(model.header.expertCount))
    }
    finish()
  }
}

// ModelView+Expert.swift: an expert's own rules, checked at its first use.
//
// Step: expert bytes → [check] → runtime.   Specification: formats/model.md, sections 7 and 11.

extension ModelView {
  /// Checks rules R30 and R31: that `decoded` are the expert's bytes, undamaged, finite, padded
  /// with zeros, and followed by zeros up to the next section.
  ///
  /// - Parameters:
  ///   - expert: In `0..<expertSectionCount`; `expertCount` names the shared one.
  ///   - decoded: The expert's section, decoded.
  /// - Throws: The rule that is broken.
  /// - Complexity: O(`decoded.count`), no allocation.
  public func checkExpert(_ expert: Int, decoded: Span<UInt8>) throws(FormatError) {
    let entry = expertEntry(expert)
    guard decoded.count == Int(narrow: entry.decodedByteCount) else {
      throw error(
        .damagedExpert, entry, at: 0, found: UInt64(wide: decoded.count),
        expected: entry.decodedByteCount)
    }
    let computed = xxh64(decoded)
    guard computed == entry.checksum else {
      throw error(.damagedExpert, entry, at: 0, found: computed, expected: entry.checksum)
    }
    try checkGap(after: entry, number: entryNumber(ofExpert: expert))
    let shape = shape(ofExpert: expert)
    let sizes = sizes
    var layout = shape.firstLayout(sizes)
    try checkLayer(decoded, shape, layout, entry)
    for _ in 0..<shape.hiddenCount {
      layout = shape.nextLayout(layout, sizes)
      try checkLayer(decoded, shape, layout, entry)
    }
  }

  /// Returns the decoded bytes of a raw expert after checking them.
  ///
  /// - Throws: The rule that is broken.
  @_lifetime(copy self)
  public func checkedRawExpert(_ expert: Int) throws(FormatError) -> Span<UInt8> {
    let stored = storedExpert(expert)
    try checkExpert(expert, decoded: stored)
    return stored
  }

  /// R30 for an expert whose stored bytes do not decode to its size.
  package func undecodable(_ expert: Int) -> FormatError {
    let entry = expertEntry(expert)
    return error(.damagedExpert, entry, at: 0, found: 0, expected: entry.decodedByteCount)
  }

  private func error(
    _ rule: FormatRule, _ entry: SectionEntry, at offset: Int, found: UInt64,
    expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      rule, kind: entry.rawKind, index: entry.index, at: offset, found: found,
      expected: expected)
  }

  private func checkGap(after entry: SectionEntry, number: Int) throws(FormatError) {
    let end =
      number + 1 < header.sectionCount ? Int(narrow: self.entry(number + 1).offset) : bytes.count
    if let offset = bytes.firstNonzero(in: entry.range.upperBound..<end) {
      throw error(
        .invalidExpertValue, entry, at: offset - entry.range.lowerBound,
        found: UInt64(wide: bytes[offset]))
    }
  }

  private func checkLayer(
    _ bytes: Span<UInt8>, _ shape: ExpertShape, _ layout: LayerLayout, _ entry: SectionEntry
  ) throws(FormatError) {
    let weights = WeightCheck(bytes, shape.elementType, layout)
    if let offset = weights.firstInvalid() {
      throw error(.invalidExpertValue, entry, at: offset, found: UInt64(wide: bytes[offset]))
    }
    let vectors = layout.end - layout.weightScale
    if let offset = bytes.firstNotFinite(at: layout.weightScale, count: vectors / 4)
      ?? Panels.firstNonzeroTail(
        bytes, at: layout.weightScale, count: layout.outputs, vectors: vectors)
    {
      throw error(
        .invalidExpertValue, entry, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
    if shape.activation == .cube, let offset = bytes.firstNonzero(in: layout.slopes..<layout.end) {
      let slope = offset & ~3
      throw error(
        .invalidExpertValue, entry, at: slope, found: UInt64(wide: bytes.uint32(at: slope)))
    }
  }
}

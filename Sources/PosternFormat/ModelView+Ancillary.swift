// ModelView+Ancillary.swift: sections that change no prediction, checked when they are used.
//
// Step: section bytes → [check] → whoever asks.   Specification: formats/model.md, sections 8, 11.

extension ModelView {
  /// The stored bytes of an entry's section, checked, for sections that change no prediction and
  /// are therefore not checked when the file is opened.
  ///
  /// - Parameter entry: One of this model's entries, stored raw.
  /// - Returns: The section's bytes.
  /// - Throws: Rule R18, or R32 for a kind that it covers.
  /// - Complexity: O(*stored bytes*), no allocation.
  @_lifetime(copy self)
  public func checkedSection(_ entry: SectionEntry) throws(FormatError) -> Span<UInt8> {
    let section = try undamagedSection(entry)
    switch entry.kind {
    case .routerParameters: try RouterParametersView.check(section, self)
    case .deviations: try DeviationsView.check(section, header)
    default: break
    }
    return section
  }

  /// The stored bytes of an entry's section whose checksum is right, whatever they say.
  ///
  /// - Throws: Rule R18.
  @_lifetime(copy self)
  package func undamagedSection(_ entry: SectionEntry) throws(FormatError) -> Span<UInt8> {
    precondition(entry.encoding == .raw)
    let section = bytes.extracting(entry.range)
    let computed = xxh64(section)
    if computed != entry.checksum {
      throw FormatError(
        .damagedSection, kind: entry.rawKind, index: entry.index, at: 0, found: computed,
        expected: entry.checksum)
    }
    return section
  }

  /// What the router was trained as, or nil if the file does not say so in a raw section.
  ///
  /// - Throws: Rule R18 or R32.
  /// - Complexity: O(*bytes of the section*), no allocation.
  @_lifetime(copy self)
  public func routerParameters() throws(FormatError) -> RouterParametersView? {
    guard let entry = entry(.routerParameters), entry.encoding == .raw else { return nil }
    return RouterParametersView(try checkedSection(entry), header, router)
  }

  /// How far each expert was from held-out rows, or nil if the file does not say so in a raw
  /// section.
  ///
  /// - Throws: Rule R18 or R32.
  /// - Complexity: O(*bytes of the section*), no allocation.
  @_lifetime(copy self)
  public func deviations() throws(FormatError) -> DeviationsView? {
    guard let entry = entry(.deviations), entry.encoding == .raw else { return nil }
    return DeviationsView(try checkedSection(entry), outputCount: header.outputCount)
  }
}

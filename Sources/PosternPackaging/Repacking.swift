// Repacking.swift: the same model, its experts stored otherwise.
//
// Step: file → [repacking] → file.   Specification: formats/model.md, sections 5.2 and 11.

public import PosternFormat

/// The bytes of `model` with its experts stored as `profile` says.
///
/// - Parameters:
///   - model: A validated model.
///   - profile: The storage of each routed expert, by its index.
///   - decoded: The decoded, checked bytes of an expert; `expertCount` names the shared one.
/// - Returns: A file that says the same as `model`.
/// - Throws: ``PackagingError``, rule R18 where an ancillary section is damaged, or what `decoded`
///   throws.
/// - Complexity: O(*file size*); compression dominates.
public func repacked(
  _ model: ModelView, profile: (_ expert: Int) -> Profile,
  decoded: (_ expert: Int) throws -> [UInt8]
) throws -> [UInt8] {
  let header = model.header
  var sections: [SectionContent] = []
  for number in 0..<header.sectionCount {
    let entry = model.entry(number)
    switch entry.kind {
    case .expert:
      let expert = Int(entry.index)
      sections.append(
        SectionContent(
          expert: expert, model.shape(ofExpert: expert).elementType, try decoded(expert)))
    case .sharedExpert:
      sections.append(SectionContent(.sharedExpert, try decoded(header.expertCount)))
    default:
      // Everything else is copied as it is stored, with its own checksum: a damaged section must
      // not come out with a right one.
      let stored =
        entry.encoding == .raw
        ? try model.undamagedSection(entry) : model.bytes.extracting(entry.range)
      sections.append(SectionContent(copying: entry, copy(stored)))
    }
  }
  return try assemble(sections, HeaderCounts(model)) { profile(Int($0.index)) }
}

/// An array of the bytes of a span.
func copy(_ bytes: Span<UInt8>) -> [UInt8] {
  [UInt8](capacity: bytes.count) { output in
    for index in bytes.indices { output.append(bytes[index]) }
  }
}

// ExpertReplacement.swift: a file with more experts or fewer, the others byte for byte as stored.
//
// Step: file → [replacement] → file.   Specification: formats/model.md, sections 5, 6.5 and 7.

public import PosternFormat

/// The experts of a new file, and the router that chooses among them.
public struct ExpertReplacement: Equatable, Sendable {
  /// Where an expert of the new file comes from.
  public enum Source: Equatable, Sendable {
    /// The expert of the old file with this index, as it is stored there.
    case kept(Int)
    /// Decoded weights in the shape of the old file's expert `like`, stored as that is.
    case added([UInt8], like: Int)

    /// The old expert that it is, or is like.
    public var original: Int {
      switch self {
      case .kept(let index), .added(_, like: let index): index
      }
    }

    /// Whether the old file has it.
    public var isKept: Bool { if case .kept = self { true } else { false } }
  }

  /// The experts by their new indices; an old one stands here at most once.
  public var sources: [Source]
  /// A child for each of them, in as many groups as before.
  public var router: Router

  /// Creates a replacement from its parts.
  public init(sources: [Source], router: Router) {
    self.sources = sources
    self.router = router
  }
}

/// The bytes of `model` with other experts, another router and some other sections replaced.
///
/// An expert that is kept has its stored bytes, its encoding and its checksum, under its new index.
/// Everything else is as for ``replacing(_:in:)``; sections that speak of each expert are the
/// caller's.
///
/// - Parameters:
///   - replacements: At most one for each section; none for an expert, the shapes or the router.
///   - experts: The experts, at least one.
///   - model: A validated model.
/// - Returns: A file in canonical layout.
/// - Throws: As ``replacing(_:in:)``; ``PackagingError/unlawful(_:)`` also if there are too many
///   experts or the router has no child for each.
/// - Complexity: O(*file size*).
public func replacing(
  _ replacements: [SectionReplacement], experts: ExpertReplacement, in model: ModelView
) throws(PackagingError) -> [UInt8] {
  var frame = ModelDescription(frameOf: model)
  frame.router = experts.router
  let all =
    replacements + [
      SectionReplacement(.router, try frame.sectionOfRouter()),
      SectionReplacement(.expertShapes, shapes(experts.sources, model)),
    ]
  var sections: [PlacedSection] = []
  var added = all
  for number in 0..<model.header.sectionCount {
    let entry = model.entry(number)
    if let place = added.firstIndex(where: { $0.kind == entry.rawKind }) {
      let new = added.remove(at: place)
      if let decoded = new.decoded { sections.append(try PlacedSection(decoded, as: entry)) }
    } else if entry.kind == .expert {
      try append(experts.sources, of: entry, number: number, model, to: &sections)
    } else if entry.kind != .signature {
      try checkGap(model, behind: number)
      sections.append(PlacedSection(copying: entry))
    }
  }
  for new in added {
    if let decoded = new.decoded { sections.append(PlacedSection(new, decoded)) }
  }
  let bytes = placed(&sections, counts(experts, model), from: model)
  do throws(FormatError) {
    let view = try ModelView(validating: bytes.span)
    for (index, source) in experts.sources.enumerated() {
      if case .added(let decoded, _) = source {
        try view.checkExpert(index, decoded: decoded.span)
      }
    }
  } catch {
    throw .unlawful(error)
  }
  return bytes
}

/// Appends what becomes of the old expert of `entry`: itself, and what is like it.
private func append(
  _ sources: [ExpertReplacement.Source], of entry: SectionEntry, number: Int, _ model: ModelView,
  to sections: inout [PlacedSection]
) throws(PackagingError) {
  for (index, source) in sources.enumerated() where source.original == Int(entry.index) {
    var section: PlacedSection
    switch source {
    case .kept:
      try checkGap(model, behind: number)
      section = PlacedSection(copying: entry)
    case .added(let decoded, _):
      section = try PlacedSection(decoded, as: entry)
    }
    section.index = UInt32(index)
    sections.append(section)
  }
}

/// The records of section 6.5, that of the shared expert last.
private func shapes(_ sources: [ExpertReplacement.Source], _ model: ModelView) -> [UInt8] {
  let size = Layout.shapeRecordByteCount
  var records: [Int] = sources.map(\.original)
  if model.header.hasSharedExpert { records.append(model.header.expertCount) }
  guard let entry = model.entry(.expertShapes) else { return [] }
  return records.flatMap { record in
    let first = entry.range.lowerBound + record * size
    return copy(model.bytes.extracting(first..<first + size))
  }
}

/// The header's counts with the new experts.
private func counts(_ experts: ExpertReplacement, _ model: ModelView) -> HeaderCounts {
  var counts = HeaderCounts(model)
  counts.expertCount = experts.sources.count
  var width = 0
  var records: [Int] = experts.sources.map(\.original)
  if model.header.hasSharedExpert { records.append(model.header.expertCount) }
  for record in records {
    let shape = model.shape(ofExpert: record)
    for layer in 0..<shape.hiddenCount { width = max(width, shape.width(ofHiddenLayer: layer)) }
  }
  counts.workspace = WorkspaceLayout(
    WorkspaceLayout.Counts(
      expertCount: experts.sources.count, expertSectionCount: records.count,
      featureCount: model.header.featureCount, usedColumnCount: model.transform.usedColumnCount,
      outputCount: model.header.outputCount,
      childCount: experts.router.nodes.map(\.bias.count).max() ?? 0, hiddenWidth: width))
  return counts
}

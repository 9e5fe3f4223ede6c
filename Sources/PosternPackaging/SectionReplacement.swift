// SectionReplacement.swift: a file with some sections changed, all others byte for byte as stored.
//
// Step: file → [replacement] → file.   Specification: formats/model.md, sections 5 and 11.

public import PosternFormat

/// New content for one section of a file.
public struct SectionReplacement: Equatable, Sendable {
  /// The kind of the section, as in the file.
  public var kind: UInt32
  /// The expert's index; 0 for every other kind.
  public var index: UInt32
  /// The decoded bytes; nil leaves the section out, which only the input and an ancillary one can
  /// be.
  public var decoded: [UInt8]?

  /// Replaces or adds a section that is no expert; nil removes it.
  public init(_ kind: SectionKind, _ decoded: [UInt8]?) {
    self.kind = kind.rawValue
    index = 0
    self.decoded = decoded
  }

  /// Replaces the weights of a routed expert, whose shape stays.
  public init(expert: Int, _ decoded: [UInt8]) {
    kind = SectionKind.expert.rawValue
    index = UInt32(expert)
    self.decoded = decoded
  }
}

/// The bytes of `model` with some sections replaced.
///
/// Every other section keeps its stored bytes, its encoding, its alignment and its checksum: what
/// was compressed is not compressed again, and what is damaged stays damaged. A replaced expert is
/// stored as the old one was. A signature is left out, as it is of other bytes now.
///
/// - Parameters:
///   - replacements: At most one for each section; without any the file stays as it is.
///   - model: A validated model.
/// - Returns: A file in canonical layout.
/// - Throws: ``PackagingError/unlawful(_:)`` with the rule that a new section breaks, or the bytes
///   behind an expert that is copied; ``PackagingError/compression(_:)``.
/// - Complexity: O(*file size*); replaced experts of a compressed file are compressed.
public func replacing(
  _ replacements: [SectionReplacement], in model: ModelView
) throws(PackagingError) -> [UInt8] {
  if replacements.isEmpty { return copy(model.bytes) }
  var sections: [PlacedSection] = []
  var added = replacements
  for number in 0..<model.header.sectionCount {
    let entry = model.entry(number)
    let isReplaced = { (new: SectionReplacement) in
      new.kind == entry.rawKind && new.index == entry.index
    }
    if let new = added.first(where: isReplaced) {
      added.removeAll(where: isReplaced)
      if let decoded = new.decoded { sections.append(try PlacedSection(decoded, as: entry)) }
    } else if entry.kind != .signature {
      try checkGap(model, behind: number)
      sections.append(PlacedSection(copying: entry))
    }
  }
  for new in added {
    if let decoded = new.decoded { sections.append(PlacedSection(new, decoded)) }
  }
  let bytes = placed(&sections, HeaderCounts(model), from: model)
  do throws(FormatError) {
    let view = try ModelView(validating: bytes.span)
    for new in replacements where new.kind == SectionKind.expert.rawValue {
      if let decoded = new.decoded {
        try view.checkExpert(Int(new.index), decoded: decoded.span)
      }
    }
  } catch {
    throw .unlawful(error)
  }
  return bytes
}

/// A section of the new file.
struct PlacedSection {
  var kind: UInt32
  var index: UInt32
  var isCritical: Bool
  var isPageAligned: Bool
  var encoding: Encoding
  var decodedByteCount: UInt64
  var checksum: UInt64
  /// The stored bytes; nil where they are copied from `range` of the old file.
  var stored: [UInt8]?
  var range = 0..<0
  var offset = 0

  var storedByteCount: Int { stored?.count ?? range.count }

  init(copying entry: SectionEntry) {
    (kind, index, isCritical) = (entry.rawKind, entry.index, entry.isCritical)
    (isPageAligned, encoding) = (entry.isPageAligned, entry.encoding)
    (decodedByteCount, checksum) = (entry.decodedByteCount, entry.checksum)
    range = entry.range
  }

  /// New content in the place of `entry`, stored as that was: an expert that was compressed is, if
  /// that makes it smaller.
  init(_ decoded: [UInt8], as entry: SectionEntry) throws(PackagingError) {
    self.init(copying: entry)
    decodedByteCount = UInt64(decoded.count)
    checksum = xxh64(decoded.span)
    stored = decoded
    let planeCount = entry.encoding.planeCount
    if entry.kind?.isExpert == true, entry.encoding != .raw, decoded.count % planeCount == 0,
      let frame = try frame(shuffled(decoded, planeCount: planeCount))
    {
      stored = frame
    } else {
      encoding = .raw
    }
  }

  /// A section that the file did not have.
  init(_ new: SectionReplacement, _ decoded: [UInt8]) {
    (kind, index) = (new.kind, new.index)
    isCritical = SectionKind(rawValue: new.kind)?.isCritical ?? false
    (isPageAligned, encoding) = (false, .raw)
    decodedByteCount = UInt64(decoded.count)
    checksum = xxh64(decoded.span)
    stored = decoded
  }
}

/// Gives every section its place and puts all into one file, in its order. What is copied comes
/// from `model`.
func placed(
  _ sections: inout [PlacedSection], _ counts: HeaderCounts, from model: ModelView
) -> [UInt8] {
  sections.sort { ($0.kind, $0.index) < ($1.kind, $1.index) }
  var counts = counts
  let hasInput = sections.contains { $0.kind == SectionKind.input.rawValue }
  if hasInput != (model.entry(.input) != nil) {
    counts.versionMinor = Layout.versionMinor(hasInput: hasInput)
  }
  var end =
    Layout.headerByteCount + sections.count * Layout.entryByteCount + Layout.checksumByteCount
  var cacheByteCount: UInt64 = 0
  for number in sections.indices {
    let alignment = sections[number].isPageAligned ? Layout.pageByteCount : Layout.alignment
    sections[number].offset = Layout.pad(end, to: alignment)
    end = sections[number].offset + sections[number].storedByteCount
    let isExpert = SectionKind(rawValue: sections[number].kind)?.isExpert == true
    if isExpert && sections[number].encoding != .raw {
      cacheByteCount = max(cacheByteCount, sections[number].decodedByteCount)
    }
  }
  var writer = ByteWriter()
  writer.bytes.reserveCapacity(end)
  appendHeader(
    counts, sectionCount: sections.count, fileByteCount: end, cacheByteCount: Int(cacheByteCount),
    to: &writer)
  for section in sections {
    writer.append(section.kind)
    writer.append(section.index)
    writer.append(UInt8((section.isCritical ? 1 : 0) | (section.isPageAligned ? 2 : 0)))
    writer.append(section.encoding.rawValue)
    writer.append(zeros: Layout.Entry.offset - Layout.Entry.reservedHead)
    writer.append(UInt64(section.offset))
    writer.append(UInt64(section.storedByteCount))
    writer.append(section.decodedByteCount)
    writer.append(section.checksum)
    writer.append(zeros: Layout.entryByteCount - Layout.Entry.reservedTail)
  }
  writer.append(xxh64(writer.bytes.span))
  for section in sections {
    writer.append(zeros: section.offset - writer.bytes.count)
    if let stored = section.stored {
      writer.bytes.append(contentsOf: stored)
    } else {
      writer.append(model.bytes.extracting(section.range))
    }
  }
  return writer.bytes
}

/// The bytes behind an expert are checked when it is used (R31) and are not copied, so that what
/// stands there must be looked at here.
func checkGap(_ model: ModelView, behind number: Int) throws(PackagingError) {
  let entry = model.entry(number)
  guard entry.kind?.isExpert == true else { return }
  let end =
    number + 1 < model.header.sectionCount
    ? Int(model.entry(number + 1).offset) : model.bytes.count
  guard let offset = model.bytes.firstNonzero(in: entry.range.upperBound..<end) else { return }
  throw .unlawful(
    FormatError(
      .invalidExpertValue, kind: entry.rawKind, index: entry.index,
      at: offset - entry.range.lowerBound, found: UInt64(model.bytes[offset])))
}

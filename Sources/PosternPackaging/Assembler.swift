// Assembler.swift: decoded sections to the one byte sequence of a file.
//
// Step: sections → [file bytes] → storage.   Specification: formats/model.md, sections 5 and 11.

internal import PosternFormat

/// How the experts of a file are stored. Section 11 of the specification.
public enum Profile: String, CaseIterable, Sendable {
  /// Raw, page-aligned from 4,096 bytes up: runs straight from the map.
  case map
  /// Compressed where that is smaller: the smallest file.
  case ship
}

/// One section before it has a place.
struct SectionContent {
  var kind: UInt32
  var index: UInt32 = 0
  var isCritical: Bool
  var decoded: [UInt8]
  /// Whether the profile's storage of experts applies.
  var elementType: PosternFormat.ElementType?
  /// The entry of a section that stays as it is stored; `decoded` then holds the stored bytes.
  var original: SectionEntry?

  init(_ kind: SectionKind, _ decoded: [UInt8]) {
    self.kind = kind.rawValue
    isCritical = kind.isCritical
    self.decoded = decoded
  }

  init(expert index: Int, _ elementType: PosternFormat.ElementType, _ decoded: [UInt8]) {
    self.init(.expert, decoded)
    self.index = UInt32(index)
    self.elementType = elementType
  }

  init(copying entry: SectionEntry, _ stored: [UInt8]) {
    kind = entry.rawKind
    index = entry.index
    isCritical = entry.isCritical
    decoded = stored
    original = entry
  }
}

/// The counts of a header that do not follow from the sections' sizes.
struct HeaderCounts {
  /// A repacked file keeps its own: it may have sections that this version does not know.
  var versionMinor: UInt16
  var expertCount: Int
  var columnCount: Int
  var featureCount: Int
  var outputCount: Int
  var task: UInt8
  var gateScale: UInt8
  var hasSharedExpert: Bool
  var groupCount: Int
  var workspace: WorkspaceLayout
}

extension HeaderCounts {
  /// The counts of a file.
  init(_ model: ModelView) {
    let header = model.header
    self.init(
      versionMinor: header.versionMinor, expertCount: header.expertCount,
      columnCount: header.columnCount, featureCount: header.featureCount,
      outputCount: header.outputCount, task: header.task.rawValue,
      gateScale: header.gateScale.rawValue, hasSharedExpert: header.hasSharedExpert,
      groupCount: header.groupCount, workspace: WorkspaceLayout(model))
  }
}

/// A section with its stored form.
private struct StoredSection {
  var stored: [UInt8]
  var encoding: Encoding
  var isPageAligned: Bool
  var offset = 0
}

/// Puts sections, which are in the order of the file, into one file.
///
/// - Throws: ``PackagingError/compression(_:)``, or ``PackagingError/unlawful(_:)`` if a limit is
///   exceeded.
func assemble(
  _ sections: [SectionContent], _ counts: HeaderCounts,
  profile: (SectionContent) -> Profile
) throws(PackagingError) -> [UInt8] {
  var stored: [StoredSection] = []
  for section in sections { stored.append(try store(section, profile(section))) }
  let directoryEnd = Layout.headerByteCount + sections.count * Layout.entryByteCount
  var end = directoryEnd + Layout.checksumByteCount
  for number in stored.indices {
    let alignment = stored[number].isPageAligned ? Layout.pageByteCount : Layout.alignment
    stored[number].offset = Layout.pad(end, to: alignment)
    end = stored[number].offset + stored[number].stored.count
  }
  let cacheByteCount = zip(sections, stored).lazy
    .map { $0.elementType == nil || $1.encoding == .raw ? 0 : $0.decoded.count }.max()
  var writer = ByteWriter()
  writer.bytes.reserveCapacity(end)
  appendHeader(
    counts, sectionCount: sections.count, fileByteCount: end,
    cacheByteCount: cacheByteCount ?? 0, to: &writer)
  for (section, place) in zip(sections, stored) { appendEntry(section, place, to: &writer) }
  writer.append(xxh64(writer.bytes.span))
  for place in stored {
    writer.append(zeros: place.offset - writer.bytes.count)
    writer.bytes.append(contentsOf: place.stored)
  }
  do throws(FormatError) {
    let model = try ModelView(validating: writer.bytes.span)
    for number in 0..<sections.count where sections[number].original == nil {
      let entry = model.entry(number)
      let decoded = sections[number].decoded
      switch entry.kind {
      case .expert:
        try model.checkExpert(Int(entry.index), decoded: decoded.span)
      case .sharedExpert:
        try model.checkExpert(counts.expertCount, decoded: decoded.span)
      default: if !entry.isCritical { _ = try model.checkedSection(entry) }
      }
    }
  } catch {
    throw .unlawful(error)
  }
  return writer.bytes
}

private func store(
  _ section: SectionContent, _ profile: Profile
) throws(PackagingError) -> StoredSection {
  let raw = StoredSection(
    stored: section.decoded, encoding: section.original?.encoding ?? .raw, isPageAligned: false)
  guard let elementType = section.elementType else { return raw }
  switch profile {
  case .map:
    var aligned = raw
    aligned.isPageAligned = section.decoded.count >= Layout.pageByteCount
    return aligned
  case .ship:
    let encoding: Encoding =
      switch elementType {
      case .f32: .planes4Zstd
      case .f16: .planes2Zstd
      case .int8, .int4: .zstd
      }
    let planes = shuffled(section.decoded, planeCount: encoding.planeCount)
    guard let frame = try frame(planes) else { return raw }
    return StoredSection(stored: frame, encoding: encoding, isPageAligned: false)
  }
}

/// Section 5.
func appendHeader(
  _ counts: HeaderCounts, sectionCount: Int, fileByteCount: Int, cacheByteCount: Int,
  to writer: inout ByteWriter
) {
  for index in Layout.signature.indices { writer.append(Layout.signature[index]) }
  writer.append(UInt32(Layout.versionMajor) | UInt32(counts.versionMinor) << 16)
  writer.append(count: Layout.headerByteCount)
  writer.append(UInt64(fileByteCount))
  writer.append(count: sectionCount)
  writer.append(count: counts.expertCount)
  writer.append(count: counts.columnCount)
  writer.append(count: counts.featureCount)
  writer.append(count: counts.outputCount)
  writer.append(counts.task)
  writer.append(counts.gateScale)
  writer.append(UInt8(counts.hasSharedExpert ? 1 : 0))
  writer.append(UInt8(0))
  writer.append(count: counts.groupCount)
  writer.append(zeros: 4)
  writer.append(UInt64(4 * counts.workspace.fixedWordCount))
  writer.append(UInt64(4 * counts.workspace.rowWordCount))
  writer.append(UInt64(4 * counts.workspace.blockRowWordCount))
  writer.append(UInt64(cacheByteCount))
  writer.pad(to: Layout.headerByteCount)
}

private func appendEntry(
  _ section: SectionContent, _ place: StoredSection, to writer: inout ByteWriter
) {
  writer.append(section.kind)
  writer.append(section.index)
  writer.append(UInt8((section.isCritical ? 1 : 0) | (place.isPageAligned ? 2 : 0)))
  writer.append(place.encoding.rawValue)
  writer.append(zeros: 6)
  writer.append(UInt64(place.offset))
  writer.append(UInt64(place.stored.count))
  writer.append(section.original?.decodedByteCount ?? UInt64(section.decoded.count))
  writer.append(section.original?.checksum ?? xxh64(section.decoded.span))
  writer.append(zeros: 16)
}

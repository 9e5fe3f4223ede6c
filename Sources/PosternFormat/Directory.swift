// Directory.swift: where the sections are, checked.
//
// Step: header → [directory] → sections.   Specification: formats/model.md, sections 5.1 and 6.

/// Checks rules R10 to R18: the directory, where sections stand, and what every row needs.
enum Directory {
  /// - Complexity: O(*sections* + bytes of sections 1 to 5 and 9). Touches no expert.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    try checkEntries(bytes, header)
    try checkPresence(bytes, header)
    try checkPlaces(bytes, header)
    try checkSizes(bytes, header)
    try checkContents(bytes, header)
  }

  static func entryOffset(_ index: Int) -> Int {
    Layout.headerByteCount + index * Layout.entryByteCount
  }

  /// The end of the directory with its checksum.
  static func end(_ header: Header) -> Int {
    entryOffset(header.sectionCount) + Layout.checksumByteCount
  }

  /// R10 to R13, each over all entries, so that the first broken rule is the one reported.
  private static func checkEntries(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    for number in 0..<header.sectionCount {
      let start = entryOffset(number)
      let reserved =
        bytes.firstNonzero(in: start + Layout.Entry.reservedHead..<start + Layout.Entry.offset)
        ?? bytes.firstNonzero(
          in: start + Layout.Entry.reservedTail..<start + Layout.entryByteCount)
      if let offset = reserved {
        throw FormatError(.invalidEntry, at: offset, found: UInt64(wide: bytes[offset]))
      }
      let entry = SectionEntry(bytes, at: start)
      if entry.flags > 3 {
        throw FormatError(
          .invalidEntry, at: start + Layout.Entry.flags, found: UInt64(wide: entry.flags),
          expected: 3)
      }
      if Encoding(rawValue: entry.rawEncoding) == nil {
        throw FormatError(
          .invalidEntry, at: start + Layout.Entry.encoding, found: UInt64(wide: entry.rawEncoding),
          expected: 3)
      }
    }
    for number in 0..<header.sectionCount {
      let entry = SectionEntry(bytes, at: entryOffset(number))
      if entry.rawKind == 0 || entry.kind == nil && entry.isCritical {
        throw FormatError(
          .unknownCriticalSection, at: entryOffset(number), found: UInt64(wide: entry.rawKind))
      }
    }
    for number in 0..<header.sectionCount {
      try checkFlags(SectionEntry(bytes, at: entryOffset(number)), at: entryOffset(number))
    }
    for number in 1..<header.sectionCount {
      let before = SectionEntry(bytes, at: entryOffset(number - 1))
      let entry = SectionEntry(bytes, at: entryOffset(number))
      if (entry.rawKind, entry.index) <= (before.rawKind, before.index) {
        throw FormatError(
          .sectionOutOfOrder, at: entryOffset(number), found: UInt64(wide: entry.rawKind),
          expected: UInt64(wide: before.rawKind))
      }
    }
  }

  /// R12.
  private static func checkFlags(_ entry: SectionEntry, at offset: Int) throws(FormatError) {
    if entry.isPageAligned && !(entry.kind?.isExpert ?? false) {
      throw FormatError(
        .wrongEntryFlags, at: offset + Layout.Entry.flags, found: UInt64(wide: entry.flags),
        expected: UInt64(wide: entry.flags & 1))
    }
    guard let kind = entry.kind else { return }
    if entry.isCritical != kind.isCritical {
      throw FormatError(
        .wrongEntryFlags, at: offset + Layout.Entry.flags, found: UInt64(wide: entry.flags),
        expected: kind.isCritical ? 1 : 0)
    }
    if entry.index != 0 && kind != .expert {
      throw FormatError(
        .wrongEntryFlags, at: offset + Layout.Entry.index, found: UInt64(wide: entry.index))
    }
    if entry.rawEncoding != 0 && (kind.isAlwaysRead || kind == .sharedExpert) {
      throw FormatError(
        .wrongEntryFlags, at: offset + Layout.Entry.encoding, found: UInt64(wide: entry.rawEncoding)
      )
    }
  }

  /// R14. Entries ascend, so the sections that must be there are the first ones, in this order; one
  /// that comes too early is one that the header does not announce.
  private static func checkPresence(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let experts = firstExpert(header)
    let needed = experts + header.expertCount
    for number in 0..<needed {
      let kind: SectionKind =
        number >= experts ? .expert : SectionKind(rawValue: UInt32(number + 1)) ?? .sharedExpert
      let index = number >= experts ? UInt32(number - experts) : 0
      let missing = FormatError(
        .missingSection, kind: kind.rawValue, index: index, at: entryOffset(number), expected: 1)
      guard number < header.sectionCount else { throw missing }
      let entry = SectionEntry(bytes, at: entryOffset(number))
      if (entry.rawKind, entry.index) < (kind.rawValue, index) { throw surplus(entry, number) }
      if entry.rawKind != kind.rawValue || entry.index != index { throw missing }
    }
    if needed < header.sectionCount {
      let entry = SectionEntry(bytes, at: entryOffset(needed))
      if entry.kind == .expert { throw surplus(entry, needed) }
    }
  }

  /// R14 for a section that the header does not announce.
  private static func surplus(_ entry: SectionEntry, _ number: Int) -> FormatError {
    FormatError(
      .missingSection, kind: entry.rawKind, index: entry.index, at: entryOffset(number), found: 1)
  }

  /// The number of the first expert's entry.
  static func firstExpert(_ header: Header) -> Int { header.hasSharedExpert ? 6 : 5 }

  /// Where the input stands; empty without one. Unknown kinds may stand before it.
  static func input(_ bytes: Span<UInt8>, _ header: Header) -> Range<Int> {
    for number in firstExpert(header) + header.expertCount..<header.sectionCount {
      let entry = SectionEntry(bytes, at: entryOffset(number))
      if entry.kind == .input { return entry.range }
      if entry.rawKind > SectionKind.input.rawValue { break }
    }
    return 0..<0
  }

  /// R15: every section stands where its predecessors put it. Sizes are not checked yet, so a sum
  /// may be beyond any file; it saturates.
  private static func checkPlaces(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    var end = UInt64(wide: Directory.end(header))
    for number in 0..<header.sectionCount {
      let start = entryOffset(number)
      let entry = SectionEntry(bytes, at: start)
      let mask = UInt64(wide: entry.isPageAligned ? Layout.pageByteCount : Layout.alignment) - 1
      let (sum, wraps) = end.addingReportingOverflow(mask)
      let expected = wraps ? UInt64.max : sum & ~mask
      if entry.offset != expected {
        throw FormatError(
          .misplacedSection, at: start + Layout.Entry.offset, found: entry.offset,
          expected: expected)
      }
      let (next, overflows) = expected.addingReportingOverflow(entry.storedByteCount)
      end = overflows ? UInt64.max : next
    }
  }

  /// R16. Each section ends inside the file, so no sum here overflows.
  private static func checkSizes(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    var end = UInt64(wide: Directory.end(header))
    let size = UInt64(wide: bytes.count)
    for number in 0..<header.sectionCount {
      let start = entryOffset(number)
      let entry = SectionEntry(bytes, at: start)
      let stored = entry.storedByteCount
      let decoded = entry.decodedByteCount
      let isRaw = entry.rawEncoding == 0
      if decoded == 0 || decoded > Limit.sectionByteCount
        || decoded % UInt64(wide: entry.encoding.planeCount) != 0
      {
        throw FormatError(
          .wrongSectionSize, at: start + Layout.Entry.decodedByteCount, found: decoded,
          expected: Limit.sectionByteCount)
      }
      if stored == 0 || (isRaw ? stored != decoded : stored >= decoded) || stored > size
        || entry.offset > size - stored
      {
        throw FormatError(
          .wrongSectionSize, at: start + Layout.Entry.storedByteCount, found: stored,
          expected: decoded)
      }
      end = entry.offset + stored
    }
    if end != size {
      throw FormatError(.wrongSectionSize, at: Int(narrow: end), found: size, expected: end)
    }
  }

  /// R17 and R18. The zeros behind an expert are checked with the expert (R31).
  private static func checkContents(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    var end = Directory.end(header)
    var before = SectionEntry(bytes, at: entryOffset(0))
    var afterExpert = false
    for number in 0..<header.sectionCount {
      let entry = SectionEntry(bytes, at: entryOffset(number))
      if !afterExpert, let offset = bytes.firstNonzero(in: end..<entry.range.lowerBound) {
        throw FormatError(
          .nonzeroPadding, kind: number == 0 ? 0 : before.rawKind, index: before.index,
          at: offset, found: UInt64(wide: bytes[offset]))
      }
      before = entry
      end = entry.range.upperBound
      afterExpert = entry.kind?.isExpert ?? false
    }
    for number in 0..<header.sectionCount {
      let entry = SectionEntry(bytes, at: entryOffset(number))
      guard entry.kind?.isAlwaysRead ?? false else { continue }
      let computed = xxh64(bytes.extracting(entry.range))
      if computed != entry.checksum {
        throw FormatError(
          .damagedSection, kind: entry.rawKind, at: 0, found: computed, expected: entry.checksum)
      }
    }
  }
}

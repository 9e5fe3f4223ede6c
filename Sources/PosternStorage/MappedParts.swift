// MappedParts.swift: which pages of a model stay in the file, and which are copied.
//
// Step: header, directory → [parts] → map.   Specification: formats/model.md, sections 5 and 13.

internal import PosternFormat

/// What of a file is read when it is touched; all else is copied when it is opened.
///
/// What every row needs is small, and other parts of the program trust what was checked in it once:
/// it must not change any more. An expert's bytes are numbers, and any numbers are safe to compute
/// with. What this version does not know, nothing reads.
enum MappedParts {
  /// Bytes from the start that ``ranges(head:byteCount:pageByteCount:)`` looks at.
  ///
  /// - Parameters:
  ///   - header: The first bytes of the file, as many as a header has.
  ///   - byteCount: The size of the file.
  /// - Returns: The end of the directory, or of the header if it announces no lawful one.
  static func headByteCount(header: Span<UInt8>, byteCount: Int) -> Int {
    let count = sectionCount(header)
    let end = Layout.headerByteCount + count * Layout.entryByteCount + Layout.checksumByteCount
    return count > 0 && end <= byteCount ? end : header.count
  }

  /// Chooses what stays in the file.
  ///
  /// - Parameters:
  ///   - head: The first ``headByteCount(header:byteCount:)`` bytes.
  ///   - byteCount: The size of the file.
  ///   - pageByteCount: The size of a page, a power of two.
  /// - Returns: Ranges of whole pages, in order; of a file that is no model, or that the reader
  ///   refuses for its directory, all pages behind the head.
  /// - Complexity: O(*sections*).
  static func ranges(head: Span<UInt8>, byteCount: Int, pageByteCount: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    /// Adds the whole pages of `range`.
    func add(_ range: Range<Int>) {
      let start = Layout.pad(range.lowerBound, to: pageByteCount)
      let end = range.upperBound & ~(pageByteCount - 1)
      if start < end { ranges.append(start..<end) }
    }
    let unknown = head.count..<max(byteCount, head.count)
    guard head.count > Layout.headerByteCount else {
      add(unknown)
      return ranges
    }
    var start = head.count
    var end = start
    for number in 0..<sectionCount(head) {
      let entry = SectionEntry(
        head, at: Layout.headerByteCount + number * Layout.entryByteCount)
      let size = UInt64(byteCount)
      guard entry.offset >= UInt64(end), entry.offset <= size,
        entry.storedByteCount <= size - entry.offset
      else {
        ranges = []
        add(unknown)
        return ranges
      }
      if !isMapped(entry) {
        add(start..<end)
        start = Int(entry.offset + entry.storedByteCount)
      } else if start == end {
        start = Int(entry.offset)
      }
      end = Int(entry.offset + entry.storedByteCount)
    }
    add(start..<end)
    return ranges
  }

  private static func isMapped(_ entry: SectionEntry) -> Bool {
    entry.kind?.isExpert ?? !entry.isCritical
  }

  /// The sections that a header announces; 0 if it is not a model's.
  private static func sectionCount(_ header: Span<UInt8>) -> Int {
    guard header.count >= Layout.headerByteCount else { return 0 }
    for index in Layout.signature.indices where header[index] != Layout.signature[index] {
      return 0
    }
    let count = UInt64(header.uint32(at: Layout.Header.sectionCount))
    return count <= Limit.sectionCount ? Int(count) : 0
  }
}

// SectionEntry.swift: one line of the directory.
//
// Step: file → [directory] → sections.   Specification: formats/model.md, section 5.1.

/// Where a section is stored, and what it decodes to.
public struct SectionEntry: Equatable, Sendable {
  /// The kind as in the file; may be one that this version does not know.
  public let rawKind: UInt32
  /// The expert's index, or 0.
  public let index: UInt32
  /// Bit 0: critical. Bit 1: page-aligned.
  public let flags: UInt8
  /// The encoding as in the file.
  public let rawEncoding: UInt8
  /// Bytes from the start of the file.
  public let offset: UInt64
  /// Bytes in the file.
  public let storedByteCount: UInt64
  /// Bytes once decoded.
  public let decodedByteCount: UInt64
  /// XXH64 of the decoded bytes.
  public let checksum: UInt64

  package init(_ bytes: Span<UInt8>, at offset: Int) {
    let entry = bytes.extracting(offset..<offset + Layout.entryByteCount)
    rawKind = entry.uint32(at: Layout.Entry.kind)
    index = entry.uint32(at: Layout.Entry.index)
    flags = entry[Layout.Entry.flags]
    rawEncoding = entry[Layout.Entry.encoding]
    self.offset = entry.uint64(at: Layout.Entry.offset)
    storedByteCount = entry.uint64(at: Layout.Entry.storedByteCount)
    decodedByteCount = entry.uint64(at: Layout.Entry.decodedByteCount)
    checksum = entry.uint64(at: Layout.Entry.checksum)
  }

  /// The kind, or nil for one that this version does not know.
  public var kind: SectionKind? { SectionKind(rawValue: rawKind) }
  /// How the bytes are stored. The validator has refused files where it is none of these.
  public var encoding: Encoding { Encoding(rawValue: rawEncoding) ?? .raw }
  /// Whether a reader that does not know the kind must refuse the file.
  public var isCritical: Bool { flags & 1 != 0 }
  /// Whether the section starts at a multiple of 4,096.
  public var isPageAligned: Bool { flags & 2 != 0 }
  /// The stored bytes in the file. In bounds once the file is validated.
  public var range: Range<Int> {
    Int(narrow: offset)..<Int(narrow: offset) + Int(narrow: storedByteCount)
  }
}

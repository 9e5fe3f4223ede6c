// MappedFile.swift: the bytes of a file, mapped read-only.
//
// Step: file → [map] → reader. Says `unsafe`.

internal import PosternFormat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file as read-only memory. It is open, and the memory there, until the value ends.
///
/// Experts of a model are read when they are touched, so that a file of any size opens in the time
/// that its other parts take; those are copied, as small files are whole. On Linux, what is read
/// from the disk for a large file comes in pages of 2 MiB where the file system can.
///
/// Replace a file that is in use by rename, as ``replaceFile(at:with:)`` does: who has the old one
/// open keeps it. A file that is written in place under a map changes experts and nothing else, so
/// that predictions are wrong and nothing worse; ``watch`` tells. One that is cut short raises
/// SIGBUS when an expert is touched that is gone. ``Access/copied`` is safe from both.
///
/// `@safe`: the pointer never leaves this type except as a span that borrows it.
@safe public struct MappedFile: ~Copyable {
  /// When the bytes of a file are read.
  public enum Access: Sendable {
    /// Those of experts when they are touched, all others at once.
    case mapped
    /// All at once: what becomes of the file then is of no matter.
    case copied
  }

  /// Says what became of the file since it was opened.
  public let watch: FileWatch
  private let file: InputFile
  private let memory: MappedMemory

  /// Bytes of the largest file that is copied whole: a map costs more.
  static let copiedByteCount = 1 << 18

  /// Opens the whole file at `path`. An empty file has no bytes.
  ///
  /// A large file that was changed a moment ago is waited for, up to 20 ms: see ``FileWatch``.
  ///
  /// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
  public init(path: String, access: Access = .mapped) throws(StorageError) {
    let file = try InputFile(path: path)
    var stamp = try file.stamp()
    var ranges: [Range<Int>] = []
    var head: [UInt8] = []
    if access == .mapped && stamp.data.byteCount > MappedFile.copiedByteCount {
      // From here on every change is seen, so the time is looked at before the first byte.
      stamp = try file.settledStamp()
      head = try MappedFile.head(of: file, byteCount: stamp.data.byteCount)
      ranges = MappedParts.ranges(
        head: head.span, byteCount: stamp.data.byteCount, pageByteCount: Int(getpagesize()))
    }
    let memory = try MappedFile.memory(file, stamp.data.byteCount, head, ranges)
    watch = FileWatch(file, stamp)
    self.memory = memory
    self.file = file
  }

  private static func head(
    of file: borrowing InputFile, byteCount: Int
  ) throws(StorageError) -> [UInt8] {
    let header = try file.bytes(0..<min(Layout.headerByteCount, byteCount))
    let end = MappedParts.headByteCount(header: header.span, byteCount: byteCount)
    return end == header.count ? header : try file.bytes(0..<end)
  }

  /// Memory with all bytes of a file: of those in `ranges` the file's own pages, of all others
  /// copies. The first ones are `head`, by which the ranges were chosen.
  private static func memory(
    _ file: borrowing InputFile, _ byteCount: Int, _ head: [UInt8], _ ranges: [Range<Int>]
  ) throws(StorageError) -> MappedMemory {
    let memory = try MappedMemory(byteCount: byteCount, path: file.path)
    var start = 0
    for range in ranges {
      try memory.copy(start..<range.lowerBound, head, from: file)
      // A file system that cannot map can still be read.
      guard memory.map(range, from: file) else {
        return try MappedFile.memory(file, byteCount, head, [])
      }
      start = range.upperBound
    }
    try memory.copy(start..<byteCount, head, from: file)
    return memory
  }

  /// The bytes of the file.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      // SAFETY: the memory is there while `self` is, and the span borrows `self`.
      unsafe _overrideLifetime(
        Span(
          _unsafeElements: UnsafeBufferPointer(start: memory.start, count: memory.byteCount)),
        borrowing: self)
    }
  }
}

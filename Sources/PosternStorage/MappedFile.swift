// MappedFile.swift: the bytes of a file, mapped read-only.
//
// Step: file → [map] → reader. Says `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file mapped read-only into memory. The mapping ends when the value does.
///
/// Pages are read when they are touched: mapping a file of any size costs the same. On Linux, what
/// is read from the disk for a large file comes in pages of 2 MiB where the file system can.
///
/// Whoever may cut the file short while it is mapped can crash the process (SIGBUS): replace files
/// by rename, as ``replaceFile(at:with:)`` does.
///
/// `@safe`: the pointer never leaves this type except as a span that borrows it.
@safe public struct MappedFile: ~Copyable {
  private let base: UnsafePointer<UInt8>?
  private let byteCount: Int

  /// Maps the whole file at `path`. An empty file has no bytes.
  ///
  /// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
  public init(path: String) throws(StorageError) {
    (unsafe base, byteCount) = try unsafe MappedFile.map(path)
  }

  private static func map(_ path: String) throws(StorageError) -> (UnsafePointer<UInt8>?, Int) {
    var status = stat()
    // A named pipe that is opened and closed again costs its writer the only reader, so it is
    // looked at first. SAFETY: the string lives for the call, and `stat` fills one structure.
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw .notARegularFile(path: path)
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, code: errno) }
    defer { _ = close(descriptor) }
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .system(call: "fstat", path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    let byteCount = Int(status.st_size)
    guard byteCount > 0 else { return (nil, 0) }
    // SAFETY: a fresh read-only private mapping of `byteCount` bytes, unmapped only by `deinit`.
    let map = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let map = unsafe map, unsafe map != MAP_FAILED else {
      throw .system(call: "mmap", path: path, code: errno)
    }
    #if os(Linux)
      // Experts are chosen at random: with small pages a model beyond a cache's size spends a tenth
      // of its time on finding them. In return the disk is read in pieces of 2 MiB.
      if byteCount >= 1 << 21 { _ = unsafe madvise(map, byteCount, MADV_HUGEPAGE) }
    #endif
    return unsafe (UnsafePointer(map.assumingMemoryBound(to: UInt8.self)), byteCount)
  }

  deinit {
    guard let base = unsafe base else { return }
    // SAFETY: the address and the size are the ones `mmap` gave and took.
    _ = unsafe munmap(UnsafeMutablePointer(mutating: base), byteCount)
  }

  /// The bytes of the file.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      // SAFETY: the mapping is alive while `self` is, and the span borrows `self`.
      unsafe _overrideLifetime(
        Span(_unsafeElements: UnsafeBufferPointer(start: base, count: byteCount)),
        borrowing: self)
    }
  }
}

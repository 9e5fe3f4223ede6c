// MappedMemory.swift: address space that is filled with copies and with pages of a file.
//
// Step: file → [memory] → map. Says `unsafe`.

internal import PosternFormat

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory in one piece for a whole file, without access until it is filled. It goes with the value.
///
/// What is copied is memory of the process's own: pages of a private map that were written would
/// go too when the file is cut short.
@safe struct MappedMemory: ~Copyable {
  /// The first byte of the file; nil if it has none.
  let start: UnsafePointer<UInt8>?
  let byteCount: Int
  private let path: String
  private let pageByteCount: Int

  /// The size of a large page.
  private static let largePageByteCount = 1 << 21

  /// Reserves memory for `byteCount` bytes.
  ///
  /// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
  init(byteCount: Int, path: String) throws(StorageError) {
    self.byteCount = byteCount
    self.path = path
    pageByteCount = Int(getpagesize())
    guard byteCount > 0 else {
      unsafe start = nil
      return
    }
    // Large pages of the file become large pages here if both start at a multiple of their size.
    let alignment =
      byteCount >= MappedMemory.largePageByteCount
      ? MappedMemory.largePageByteCount : pageByteCount
    let needed = Layout.pad(byteCount, to: pageByteCount)
    let reserved = needed + alignment - pageByteCount
    // SAFETY: fresh memory, unmapped only below and by `deinit`.
    let map = unsafe mmap(nil, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let map = unsafe map, unsafe map != MAP_FAILED else {
      throw .system(call: "mmap", path: path, code: errno)
    }
    let before = -Int(bitPattern: map) & (alignment - 1)
    // SAFETY: `before` and `after` are what the alignment leaves of the reserved bytes at each end.
    if before > 0 { _ = unsafe munmap(map, before) }
    let after = reserved - before - needed
    if after > 0 { _ = unsafe munmap(map + before + needed, after) }
    unsafe start = UnsafePointer((map + before).assumingMemoryBound(to: UInt8.self))
  }

  deinit {
    guard let start = unsafe start else { return }
    // SAFETY: the address and the size are those of the reserved memory.
    _ = unsafe munmap(
      UnsafeMutablePointer(mutating: start), Layout.pad(byteCount, to: pageByteCount))
  }

  /// Fills `range` with copies: of `head` where that has bytes, of the file's for the rest.
  ///
  /// - Precondition: The range starts with a page, and ends with one or with the file.
  /// - Throws: ``StorageError``.
  func copy(
    _ range: Range<Int>, _ head: [UInt8], from file: borrowing InputFile
  ) throws(StorageError) {
    guard !range.isEmpty, let start = unsafe start else { return }
    precondition(range.lowerBound % pageByteCount == 0 && range.upperBound <= byteCount)
    let whole = Layout.pad(range.count, to: pageByteCount)
    // SAFETY: whole pages of the reserved memory, by the precondition.
    let target = unsafe UnsafeMutableRawPointer(mutating: start + range.lowerBound)
    guard unsafe mprotect(target, whole, PROT_READ | PROT_WRITE) == 0 else {
      throw .system(call: "mprotect", path: path, code: errno)
    }
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: target, count: range.count)
    let known = max(0, min(head.count, range.upperBound) - range.lowerBound)
    if known > 0 {
      unsafe head.withUnsafeBytes { source in
        unsafe bytes.copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: source[range.lowerBound..<range.lowerBound + known]))
      }
    }
    try unsafe file.read(
      UnsafeMutableRawBufferPointer(rebasing: bytes[known...]), at: range.lowerBound + known)
    _ = unsafe mprotect(target, whole, PROT_READ)
  }

  /// Puts pages of the file at `range`.
  ///
  /// - Precondition: The range is of whole pages.
  /// - Returns: False if the system cannot map the file; the memory is of no use any more then.
  func map(_ range: Range<Int>, from file: borrowing InputFile) -> Bool {
    guard let start = unsafe start else { return false }
    precondition(range.lowerBound % pageByteCount == 0 && range.count % pageByteCount == 0)
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    // SAFETY: the pages are this value's own, by the preconditions, and nobody has seen them yet.
    let target = unsafe UnsafeMutableRawPointer(mutating: start + range.lowerBound)
    let map = unsafe mmap(
      target, range.count, PROT_READ, MAP_PRIVATE | MAP_FIXED, file.descriptor,
      off_t(range.lowerBound))
    guard unsafe map == target else { return false }
    #if os(Linux)
      // Experts are chosen at random: with small pages a model beyond a cache's size spends a tenth
      // of its time on finding them. In return the disk is read in pieces of 2 MiB.
      if byteCount >= MappedMemory.largePageByteCount {
        _ = unsafe madvise(target, range.count, MADV_HUGEPAGE)
      }
    #endif
    return true
  }
}

// InputFile.swift: a regular file that is open for reading.
//
// Step: path → [descriptor] → map. Says `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A regular file, open for reading until the value ends.
struct InputFile: ~Copyable {
  let descriptor: CInt
  let path: String

  /// Opens the file at `path`.
  ///
  /// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
  init(path: String) throws(StorageError) {
    var status = stat()
    // A named pipe that is opened and closed again costs its writer the only reader, so it is
    // looked at first. SAFETY: the string lives for the call, and `stat` fills one structure.
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw .notARegularFile(path: path)
    }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, code: errno) }
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      _ = close(descriptor)
      throw .notARegularFile(path: path)
    }
    self.descriptor = descriptor
    self.path = path
  }

  deinit { _ = close(descriptor) }

  /// What the system says of the file now.
  func stamp() throws(StorageError) -> FileStamp {
    guard let stamp = FileStamp(descriptor: descriptor) else {
      throw .system(call: "fstat", path: path, code: errno)
    }
    return stamp
  }

  /// What the system says of the file once its times are old enough to tell the next change.
  ///
  /// Times tick: two changes that follow each other closely can have the same one. Waits for the
  /// tick to be over, 20 ms at most, or 2 seconds where a file system counts whole seconds.
  ///
  /// - Throws: ``StorageError/changedWhileRead(path:)`` if the file never stops changing.
  func settledStamp() throws(StorageError) -> FileStamp {
    for _ in 0..<100 {
      let stamp = try stamp()
      var now = timespec()
      // SAFETY: the call fills one structure.
      _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
      let wait = stamp.nanosecondsToSettle(at: FileStamp.nanoseconds(now))
      if wait <= 0 { return stamp }
      _ = usleep(useconds_t(wait / 1_000 + 1))
    }
    throw .changedWhileRead(path: path)
  }

  /// Reads the bytes from `offset` on until `bytes` is full.
  ///
  /// - Throws: ``StorageError/changedWhileRead(path:)`` if the file ends before.
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      // SAFETY: the rest of the caller's buffer, with its size.
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(call: "read", path: path, code: errno) }
      guard count > 0 else { throw .changedWhileRead(path: path) }
      done += count
    }
  }

  /// The bytes in `range`.
  func bytes(_ range: Range<Int>) throws(StorageError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var failure: StorageError?
    // SAFETY: the buffer is the array's and is used during the call only.
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(StorageError) {
        try unsafe read(buffer, at: range.lowerBound)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

// Descriptor.swift: the system calls on file descriptors that tables need.
//
// Step: file → [bytes] → fields, and text → [bytes] → file. The only file of the module that says
// `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A system call that failed.
package struct SystemError: Error, Equatable, Sendable {
  /// The name of the call, such as `read`.
  package var call: String
  /// The value of `errno` after it.
  package var code: CInt

  /// Whether the reader of a pipe or socket has gone away.
  package var isClosedPipe: Bool { code == EPIPE }
}

/// An open file descriptor. It is closed with the value only if it was opened by it.
struct Descriptor: ~Copyable {
  private let number: CInt
  private let isOwned: Bool

  /// Uses a descriptor that somebody else opened and closes.
  init(borrowing number: CInt) {
    self.number = number
    isOwned = false
  }

  /// Opens a file for reading.
  init(path: String) throws(SystemError) {
    var number: CInt = -1
    repeat {
      // SAFETY: `open` reads the string, which ends in zero and lives for the call.
      number = unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    } while number < 0 && errno == EINTR
    guard number >= 0 else { throw SystemError(call: "open", code: errno) }
    self.number = number
    isOwned = true
  }

  deinit {
    if isOwned { close(number) }
  }

  /// Reads at most `limit` bytes to `bytes` from index `start` on.
  ///
  /// - Returns: How many bytes were read; zero only at the end of the file.
  func read(into bytes: inout [UInt8], at start: Int, limit: Int) throws(SystemError) -> Int {
    precondition(start >= 0 && limit > 0 && limit <= bytes.count - start)
    while true {
      let count = unsafe bytes.withUnsafeMutableBytes { storage in
        // SAFETY: the precondition keeps `start..<start + limit` inside the array.
        unsafe Self.readOnce(
          number, UnsafeMutableRawBufferPointer(rebasing: storage[start...]), limit)
      }
      if count >= 0 { return count }
      if errno == EAGAIN {
        // Whoever started this process may have left its pipe non-blocking.
        wait(for: POLLIN)
      } else if errno != EINTR {
        throw SystemError(call: "read", code: errno)
      }
    }
  }

  /// Whether a read would return at once, be it with bytes, the end or an error.
  func isReady() -> Bool {
    var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    // SAFETY: one request, alive for the call. An interrupted call counts as "not ready".
    return unsafe poll(&request, 1, 0) > 0
  }

  /// Writes all of `bytes`.
  func write(_ bytes: Span<UInt8>) throws(SystemError) {
    var start = 0
    while start < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { storage in
        // SAFETY: `start` is less than the number of bytes.
        unsafe Self.writeOnce(number, UnsafeRawBufferPointer(rebasing: storage[start...]))
      }
      if count >= 0 {
        start += count
      } else if errno == EAGAIN {
        wait(for: POLLOUT)
      } else if errno != EINTR {
        throw SystemError(call: "write", code: errno)
      }
    }
  }

  private func wait(for event: CInt) {
    var request = pollfd(fd: number, events: Int16(event), revents: 0)
    // SAFETY: one request, alive for the call.
    _ = unsafe poll(&request, 1, -1)
  }

  // The calls stand in functions of their own because `read` and `write` are also methods here.

  private static func readOnce(
    _ number: CInt, _ storage: UnsafeMutableRawBufferPointer, _ limit: Int
  ) -> Int {
    // SAFETY: the caller's `limit` is at most the size of `storage`.
    #if canImport(Glibc)
      unsafe Glibc.read(number, storage.baseAddress, limit)
    #elseif canImport(Musl)
      unsafe Musl.read(number, storage.baseAddress, limit)
    #else
      unsafe Darwin.read(number, storage.baseAddress, limit)
    #endif
  }

  private static func writeOnce(_ number: CInt, _ storage: UnsafeRawBufferPointer) -> Int {
    // SAFETY: address and size come from the same buffer.
    #if canImport(Glibc)
      unsafe Glibc.write(number, storage.baseAddress, storage.count)
    #elseif canImport(Musl)
      unsafe Musl.write(number, storage.baseAddress, storage.count)
    #else
      unsafe Darwin.write(number, storage.baseAddress, storage.count)
    #endif
  }
}

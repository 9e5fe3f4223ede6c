// ByteSource.swift: where the bytes of a table come from.
//
// Step: file → [bytes] → fields.

/// Bytes in order: a file, a pipe, a terminal or memory.
package struct ByteSource: ~Copyable {
  // Not private: users of the value in other modules need its metadata when they are optimised.
  enum Origin: ~Copyable {
    case descriptor(Descriptor)
    case memory([UInt8], blockByteCount: Int)
  }

  private let origin: Origin
  /// How many bytes of ``Origin/memory`` have been handed out.
  private var offset = 0

  /// Reads from a descriptor that the caller opened and closes, such as 0 for standard input.
  package init(descriptor: CInt) {
    origin = .descriptor(Descriptor(borrowing: descriptor))
  }

  /// Opens a file; it is closed with the source.
  ///
  /// - Throws: The error of `open`. A directory opens and fails with `EISDIR` when it is read.
  package init(path: String) throws(SystemError) {
    origin = .descriptor(try Descriptor(path: path))
  }

  /// Reads from memory, in blocks of at most `blockByteCount` bytes.
  package init(bytes: [UInt8], blockByteCount: Int = .max) {
    precondition(blockByteCount > 0)
    origin = .memory(bytes, blockByteCount: blockByteCount)
  }

  /// Whether a read would return at once, be it with bytes, the end or an error.
  package var isReady: Bool {
    switch origin {
    case .descriptor(let descriptor): descriptor.isReady()
    case .memory: true
    }
  }

  /// Reads at most `limit` bytes to `bytes` from index `start` on; waits until there are some.
  ///
  /// - Returns: How many bytes were read; zero only at the end.
  package mutating func read(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(SystemError) -> Int {
    switch origin {
    case .descriptor(let descriptor):
      return try descriptor.read(into: &bytes, at: start, limit: limit)
    case .memory(let memory, let blockByteCount):
      let count = min(limit, blockByteCount, memory.count - offset)
      bytes.replaceSubrange(start..<start + count, with: memory[offset..<offset + count])
      offset += count
      return count
    }
  }

  /// Reads everything that is left.
  ///
  /// - Throws: The error of `read`.
  /// - Returns: The bytes, which take as much memory as the input has.
  package mutating func readAll() throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while true {
      if count == bytes.count { bytes.append(contentsOf: repeatElement(0, count: count)) }
      let added = try read(into: &bytes, at: count, limit: bytes.count - count)
      if added == 0 { break }
      count += added
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

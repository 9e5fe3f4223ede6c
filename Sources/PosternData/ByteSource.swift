// ByteSource.swift: where the bytes of a table come from.
//
// Step: file → [bytes] → fields.

/// How text is encoded in an input. Everything behind ``ByteSource`` is UTF-8.
package enum TextEncoding: Equatable, Sendable {
  /// As it is.
  case utf8
  /// ISO 8859-1, and where that has control characters, Windows-1252.
  case latin1
}

/// Bytes in order: a file, a pipe, a terminal or memory; decompressed and made UTF-8 if asked to.
package struct ByteSource: ~Copyable {
  // Not private: users of the value in other modules need its metadata when they are optimised.
  enum Origin: ~Copyable {
    case descriptor(Descriptor)
    case memory([UInt8], blockByteCount: Int)
  }

  /// Whether gzip and zstd are known by their first bytes and decompressed.
  package var decompresses = false
  /// How text is encoded in the input.
  package var encoding = TextEncoding.utf8

  private let origin: Origin
  /// How many bytes of ``Origin/memory`` have been handed out.
  private var offset = 0
  /// Whether the first bytes have been looked at.
  private var isBegun = false
  private var decompressor: Decompressor?
  private var kind = CompressionKind.gzip
  /// Whether a compressed stream has been begun and its end not been found.
  private var isOpen = false
  /// Bytes of the origin that wait to be decompressed, and where they are in ``packed``.
  private var packed: [UInt8] = []
  private var waiting = 0..<0
  /// Whether the decompressor may give more without more bytes.
  private var isFull = false
  /// Bytes that wait to be made UTF-8.
  private var latin: [UInt8] = []

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

  /// Opens a file, or standard input for `-`.
  package init(at path: String) throws(DataError) {
    do throws(SystemError) {
      if path == "-" { self.init(descriptor: 0) } else { try self.init(path: path) }
    } catch {
      throw .system(error)
    }
  }

  /// Reads from memory, in blocks of at most `blockByteCount` bytes.
  package init(bytes: [UInt8], blockByteCount: Int = .max) {
    precondition(blockByteCount > 0)
    origin = .memory(bytes, blockByteCount: blockByteCount)
  }

  /// Whether a read would return at once, be it with bytes, the end or an error.
  package var isReady: Bool {
    if isFull || !waiting.isEmpty { return true }
    return switch origin {
    case .descriptor(let descriptor): descriptor.isReady()
    case .memory: true
    }
  }

  /// Reads at most `limit` bytes to `bytes` from index `start` on; waits until there are some.
  ///
  /// - Precondition: `limit` is at least 12: one byte of an input may become three.
  /// - Returns: How many bytes were read; zero only at the end.
  package mutating func read(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(DataError) -> Int {
    if encoding == .utf8 { return try readUnpacked(into: &bytes, at: start, limit: limit) }
    let most = max(1, limit / 3)
    if latin.count < most { latin = [UInt8](repeating: 0, count: max(most, 4)) }
    var text = latin
    latin = []
    let count = try readUnpacked(into: &text, at: 0, limit: max(most, 4))
    var end = start
    for index in 0..<count { end = putLatin(text[index], in: &bytes, at: end) }
    latin = text
    return end - start
  }

  /// Reads everything that is left.
  ///
  /// - Throws: The error of `read`.
  /// - Returns: The bytes, which take as much memory as the input has.
  package mutating func readAll() throws(DataError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    while true {
      if bytes.count - count < 64 { bytes.append(contentsOf: repeatElement(0, count: count)) }
      let added = try read(into: &bytes, at: count, limit: bytes.count - count)
      if added == 0 { break }
      count += added
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private mutating func readUnpacked(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(DataError) -> Int {
    if decompresses && !isBegun {
      let count = try readStart(into: &bytes, at: start, limit: limit)
      if decompressor == nil { return count }
    }
    guard decompressor != nil else { return try readRaw(into: &bytes, at: start, limit: limit) }
    while true {
      if waiting.isEmpty && !isFull {
        let count = try readPacked()
        if count == 0 {
          guard !isOpen else { throw .compressed(kind, .truncated) }
          return 0
        }
      }
      let count = try decompress(into: &bytes, at: start, limit: limit)
      if count > 0 { return count }
    }
  }

  /// Reads the first bytes, as many as it takes to know whether they are compressed.
  ///
  /// - Returns: How many there are in `bytes`, if they are not.
  private mutating func readStart(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(DataError) -> Int {
    isBegun = true
    var count = 0
    while count < min(4, limit) {
      let added = try readRaw(into: &bytes, at: start + count, limit: limit - count)
      count += added
      let mayBe = [[0x1F, 0x8B, 0x08], [0x28, 0xB5, 0x2F, 0xFD]].contains {
        bytes[start..<start + count].elementsEqual($0.prefix(count))
      }
      if added == 0 || !mayBe { break }
    }
    guard let kind = CompressionKind(bytes.span.extracting(start..<start + count)) else {
      return count
    }
    decompressor = Decompressor(kind)
    guard decompressor != nil else { throw .compressed(kind, .tooMuchMemory) }
    self.kind = kind
    packed = [UInt8](repeating: 0, count: max(1 << 16, count))
    for index in 0..<count { packed[index] = bytes[start + index] }
    waiting = 0..<count
    return 0
  }

  private mutating func readPacked() throws(DataError) -> Int {
    var bytes = packed
    packed = []
    let count = try readRaw(into: &bytes, at: 0, limit: bytes.count)
    packed = bytes
    waiting = 0..<count
    return count
  }

  private mutating func decompress(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(DataError) -> Int {
    guard var decoder = decompressor.take() else { return 0 }
    let found: (taken: Int, written: Int)
    do throws(DecodingFault) {
      found = try decoder.decode(packed, waiting, into: &bytes, at: start, limit: limit)
    } catch {
      throw .compressed(error.kind, error.fault)
    }
    isOpen = decoder.isOpen
    decompressor = consume decoder
    waiting = waiting.lowerBound + found.taken..<waiting.upperBound
    isFull = found.written == limit
    return found.written
  }

  private mutating func readRaw(
    into bytes: inout [UInt8], at start: Int, limit: Int
  ) throws(DataError) -> Int {
    switch origin {
    case .descriptor(let descriptor):
      do throws(SystemError) {
        return try descriptor.read(into: &bytes, at: start, limit: limit)
      } catch {
        throw .system(error)
      }
    case .memory(let memory, let blockByteCount):
      let count = min(limit, blockByteCount, memory.count - offset)
      bytes.replaceSubrange(start..<start + count, with: memory[offset..<offset + count])
      offset += count
      return count
    }
  }
}

/// Writes one byte of Windows-1252 as UTF-8; the five that it leaves open are control characters.
///
/// - Returns: The place behind it.
private func putLatin(_ byte: UInt8, in bytes: inout [UInt8], at place: Int) -> Int {
  let scalar = (0x80..<0xA0).contains(byte) ? windowsScalars[Int(byte) - 0x80] : UInt16(byte)
  switch scalar {
  case 0..<0x80:
    bytes[place] = byte
    return place + 1
  case 0x80..<0x800:
    bytes[place] = 0xC0 | UInt8(truncatingIfNeeded: scalar >> 6)
    bytes[place + 1] = 0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F)
    return place + 2
  default:
    bytes[place] = 0xE0 | UInt8(truncatingIfNeeded: scalar >> 12)
    bytes[place + 1] = 0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F)
    bytes[place + 2] = 0x80 | UInt8(truncatingIfNeeded: scalar & 0x3F)
    return place + 3
  }
}

/// What Windows-1252 has from 0x80 to 0x9F.
private let windowsScalars: [UInt16] = [
  0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
  0x0152, 0x8D, 0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
  0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
]

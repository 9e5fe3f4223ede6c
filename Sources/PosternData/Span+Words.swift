// Span+Words.swift: eight bytes at a time.
//
// Step: bytes → [fields] → features.

extension Span<UInt8> {
  /// The eight bytes from `offset` on, the first in the lowest bits.
  ///
  /// - Precondition: `0 <= offset <= count - 8`.
  @inline(__always)
  func word(at offset: Int) -> UInt64 {
    let bytes = extracting(offset..<offset &+ 8)
    return UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16
      | UInt64(bytes[3]) << 24 | UInt64(bytes[4]) << 32 | UInt64(bytes[5]) << 40
      | UInt64(bytes[6]) << 48 | UInt64(bytes[7]) << 56
  }

  /// The offset of the first LF in `start..<end`, or CR if that is a line end; `end` if none is.
  ///
  /// - Precondition: At least eight bytes follow `end`.
  func lineEnd(from start: Int, to end: Int, isReturnAnEnd: Bool) -> Int {
    let feeds = repeated(0x0A)
    let returns = isReturnAnEnd ? repeated(0x0D) : feeds
    var offset = start
    while offset < end {
      let word = word(at: offset)
      let stops = zeroBytes(in: word ^ feeds) | zeroBytes(in: word ^ returns)
      if stops != 0 { return Swift.min(offset + stops.trailingZeroBitCount >> 3, end) }
      offset += 8
    }
    return end
  }
}

/// Eight copies of one byte.
@inline(__always)
func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// The top bit of each byte of `word` that is less than `limit`, which is at most 128; exact.
@inline(__always)
func bytesBelow(_ limit: UInt8, in word: UInt64) -> UInt64 {
  let top = repeated(0x80)
  // No borrow crosses bytes: each is at least 0x80 before the subtraction.
  return ~((word | top) &- repeated(limit)) & ~word & top
}

/// The top bit of each byte of `word` that is zero; exact.
@inline(__always)
func zeroBytes(in word: UInt64) -> UInt64 {
  let rest = repeated(0x7F)
  return ~(((word & rest) &+ rest) | word | rest)
}

// Sweep.swift: a question about every element of a tensor, asked 64 bytes at a time.
//
// Step: bytes → [sweep] → validator.

/// What no element of a tensor may be.
enum Sweep {
  /// A binary32 number that is not finite.
  case notFinite32
  /// A binary16 number that is not finite.
  case notFinite16
  /// The byte -128.
  case minus128
  /// A byte that is not zero.
  case nonzero

  /// The offset of the first unlawful element in `range` of `bytes`, or nil.
  ///
  /// - Precondition: `range` holds whole elements.
  func first(in bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
    // An exponent of ones carries into the sign's place when one is added to it.
    switch self {
    case .notFinite32:
      scan(bytes, range, size: 4) {
        ($0 & 0x7FFF_FFFF_7FFF_FFFF &+ 0x0080_0000_0080_0000) & 0x8000_0000_8000_0000
      }
    case .notFinite16:
      scan(bytes, range, size: 2) {
        ($0 & 0x7FFF_7FFF_7FFF_7FFF &+ 0x0400_0400_0400_0400) & 0x8000_8000_8000_8000
      }
    case .minus128:
      scan(bytes, range, size: 1) {
        $0 & ~($0 & 0x7F7F_7F7F_7F7F_7F7F &+ 0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080
      }
    case .nonzero: scan(bytes, range, size: 1) { $0 }
    }
  }

  // Elements have `size` bytes, and `unlawful` is 0 for a word of lawful ones.
  @inline(__always)
  private func scan(
    _ bytes: Span<UInt8>, _ range: Range<Int>, size: Int, unlawful: (UInt64) -> UInt64
  ) -> Int? {
    var start = range.lowerBound
    while start + 64 <= range.upperBound {
      let block = bytes.extracting(start..<start + 64)
      var found: UInt64 = 0
      for word in 0..<8 { found |= unlawful(block.uint64(at: 8 * word)) }
      if found != 0 { break }
      start += 64
    }
    while start < range.upperBound {
      var element: UInt64 = 0
      for byte in 0..<size {
        element |= UInt64(wide: bytes[start + byte]) &<< UInt64(wide: 8 * byte)
      }
      if unlawful(element) != 0 { return start }
      start += size
    }
    return nil
  }
}

extension Span<UInt8> {
  /// The first offset in `range` whose byte is not zero, or nil.
  package func firstNonzero(in range: Range<Int>) -> Int? { Sweep.nonzero.first(in: self, range) }

  /// The offset of the first of `count` binary32 numbers at `offset` that is not finite, or nil.
  package func firstNotFinite(at offset: Int, count: Int) -> Int? {
    Sweep.notFinite32.first(in: self, offset..<offset + 4 * count)
  }
}

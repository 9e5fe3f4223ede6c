// XXH64.swift: the 64-bit checksum of a section.
//
// Step: bytes → [checksum] → reader, writer.   Specification: formats/model.md, section 5.1.

/// The XXH64 hash of `bytes` with seed 0.
///
/// Finds accidents, not attackers. The algorithm is Yann Collet's, "xxHash fast digest algorithm",
/// version 0.1.1: four lanes of 8 bytes, a tail of 8, 4 and 1 bytes, an avalanche.
///
/// - Complexity: O(`bytes.count`), no allocation.
package func xxh64(_ bytes: Span<UInt8>) -> UInt64 {
  var hash: UInt64
  var offset = 0
  let count = bytes.count
  if count >= 32 {
    var lane0 = Prime.first &+ Prime.second
    var lane1 = Prime.second
    var lane2: UInt64 = 0
    var lane3 = 0 &- Prime.first
    while offset + 32 <= count {
      let stripe = bytes.extracting(offset..<offset + 32)
      lane0 = round(lane0, stripe.uint64(at: 0))
      lane1 = round(lane1, stripe.uint64(at: 8))
      lane2 = round(lane2, stripe.uint64(at: 16))
      lane3 = round(lane3, stripe.uint64(at: 24))
      offset += 32
    }
    hash = rotate(lane0, 1) &+ rotate(lane1, 7) &+ rotate(lane2, 12) &+ rotate(lane3, 18)
    hash = merge(merge(merge(merge(hash, lane0), lane1), lane2), lane3)
  } else {
    hash = Prime.fifth
  }
  hash = hash &+ UInt64(wide: count)
  while offset + 8 <= count {
    hash = rotate(hash ^ round(0, bytes.uint64(at: offset)), 27) &* Prime.first &+ Prime.fourth
    offset += 8
  }
  if offset + 4 <= count {
    hash ^= UInt64(wide: bytes.uint32(at: offset)) &* Prime.first
    hash = rotate(hash, 23) &* Prime.second &+ Prime.third
    offset += 4
  }
  while offset < count {
    hash = rotate(hash ^ UInt64(wide: bytes[offset]) &* Prime.fifth, 11) &* Prime.first
    offset += 1
  }
  hash = (hash ^ hash &>> 33) &* Prime.second
  hash = (hash ^ hash &>> 29) &* Prime.third
  return hash ^ hash &>> 32
}

private enum Prime {
  static let first: UInt64 = 0x9E37_79B1_85EB_CA87
  static let second: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  static let third: UInt64 = 0x1656_67B1_9E37_79F9
  static let fourth: UInt64 = 0x85EB_CA77_C2B2_AE63
  static let fifth: UInt64 = 0x27D4_EB2F_1656_67C5
}

@inline(__always)
private func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
  value &<< bits | value &>> (64 - bits)
}

@inline(__always)
private func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
  rotate(lane &+ input &* Prime.second, 31) &* Prime.first
}

@inline(__always)
private func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
  (hash ^ round(0, lane)) &* Prime.first &+ Prime.fourth
}

// SeededNumbers.swift: numbers that depend on a seed alone, and their bytes.

/// A generator of floats (SplitMix64).
struct SeededNumbers {
  private var state: UInt64

  /// Starts at `seed`.
  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `count` numbers in `-scale...scale`, evenly spread.
  mutating func floats(_ count: Int, scale: Float) -> [Float] {
    var result = [Float](repeating: 0, count: count)
    for index in result.indices {
      result[index] = (Float(next() >> 40) / 8_388_608 - 1) * scale
    }
    return result
  }
}

/// The numbers as little-endian bytes, four each.
func littleEndianBytes(_ numbers: [Float]) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: 4 * numbers.count)
  for (index, number) in numbers.enumerated() {
    let bits = number.bitPattern
    bytes[4 * index] = UInt8(truncatingIfNeeded: bits)
    bytes[4 * index + 1] = UInt8(truncatingIfNeeded: bits >> 8)
    bytes[4 * index + 2] = UInt8(truncatingIfNeeded: bits >> 16)
    bytes[4 * index + 3] = UInt8(truncatingIfNeeded: bits >> 24)
  }
  return bytes
}

/// The numbers of little-endian bytes, four each.
func floats(_ bytes: Span<UInt8>) -> [Float] {
  (0..<bytes.count / 4).map { index in
    let low = UInt32(bytes[4 * index]) | UInt32(bytes[4 * index + 1]) << 8
    let high = UInt32(bytes[4 * index + 2]) << 16 | UInt32(bytes[4 * index + 3]) << 24
    return Float(bitPattern: low | high)
  }
}

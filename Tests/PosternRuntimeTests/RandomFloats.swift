// RandomFloats.swift: numbers for the tests of arithmetic.

/// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014): small, and the same everywhere.
struct RandomFloats: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// What a test asks of its numbers.
  enum Kind: CaseIterable {
    /// Of the size of standardised features.
    case ordinary
    /// Any bits but those of a NaN: most sums overflow or lose one side.
    case anyBits
    /// Zeros of both signs, subnormals and the smallest normals.
    case tiny
    /// Few values that cancel often and land on ties.
    case cancelling
    /// Sums that overflow now and then.
    case huge
  }

  mutating func float(_ kind: Kind) -> Float {
    let bits = next()
    let low = UInt32(truncatingIfNeeded: bits)
    switch kind {
    case .ordinary:
      return Float(Int32(bitPattern: low)) * 0x1p-30
    case .anyBits:
      let float = Float(bitPattern: low)
      return float.isNaN ? 0 : float
    case .tiny:
      switch bits >> 61 {
      case 0: return 0
      case 1: return -0.0
      case 2, 3: return Float(bitPattern: low & 0x807F_FFFF)
      // Two of these have a product around the smallest normals.
      case 4, 5: return Float(bitPattern: low & 0x807F_FFFF | 0x2000_0000)
      default: return Float(bitPattern: low & 0x81FF_FFFF)
      }
    case .cancelling:
      let values: [Float] = [
        1, -1, 0x1.000002p0, -0x1.000002p0, 0x1p-24, -0x1p-24, 0x1.8p-24, 0x1p24,
      ]
      return values[Int(bits >> 61)]
    case .huge:
      return Float(bitPattern: low & 0x807F_FFFF | 0x5F00_0000)
    }
  }

  mutating func floats(_ kind: Kind, count: Int) -> [Float] {
    (0..<count).map { _ in float(kind) }
  }
}

/// The bits by which results are compared: all NaNs count as one.
func comparableBits(_ x: Float) -> UInt32 { x.isNaN ? 0x7FC0_0000 : x.bitPattern }

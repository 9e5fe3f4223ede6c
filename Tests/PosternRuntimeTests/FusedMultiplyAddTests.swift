import PosternRuntime
import Testing

/// The oracle is `addingProduct`: the machine's instruction, or libm's fmaf.
@Suite struct FusedMultiplyAddTests {
  static func mismatch(_ a: Float, _ b: Float, _ c: Float) -> Bool {
    comparableBits(softwareFusedMultiplyAdd(a, b, c)) != comparableBits(c.addingProduct(a, b))
  }

  @Test func `any bits give what the machine gives`() {
    var random = RandomFloats(seed: 1)
    var mismatches = 0
    for _ in 0..<1_000_000 {
      let (p, q) = (random.next(), random.next())
      let a = Float(bitPattern: UInt32(truncatingIfNeeded: p))
      let b = Float(bitPattern: UInt32(truncatingIfNeeded: p >> 32))
      let c = Float(bitPattern: UInt32(truncatingIfNeeded: q))
      if Self.mismatch(a, b, c) { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }

  @Test(arguments: RandomFloats.Kind.allCases)
  func `numbers of one kind give what the machine gives`(kind: RandomFloats.Kind) {
    var random = RandomFloats(seed: 2)
    var mismatches = 0
    for _ in 0..<200_000 {
      if Self.mismatch(random.float(kind), random.float(kind), random.float(kind)) {
        mismatches += 1
      }
    }
    #expect(mismatches == 0)
  }

  /// The product is half a unit of the addend's last place, times 1 + i * 2^-23, times 1 + j *
  /// 2^-23. With i = -j it misses the tie by 2^-46, far below the last bit of a Double. The
  /// exponent takes the sum from the largest finite numbers to the smallest subnormals.
  @Test func `a sum beside a tie is not taken for one`() {
    var random = RandomFloats(seed: 3)
    var mismatches = 0
    for exponent in -125...127 {
      for _ in 0..<400 {
        let bits = random.next()
        let sign: UInt32 = bits >> 63 == 0 ? 0 : 0x8000_0000
        let c = Float(bitPattern: UInt32(exponent + 127) << 23 | UInt32(bits & 0x7F_FFFF) | sign)
        let i = Int(bits >> 24 & 7) - 4
        let j = bits >> 27 & 1 == 0 ? -i : Int(bits >> 28 & 7) - 4
        let a = 1 + Float(i) * 0x1p-23
        let b = (1 + Float(j) * 0x1p-23) * c.ulp * 0x1p12
        for half: Float in [0x1p-13, -0x1p-13, 0x1p-12] {
          if Self.mismatch(a * half, b, c) { mismatches += 1 }
        }
      }
    }
    #expect(mismatches == 0)
  }

  @Test func `a product that the addend cancels keeps its last bits`() {
    var random = RandomFloats(seed: 4)
    var mismatches = 0
    for _ in 0..<200_000 {
      let (a, b) = (random.float(.anyBits), random.float(.anyBits))
      let c = -(a * b)
      if !c.isNaN, Self.mismatch(a, b, c) { mismatches += 1 }
      if !c.isNaN, Self.mismatch(a, b, c.nextUp) { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }

  /// Results under 2^-126 keep fewer bits, so their ties are elsewhere.
  @Test func `a subnormal result is rounded once`() {
    var random = RandomFloats(seed: 5)
    var mismatches = 0
    for _ in 0..<300_000 {
      let (p, q) = (random.next(), random.next())
      let a = Float(bitPattern: UInt32(truncatingIfNeeded: p) & 0x83FF_FFFF | 0x1E00_0000)
      let b = Float(bitPattern: UInt32(truncatingIfNeeded: p >> 32) & 0x83FF_FFFF | 0x1E00_0000)
      // All mantissas, few mantissas, and none.
      let mask: UInt32 = [0x80FF_FFFF, 0x807F_0000, 0x8000_0007][Int(q >> 62) % 3]
      let c = Float(bitPattern: UInt32(truncatingIfNeeded: q) & mask)
      if Self.mismatch(a, b, c) { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }

  /// Worked by hand. With u = 2^-23, the product is 2^-24 (1 + u) (1 - u) = 2^-24 - 2^-70: with 1 +
  /// u it misses the tie between 1 + u and 1 + 2u by so little that a Double cannot tell, and the
  /// tie would go up.
  @Test func `known traps of rounding twice`() {
    #expect(softwareFusedMultiplyAdd(0x1.000002p-12, 0x1.fffffcp-13, 0x1.000002p0) == 0x1.000002p0)
    #expect(
      softwareFusedMultiplyAdd(-0x1.000002p-12, 0x1.fffffcp-13, -0x1.000002p0) == -0x1.000002p0)
    // The tie between 0 and the smallest number goes to 0, what is over it does not.
    #expect(softwareFusedMultiplyAdd(0x1p-75, 0x1p-75, 0) == 0)
    #expect(softwareFusedMultiplyAdd(-0x1p-75, 0x1p-75, 0).sign == .minus)
    #expect(softwareFusedMultiplyAdd(0x1.000002p-75, 0x1p-75, 0) == 0x1p-149)
    // The largest number, half its unit missed by as little, and met.
    let largest = Float.greatestFiniteMagnitude
    #expect(softwareFusedMultiplyAdd(0x1.000002p51, 0x1.fffffcp51, largest) == largest)
    #expect(softwareFusedMultiplyAdd(0x1p51, 0x1p52, largest) == .infinity)
  }

  @Test func `signed zeros, infinities and NaN follow IEEE 754`() {
    let special: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
      -.greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude,
    ]
    for a in special {
      for b in special {
        for c in special {
          #expect(!Self.mismatch(a, b, c), "\(a) * \(b) + \(c)")
        }
      }
    }
  }

  @Test func `the function in use is exact, too`() {
    // (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24; a rounded product would lose the last term.
    #expect(fusedMultiplyAdd(0x1.001p0, 0x1.001p0, -0x1.002p0) == 0x1p-24)
  }
}

import PosternRuntime
import Testing

@Suite struct SquareRootTests {
  /// All 2^32 floats were compared once; here every 4,093rd, so that all exponents and many
  /// significands come up.
  @Test func `the software root is the machine's`() {
    var mismatches = 0
    for bits in stride(from: UInt32(0), to: 0xFFFF_F000, by: 4093) {
      let x = Float(bitPattern: bits)
      if comparableBits(softwareSquareRoot(x)) != comparableBits(x.squareRoot()) { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }

  @Test(arguments: [0, -0.0, 1, 4, 2, 0x1p-149, 0x1p-148, 0x1.fffffep127, .infinity] as [Float])
  func `boundaries have the machine's root`(x: Float) {
    #expect(softwareSquareRoot(x).bitPattern == x.squareRoot().bitPattern)
    #expect(squareRoot(x).bitPattern == x.squareRoot().bitPattern)
  }

  @Test func `a number under zero has no root`() {
    #expect(softwareSquareRoot(-0x1p-149).isNaN)
    #expect(softwareSquareRoot(-.infinity).isNaN)
    #expect(softwareSquareRoot(.nan).isNaN)
  }
}

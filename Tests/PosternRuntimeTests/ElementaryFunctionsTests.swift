import PosternRuntime
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The oracle is libm in double precision, which is within 0.52 ulp of the truth.
@Suite struct ElementaryFunctionsTests {
  /// Every 1,021st float of the 2^32. All of them were compared once, in 4 minutes: each exp and
  /// each log was libm's rounded to Float.
  @Test func `exp and log of a float are rounded as the truth is`() {
    var worstExp = 0.0
    var worstLog = 0.0
    for bits in stride(from: UInt32(0), to: 0xFFFF_FC00, by: 1021) {
      let x = Float(bitPattern: bits)
      if x.magnitude < 104 {
        let y = Elementary.exp(x)
        let truth = exp(Double(x))
        if y.isFinite { worstExp = max(worstExp, abs(Double(y) - truth) / Double(y.ulp)) }
      }
      if x > 0, x.isFinite {
        let y = Elementary.log(x)
        worstLog = max(worstLog, abs(Double(y) - log(Double(x))) / Double(y.ulp))
      }
    }
    #expect(worstExp < 0.50001)
    #expect(worstLog < 0.50001)
  }

  /// How many Doubles lie between two of one sign.
  static func distance(_ a: Double, _ b: Double) -> UInt64 {
    max(a.bitPattern, b.bitPattern) - min(a.bitPattern, b.bitPattern)
  }

  @Test func `exp and log of a double are within one unit in the last place`() {
    var random = RandomFloats(seed: 6)
    var worstExp: UInt64 = 0
    var worstLog: UInt64 = 0
    for _ in 0..<200_000 {
      let u = Double(Int64(bitPattern: random.next())) * 0x1p-63
      for x in [u, u * 0x1p-20, u * 745] {
        worstExp = max(worstExp, Self.distance(Elementary.exp(x), exp(x)))
      }
      let positive = Double(bitPattern: random.next() >> 1)
      for x in [positive, 1 + u * 0.4, 1 + u * 0x1p-30] where x > 0 && x.isFinite && x != 1 {
        worstLog = max(worstLog, Self.distance(Elementary.log(x), log(x)))
      }
    }
    #expect(worstExp <= 1)
    #expect(worstLog <= 1)
  }

  @Test func `exp at its ends`() {
    #expect(Elementary.exp(Float(0)) == 1)
    #expect(Elementary.exp(Float(-0.0)) == 1)
    #expect(Elementary.exp(Float(88.722839)) == .infinity)
    #expect(Elementary.exp(Float(88.72283)) == Float(exp(Double(Float(88.72283)))))
    #expect(Elementary.exp(Float(-103.97209)) == 0)
    #expect(Elementary.exp(Float(-103.97207)) == .leastNonzeroMagnitude)
    #expect(Elementary.exp(Float.infinity) == .infinity)
    #expect(Elementary.exp(-Float.infinity).bitPattern == 0)
    #expect(Elementary.exp(Float.nan).isNaN)
    #expect(Elementary.exp(0x1.62e42fefa39efp+9) == exp(0x1.62e42fefa39efp+9))
    #expect(Elementary.exp((0x1.62e42fefa39efp+9).nextUp) == .infinity)
    #expect(Elementary.exp(-0x1.74910d52d3052p+9) == exp(-0x1.74910d52d3052p+9))
    #expect(Elementary.exp((-0x1.74910d52d3052p+9).nextDown) == 0)
    #expect(Elementary.exp(Double.greatestFiniteMagnitude) == .infinity)
    #expect(Elementary.exp(-Double.greatestFiniteMagnitude) == 0)
  }

  @Test func `log at its ends`() {
    #expect(Elementary.log(1.0).bitPattern == 0)
    #expect(Elementary.log(0.0) == -.infinity)
    #expect(Elementary.log(-0.0) == -.infinity)
    #expect(Elementary.log(-1.0).isNaN)
    #expect(Elementary.log(-Double.infinity).isNaN)
    #expect(Elementary.log(Double.infinity) == .infinity)
    #expect(Elementary.log(Double.nan).isNaN)
    #expect(Elementary.log(Double.leastNonzeroMagnitude) == log(Double.leastNonzeroMagnitude))
    #expect(Elementary.log(Float.leastNonzeroMagnitude) == Float(log(0x1p-149)))
    #expect(Elementary.log(Double.greatestFiniteMagnitude) == log(.greatestFiniteMagnitude))
    // Both sides of the place where the exponent steps.
    for x in [0x1.6a09e667f3bccp-1, 0x1.6a09e667f3bcdp-1, 0x1.6a09e667f3bccp0, 0x1.6a09e667f3bcdp0]
    {
      #expect(Self.distance(Elementary.log(x), log(x)) <= 1)
    }
  }

  static func probabilities(_ logits: [Float]) -> [Float] {
    var memory = [7] + logits.map(\.bitPattern) + [7]
    var words = memory.mutableSpan
    softmax(logits: 1, count: logits.count, probabilities: 1, memory: &words)
    #expect(memory.first == 7 && memory.last == 7)
    return memory[1...logits.count].map { Float(bitPattern: $0) }
  }

  @Test func `softmax is exp of the differences over their sum, in order`() {
    #expect(Self.probabilities([5]) == [1])
    #expect(Self.probabilities([2, 2]) == [0.5, 0.5])
    #expect(Self.probabilities([-1000, 0, -1000]) == [0, 1, 0])
    // e^-17 = 4.1e-8 is less than half the unit of 1, 6.0e-8: after 1 it is lost, and lost again;
    // before 1, the two together count.
    let small: Float = -17
    let p = Self.probabilities([0, small, small])
    #expect(p[0] == 1)
    #expect(p[1] == Elementary.exp(small))
    let reversed = Self.probabilities([small, small, 0])
    #expect(reversed[2] == 1 / (2 * Elementary.exp(small) + 1))
    #expect(reversed[2] < 1)
  }

  @Test func `the largest probability is what softmax gives`() {
    var random = RandomFloats(seed: 7)
    for count in 1...20 {
      let logits = random.floats(.ordinary, count: count).map { $0 * 8 }
      var memory = logits.map(\.bitPattern)
      let words = memory.mutableSpan
      let largest = largestProbability(logits: 0, count: count, memory: words)
      #expect(largest == Self.probabilities(logits).max())
    }
  }
}

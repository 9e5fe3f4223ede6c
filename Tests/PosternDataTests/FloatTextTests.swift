import Testing

@testable import PosternData

@Suite struct FloatTextTests {
  private func text(_ value: Float) -> String {
    var bytes = [UInt8](repeating: 0, count: FloatText.byteCountLimit)
    var output = bytes.mutableSpan
    let end = FloatText.write(value, to: &output, at: 0)
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  /// The digits of a number without point, exponent and zeros on either side.
  private func significantDigits(_ text: String) -> String {
    let digits = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
    return String(String(digits.reversed().drop { $0 == "0" }).reversed())
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "-0"), (5, "5"), (0.1, "0.1"), (-12.5, "-12.5"), (100, "100"),
      (1e-5, "0.00001"),
      (9.999999e-6, "9.999999e-6"), (1e15, "1000000000000000"), (9.999999e15, "9999999000000000"),
      (1e16, "1e16"), (1e-7, "1e-7"), (123456.79, "123456.79"), (0.33333334, "0.33333334"),
      (1.5e-10, "1.5e-10"), (3.4028235e38, "3.4028235e38"), (.leastNonzeroMagnitude, "1e-45"),
      (1.1754944e-38, "1.1754944e-38"),
      (16777216, "16777216"), (0.3, "0.3"), (2e10, "20000000000"), (8388608.5, "8388608"),
      (.nan, "nan"), (.infinity, "inf"), (-.infinity, "-inf"),
    ] as [(Float, String)])
  func `numbers have the documented form`(value: Float, expected: String) {
    #expect(text(value) == expected)
  }

  @Test func `random numbers read back and are as short as the standard library's`() {
    var random = RandomPatterns(seed: 3)
    for _ in 0..<200_000 * LongTests.factor {
      let value = random.finiteFloat()
      let written = text(value)
      #expect(Float(written)?.bitPattern == value.bitPattern)
      #expect(significantDigits(written) == significantDigits(value.description), "\(value)")
    }
  }

  /// Powers of two have a narrower interval below than above.
  @Test func `powers of two and their neighbours read back and are shortest`() {
    for exponent in -149...127 {
      let power = Float(sign: .plus, exponent: exponent, significand: 1)
      for value in [power.nextDown, power, power.nextUp] where value > 0 {
        #expect(Float(text(value))?.bitPattern == value.bitPattern)
        #expect(significantDigits(text(value)) == significantDigits(value.description))
      }
    }
  }

  @Test func `no number takes more than the stated bytes`() {
    var random = RandomPatterns(seed: 5)
    var longest = 0
    for _ in 0..<100_000 { longest = max(longest, text(random.finiteFloat()).utf8.count) }
    for value in [-1.2345678e-5, -1.1754944e-38, -9.999999e15] as [Float] {
      longest = max(longest, text(value).utf8.count)
    }
    #expect(longest <= FloatText.byteCountLimit)
  }

  /// Goal: the table has no wrong digit. Method: an entry times 2^shift is compared with the power
  /// of ten itself, both as exact digit strings in base 2^32.
  @Test(arguments: PowersOfTen.exponents)
  func `a power of ten is rounded up to 64 bits`(power: Int) {
    let entry = PowersOfTen.significands[power - PowersOfTen.exponents.lowerBound]
    #expect(entry >> 63 == 1)
    // entry is the ceiling of 10^power * 2^shift: entry - 1 < 10^power * 2^shift <= entry.
    let shift = 63 - PowersOfTen.floorLog2(power)
    let scaled = product(of: 1, tens: max(power, 0), twos: max(shift, 0))
    for (candidate, isBelow) in [(entry, false), (entry - 1, true)] {
      let other = product(of: candidate, tens: max(-power, 0), twos: max(-shift, 0))
      #expect(isLess(other, scaled) == isBelow)
    }
  }

  /// `factor * 10^tens * 2^twos` in base 2^32, least significant word first.
  private func product(of factor: UInt64, tens: Int, twos: Int) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: 16)
    words[0] = UInt32(truncatingIfNeeded: factor)
    words[1] = UInt32(factor >> 32)
    for base in Array(repeating: 10 as UInt64, count: tens) + Array(repeating: 2, count: twos) {
      var carry: UInt64 = 0
      for index in words.indices {
        carry += UInt64(words[index]) * base
        words[index] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
      precondition(carry == 0)
    }
    return words
  }

  private func isLess(_ left: [UInt32], _ right: [UInt32]) -> Bool {
    left.reversed().lexicographicallyPrecedes(right.reversed())
  }
}

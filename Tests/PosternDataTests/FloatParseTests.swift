import Testing

@testable import PosternData

@Suite struct FloatParseTests {
  private func parse(_ text: String) -> FloatParse { parseFloat(Array(text.utf8).span) }

  /// The bit pattern of the number in `text`, nil if it is none.
  private func bits(_ text: String) -> UInt32? {
    if case .number(let value) = parse(text) { value.bitPattern } else { nil }
  }

  /// What the standard library reads, with infinity as overflow.
  private func expected(_ text: String) -> FloatParse {
    guard let value = Float(text) else { return .notNumber }
    return value.isFinite ? .number(value) : .overflow
  }

  private func checkAgrees(_ text: String) {
    let found = parse(text)
    let wanted = expected(text)
    guard case .number(let left) = found, case .number(let right) = wanted else {
      #expect(found == wanted, "\(text)")
      return
    }
    #expect(left.bitPattern == right.bitPattern, "\(text)")
  }

  @Test(
    arguments: [
      ("0", 0), ("5", 5), ("-12.5", -12.5), ("+3", 3), (".5", 0.5), ("5.", 5), ("1e3", 1000),
      ("1E-2", 0.01), ("2.5e+1", 25), (" 7 ", 7), ("\t7\t", 7), ("007", 7), ("0.1", 0.1),
      ("340282346638528859811704183484516925440", Float.greatestFiniteMagnitude),
    ] as [(String, Float)])
  func `decimal numbers are read`(text: String, value: Float) {
    #expect(parse(text) == .number(value))
  }

  @Test(arguments: [
    "", " ", ".", "-", "+", "e5", "1e", "1e+", "1,5", "1 000", "1_000", "0x10", "1.2.3", "--1",
    "12a",
    "١", "1e5.0", "in", "infinit", "nanx", "1\n", "½", "1e5e5", "- 1",
  ])
  func `other text is not a number`(text: String) {
    #expect(parse(text) == .notNumber)
  }

  @Test(arguments: ["inf", "-Inf", "+INFINITY", "nan", "NaN", "-nan", " inf "])
  func `names of numbers that are not finite are told apart`(text: String) {
    #expect(parse(text) == .notFinite)
  }

  @Test(arguments: [
    "1e39", "-1e999", "3.4028236e38", "1e1000000000000000000000",
    "9" + String(repeating: "0", count: 50),
  ])
  func `numbers beyond the largest Float overflow`(text: String) {
    #expect(parse(text) == .overflow)
  }

  @Test func `the sign of zero is kept`() {
    #expect(bits("-0") == 0x8000_0000)
    #expect(bits("0.000e999") == 0)
    #expect(bits("-1e-999") == 0x8000_0000)
  }

  @Test func `zeros before the exponent do not hide the magnitude`() {
    let zeros = String(repeating: "0", count: 5000)
    #expect(parse("0." + zeros + "1e5001") == .number(1))
    #expect(parse("1" + zeros + "e-5000") == .number(1))
    #expect(parse(zeros + "1.5") == .number(1.5))
  }

  /// Goal: rounding is right exactly where it is hardest. Method: the exact decimal text of the
  /// midpoint of two neighbours must go to the even one, and one unit in a place far behind the
  /// last digit must move it off the tie.
  @Test func `midpoints go to even and their neighbours to the nearer side`() {
    var random = RandomPatterns(seed: 7)
    var patterns: [UInt32] = [0, 1, 2, 0x7F_FFFE, 0x7F_FFFF, 0x80_0000, 0x7F7F_FFFE, 0x3F7F_FFFF]
    for _ in 0..<500 { patterns.append(UInt32(random.next() % 0x7F7F_FFFF)) }
    for pattern in patterns {
      let midpoint = Decimal(midpointAbove: pattern)
      let even = pattern % 2 == 0 ? pattern : pattern + 1
      #expect(bits(midpoint.text) == even, "\(midpoint.text)")
      #expect(bits(midpoint.text + String(repeating: "0", count: 700)) == even)
      #expect(bits(midpoint.text + String(repeating: "0", count: 700) + "1") == pattern + 1)
      #expect(bits(midpoint.justBelow) == pattern, "\(midpoint.justBelow)")
    }
    #expect(parse(Decimal(midpointAbove: 0x7F7F_FFFF).text) == .overflow)
    #expect(bits(Decimal(midpointAbove: 0x7F7F_FFFF).justBelow) == 0x7F7F_FFFF)
  }

  @Test func `the standard library agrees on random decimal text`() {
    var random = RandomPatterns(seed: 11)
    for _ in 0..<200_000 * LongTests.factor {
      let digitCount = Int(random.next() % 25) + 1
      var text = random.next() % 4 == 0 ? "-" : ""
      let point = Int(random.next() % 30)
      for place in 0..<digitCount {
        if place == point { text += "." }
        text.unicodeScalars.append(Unicode.Scalar(UInt8(48 + random.next() % 10)))
      }
      if random.next() % 2 == 0 { text += "e\(Int(random.next() % 110) - 65)" }
      checkAgrees(text)
    }
  }

  @Test func `the standard library agrees on doubles printed in full`() {
    var random = RandomPatterns(seed: 13)
    for _ in 0..<50_000 * LongTests.factor {
      let value = Double(random.finiteFloat())
      let shaken = value * (1 + Double(Int64(random.next() % 2001) - 1000) * 0x1p-52)
      checkAgrees("\(shaken)")
      checkAgrees("\(value * 1.00000003)")
    }
  }

  @Test func `every printed Float reads back`() {
    var random = RandomPatterns(seed: 17)
    for _ in 0..<200_000 * LongTests.factor {
      let value = random.finiteFloat()
      #expect(bits(value.description) == value.bitPattern)
    }
  }
}

/// A decimal number made by exact arithmetic on its digits, as an oracle that shares nothing with
/// the code under test.
private struct Decimal {
  /// Digits, most significant first.
  private var digits: [Int]
  private var exponent = 0

  /// The midpoint of the Float with this pattern and the next larger one.
  init(midpointAbove pattern: UInt32) {
    let biased = Int(pattern >> 23)
    let fraction = Int(pattern & 0x7F_FFFF)
    let significand = 2 * (biased == 0 ? fraction : fraction + 0x80_0000) + 1
    digits = String(significand).compactMap(\.wholeNumberValue)
    let power = max(biased, 1) - 151
    for _ in 0..<abs(power) {
      multiply(by: power < 0 ? 5 : 2)
    }
    exponent = min(power, 0)
  }

  private mutating func multiply(by factor: Int) {
    var carry = 0
    for index in digits.indices.reversed() {
      carry += digits[index] * factor
      digits[index] = carry % 10
      carry /= 10
    }
    if carry > 0 { digits.insert(carry, at: 0) }
  }

  /// The number without exponent, with a point before more zeros can follow.
  var text: String {
    let text = digits.map(String.init).joined()
    if exponent == 0 { return text + "." }
    let padded = String(repeating: "0", count: max(0, 1 - exponent - text.count)) + text
    let cut = padded.index(padded.endIndex, offsetBy: exponent)
    return padded[..<cut] + "." + padded[cut...]
  }

  /// The number minus a little: its last digit lowered, then nines. The last digit is never zero.
  var justBelow: String {
    var lower = self
    var index = lower.digits.count - 1
    while lower.digits[index] == 0 {
      lower.digits[index] = 9
      index -= 1
    }
    lower.digits[index] -= 1
    return lower.text + "9999999999"
  }
}

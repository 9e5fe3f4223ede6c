import PosternFormat
import Testing

@testable import PosternData

/// Goal: numbers that people write with marks and units are those numbers or nothing.
@Suite struct NumberFormTests {
  private func rewritten(_ text: String, _ form: NumberForm) -> String? {
    let bytes = Array(text.utf8)
    var output = InlineArray<128, UInt8>(repeating: 0)
    let count = form.rewrite(bytes.span, to: &output)
    if count == 0 { return nil }
    return String(decoding: output.span.extracting(first: count).copied(), as: UTF8.self)
  }

  @Test(arguments: [
    ("1,5", "1.5"), ("-0,25", "-0.25"), ("1", "1"), (" 3,0 ", "3.0"), ("1,5e3", "1.5e3"),
    (",5", ".5"),
  ])
  func `a decimal comma becomes a point`(text: String, expected: String) {
    #expect(rewritten(text, NumberForm(decimal: .comma)) == expected)
  }

  @Test(arguments: ["1.5", "1,5,2", "1.234,5"])
  func `what has no single decimal comma is refused`(text: String) {
    let form = NumberForm(decimal: .comma)
    let bytes = Array((rewritten(text, form) ?? "").utf8)
    #expect(parseDouble(bytes.span) == .notNumber)
  }

  @Test func `groups of three digits are put together`() {
    let english = NumberForm(grouping: .comma)
    #expect(rewritten("1,234,567.5", english) == "1234567.5")
    #expect(rewritten("12", english) == "12")
    #expect(rewritten("-1,000", english) == "-1000")
    let german = NumberForm(decimal: .comma, grouping: .point)
    #expect(rewritten("1.234,5", german) == "1234.5")
    let french = NumberForm(decimal: .comma, grouping: .space)
    for space in [" ", "\u{A0}", "\u{202F}"] {
      #expect(rewritten("12\(space)345,6", french) == "12345.6")
    }
    let swiss = NumberForm(grouping: .apostrophe)
    #expect(rewritten("1'234.5", swiss) == "1234.5")
    #expect(rewritten("1\u{2019}234.5", swiss) == "1234.5")
    #expect(rewritten("1_000", NumberForm(grouping: .underscore)) == "1000")
  }

  @Test(arguments: ["1,23", "1,2345", ",123", "0,123", "1234,567", "1,,234", "1,234,5"])
  func `groups of other widths are refused`(text: String) {
    #expect(rewritten(text, NumberForm(grouping: .comma)) == nil)
  }

  @Test func `the unit is taken off once, at either end`() {
    let form = NumberForm(unit: Array("kg".utf8))
    #expect(rewritten("24 kg", form) == "24")
    #expect(rewritten("24kg", form) == "24")
    #expect(rewritten("24", form) == "24")
    #expect(rewritten("$12", NumberForm(unit: Array("$".utf8))) == "12")
    let twice = Array((rewritten("24 kg kg", form) ?? "").utf8)
    #expect(parseDouble(twice.span) == .notNumber)
  }

  @Test(arguments: ["", "kg", "-", "+", ".", ",", String(repeating: "1", count: 200)])
  func `what is no number is refused`(text: String) {
    let form = NumberForm(decimal: .comma, unit: Array("kg".utf8))
    let bytes = Array((rewritten(text, form) ?? "").utf8)
    #expect(parseDouble(bytes.span) == .notNumber)
  }

  private func shape(_ text: String) -> NumberShape {
    let bytes = Array(text.utf8)
    return NumberShape(bytes.span)
  }

  @Test func `a shape says in which forms a text is a number`() {
    #expect(shape("123").forms == .all)
    #expect(shape("1.5").forms.contains(.plain))
    #expect(!shape("1.5").forms.contains(NumberForms(.comma, .point)))
    #expect(shape("1.234").forms.isSuperset(of: [.plain, NumberForms(.comma, .point)]))
    #expect(
      shape("1,234").forms.isSuperset(of: [NumberForms(.comma, .none), NumberForms(.point, .comma)])
    )
    #expect(!shape("1,234").forms.contains(.plain))
    #expect(shape("1.234,5").forms == NumberForms(.comma, .point))
    #expect(shape("12 345,6").forms == NumberForms(.comma, .space))
    for text in ["abc", "", "12:30", "1-2", "x1", "a 5 b", "2024-01-02"] {
      #expect(shape(text).forms.isEmpty, "\(text)")
    }
  }

  @Test(arguments: [
    ("24 kg", "kg"), ("5%", "%"), ("12 €", "€"), ("$3", "$"), ("€ 3,5", "€"), ("USD 3", "USD"),
    ("10 m²", "m²"),
  ])
  func `a shape has a unit`(text: String, unit: String) {
    let shape = shape(text)
    #expect(!shape.forms.isEmpty)
    #expect(Array(text.utf8)[shape.unit].elementsEqual(unit.utf8))
  }
}

/// Goal: one value, one category.
@Suite struct CategoryIdentityTests {
  private func key(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var key: [UInt8] = []
    appendCategoryKey(of: bytes.span, to: &key)
    return String(decoding: key, as: UTF8.self)
  }

  @Test func `numbers are equal by value`() {
    for text in ["1", "1.0", "01", "+1", " 1 ", "1e0", "10e-1", "1.", "001.000"] {
      #expect(key(text) == key("1"), "\(text)")
    }
    #expect(key("100") == key("1e2"))
    #expect(key("-0.50") == key("-.5"))
    for text in ["0", "-0", "0.0", "0e9"] { #expect(key(text) == key("0"), "\(text)") }
    #expect(key("12345678901234567890") != key("12345678901234567891"))
    #expect(key("1") != key("-1"))
    #expect(key("1") != key("10"))
  }

  @Test func `true and false are equal in any case, other texts by their bytes`() {
    #expect(key("TRUE") == key("true"))
    #expect(key(" False") == key("false"))
    #expect(key("true") != key("1"))
    #expect(key("Red") != key("red"))
    #expect(key(" red\t") == key("red"))
    #expect(key("NaN") != key("nan"))
  }

  @Test func `a dictionary is found by its texts first`() {
    var index = CategoryIndex(["01", "1", "red", "True"].map { Array($0.utf8) })
    func code(_ text: String) -> Int? {
      let bytes = Array(text.utf8)
      return index.code(of: bytes.span)
    }
    #expect(code("01") == 0)
    #expect(code("1") == 1)
    #expect(code("1.0") == 0)
    #expect(code(" red") == 2)
    #expect(code("TRUE") == 3)
    #expect(code("blue") == nil)
  }
}

/// Goal: an origin keeps the digits that tell the values of a column apart.
@Suite struct NumberStatisticsTests {
  @Test(arguments: [
    (1_700_000_000.0, 3000.0), (20_180_000, 1200), (5_400_000, 30), (1e12, 5), (-4e15, 1000),
    (1e3, 1e-3), (2e7, 40), (1e-3, 1e-9),
  ])
  func `numbers far from zero lose at most a millionth of their spread`(
    offset: Double, spread: Double
  ) {
    let values = (0..<500).map { offset + spread * Double($0) / 499 }
    let origin = NumberStatistics(values).origin
    let reading = NumberReading(origin: origin)
    #expect(reading.isRelative)
    for value in values {
      let back = reading.absolute(Double(reading.relative(value)))
      #expect((back - value).magnitude <= spread * 0x1p-20 + value.ulp)
    }
    #expect(origin.origin == offset || origin.origin.description.count < 20)
  }

  @Test func `numbers near zero stay as they are`() {
    #expect(NumberStatistics((0..<100).map(Double.init)).origin == .zero)
    #expect(NumberStatistics([1200, 1300, 1250, 1220]).origin == .zero)
    #expect(NumberStatistics([5, 5, 5]).origin == .zero)
    #expect(NumberStatistics([]).origin == .zero)
  }

  /// A code for "none" far away must not widen the spread.
  @Test func `a few numbers far away do not count`() {
    let values = (0..<1000).map { $0 % 50 == 0 ? 0 : 1.7e9 + Double($0) }
    let reading = NumberReading(origin: NumberStatistics(values).origin)
    #expect(reading.relative(1.7e9 + 1) != reading.relative(1.7e9 + 2))
  }

  @Test(arguments: [1e-40, 3e-300, 1e40, 1e300])
  func `very small and very large numbers are scaled`(scale: Double) {
    let values = (0..<200).map { scale * Double($0 - 20) }
    let reading = NumberReading(origin: NumberStatistics(values).origin)
    for value in values {
      let row = reading.relative(value)
      #expect(row.isFinite && row.magnitude < 0x1p90)
      #expect((reading.absolute(Double(row)) - value).magnitude <= scale * 200 * 0x1p-20)
    }
  }

  @Test func `different numbers that become one are noticed`() {
    let close = NumberStatistics([1e15, 1e15 + 1, 2e15])
    #expect(close.collapses(NumberReading()))
    #expect(!NumberStatistics([1, 2, 3]).collapses(NumberReading()))
  }
}

/// Goal: a prediction has the digits that it carries, and reads back as itself.
@Suite struct DoubleTextTests {
  private func text(_ value: Float, _ origin: Double, _ exponent: Int = 0) -> String {
    var buffer = TextBuffer(capacity: 64)
    buffer.append(
      value,
      as: NumberReading(origin: NumberOrigin(origin: origin, exponent: exponent)))
    return String(decoding: buffer.bytes.copied(), as: UTF8.self)
  }

  @Test func `a value behind an origin has no digit too many`() {
    #expect(text(13.436, 1_700_000_000) == "1700000013.436")
    #expect(text(0, 1_700_000_000) == "1700000000")
    #expect(text(-0.5, 20_180_000) == "20179999.5")
    #expect(text(1234.5677, 5e6) == "5001234.5677")
    #expect(text(1e-3, 1e12) == "1000000000000.001")
    #expect(text(0.25, 0, -130) == "1.8367099231598242e-40")
    #expect(text(1.5, 0) == "1.5")
  }

  @Test func `a text reads back as its value`() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let origin = (Double.random(in: -1...1, using: &random) * 1e12).rounded()
      let reading = NumberReading(origin: NumberOrigin(origin: origin, exponent: 0))
      let value = Float.random(in: -5000...5000, using: &random)
      var buffer = TextBuffer(capacity: 64)
      buffer.append(value, as: reading)
      let bytes = buffer.bytes.copied()
      guard case .number(let number) = parseDouble(bytes.span) else {
        Issue.record("\(String(decoding: bytes, as: UTF8.self)) is no number")
        return
      }
      #expect(number == decimalValue(of: value, as: reading))
      // Beyond the digits of binary64 a value is known to its last place only.
      let slack = Float(reading.absolute(Double(value)).ulp)
      #expect(
        (reading.relative(number) - value).magnitude <= slack,
        "value \(value) origin \(origin): \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test(arguments: [
    (0.1, "0.1"), (5, "5"), (-0.0, "-0"), (1e16, "1e16"), (1.5e300, "1.5e300"), (1e-7, "1e-7"),
  ])
  func `double precision is written short`(value: Double, expected: String) {
    var buffer = TextBuffer(capacity: 64)
    buffer.append(value)
    #expect(String(decoding: buffer.bytes.copied(), as: UTF8.self) == expected)
  }
}

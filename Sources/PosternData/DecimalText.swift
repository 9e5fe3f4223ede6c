// DecimalText.swift: the parts of a decimal number in text.
//
// Step: fields → [numbers] → features.

/// A decimal number taken apart: `significand * 10^exponent`, where `significand` has at most the
/// first 19 significant digits.
struct DecimalText {
  /// At most 19 significant digits; zero exactly when all digits are zero.
  var significand: UInt64 = 0
  /// The power of ten that belongs to ``significand``, saturated far outside the range of Float.
  var exponent = 0
  var isNegative = false
  /// Where the digits, with the point among them, lie in the text.
  var digits = 0..<0
  /// The power of ten of the last digit in the text.
  var lastDigitExponent = 0

  /// Exponents are saturated here: no text is long enough to bring such a number back into range.
  private static let exponentLimit = 1 << 40

  /// Takes `text` apart.
  ///
  /// - Returns: Whether the whole text is a decimal number. If not, only ``digits`` is meaningful:
  ///   it starts after the leading blanks and the sign.
  mutating func scan(_ text: Span<UInt8>) -> Bool {
    var end = text.count
    var index = 0
    while index < end, isBlank(text[index]) { index += 1 }
    while end > index, isBlank(text[end - 1]) { end -= 1 }
    if index < end, text[index] == 0x2D || text[index] == 0x2B {
      isNegative = text[index] == 0x2D
      index += 1
    }
    let start = index
    var value: UInt64 = 0
    while index < end, text[index] &- 0x30 < 10 {
      value = value &* 10 &+ UInt64(text[index] &- 0x30)
      index += 1
    }
    var digitCount = index - start
    var fractionCount = 0
    if index < end, text[index] == 0x2E {
      index += 1
      let fraction = index
      while index < end, text[index] &- 0x30 < 10 {
        value = value &* 10 &+ UInt64(text[index] &- 0x30)
        index += 1
      }
      fractionCount = index - fraction
      digitCount += fractionCount
    }
    digits = start..<index
    guard digitCount > 0 else {
      digits = start..<end
      return false
    }
    lastDigitExponent = -fractionCount
    if index < end {
      guard let power = Self.exponent(in: text.extracting(index..<end)) else { return false }
      lastDigitExponent += power
    }
    significand = value
    exponent = lastDigitExponent
    if digitCount > 19 { keepLeadingDigits(of: text) }
    return true
  }

  /// Whether the text after the sign is a name of a number that is not finite.
  func isNamed(in text: Span<UInt8>) -> Bool {
    let name = text.extracting(digits)
    return name.equalsIgnoringCase(infName) || name.equalsIgnoringCase(infinityName)
      || name.equalsIgnoringCase(nanName)
  }

  /// Redoes ``significand`` and ``exponent`` for more digits than 64 bits can hold.
  private mutating func keepLeadingDigits(of text: Span<UInt8>) {
    significand = 0
    var kept = 0
    var cut = 0
    for index in digits where text[index] != 0x2E {
      let digit = UInt64(text[index] &- 0x30)
      if kept == 19 {
        cut += 1
      } else if kept > 0 || digit > 0 {
        significand = significand * 10 + digit
        kept += 1
      }
    }
    exponent = lastDigitExponent + cut
  }

  /// The value of `e`, an optional sign and digits that fill `text`, or nil.
  private static func exponent(in text: Span<UInt8>) -> Int? {
    guard text[0] | 0x20 == 0x65 else { return nil }
    var index = 1
    var isNegative = false
    if index < text.count, text[index] == 0x2D || text[index] == 0x2B {
      isNegative = text[index] == 0x2D
      index += 1
    }
    guard index < text.count else { return nil }
    var power = 0
    while index < text.count {
      let digit = text[index] &- 0x30
      guard digit < 10 else { return nil }
      power = min(power * 10 + Int(digit), exponentLimit)
      index += 1
    }
    return isNegative ? -power : power
  }
}

/// Whether `byte` is a space or a tab.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

extension Span<UInt8> {
  /// Whether the bytes are `word`, ASCII in lower case, in any mixture of cases.
  func equalsIgnoringCase<let length: Int>(_ word: InlineArray<length, UInt8>) -> Bool {
    guard count == length else { return false }
    for index in indices where lowercased(self[index]) != word[index] { return false }
    return true
  }
}

/// The small letter for a capital ASCII letter, any other byte unchanged.
func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

// Names of numbers that are not finite, in ASCII.
private let infName: InlineArray<3, UInt8> = [0x69, 0x6E, 0x66]
private let infinityName: InlineArray<8, UInt8> = [0x69, 0x6E, 0x66, 0x69, 0x6E, 0x69, 0x74, 0x79]
private let nanName: InlineArray<3, UInt8> = [0x6E, 0x61, 0x6E]

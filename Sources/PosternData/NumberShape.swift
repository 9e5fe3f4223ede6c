// NumberShape.swift: in which ways a text can be read as a number.
//
// Step: fields → [summary] → kinds of columns.

package import PosternFormat

/// A set of pairs of decimal mark and digit grouping.
package struct NumberForms: OptionSet, Sendable {
  package let rawValue: UInt16

  /// Creates a set from its bits.
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The set of one pair.
  package init(_ decimal: DecimalMark, _ grouping: DigitGrouping) {
    rawValue = 1 << UInt16(decimal.rawValue * 6 + grouping.rawValue)
  }

  /// Plain decimal numbers.
  package static let plain = NumberForms(.point, .none)
  /// All pairs of different marks.
  package static let all = NumberForms(pairs.map { NumberForms($0.decimal, $0.grouping) })

  /// All pairs with a decimal point.
  package static let withPoint = NumberForms(
    pairs.filter { $0.decimal == .point }.map { NumberForms($0.decimal, $0.grouping) })

  /// All pairs of different marks; of two that fit, the earlier one is meant.
  package static let pairs: [(decimal: DecimalMark, grouping: DigitGrouping)] = [
    (.point, .none), (.comma, .none), (.point, .comma), (.comma, .point), (.point, .space),
    (.comma, .space), (.point, .apostrophe), (.comma, .apostrophe), (.point, .underscore),
    (.comma, .underscore),
  ]

  /// The pairs in the set.
  package var pairs: [(decimal: DecimalMark, grouping: DigitGrouping)] {
    NumberForms.pairs.filter { contains(NumberForms($0.decimal, $0.grouping)) }
  }
}

/// What a text is if it is read as a number with whatever marks and unit it has.
package struct NumberShape: Equatable, Sendable {
  /// The forms in which the digits are a number; empty: none.
  package var forms: NumberForms = []
  /// The bytes of the unit in the text; empty: none.
  package var unit = 0..<0
  /// Whether the unit stands in front.
  package var isPrefix = false
  /// Whether the number has a zero in front that says nothing.
  package var isPadded = false
  /// Whether it has digits only, and a sign perhaps.
  package var isInteger = false
  /// Digits of an integer.
  package var digitCount = 0
  /// Whether the digits have a point or a comma among them.
  package var hasFraction = false
  /// Whether there is one number with a few characters around it that are no code: no letter in
  /// front, and at most four behind.
  package var isWrapped = false

  /// Looks at a text.
  ///
  /// - Complexity: O(*length*), no allocation.
  package init(_ text: Span<UInt8>) {
    var end = text.count
    var start = 0
    while start < end, isBlank(text[start]) { start += 1 }
    while end > start, isBlank(text[end - 1]) { end -= 1 }
    guard end - start <= NumberForm.byteCountLimit else { return }
    let number = NumberShape.core(text, start..<end)
    guard !number.isEmpty else { return }
    let inner = text.extracting(number)
    hasFraction = NumberShape.hasFraction(inner)
    isWrapped = NumberShape.isWrapped(
      inner, front: text.extracting(start..<number.lowerBound),
      back: text.extracting(number.upperBound..<end))
    guard findUnit(text, start..<end, number) else { return }
    forms = NumberShape.forms(text.extracting(number))
    lookAtDigits(text.extracting(number))
  }

  private static func hasFraction(_ text: Span<UInt8>) -> Bool {
    guard text.count > 2 else { return false }
    for index in 1..<text.count - 1 where text[index] == 0x2E || text[index] == 0x2C { return true }
    return false
  }

  private static func isWrapped(
    _ text: Span<UInt8>, front: Span<UInt8>, back: Span<UInt8>
  ) -> Bool {
    guard front.count <= 4, back.count <= 4 else { return false }
    // Addresses and versions have points, and no number has two.
    var pointCount = 0
    for index in text.indices where text[index] == 0x2E { pointCount += 1 }
    guard pointCount < 2 else { return false }
    for index in front.indices where (front[index] | 0x20) &- 0x61 < 26 { return false }
    for index in text.indices where text[index] &- 0x30 >= 10 {
      guard [0x2D, 0x2B, 0x2E, 0x2C, 0x44, 0x64, 0x45, 0x65].contains(text[index]) else {
        return false
      }
      // A sign inside is that of an exponent.
      let isSign = text[index] == 0x2D || text[index] == 0x2B
      if isSign && index > 0 && text[index - 1] | 0x20 != 0x64 && text[index - 1] | 0x20 != 0x65 {
        return false
      }
    }
    return true
  }

  /// From the first sign or digit to the last digit.
  private static func core(_ text: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    guard let first = range.first(where: { text[$0] &- 0x30 < 10 }),
      let last = range.last(where: { text[$0] &- 0x30 < 10 })
    else { return 0..<0 }
    var start = first
    if start > range.lowerBound, text[start - 1] == 0x2E || text[start - 1] == 0x2C { start -= 1 }
    if start > range.lowerBound, text[start - 1] == 0x2D || text[start - 1] == 0x2B { start -= 1 }
    var end = last + 1
    if end < range.upperBound, text[end] == 0x2E || text[end] == 0x2C { end += 1 }
    return start..<end
  }

  /// Notes what stands around the number.
  ///
  /// - Returns: Whether it can be a unit: on one side only, of few bytes; in front only a sign of
  ///   currency or an abbreviation in capitals, because `x1` is a code.
  private mutating func findUnit(
    _ text: Span<UInt8>, _ range: Range<Int>, _ number: Range<Int>
  ) -> Bool {
    var start = range.lowerBound
    if start < number.lowerBound, text[start] == 0x2D || text[start] == 0x2B { start += 1 }
    let front = NumberShape.unit(text, start..<number.lowerBound)
    let back = NumberShape.unit(text, number.upperBound..<range.upperBound)
    // A sign in front must have a unit behind it.
    if start > range.lowerBound && (front.isEmpty || front.lowerBound > start) { return false }
    if front.isEmpty && back.isEmpty { return true }
    guard front.isEmpty || back.isEmpty else { return false }
    isPrefix = back.isEmpty
    unit = isPrefix ? front : back
    guard unit.count <= 24, isValidUTF8(text.extracting(unit)) else { return false }
    for index in unit {
      if text[index] == 0x22 || text[index] < 0x20 { return false }
      // A minus or a dash of another alphabet is a sign that is written otherwise.
      if isDash(text, at: index, before: unit.upperBound) { return false }
    }
    if !isPrefix {
      // A mark or a sign behind a number is no unit.
      return ![0x2D, 0x2B, 0x2C, 0x2E, 0x3A, 0x2F, 0x27, 0x5F].contains(text[unit.lowerBound])
    }
    let hasSpace = unit.upperBound < number.lowerBound
    for index in unit {
      let byte = text[index]
      let isCapital = byte &- 0x41 < 26
      guard byte == 0x24 || byte >= 0x80 || (isCapital && (hasSpace || unit.count == 3)) else {
        return false
      }
    }
    return true
  }

  /// Whether U+2010 to U+2015 or U+2212 starts at a byte.
  private func isDash(_ text: Span<UInt8>, at index: Int, before end: Int) -> Bool {
    guard index + 2 < end, text[index] == 0xE2 else { return false }
    return text[index + 1] == 0x80 && (0x90...0x95).contains(text[index + 2])
      || text[index + 1] == 0x88 && text[index + 2] == 0x92
  }

  /// What is left of a range without blanks at its ends.
  private static func unit(_ text: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return range }
    var start = range.lowerBound
    let whole = text.extracting(range)
    let kept = withoutBlanks(whole)
    // The blanks in front are those that are there no more when only the end is trimmed.
    while start < range.upperBound, !kept.isEmpty,
      !text.extracting(start..<min(start + kept.count, range.upperBound)).equals(kept)
    {
      start += 1
    }
    return kept.isEmpty ? range.upperBound..<range.upperBound : start..<start + kept.count
  }

  /// The forms in which `text`, from its sign to its last digit, is a number.
  private static func forms(_ text: Span<UInt8>) -> NumberForms {
    var result = NumberForms.all
    // Digits alone are a number in every form.
    var isOnlyDigits = true
    for index in text.indices where text[index] &- 0x30 >= 10 {
      isOnlyDigits = isOnlyDigits && index == 0 && text[index] != 0x2E && text[index] != 0x2C
    }
    if isOnlyDigits { return result }
    // Nobody groups the digits in front of an exponent.
    for index in text.indices where text[index] | 0x20 == 0x65 {
      result = [NumberForms(.point, .none), NumberForms(.comma, .none)]
    }
    var output = InlineArray<128, UInt8>(repeating: 0)
    for (decimal, grouping) in result.pairs {
      let form = NumberForm(decimal: decimal, grouping: grouping)
      let count = form.rewrite(text, to: &output)
      guard count > 0, case .number = parseDouble(output.span.extracting(first: count)) else {
        result.subtract(NumberForms(decimal, grouping))
        continue
      }
    }
    return result
  }

  private mutating func lookAtDigits(_ text: Span<UInt8>) {
    var index = text[0] == 0x2D || text[0] == 0x2B ? 1 : 0
    let first = index
    while index < text.count, text[index] &- 0x30 < 10 { index += 1 }
    isInteger = index == text.count
    digitCount = index - first
    isPadded = index - first > 1 && text[first] == 0x30
  }
}

// NumberForm.swift: how the numbers of a column are written, and what they are then.
//
// Step: fields → [numbers] → features.   Specification: formats/model.md, sections 6.6 and 9.0.

package import PosternFormat

/// The way in which the numbers of a column are written.
package struct NumberForm: Equatable, Sendable {
  /// What stands before the fraction.
  package var decimal = DecimalMark.point
  /// What stands between groups of three digits.
  package var grouping = DigitGrouping.none
  /// A text that may stand before or behind the number, without blanks at its ends; empty: none.
  package var unit: [UInt8] = []

  /// Creates a form; the default one is that of plain decimal numbers.
  package init(
    decimal: DecimalMark = .point, grouping: DigitGrouping = .none, unit: [UInt8] = []
  ) {
    self.decimal = decimal
    self.grouping = grouping
    self.unit = unit
  }

  /// Whether numbers need no rewriting.
  package var isPlain: Bool { decimal == .point && grouping == .none && unit.isEmpty }
}

extension NumberForm {
  /// The longest text that is rewritten; nobody writes longer numbers with marks in them.
  static let byteCountLimit = 128

  /// Rewrites a text of this form as a plain decimal number.
  ///
  /// - Parameters:
  ///   - text: A field.
  ///   - output: Room for the number.
  /// - Returns: The number of bytes written; 0 for a text that is not of this form.
  /// - Complexity: O(*length*), no allocation.
  func rewrite(
    _ text: Span<UInt8>, to output: inout InlineArray<128, UInt8>
  ) -> Int {
    let trimmedText = trimmed(text)
    var count = 0
    var text = trimmedText
    let place = unitPlace(text)
    switch place {
    case .none: break
    case .front: text = withoutBlanks(text.extracting(unit.count...))
    case .behindSign:
      output[0] = text[0]
      count = 1
      text = withoutBlanks(text.extracting((1 + unit.count)...))
    case .back: text = withoutBlanks(text.extracting(first: text.count - unit.count))
    }
    guard text.count > 0, text.count < Self.byteCountLimit else { return 0 }
    var index = 0
    if text[0] == 0x2D || text[0] == 0x2B {
      guard count == 0 else { return 0 }
      output[count] = text[0]
      count += 1
      index = 1
    }
    var groups = DigitGroups()
    let firstDigit = count
    while index < text.count {
      let byte = text[index]
      if byte &- 0x30 < 10 {
        groups.addDigit(isZero: byte == 0x30)
      } else if byte == decimal.byte {
        break
      } else if let length = grouping.length(in: text, at: index) {
        guard groups.close() else { return 0 }
        index += length
        continue
      } else {
        break
      }
      output[count] = byte
      count += 1
      index += 1
    }
    guard groups.isLawful else { return 0 }
    if index < text.count, text[index] == decimal.byte {
      output[count] = 0x2E
      count += 1
      index += 1
    }
    // Fraction and exponent have no groups; the parser says whether they are lawful.
    while index < text.count {
      guard text[index] != 0x2E else { return 0 }
      output[count] = text[index]
      count += 1
      index += 1
    }
    return count > firstDigit ? count : 0
  }

  /// Where the unit of a number stands.
  private enum UnitPlace { case none, front, behindSign, back }

  private func unitPlace(_ text: Span<UInt8>) -> UnitPlace {
    let width = unit.count
    guard width > 0, text.count > width else { return .none }
    if text.extracting(first: width).equals(unit.span) { return .front }
    if text[0] == 0x2D || text[0] == 0x2B, text.extracting(1..<1 + width).equals(unit.span) {
      return .behindSign
    }
    return text.extracting((text.count - width)...).equals(unit.span) ? .back : .none
  }
}

/// `text` without spaces, tabs and no-break spaces at its ends.
@_lifetime(copy text)
func withoutBlanks(_ text: Span<UInt8>) -> Span<UInt8> {
  var start = 0
  var end = text.count
  while start < end, let width = blankWidth(text, at: start), start + width <= end {
    start += width
  }
  while end > start {
    if isBlank(text[end - 1]) {
      end -= 1
    } else if end - start >= 2, blankWidth(text, at: end - 2) == 2 {
      end -= 2
    } else if end - start >= 3, blankWidth(text, at: end - 3) == 3 {
      end -= 3
    } else {
      break
    }
  }
  return text.extracting(start..<end)
}

/// How many bytes a blank or a no-break space at `index` has; nil if none is there.
private func blankWidth(_ text: Span<UInt8>, at index: Int) -> Int? {
  isBlank(text[index]) ? 1 : DigitGrouping.space.length(in: text, at: index)
}

/// Digits with marks between groups of three.
struct DigitGroups {
  /// Digits since the last mark.
  private var width = 0
  private var markCount = 0
  private var startsWithZero = false
  private var isBroken = false

  mutating func addDigit(isZero: Bool) {
    if width == 0 && markCount == 0 { startsWithZero = isZero }
    width += 1
  }

  /// Ends a group by a mark.
  ///
  /// - Returns: Whether a group may end here.
  mutating func close() -> Bool {
    let isFirst = markCount == 0
    markCount += 1
    let isGood = isFirst ? (1...3).contains(width) && !startsWithZero : width == 3
    width = 0
    isBroken = isBroken || !isGood
    return isGood
  }

  /// Whether the digits so far may be all of the integer part.
  var isLawful: Bool { !isBroken && (markCount == 0 || width == 3) }
}

extension DecimalMark {
  /// The mark as it is written.
  package var byte: UInt8 {
    switch self {
    case .point: 0x2E
    case .comma: 0x2C
    }
  }
}

extension DigitGrouping {
  /// How many bytes of `text` at `index` are this mark; nil for none.
  func length(in text: Span<UInt8>, at index: Int) -> Int? {
    let byte = text[index]
    switch self {
    case .none: return nil
    case .comma: return byte == 0x2C ? 1 : nil
    case .point: return byte == 0x2E ? 1 : nil
    case .underscore: return byte == 0x5F ? 1 : nil
    case .space:
      if byte == 0x20 { return 1 }
      if byte == 0xC2, index + 1 < text.count, text[index + 1] == 0xA0 { return 2 }
      return isSequence(0xE2, 0x80, 0xAF, in: text, at: index) ? 3 : nil
    case .apostrophe:
      if byte == 0x27 { return 1 }
      return isSequence(0xE2, 0x80, 0x99, in: text, at: index) ? 3 : nil
    }
  }

  private func isSequence(
    _ first: UInt8, _ second: UInt8, _ third: UInt8, in text: Span<UInt8>, at index: Int
  ) -> Bool {
    index + 2 < text.count && text[index] == first && text[index + 1] == second
      && text[index + 2] == third
  }
}

/// How the numbers of a column become values of a row.
package struct NumberReading: Equatable, Sendable {
  /// How they are written.
  package var form: NumberForm
  /// What is taken off them in double precision.
  package var origin: NumberOrigin

  /// Creates a reading; the default one rounds plain decimal numbers once.
  package init(form: NumberForm = NumberForm(), origin: NumberOrigin = .zero) {
    self.form = form
    self.origin = origin
  }

  /// Whether something is taken off, or the rest is scaled.
  package var isRelative: Bool { origin != .zero }
  /// Whether values are those of plain decimal numbers, rounded once.
  package var isDirect: Bool { !isRelative && form.isPlain }

  /// The value of a row for a number; it may be infinite.
  @inline(__always)
  package func relative(_ value: Double) -> Float {
    isRelative ? origin.rowValue(value) : Float(value)
  }

  /// The same without rounding to binary32.
  package func exactlyRelative(_ value: Double) -> Double {
    guard isRelative else { return value }
    return Double(sign: .plus, exponent: -origin.exponent, significand: value - origin.origin)
  }

  /// The number for a value in the unit of a row's.
  package func absolute(_ value: Double) -> Double {
    isRelative ? origin.origin + difference(value) : value
  }

  /// A difference of numbers for a difference of values of a row.
  package func difference(_ value: Double) -> Double {
    origin.exponent == 0
      ? value : Double(sign: .plus, exponent: origin.exponent, significand: value)
  }
}

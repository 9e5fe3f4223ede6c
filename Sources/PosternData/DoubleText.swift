// DoubleText.swift: numbers of double precision as text.
//
// Step: predictions → [text].   Specification: formats/model.md, section 9.5.

extension TextBuffer {
  /// Appends the shortest text that reads back equal, in the form of ``FloatText``.
  package mutating func append(_ value: Double) {
    guard value.isFinite else {
      append(Float(value))
      return
    }
    // The standard library knows the digits; only zeros behind the point and the plus sign of an
    // exponent are not written here.
    let text = value.description
    let parts = text.split(separator: "e", omittingEmptySubsequences: false)
    var digits = parts[0]
    if digits.hasSuffix(".0") { digits = digits.dropLast(2) }
    append(String(digits))
    guard parts.count == 2 else { return }
    append("e")
    if parts[1].hasPrefix("-") { append(0x2D as UInt8) }
    append(String(parts[1].drop { $0 == "+" || $0 == "-" || $0 == "0" }))
  }

  /// Appends a value of a row or of an answer as a number in the unit of the text, with the fewest
  /// digits that read back as the same value: none that the value does not carry.
  package mutating func append(_ value: Float, as reading: NumberReading) {
    guard reading.isRelative, value.isFinite else {
      append(value)
      return
    }
    if let (digits, power) = shortest(value, reading) {
      append(digits: digits, power: power)
    } else {
      append(reading.absolute(Double(value)))
    }
  }

  /// Appends `digits * 10^power`, `power` being at most 0.
  private mutating func append(digits: Int, power: Int) {
    guard power < 0 else {
      append(digits)
      return
    }
    if digits < 0 { append(0x2D as UInt8) }
    var text = Array(String(digits.magnitude).utf8)
    if text.count <= -power {
      text.insert(contentsOf: repeatElement(0x30, count: 1 - power - text.count), at: 0)
    }
    for (index, digit) in text.enumerated() {
      if index == text.count + power { append(0x2E as UInt8) }
      append(digit)
    }
  }
}

/// The fewest digits, as `digits * 10^power`, that read back as `value`; nil if there are more than
/// binary64 computes with, or plain text would be too long.
private func shortest(_ value: Float, _ reading: NumberReading) -> (digits: Int, power: Int)? {
  let number = reading.absolute(Double(value))
  let step = reading.difference(Double(value.ulp))
  guard step > number.ulp, step < 1e15, step > 1e-15, number.magnitude < 1e15 else { return nil }
  // The largest power of ten that is not above the step.
  var power = 15
  while power > -16, powerOfTen(power) > step { power -= 1 }
  // One digit less may do, and one more be needed where the step is narrower below.
  for power in [power + 1, power, power - 1] {
    let scaled = power < 0 ? number * powerOfTen(-power) : number / powerOfTen(power)
    guard scaled.magnitude < 0x1p53 else { continue }
    var digits = Int(scaled.rounded())
    let candidate =
      power < 0 ? Double(digits) / powerOfTen(-power) : Double(digits) * powerOfTen(power)
    guard reading.relative(candidate) == value else { continue }
    if power >= 0 { return (Int(candidate), 0) }
    var places = power
    while places < 0, digits % 10 == 0 {
      digits /= 10
      places += 1
    }
    return (digits, places)
  }
  return nil
}

private func powerOfTen(_ power: Int) -> Double {
  power < 0 ? 1 / exactPowersOfTen[-power] : exactPowersOfTen[power]
}

/// The number that a reader gets who reads a Float's shortest text in double precision.
///
/// - Complexity: No allocation for numbers of usual size.
package func decimalValue(of value: Float) -> Double {
  guard value.isFinite else { return Double(value) }
  var text = InlineArray<24, UInt8>(repeating: 0)
  var output = text.mutableSpan
  let count = FloatText.write(value, to: &output, at: 0)
  guard case .number(let number) = parseDouble(text.span.extracting(first: count)) else {
    return Double(value)
  }
  return number
}

/// The number that a reader gets who reads the text of ``TextBuffer/append(_:as:)``.
package func decimalValue(of value: Float, as reading: NumberReading) -> Double {
  guard reading.isRelative, value.isFinite else { return decimalValue(of: value) }
  guard let (digits, power) = shortest(value, reading) else {
    return reading.absolute(Double(value))
  }
  return Double(digits) / powerOfTen(-power)
}

// DoubleParse.swift: the decimal text of a field to the nearest binary64.
//
// Step: fields → [numbers] → features.   Specification: formats/model.md, section 9.0.

/// What the text of a field says when it is read as a number of double precision.
package enum DoubleParse: Equatable, Sendable {
  /// A finite number, rounded to nearest, ties to even.
  case number(Double)

  /// A decimal number whose nearest binary64 would be infinite.
  case overflow

  /// `inf`, `infinity` or `nan` in any case, with or without a sign.
  case notFinite

  /// Anything else, including empty text.
  case notNumber
}

/// Reads a decimal number, written as ``parseFloat(_:)`` takes it, and rounds it correctly to
/// binary64.
///
/// - Returns: The number, or why there is none.
/// - Complexity: O(*length*). No allocation for up to 19 digits whose power of ten binary64 holds
///   exactly, which most tables consist of.
package func parseDouble(_ text: Span<UInt8>) -> DoubleParse {
  var decimal = DecimalText()
  guard decimal.scan(text) else { return decimal.isNamed(in: text) ? .notFinite : .notNumber }
  if decimal.significand == 0 { return .number(decimal.isNegative ? -0.0 : 0.0) }
  if decimal.significand <= 1 << 53, abs(decimal.exponent) <= 22, decimal.digits.count <= 20 {
    // Both are exact, so that one operation rounds once.
    let significand = Double(decimal.significand)
    let power = exactPowersOfTen[abs(decimal.exponent)]
    let magnitude = decimal.exponent < 0 ? significand / power : significand * power
    return .number(decimal.isNegative ? -magnitude : magnitude)
  }
  // Rare enough for the standard library, which rounds correctly too.
  guard let value = Double(String(decoding: trimmed(text).copied(), as: UTF8.self)) else {
    return .notNumber
  }
  return value.isFinite ? .number(value) : .overflow
}

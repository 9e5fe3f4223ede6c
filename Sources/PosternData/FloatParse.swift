// FloatParse.swift: the decimal text of a field to the nearest binary32.
//
// Step: fields → [numbers] → features.

/// What the text of a field says when it is read as a number.
package enum FloatParse: Equatable, Sendable {
  /// A finite number, rounded to nearest, ties to even.
  case number(Float)

  /// A decimal number whose nearest binary32 would be infinite.
  case overflow

  /// `inf`, `infinity` or `nan` in any case, with or without a sign.
  case notFinite

  /// Anything else, including empty text.
  case notNumber
}

/// Reads a decimal number and rounds it correctly to binary32.
///
/// Accepted: spaces and tabs around, a sign, digits with at most one point and at least one digit,
/// an exponent (`e` or `E`, sign, digits). Hexadecimal floats, digit separators and decimal commas
/// are not numbers. A result below the smallest normal number is a correctly rounded subnormal or
/// a signed zero, never an error.
///
/// Up to 19 significant digits are gathered in an integer and scaled in binary64. The result of
/// that has a known small error, so the rounding to binary32 is certain unless the value lies close
/// to the midpoint of two Floats; only then all digits are compared with the midpoint in exact
/// integer arithmetic.
///
/// - Returns: The number, or why there is none.
/// - Complexity: O(*length*), no allocation.
package func parseFloat(_ text: Span<UInt8>) -> FloatParse {
  var decimal = DecimalText()
  guard decimal.scan(text) else { return decimal.isNamed(in: text) ? .notFinite : .notNumber }
  if decimal.significand == 0 { return .number(decimal.isNegative ? -0.0 : 0.0) }
  // The significand is at least 1 and below 1e20.
  if decimal.exponent > 40 { return .overflow }
  if decimal.exponent < -66 { return .number(decimal.isNegative ? -0.0 : 0.0) }

  let estimate = scaled(decimal.significand, byPowerOfTen: decimal.exponent)
  var magnitude = Float(estimate)
  if estimate < 0x1p-126 || isNearMidpoint(estimate) {
    magnitude = roundedExactly(decimal, of: text, near: estimate)
  }
  guard magnitude.isFinite else { return .overflow }
  return .number(decimal.isNegative ? -magnitude : magnitude)
}

/// `significand * 10^exponent` with a relative error below 2^-49.
///
/// Conversion, cut-off digits and at most three multiplications or divisions by exact powers of
/// ten contribute at most 2^-53 each, up to second order.
private func scaled(_ significand: UInt64, byPowerOfTen exponent: Int) -> Double {
  var value = Double(significand)
  var left = exponent
  while left < -22 {
    value /= 1e22
    left += 22
  }
  while left > 22 {
    value *= 1e22
    left -= 22
  }
  return left < 0 ? value / exactPowersOfTen[-left] : value * exactPowersOfTen[left]
}

/// Whether a normal `estimate` is so near to the midpoint of two Floats that its error, below 16
/// units in its last place, could hide on which side the true value lies.
@inline(__always)
func isNearMidpoint(_ estimate: Double) -> Bool {
  // A Float keeps 23 of the 52 fraction bits; the midpoint is a one followed by 28 zeros.
  let dropped = Int64(truncatingIfNeeded: estimate.bitPattern & 0x1FFF_FFFF)
  return abs(dropped - 0x1000_0000) <= 16
}

/// The powers of ten that binary64 holds exactly.
let exactPowersOfTen: InlineArray<23, Double> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
  1e18, 1e19, 1e20, 1e21, 1e22,
]

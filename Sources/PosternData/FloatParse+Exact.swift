// FloatParse+Exact.swift: rounding by exact comparison with the midpoint of two Floats.
//
// Step: fields → [numbers] → features.

/// The Float nearest to the decimal number `decimal` of `text`, ties to even; infinite on overflow.
/// `estimate` is the value of the number with a relative error below 2^-49.
func roundedExactly(_ decimal: DecimalText, of text: Span<UInt8>, near estimate: Double) -> Float {
  // The lower neighbour is `floor * 2^unit`. If the estimate is on the wrong side of a Float, the
  // comparison below still decides for that Float.
  let unit = max(Int(estimate.exponent) - 23, -149)
  let floor = UInt32(Double(sign: .plus, exponent: -unit, significand: estimate))
  let order = compare(decimal, of: text, with: 2 * floor + 1, exponent: unit - 1)
  let isUp = order > 0 || (order == 0 && floor % 2 == 1)
  // Exact in binary64, then exact or infinite in Float.
  return Float(Double(sign: .plus, exponent: unit, significand: Double(isUp ? floor + 1 : floor)))
}

/// Compares a decimal number of any length with `midpoint * 2^exponent`, exactly.
///
/// A midpoint of two Floats has at most 113 significant digits. So digits after the 128th decide
/// only when all before are equal, and then only by one of them not being zero.
///
/// - Returns: Negative, zero or positive for less, equal and greater.
private func compare(
  _ decimal: DecimalText, of text: Span<UInt8>, with midpoint: UInt32, exponent: Int
) -> Int {
  var left = BigUnsigned(0)
  var kept = 0
  var cut = 0
  var isTailNonzero = false
  for index in decimal.digits where text[index] != 0x2E {
    let digit = UInt32(text[index] &- 0x30)
    if kept == 128 {
      cut += 1
      isTailNonzero = isTailNonzero || digit != 0
    } else if kept > 0 || digit > 0 {
      left.multiply(by: 10, adding: digit)
      kept += 1
    }
  }
  var right = BigUnsigned(midpoint)
  let power = decimal.lastDigitExponent + cut
  if power >= 0 {
    for _ in 0..<power { left.multiply(by: 10, adding: 0) }
  } else {
    for _ in power..<0 { right.multiply(by: 10, adding: 0) }
  }
  if exponent >= 0 {
    right.shiftLeft(by: exponent)
  } else {
    left.shiftLeft(by: -exponent)
  }
  let order = left.compare(with: right)
  return order == 0 && isTailNonzero ? 1 : order
}

/// A natural number below 2^1024 on the stack.
///
/// The largest use is a number near 2^-150 with 128 digits: 25 bits times 10^173, 600 bits, on one
/// side, 426 bits shifted left by 150 on the other.
private struct BigUnsigned {
  private var words = InlineArray<32, UInt32>(repeating: 0)
  /// Words from here on are zero.
  private var count: Int

  init(_ value: UInt32) {
    words[0] = value
    count = 1
  }

  mutating func multiply(by factor: UInt32, adding addend: UInt32) {
    var carry = UInt64(addend)
    for index in 0..<count {
      let product = UInt64(words[index]) * UInt64(factor) + carry
      words[index] = UInt32(truncatingIfNeeded: product)
      carry = product >> 32
    }
    append(carry)
  }

  mutating func shiftLeft(by bitCount: Int) {
    for _ in 0..<bitCount / 31 { multiply(by: 1 << 31, adding: 0) }
    multiply(by: 1 << UInt32(bitCount % 31), adding: 0)
  }

  func compare(with other: BigUnsigned) -> Int {
    for index in words.indices.reversed() where words[index] != other.words[index] {
      return words[index] < other.words[index] ? -1 : 1
    }
    return 0
  }

  private mutating func append(_ carry: UInt64) {
    guard carry > 0 else { return }
    words[count] = UInt32(truncatingIfNeeded: carry)
    count += 1
  }
}

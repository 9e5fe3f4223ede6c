// FloatText.swift: a Float as text.
//
// Step: predictions → [text].

/// Writes Floats as the shortest decimal text that reads back equal.
///
/// From 1e-5 up to, not including, 1e16 the text is plain: `5`, `0.1`, `-12.5`, `0.00001`.
/// Elsewhere it has an exponent without plus sign or padding: `1e-7`, `3.4028235e38`. Negative zero
/// is `-0`. What is not finite is `nan`, `inf` or `-inf`. Finite texts are also JSON numbers.
package enum FloatText {
  /// The most bytes that a number takes.
  package static let byteCountLimit = 24

  /// Writes the text of `value` to `output` from index `start` on.
  ///
  /// - Precondition: `output` has room for ``byteCountLimit`` bytes after `start`.
  /// - Returns: The index after the last byte written.
  /// - Complexity: O(1), no allocation.
  package static func write(_ value: Float, to output: inout MutableSpan<UInt8>, at start: Int)
    -> Int
  {
    precondition(output.count - start >= byteCountLimit)
    var index = start
    if value.isNaN { return put(0x6E_61_6E, to: &output, at: index) }
    if value.sign == .minus {
      output[index] = 0x2D
      index += 1
    }
    if value.isInfinite { return put(0x69_6E_66, to: &output, at: index) }
    let decimal = ShortestDecimal(value)
    let digitCount = decimalDigitCount(decimal.digits)
    // The number is 0.d1d2d3... * 10^point.
    let point = digitCount + decimal.exponent
    if decimal.digits == 0 || (point > -5 && point <= 16) {
      return writePlain(decimal.digits, count: digitCount, point: point, to: &output, at: index)
    }
    return writeExponent(
      decimal.digits, count: digitCount, power: point - 1, to: &output, at: index)
  }

  private static func writePlain(
    _ digits: UInt32, count: Int, point: Int, to output: inout MutableSpan<UInt8>, at start: Int
  ) -> Int {
    if point <= 0 {
      // 0.000ddd
      let end = start + 2 - point + count
      for index in start..<start + 2 - point { output[index] = 0x30 }
      output[start + 1] = 0x2E
      write(digits, count: count, to: &output, at: start + 2 - point)
      return end
    }
    write(digits, count: count, to: &output, at: start)
    if point >= count {
      // ddd000
      for index in start + count..<start + point { output[index] = 0x30 }
      return start + point
    }
    // dd.ddd
    var index = start + count
    while index > start + point {
      output[index] = output[index - 1]
      index -= 1
    }
    output[index] = 0x2E
    return start + count + 1
  }

  private static func writeExponent(
    _ digits: UInt32, count: Int, power: Int, to output: inout MutableSpan<UInt8>, at start: Int
  ) -> Int {
    var index = writePlain(digits, count: count, point: 1, to: &output, at: start)
    output[index] = 0x65
    index += 1
    if power < 0 {
      output[index] = 0x2D
      index += 1
    }
    // At most two digits: 1e-45 to 3.4e38.
    let magnitude = UInt32(power.magnitude)
    let powerCount = decimalDigitCount(magnitude)
    write(magnitude, count: powerCount, to: &output, at: index)
    return index + powerCount
  }

  /// Writes the `count` digits of a number of at most nine, and up to eight bytes behind them that
  /// are written over later.
  @inline(__always)
  private static func write(
    _ number: UInt32, count: Int, to output: inout MutableSpan<UInt8>, at start: Int
  ) {
    var index = start
    var rest = number
    var width = count
    if width == 9 {
      output[index] = UInt8(truncatingIfNeeded: 0x30 &+ rest / 100_000_000)
      rest %= 100_000_000
      index &+= 1
      width = 8
    }
    let digits = asciiDigits(rest) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* width)
    var place = output._mutatingExtracting(index..<index &+ 8)
    for byte in 0..<8 {
      place[byte] = UInt8(truncatingIfNeeded: digits &>> UInt64(truncatingIfNeeded: 8 &* byte))
    }
  }

  /// The eight digits of a number below 10^8, zeros in front, the first in the lowest byte.
  @inline(__always)
  private static func asciiDigits(_ number: UInt32) -> UInt64 {
    // Two numbers of four digits, then four of two, then eight of one, all in one word. The
    // products are quotients by 100 and by 10, exact for numbers of this size.
    let fours = UInt64(number / 10_000) | UInt64(number % 10_000) &<< 32
    let hundreds = (fours &* 10_486) &>> 20 & 0x0000_007F_0000_007F
    let twos = hundreds | (fours &- 100 &* hundreds) &<< 16
    let tens = (twos &* 103) &>> 10 & 0x000F_000F_000F_000F
    return (tens | (twos &- 10 &* tens) &<< 8) &+ repeated(0x30)
  }

  /// Writes the three characters of `word`, the first in the highest byte.
  private static func put(_ word: UInt32, to output: inout MutableSpan<UInt8>, at start: Int) -> Int
  {
    for place in 0..<3 {
      output[start + place] = UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * place))
    }
    return start + 3
  }
}

/// The number of decimal digits of `number`, 1 for zero.
@inline(__always)
func decimalDigitCount(_ number: UInt32) -> Int {
  // Comparisons in parallel instead of a loop that is mispredicted.
  var count = 1
  count += number >= 10 ? 1 : 0
  count += number >= 100 ? 1 : 0
  count += number >= 1_000 ? 1 : 0
  count += number >= 10_000 ? 1 : 0
  count += number >= 100_000 ? 1 : 0
  count += number >= 1_000_000 ? 1 : 0
  count += number >= 10_000_000 ? 1 : 0
  count += number >= 100_000_000 ? 1 : 0
  count += number >= 1_000_000_000 ? 1 : 0
  return count
}

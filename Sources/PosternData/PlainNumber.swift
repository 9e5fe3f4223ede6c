// PlainNumber.swift: a decimal number without exponent, found and read in one go.
//
// Step: bytes → [numbers] → features.

/// A number at some place in a buffer, and where it ends.
struct PlainNumber {
  /// The number, rounded to nearest, ties to even; NaN if none was read.
  var value: Float
  /// The offset of the first byte behind the number, or its start if none was read.
  var end: Int

  /// Bytes that must be readable from a number's first one on.
  static let lookAhead = 64

  /// Reads a minus sign or none, then digits with at most one point.
  ///
  /// This is ``parseFloat(_:)`` for the texts that most tables consist of, eight bytes at a time.
  /// What it reads it reads as that function does; of anything else, be it a number or not, it says
  /// that it read none. What follows the number is for the caller to judge.
  ///
  /// - Precondition: ``lookAhead`` bytes from `start` on are in `bytes`.
  /// - Complexity: O(1), no allocation.
  @inline(__always)
  static func read(_ bytes: Span<UInt8>, at start: Int) -> PlainNumber {
    let sign = bytes[start] == 0x2D ? 1 : 0
    let first = start &+ sign
    // Digits become 0 to 9, so that zeros can be shifted in before them.
    let word = bytes.word(at: first) ^ repeated(0x30)
    let next = bytes.word(at: first &+ 8) ^ repeated(0x30)
    let stops = notDigits(word)
    let laterStops = stops & (stops &- 1)
    let nextStops = notDigits(next)
    // Places are counted in bits: eight for each byte.
    let point = firstStop(stops)
    let hasPoint = (word &>> point) & 0xFF == 0x1E
    let length =
      !hasPoint ? point : laterStops != 0 ? firstStop(laterStops) : firstStop(nextStops) | 64
    if stops == 0 || (hasPoint && laterStops | nextStops == 0) {
      return readLong(bytes, at: start, sign)
    }
    // Without its point a number of the usual length fits one word.
    let width = hasPoint ? length &- 8 : length
    let whole = (1 &<< point) &- 1
    let digits = hasPoint ? (word & whole) | ((word &>> 8 | next &<< 56) & ~whole) : word
    if width == 0 { return PlainNumber(value: .nan, end: start) }
    var significand = eightDigits(digits &<< (64 &- width))
    if width > 64 {
      significand = eightDigits(digits) &* tens[Int(truncatingIfNeeded: (width &- 64) &>> 3)]
      significand &+= eightDigits((next &>> 8) &<< (128 &- width))
    }
    let fraction = Int(truncatingIfNeeded: (width &- min(point, width)) &>> 3)
    let end = first &+ Int(truncatingIfNeeded: length &>> 3)
    return finish(significand, fractionCount: fraction, sign, in: start..<end)
  }

  /// The same for up to 19 digits, wherever the point is among them.
  @inline(never)
  private static func readLong(_ bytes: Span<UInt8>, at start: Int, _ sign: Int) -> PlainNumber {
    var value: UInt64 = 0
    let first = start &+ sign
    var end = readDigits(bytes, at: first, onto: &value)
    var digitCount = end &- first
    var fractionCount = 0
    if bytes[end] == 0x2E && digitCount < 20 {
      let fraction = end &+ 1
      end = readDigits(bytes, at: fraction, onto: &value)
      fractionCount = end &- fraction
      digitCount &+= fractionCount
    }
    // More than 19 digits may not have fitted 64 bits.
    guard digitCount > 0 && digitCount < 20 else { return PlainNumber(value: .nan, end: start) }
    return finish(value, fractionCount: fractionCount, sign, in: start..<end)
  }

  /// Puts digits behind those of `value`, which is of no meaning after more than 19 digits.
  ///
  /// - Returns: The offset behind the digits, or at least 20 more than `start` for too many.
  private static func readDigits(
    _ bytes: Span<UInt8>, at start: Int, onto value: inout UInt64
  ) -> Int {
    var offset = start
    while offset &- start < 20 {
      let word = bytes.word(at: offset) ^ repeated(0x30)
      let stops = notDigits(word)
      if stops == 0 {
        value = value &* 100_000_000 &+ eightDigits(word)
        offset &+= 8
        continue
      }
      let width = firstStop(stops)
      if width == 0 { break }
      value = value &* tens[Int(width &>> 3)] &+ eightDigits(word &<< (64 &- width))
      offset &+= Int(width &>> 3)
      break
    }
    return offset
  }

  /// Scales and rounds, unless only exact arithmetic can tell how.
  @inline(__always)
  private static func finish(
    _ significand: UInt64, fractionCount: Int, _ sign: Int, in range: Range<Int>
  ) -> PlainNumber {
    // The signed conversion is the cheaper one; 19 digits are below 2^64, 18 below 2^63.
    let double =
      Int64(bitPattern: significand) >= 0
      ? Double(Int64(bitPattern: significand)) : Double(significand)
    // Conversion, table and product are off by 2^-53 each at most, which is what
    // `isNearMidpoint` allows several times over. The least number above zero is 1e-19.
    let estimate = double * inverseTens[fractionCount]
    if isNearMidpoint(estimate) { return PlainNumber(value: .nan, end: range.lowerBound) }
    let bits = Float(estimate).bitPattern | UInt32(truncatingIfNeeded: sign) &<< 31
    return PlainNumber(value: Float(bitPattern: bits), end: range.upperBound)
  }
}

/// The top bit of each byte that is not 0 to 9; exact up to and with the first byte of 0x80 or more
/// of which it is set.
@inline(__always)
private func notDigits(_ word: UInt64) -> UInt64 {
  ((word &+ repeated(0x76)) | word) & repeated(0x80)
}

/// Eight times the number of bytes before the first one whose top bit is set; 0 if none is.
@inline(__always)
private func firstStop(_ stops: UInt64) -> UInt64 {
  UInt64(truncatingIfNeeded: stops.trailingZeroBitCount) & 0x38
}

/// The number of eight digits, 0 to 9 each, the first in the lowest byte.
@inline(__always)
func eightDigits(_ digits: UInt64) -> UInt64 {
  // Pairs, then both halves of the two numbers of four digits at once.
  let pairs = digits &* 10 &+ digits &>> 8
  let mask: UInt64 = 0x0000_00FF_0000_00FF
  let high = (pairs & mask) &* (100 + 1_000_000 << 32)
  let low = ((pairs &>> 16) & mask) &* (1 + 10_000 << 32)
  return (high &+ low) &>> 32
}

/// Powers of ten for up to seven digits.
private let tens: InlineArray<8, UInt64> = [
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000,
]

/// The binary64 nearest to the powers of ten from 10^0 down to 10^-19.
private let inverseTens: InlineArray<20, Double> = [
  1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14,
  1e-15, 1e-16, 1e-17, 1e-18, 1e-19,
]

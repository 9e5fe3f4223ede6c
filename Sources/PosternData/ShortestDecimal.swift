// ShortestDecimal.swift: the shortest decimal number that reads back as a given Float.
//
// Step: predictions → [text].

/// A decimal number `digits * 10^exponent` without trailing zeros in `digits`.
struct ShortestDecimal: Equatable {
  /// At most nine digits; zero only for the number zero.
  var digits: UInt32
  var exponent: Int

  /// The decimal number with the fewest digits that rounds to `magnitude`; of those with equally
  /// many digits, the one nearest to it.
  ///
  /// This is Schubfach [1] for binary32: the interval of numbers that round to `magnitude` is
  /// scaled by a power of ten so that it holds at least one integer and at most one multiple of
  /// ten.
  ///
  /// - Parameter magnitude: Finite, sign ignored.
  /// - Complexity: Three 64-bit multiplications, no allocation.
  ///
  /// [1]: "R. Giulietti. The Schubfach way to render doubles. 2020."
  init(_ magnitude: Float) {
    let fraction = magnitude.significandBitPattern
    let biased = Int(magnitude.exponentBitPattern)
    if biased == 0 && fraction == 0 {
      self.init(digits: 0, exponent: 0)
      return
    }
    // The number is `significand * 2^exponent2`.
    let significand = biased == 0 ? fraction : fraction | 0x80_0000
    let exponent2 = max(biased, 1) - 150
    if exponent2 <= 0 && exponent2 > -24 && significand.trailingZeroBitCount >= -exponent2 {
      // An integer below 2^24: no other number with as many digits or fewer rounds to it.
      self.init(trimming: significand >> UInt32(-exponent2), exponent: 0)
      return
    }
    self.init(
      significand: significand, exponent2: exponent2, isBelowNarrow: fraction == 0 && biased > 1)
  }

  /// The shortest decimal for `significand * 2^exponent2`. `isBelowNarrow` says that the next
  /// smaller Float is only half as far away as the next larger one, which is so at powers of two.
  private init(significand: UInt32, exponent2: Int, isBelowNarrow: Bool) {
    // The power k: floor(log10(2^e)), or floor(log10(3/4 * 2^e)) for the narrow interval.
    let power = (exponent2 * 1_262_611 - (isBelowNarrow ? 524_031 : 0)) >> 22
    let shift = UInt64(exponent2 + PowersOfTen.floorLog2(-power) + 1)
    let scale = PowersOfTen.significands[-power - PowersOfTen.exponents.lowerBound]

    // Four times the number and the ends of its interval, in units of 10^power. Ends belong to the
    // interval when ties to even would choose this number.
    let middle = UInt64(significand) * 4
    let isOdd = UInt32(significand & 1)
    let value = productToOdd(scale, middle << shift)
    let lower = productToOdd(scale, (middle - (isBelowNarrow ? 1 : 2)) << shift) + isOdd
    let upper = productToOdd(scale, (middle + 2) << shift) - isOdd

    let candidate = value / 4
    if candidate >= 10 {
      // One digit fewer: at most one of the two multiples of ten around it lies in the interval.
      let tens = candidate / 10
      let isDownInside = lower <= 40 * tens
      let isUpInside = 40 * tens + 40 <= upper
      if isDownInside != isUpInside {
        self.init(trimming: isUpInside ? tens + 1 : tens, exponent: power + 1)
        return
      }
    }
    let isDownInside = lower <= 4 * candidate
    let isUpInside = 4 * candidate + 4 <= upper
    var isUp = isUpInside
    if isDownInside == isUpInside {
      let half = 4 * candidate + 2
      isUp = value > half || (value == half && candidate % 2 == 1)
    }
    self.init(trimming: isUp ? candidate + 1 : candidate, exponent: power)
  }

  private init(trimming digits: UInt32, exponent: Int) {
    var digits = digits
    var exponent = exponent
    while digits % 10 == 0 {
      digits /= 10
      exponent += 1
    }
    self.init(digits: digits, exponent: exponent)
  }

  private init(digits: UInt32, exponent: Int) {
    self.digits = digits
    self.exponent = exponent
  }
}

/// `scale * factor / 2^64`, rounded to odd: the last bit is set when anything was cut off.
///
/// `scale` is rounded up, so a remainder of at most one unit in 2^32 means an exact product.
private func productToOdd(_ scale: UInt64, _ factor: UInt64) -> UInt32 {
  let product = scale.multipliedFullWidth(by: factor)
  let isInexact = product.low >> 32 > 1
  return UInt32(truncatingIfNeeded: product.high) | (isInexact ? 1 : 0)
}

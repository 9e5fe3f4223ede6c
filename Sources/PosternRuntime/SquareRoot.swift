// SquareRoot.swift: the rounded square root, also where the machine has no instruction for it.
//
// Specification: formats/model.md, section 9.3 (distances).

/// Returns the square root of `x`, rounded to nearest. NaN for numbers under 0; -0 gives -0.
@inline(__always)
package func squareRoot(_ x: Float) -> Float {
  // The standard library's squareRoot() asks for libm's sqrtf, which a device need not have.
  #if hasFeature(Embedded)
    softwareSquareRoot(x)
  #else
    x.squareRoot()
  #endif
}

/// Returns the square root of `x`, rounded to nearest, from 32-bit integer operations.
///
/// - Complexity: 25 steps of a shift, a comparison and a subtraction.
package func softwareSquareRoot(_ x: Float) -> Float {
  if x.isNaN || x < 0 { return .nan }
  if x == 0 || x == .infinity { return x }
  // x = significand * 2^exponent, the significand of 24 bits.
  var significand = x.bitPattern & 0x7F_FFFF
  var exponent = Int32(x.bitPattern &>> 23) - 150
  if exponent == -150 {
    let shift = Int32(significand.leadingZeroBitCount) - 8
    significand = significand &<< UInt32(shift)
    exponent = -149 - shift
  } else {
    significand |= 0x80_0000
  }
  // Of 25 or 26 bits, so that the exponent is even.
  let shift: Int32 = exponent & 1 == 1 ? 1 : 2
  significand = significand &<< UInt32(shift)
  exponent -= shift
  // The root of significand * 2^24, 25 bits, one a step from above, as on paper: two more bits of
  // the number join the remainder, and the next bit of the root is 1 if what it adds to the square
  // fits.
  var number = significand &<< 6
  var remainder: UInt32 = 0
  var root: UInt32 = 0
  for _ in 0..<25 {
    remainder = remainder &<< 2 | number &>> 30
    number = number &<< 2
    let addition = root &<< 2 | 1
    root = root &<< 1
    if addition <= remainder {
      remainder -= addition
      root |= 1
    }
  }
  // Float keeps 24 bits. A tie is impossible: the square of a root whose 25th bit is 1 and last
  // has a last bit of 1, but the number ends in 24 zeros.
  let rounded = (root + 1) &>> 1
  // The significand's first bit adds the 1 that is taken from the exponent here.
  return Float(bitPattern: UInt32(exponent / 2 + 138) &<< 23 + rounded)
}

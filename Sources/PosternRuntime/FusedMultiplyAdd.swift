// FusedMultiplyAdd.swift: a * b + c, rounded once, on any machine.
//
// Specification: formats/model.md, "Meaning of a prediction".

/// Returns `a * b + c`, rounded once.
///
/// As IEEE 754 defines `fusedMultiplyAdd`, subnormals, signed zeros and infinities included; only
/// the payload of a NaN is left open. On arm64 this is the machine's instruction; elsewhere it is
/// ``softwareFusedMultiplyAdd(_:_:_:)``, unless the program is compiled for a processor with the
/// instruction and says so with `-D POSTERN_HARDWARE_FMA` (Cortex-M4F, for example).
@inline(__always)
package func fusedMultiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float {
  #if arch(arm64) || POSTERN_HARDWARE_FMA
    c.addingProduct(a, b)
  #else
    softwareFusedMultiplyAdd(a, b, c)
  #endif
}

/// Returns `a * b + c`, rounded once, from operations on `Double`.
///
/// The product of two Floats is exact in a Double: 24 + 24 bits fit into 53, and the exponent fits
/// too. The sum is then rounded twice, to 53 bits and to Float. This goes wrong only if the first
/// rounding lands on the middle between two Floats while the exact sum lies beside it.
///
/// - Complexity: about 2 ns on a desktop; a dozen soft-float calls where there is no `Double`.
@inline(__always)
package func softwareFusedMultiplyAdd(_ a: Float, _ b: Float, _ c: Float) -> Float {
  let product = Double(a) * Double(b)
  let addend = Double(c)
  let sum = product + addend
  // Of 52 bits, Float keeps 23: the middle between two Floats is a 1 and 28 zeros in the other 29.
  let isMiddle = sum.bitPattern & 0x1FFF_FFFF == 0x1000_0000
  // Float's subnormals keep fewer bits and have their middles elsewhere.
  if (!isMiddle && sum.magnitude >= 0x1p-126) || sum == 0 { return Float(sum) }
  return Float(roundedToOdd(sum, of: product, plus: addend))
}

/// Returns `sum`, the rounded sum of two Doubles, as their sum rounded to odd: if inexact, its last
/// bit is 1 and it lies on the side of the exact sum that loses least.
///
/// A number rounded to odd keeps, in its last bit, the memory of having been inexact, so rounding
/// it once more to two or more bits fewer gives what rounding the exact sum gives [1].
///
/// [1]: https://doi.org/10.1109/TC.2007.70819
///      "S. Boldo, G. Melquiond. Emulation of FMA and correctly rounded sums: proved algorithms
///      using rounding to odd. IEEE Transactions on Computers 57(4), 2008."
@inline(never)
private func roundedToOdd(_ sum: Double, of first: Double, plus second: Double) -> Double {
  // Knuth's TwoSum: sum + error is first + second, exactly.
  let added = sum - first
  let error = (first - (sum - added)) + (second - added)
  let isOdd = sum.bitPattern & 1 == 1
  // An infinite or NaN sum has a NaN for its error and stays as it is.
  guard !isOdd, error > 0 || error < 0 else { return sum }
  let isAwayFromZero = (error > 0) == (sum > 0)
  return Double(bitPattern: isAwayFromZero ? sum.bitPattern + 1 : sum.bitPattern - 1)
}

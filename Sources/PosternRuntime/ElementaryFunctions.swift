// ElementaryFunctions.swift: exp, log and square root with the same bits on every machine.
//
// Step: logits → [softmax] → probabilities; the trainer's losses.   Specification:
// formats/model.md, section 9.6. Only + - * / on Double and its bits: no libm, no fused
// multiply-add, no table.

/// The elementary functions, defined by the operations written here and not by their value.
package enum Elementary {
  /// Returns e to the power of `x`, to within 1.1 ulp.
  ///
  /// Step by step, every operation in Double, rounded to nearest, ties to even:
  /// 1. NaN gives NaN; `x > 0x1.62e42fefa39efp+9` (709.78) gives +infinity;
  ///    `x < -0x1.74910d52d3052p+9` (-745.13) gives +0.
  /// 2. `t = x * 0x1.71547652b82fep+0 + 0x1.8p52` and `k = t - 0x1.8p52`: x / ln 2 rounded to the
  ///    nearest integer, ties to even, because `t` has no room for a fraction.
  /// 3. `r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33`: ln 2 in two parts, of which
  ///    the first has 32 bits, so that its product is exact. Now |r| <= ln 2 / 2.
  /// 4. `p = 1/13!`, then `p = p * r + 1/n!` for n = 12, 11, … 1, 0: thirteen multiplications, each
  ///    followed by an addition. The constants are 1/n! rounded to nearest.
  /// 5. `p * 2^(k div 2) * 2^(k - k div 2)`, `div` rounding down: the first product is exact.
  ///
  /// - Returns: A number in 0...infinity. Largest error of 100,000 against 120-bit arithmetic: 1.08
  ///   ulp.
  package static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 0x1.62e42fefa39efp+9 { return .infinity }
    if x < -0x1.74910d52d3052p+9 { return 0 }
    let shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52
    let k = shifted - 0x1.8p52
    let r = (x - k * 0x1.62e42feep-1) - k * 0x1.a39ef35793c76p-33
    var p = 0x1.6124613a86d09p-33
    p = p * r + 0x1.1eed8eff8d898p-29
    p = p * r + 0x1.ae64567f544e4p-26
    p = p * r + 0x1.27e4fb7789f5cp-22
    p = p * r + 0x1.71de3a556c734p-19
    p = p * r + 0x1.a01a01a01a01ap-16
    p = p * r + 0x1.a01a01a01a01ap-13
    p = p * r + 0x1.6c16c16c16c17p-10
    p = p * r + 0x1.1111111111111p-7
    p = p * r + 0x1.5555555555555p-5
    p = p * r + 0x1.5555555555555p-3
    p = p * r + 0x1p-1
    p = p * r + 1
    p = p * r + 1
    // The low half of `shifted` is k, in two's complement.
    let exponent = Int64(bitPattern: shifted.bitPattern &<< 32) &>> 32
    let half = exponent &>> 1
    return p * powerOfTwo(half) * powerOfTwo(exponent - half)
  }

  /// Returns e to the power of `x`: ``exp(_:)-(Double)`` rounded to Float.
  ///
  /// +infinity from 88.72284 on, +0 below -103.97208. For every float in -110...110 this is also
  /// libm's exponential in double precision rounded to Float: an error of at most 0.5000001 ulp.
  package static func exp(_ x: Float) -> Float { Float(exp(Double(x))) }

  /// Returns the natural logarithm of `x`, to within 0.8 ulp.
  ///
  /// Step by step, every operation in Double, rounded to nearest, ties to even:
  /// 1. NaN and negative numbers give NaN, zeros -infinity, +infinity itself.
  /// 2. `x = m * 2^k` with `0x1.6a09e667f3bcdp-1 <= m < 0x1.6a09e667f3bcdp+0` (the roots of 1/2 and
  ///    2).
  /// 3. `f = m - 1` (exact), `s = f / (2 + f)`, `z = s * s`: ln m = 2 artanh s, |s| < 0.1716.
  /// 4. `p = 2/21`, then `p = p * z + 2/n` for n = 19, 17, … 3; `p = p * z`: artanh's series
  ///    without its first term. The constants are rounded to nearest.
  /// 5. `h = (f * f) * 0.5`: ln m = f - h + s * (h + p), of which f is exact.
  /// 6. `k * 0x1.62e42feep-1 - ((h - (s * (h + p) + k * 0x1.a39ef35793c76p-33)) - f)`: the smallest
  ///    terms meet first.
  ///
  /// - Returns: A number in -744.5...709.8, an infinity or NaN. Largest error of 100,000 against
  ///   120-bit arithmetic: 0.76 ulp.
  package static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    // A subnormal is made normal: the exponent field then tells its size.
    let isSubnormal = x < 0x1p-1022
    let bits = (isSubnormal ? x * 0x1p54 : x).bitPattern
    // Counting from the root of 1/2 moves the step from one k to the next there.
    let distance = Int64(bitPattern: bits) - Int64(bitPattern: 0x1.6a09e667f3bcdp-1.bitPattern)
    let step = distance &>> 52
    let k = Double(isSubnormal ? step - 54 : step)
    let m = Double(bitPattern: bits &- UInt64(bitPattern: step &<< 52))
    let f = m - 1
    let s = f / (2 + f)
    let z = s * s
    var p = 0x1.8618618618618p-4
    p = p * z + 0x1.af286bca1af28p-4
    p = p * z + 0x1.e1e1e1e1e1e1ep-4
    p = p * z + 0x1.1111111111111p-3
    p = p * z + 0x1.3b13b13b13b14p-3
    p = p * z + 0x1.745d1745d1746p-3
    p = p * z + 0x1.c71c71c71c71cp-3
    p = p * z + 0x1.2492492492492p-2
    p = p * z + 0x1.999999999999ap-2
    p = p * z + 0x1.5555555555555p-1
    p = p * z
    let h = (f * f) * 0.5
    return k * 0x1.62e42feep-1 - ((h - (s * (h + p) + k * 0x1.a39ef35793c76p-33)) - f)
  }

  /// Returns the natural logarithm of `x`: ``log(_:)-(Double)`` rounded to Float.
  ///
  /// For every float over 0 this is also libm's logarithm in double precision rounded to Float.
  package static func log(_ x: Float) -> Float { Float(log(Double(x))) }

  /// 2 to the power of `exponent`, which is in -1022...1023.
  private static func powerOfTwo(_ exponent: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: exponent + 1023) &<< 52)
  }
}

/// The probabilities of the logits in `count` words of `memory` from `logits` on, written from
/// `probabilities` on; the two places may be the same.
///
/// `m` is the largest logit, `e[i] = exp(l[i] - m)`, `sum` goes from the left and starts with +0,
/// and `p[i] = e[i] / sum`, all in Float. Where the logits are finite, so are the probabilities, in
/// 0...1; the sum is at least 1.
///
/// - Precondition: `count > 0`.
/// - Complexity: `count` exponentials, about 5 ns each on a desktop.
package func softmax(
  logits: Int, count: Int, probabilities: Int, memory: inout MutableSpan<UInt32>
) {
  let largest = largestLogit(logits, count, memory)
  var sum: Float = 0
  for i in 0..<count {
    let e = Elementary.exp(memory[float: logits + i] - largest)
    memory[float: probabilities + i] = e
    sum += e
  }
  for i in 0..<count {
    memory[float: probabilities + i] /= sum
  }
}

/// The probability that ``softmax(logits:count:probabilities:memory:)`` gives the largest logit:
/// 1 over the sum. Nothing is written.
package func largestProbability(
  logits: Int, count: Int, memory: borrowing MutableSpan<UInt32>
) -> Float {
  let largest = largestLogit(logits, count, memory)
  var sum: Float = 0
  for i in 0..<count {
    sum += Elementary.exp(memory[float: logits + i] - largest)
  }
  return 1 / sum
}

private func largestLogit(
  _ logits: Int, _ count: Int, _ memory: borrowing MutableSpan<UInt32>
) -> Float {
  precondition(count > 0)
  var largest = memory[float: logits]
  for i in 1..<count where memory[float: logits + i] > largest {
    largest = memory[float: logits + i]
  }
  return largest
}

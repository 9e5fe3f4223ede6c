// Elementary.swift: exponential and logarithm from plain operations, the same bits everywhere.
//
// Step: encoded rows → [networks] → model value.

/// Elementary functions in double precision, from `+ - × /` alone: no call into a system library,
/// whose last bits differ between machines.
enum Elementary {
  /// `e^x`, with a relative error below 1e-14; `x` is clamped to `-700...700`.
  @inline(__always)
  static func exp(_ x: Double) -> Double {
    let clamped = min(max(x, -700), 700)
    // Adding and taking away 1.5 · 2^52 rounds to the nearest integer.
    let k = (clamped * 1.4426950408889634 + 0x1.8p52) - 0x1.8p52
    let r = (clamped - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b39p-40
    var sum = 1.0 / 39_916_800
    sum = sum * r + 1.0 / 3_628_800
    sum = sum * r + 1.0 / 362_880
    sum = sum * r + 1.0 / 40_320
    sum = sum * r + 1.0 / 5_040
    sum = sum * r + 1.0 / 720
    sum = sum * r + 1.0 / 120
    sum = sum * r + 1.0 / 24
    sum = sum * r + 1.0 / 6
    sum = sum * r + 0.5
    sum = sum * r + 1
    sum = sum * r + 1
    return sum * Double(bitPattern: UInt64(bitPattern: (Int64(k) &+ 1023) &<< 52))
  }

  /// The natural logarithm of a positive, normal number, with a relative error below 1e-14.
  @inline(__always)
  static func log(_ x: Double) -> Double {
    precondition(x >= .leastNormalMagnitude && x.isFinite)
    let bits = x.bitPattern
    // Scale the significand to 0.75..<1.5, so that the series below converges fast.
    let high = (bits >> 51) & 1
    let exponent = Double(Int64(bits >> 52) - 1023 + Int64(high))
    let m = Double(bitPattern: (bits & 0xF_FFFF_FFFF_FFFF) | ((1023 - high) << 52))
    let s = (m - 1) / (m + 1)
    let square = s * s
    var sum = 1.0 / 23
    for denominator in stride(from: 21.0, through: 1.0, by: -2.0) {
      sum = sum * square + 1 / denominator
    }
    return exponent * 0.6931471805599453 + 2 * s * sum
  }
}

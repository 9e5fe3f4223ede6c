// Random.swift: every random number that training uses.
//
// Step: rows → [trainer] → model value.

/// A sequence of random numbers named by a seed and a stream, the same on every machine.
///
/// SplitMix64 [1]: the `n`-th number is a hash of the name and `n`, so two streams never share
/// state and the order in which threads draw changes nothing.
///
/// [1]: https://doi.org/10.1145/2660193.2660195
///      "G. Steele, D. Lea, C. Flood. Fast splittable pseudorandom number generators. OOPSLA 2014."
struct RandomStream {
  private var state: UInt64

  /// Creates the stream that `path` names under `seed`.
  init(seed: UInt64, _ path: UInt64...) {
    state = path.reduce(Self.hash(seed &+ Self.step)) { Self.hash($0 ^ Self.hash($1 &+ Self.step)) }
  }

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func hash(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 random bits.
  mutating func next() -> UInt64 {
    state &+= Self.step
    return Self.hash(state)
  }

  /// Passes over the next `count` numbers. Returns the state that they follow.
  mutating func skip(_ count: Int) -> UInt64 {
    defer { state &+= Self.step &* UInt64(count) }
    return state
  }

  /// A number in `0..<bound`, by multiplication; the bias is below `bound / 2^64`.
  mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0)
    return Int(UInt64(bound).multipliedFullWidth(by: next()).high)
  }

  /// A number in `0..<1` with 53 random bits.
  mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number with mean 0 and variance 1: the sum of twelve uniform ones, less 6.
  ///
  /// No elementary function is needed, and nothing lies beyond 6.
  mutating func normal() -> Float {
    var sum = 0.0
    for _ in 0..<6 {
      let bits = next()
      sum += Double(bits >> 32) + Double(bits & 0xFFFF_FFFF)
    }
    return Float(sum * 0x1p-32 - 6)
  }

  /// Puts `items` in random order (Fisher and Yates).
  mutating func shuffle<T>(_ items: inout [T]) {
    for last in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(last, below(last + 1))
    }
  }
}

// Gaussian.swift: many normal numbers quickly, and directions at right angles.
//
// Step: seed → [rows] → trainer.

import Foundation

/// Normal numbers by Marsaglia's polar method, two at a time.
struct Gaussian {
  private var source: Randomness
  private var spare: Double?

  init(seed: UInt64, stream: UInt64) { source = Randomness(seed: seed, stream: stream) }

  /// In `0..<1`.
  mutating func uniform() -> Double { source.uniform() }

  /// In `0..<bound`.
  mutating func below(_ bound: Int) -> Int { source.below(bound) }

  /// Mean 0, variance 1.
  mutating func normal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let (x, y) = (2 * source.uniform() - 1, 2 * source.uniform() - 1)
      let square = x * x + y * y
      guard square > 0, square < 1 else { continue }
      let factor = (-2 * log(square) / square).squareRoot()
      spare = y * factor
      return x * factor
    }
  }

  /// Random unit vectors, each at right angles to the others.
  mutating func orthonormal(count: Int, dimension: Int) -> [[Double]] {
    var basis: [[Double]] = []
    for _ in 0..<count {
      var vector = (0..<dimension).map { _ in normal() }
      for other in basis {
        let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in vector.indices { vector[index] -= product * other[index] }
      }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      basis.append(vector.map { $0 / norm })
    }
    return basis
  }
}

// Randomness.swift: the random numbers of the experiments, and the tables made of them.
//
// Step: seed → [rows] → trainer.

import Foundation
import PosternTrainer

/// A sequence of random numbers (SplitMix64) that a seed and a stream name.
struct Randomness {
  private var state: UInt64

  init(seed: UInt64, stream: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03
    for _ in 0..<4 { _ = next() }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in `0..<1`.
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in `0..<bound`.
  mutating func below(_ bound: Int) -> Int {
    Int(UInt64(bound).multipliedFullWidth(by: next()).high)
  }

  /// A normal number with mean 0 and variance 1 (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
  }
}

/// `cos`, for files that import nothing of the system's.
func cosine(_ x: Double) -> Double { cos(x) }

/// A table of numeric columns `x1`, `x2`, … with one numeric target `y`.
func regressionTable(_ columns: [[Float]], _ target: [Float]) -> TrainingTable {
  TrainingTable(
    columns: columns.enumerated().map { index, values in
      .init(name: Array("x\(index + 1)".utf8), values: .numeric(values))
    },
    target: .regression(names: [Array("y".utf8)], values: [target]), rowCount: target.count)
}

extension TrainingTable {
  /// The values of the numeric columns.
  var numericColumns: [[Float]] {
    columns.compactMap { if case .numeric(let values) = $0.values { values } else { nil } }
  }
}

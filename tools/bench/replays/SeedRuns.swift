// SeedRuns.swift: what replays that draw their own rows do alike.
//
// Step: seeds → [runs] → figures.

import PosternPackaging

extension ReplayContext {
  /// Runs `run` for each seed, and says after each what `words` make of it and how long it took.
  func bySeed<Outcome>(
    _ run: (UInt64) throws -> Outcome, words: (Outcome) -> String
  ) rethrows -> [Outcome] {
    try seeds.map { seed in
      let started = ContinuousClock.now
      let outcome = try run(seed)
      let seconds = (ContinuousClock.now - started) / .seconds(1)
      say("seed \(seed): \(words(outcome)); \(Int(seconds.rounded())) seconds")
      return outcome
    }
  }
}

/// Numeric columns whose features are the values themselves, up to a magnitude of 1024.
func plainColumns(_ count: Int) -> [Column] {
  (0..<count).map { index in
    Column(
      name: Array("x\(index)".utf8),
      kind: .numeric(edges: [-1024, 1024], fill: 0, center: 0, scale: 1), missing: .refuse)
  }
}

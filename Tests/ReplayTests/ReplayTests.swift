// ReplayTests.swift: figures, limits and plots of the replays, and small runs of their parts.

import Foundation
import PosternPackaging
import Testing

@testable import replays

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct ReplayTests {
  @Test func `a limit may be missed on one seed of five`() {
    let figure = Figure("x", [1, 1, 1, 1, 9], .atMost(1))
    #expect(figure.missCount == 1 && figure.isMet && figure.verdict == "met but 1")
    #expect(!Figure("x", [1, 1, 1, 9, 9], .atMost(1)).isMet)
    #expect(!Figure("x", [1, 1, 1, 9], .atMost(1)).isMet)
    #expect(!Figure("x", [.nan], .within(0...1)).isMet)
    #expect(Figure("x", [9]).isMet)
    #expect(!ReplayResult(figures: [Figure("a", [1]), Figure("b", [0], .atLeast(1))]).isMet)
  }

  @Test func `the table shows what was recorded beside what came out`() {
    let result = ReplayResult(figures: [
      Figure("error", recorded: ".5", [0.25, 0.75], .atMost(0.5)), Figure("count", [3, 4]),
    ])
    #expect(
      result.table(seeds: [1, 2]) == """
        figure  recorded  ours, by seed or over all  limit
        error   .5        0.25  0.75                 <= 0.5  MISSED
        count             3  4
        """)
  }

  @Test func `numbers keep four digits`() {
    #expect(shortest(0.0123456) == "0.01235")
    #expect(shortest(-0.5) == "-0.5")
    #expect(shortest(60_000) == "60000")
    #expect(shortest(0) == "0")
    #expect(shortest(.nan) == "nan")
    #expect(median([3, 1, 2]) == 2 && median([4, 1, 2, 3]) == 2.5)
    #expect(abs(slope([0, 1, 2], [1, 3, 5]) - 2) < 1e-12)
  }

  @Test func `a plot is XML with a point for each number that has a place`() throws {
    let plot = Plot(
      title: "a < b & c", x: .init("rows", isLogarithmic: true), y: .init("loss"),
      series: [.init(name: "one", points: [(1, 2), (10, 3), (0, 4), (100, .nan)])])
    let parser = XMLParser(data: Data(plot.svg.utf8))
    #expect(parser.parse())
    // Where x is logarithmic 0 has no place of its own, and stands at the far left.
    #expect(plot.svg.components(separatedBy: "<circle").count - 1 == 3)
    #expect(plot.svg.contains("a &lt; b &amp; c"))
  }

  @Test func `pieces come back in order, and an error comes through`() throws {
    #expect(try inParallel(20, threads: 3) { $0 * $0 } == (0..<20).map { $0 * $0 })
    #expect(throws: Replays.UsageError.self) {
      try inParallel(5, threads: 2) { index in
        if index == 3 { throw Replays.UsageError(text: "three") }
        return index
      }
    }
  }

  @Test func `an unknown word or number is an error of usage`() {
    for words in [[], ["R99"], ["R2", "--seeds"], ["R2", "--seeds", "0"]] {
      #expect(throws: Replays.UsageError.self) { try Replays.run(words) }
    }
  }

  @Test func `EM climbs to the truth`() {
    var random = Randomness(seed: 7, stream: 1)
    let x = (0..<2000).map { _ in random.uniform() }
    let truth = ParameterSlope.truth
    let y = x.map { x in
      let expert = random.uniform() < truth.gateProbability(x) ? 0 : 1
      return truth.value(expert, x) + truth.variances[expert].squareRoot() * random.normal()
    }
    var mixture = truth
    mixture.slopes = [-18, 17]
    mixture.gate = (20, -6)
    let path = mixture.fit(x, y)
    #expect(zip(path, path.dropFirst()).allSatisfy { $1 >= $0 - 1e-9 })
    for expert in 0..<2 {
      #expect(abs(mixture.slopes[expert] - truth.slopes[expert]) < 0.5)
      #expect(abs(mixture.variances[expert] - truth.variances[expert]) < 0.05)
    }
    #expect(abs(-mixture.gate.intercept / mixture.gate.slope - 0.32) < 0.03)
  }

  @Test func `least squares finds a perturbed router's norm, and not a plain one's`() {
    var random = Randomness(seed: 3, stream: 1)
    for tau in [0, 0.5] {
      let truth = CosineMixture(values: PerturbedCosine.truth, tau: tau)
      let x = (0..<6000).map { _ in 4 * random.uniform() - 2 }
      var fit = truth
      for index in 0..<4 { fit.values[index] *= 1.2 }
      fit.fit(x, truth.predict(x))
      #expect(fit.loss(x, truth.predict(x)) < 1e-12)
      #expect(abs(fit.norm(0) - (tau == 0 ? 1.2 : 1)) < 1e-3)
    }
  }

  @Test func `a system of equations is solved`() {
    let x = solve([4, 2, 0, 3], [2, 1], damping: 0)
    #expect(abs(4 * x[0] + 2 * x[1] - 2) < 1e-12 && abs(2 * x[0] + 3 * x[1] - 1) < 1e-12)
  }
}

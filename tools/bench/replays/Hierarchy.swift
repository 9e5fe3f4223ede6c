// Hierarchy.swift: R3, how fast parameters are found, and which router finds four quadrants.
//
// Step: seeds → [replay] → figures, limits, plots.

import PosternTrainer

/// Both parts of R3.
enum Hierarchy {
  static let replay = Replay(
    name: "R3", title: "mixtures by likelihood: (a) slope over rows, (b) quadrants at top-1",
    run: run)

  static func run(_ context: ReplayContext) throws -> ReplayResult {
    var result = ReplayResult()
    slopes(
      try context.seeds.map { try ParameterSlope.outcome(seed: $0, context) }, context, &result)
    quadrants(try context.seeds.map { try Quadrants.medians(seed: $0, context) }, &result)
    return result
  }

  /// Figures and limits of part (a).
  private static func slopes(
    _ outcomes: [ParameterSlope.Outcome], _ context: ReplayContext, _ result: inout ReplayResult
  ) {
    func each(_ value: (ParameterSlope.Outcome) -> Double) -> [Double] { outcomes.map(value) }
    result.figures += [
      Figure(
        "(a) slope of the Voronoi loss", recorded: "-.480 -.493", each { $0.slope($0.voronoi) },
        .within(-0.6 ... -0.4)),
      Figure("(a) slope of the experts", recorded: "-.56", each { $0.slope($0.experts) }),
      Figure("(a) slope of the gate", recorded: "-.43", each { $0.slope($0.gates) }),
      Figure("(a) rounds of EM that fell", each { Double($0.falls) }, .atMost(0)),
      Figure("(a) routes unlike the mapped file's", each { Double($0.mismatches) }, .atMost(0)),
      Figure("(a) greatest difference of values", each(\.greatest), .atMost(1e-5)),
      Figure("(a) RMSE of the trainer over EM, top-1", each(\.trainerRatio)),
    ]
    let sizes = ParameterSlope.sizes.map { Double($0) }
    let plot = Plot(
      title: "R3 (a): Voronoi loss against rows", x: .init("rows", isLogarithmic: true),
      y: .init("Voronoi loss", isLogarithmic: true),
      series: zip(context.seeds, outcomes).map { seed, outcome in
        .init(name: "seed \(seed)", points: zip(sizes, outcome.voronoi).map { (x: $0, y: $1) })
      })
    result.plots.append(("slope", plot))
  }

  /// Figures and limits of part (b); `medians` by seed, then by setting.
  private static func quadrants(
    _ medians: [[[TrainingMethod: Quadrants.Outcome]]], _ result: inout ReplayResult
  ) {
    func each(
      _ setting: Int, _ method: TrainingMethod, _ value: (Quadrants.Outcome) -> Double
    ) -> [Double] {
      medians.map { $0[setting][method].map(value) ?? .nan }
    }
    for (index, setting) in Quadrants.settings.enumerated() {
      let name = setting.name
      result.figures += [
        Figure(
          "(b) \(name): least squares, top-1", recorded: setting.recorded[0],
          each(index, .leastSquares, \.before)),
        Figure(
          "(b) \(name): and refit", recorded: setting.recorded[1],
          each(index, .leastSquares, \.after)),
        Figure(
          "(b) \(name): likelihood, top-1", recorded: setting.recorded[2],
          each(index, .likelihood, \.before)),
        Figure(
          "(b) \(name): and refit", recorded: setting.recorded[3],
          each(index, .likelihood, \.after), .atMost(0.05)),
        Figure(
          "(b) \(name): purity", recorded: setting.recorded[4], each(index, .likelihood, \.purity)),
        Figure(
          "(b) \(name): least squares over refit",
          zip(each(index, .leastSquares, \.before), each(index, .likelihood, \.after)).map(/),
          .atLeast(3)),
      ]
    }
    result.figures += [
      Figure(
        "(b) LL over SS after refit", recorded: ".73",
        zip(each(4, .likelihood, \.after), each(2, .likelihood, \.after)).map(/), .atMost(0.9)),
      Figure(
        "(b) purity of LL less SS", recorded: ".13",
        zip(each(4, .likelihood, \.purity), each(2, .likelihood, \.purity)).map(-), .atLeast(0.05)),
    ]
  }
}

// ParameterSlope.swift: R3 (a), how fast a mixture's parameters are found as rows are added.
//
// Step: seeds → [replay] → figures, limits, plots.

import Foundation
import PosternPackaging
import PosternTrainer

/// The exact-specified simulation of the softmax-gated Gaussian mixture's authors [1].
///
/// [1]: https://arxiv.org/abs/2305.03288
///      "H. Nguyen et al. Demystifying softmax gating function in Gaussian mixture of experts.
///      NeurIPS 2023."
enum ParameterSlope {
  static let sizes = [500, 1000, 2000, 4000, 8000, 16_000, 32_000]
  static let repetitionCount = 60

  static let truth: AffineMixture = {
    var truth = AffineMixture()
    truth.gate = (25, -8)
    (truth.slopes, truth.intercepts) = ([-20, 20], [15, -5])
    truth.variances = [0.09, 0.16]
    return truth
  }()

  /// Mean errors at each size, and what the exported mixture of the last one gave.
  struct Outcome {
    var voronoi: [Double] = []
    var gates: [Double] = []
    var experts: [Double] = []
    var falls = 0
    var mismatches = 0
    var greatest = 0.0
    var trainerRatio = 0.0

    /// The slope of the logarithm of errors over that of sizes.
    func slope(_ errors: [Double]) -> Double {
      replays.slope(sizes.map { log(Double($0)) }, errors.map { log($0) })
    }
  }

  static func outcome(seed: UInt64, _ context: ReplayContext) throws -> Outcome {
    var outcome = Outcome()
    var random = Randomness(seed: seed, stream: 30)
    var last: (mixture: AffineMixture, x: [Double], y: [Double])?
    for size in sizes {
      var (voronoi, gates, experts) = (0.0, 0.0, 0.0)
      for _ in 0..<repetitionCount {
        let (x, y) = sample(size, &random)
        var mixture = start(&random)
        let path = mixture.fit(x, y)
        outcome.falls += zip(path, path.dropFirst()).count { $1 < $0 - 1e-9 }
        let error = errors(mixture)
        voronoi += error.voronoi / Double(repetitionCount)
        gates += error.gate / Double(repetitionCount)
        experts += error.experts / Double(repetitionCount)
        last = (mixture, x, y)
      }
      outcome.voronoi.append(voronoi)
      outcome.gates.append(gates)
      outcome.experts.append(experts)
    }
    if let last { try export(last, seed: seed, context, &outcome) }
    context.say(
      "  seed \(seed) (a): slope \(shortest(outcome.slope(outcome.voronoi))), loss"
        + " \(shortest(outcome.voronoi[0])) to \(shortest(outcome.voronoi[sizes.count - 1]))")
    return outcome
  }

  private static func sample(_ count: Int, _ random: inout Randomness) -> ([Double], [Double]) {
    let x = (0..<count).map { Double($0) / Double(count - 1) }
    let y = x.map { x in
      let expert = random.uniform() < truth.gateProbability(x) ? 0 : 1
      return truth.value(expert, x) + truth.variances[expert].squareRoot() * random.normal()
    }
    return (x, y)
  }

  /// The truth, a little moved.
  private static func start(_ random: inout Randomness) -> AffineMixture {
    var mixture = truth
    mixture.gate.slope += random.normal()
    mixture.gate.intercept += 0.5 * random.normal()
    for expert in 0..<2 {
      mixture.slopes[expert] += 0.5 * random.normal()
      mixture.intercepts[expert] += 0.5 * random.normal()
      mixture.variances[expert] *= 1.5
    }
    return mixture
  }

  /// The Voronoi loss with its parts. Experts are far apart, so each fitted one is nearest to its
  /// own; every cell has one atom and its errors count singly.
  private static func errors(
    _ mixture: AffineMixture
  ) -> (voronoi: Double, gate: Double, experts: Double) {
    let gate = abs(mixture.gate.slope - truth.gate.slope)
    let weight = exp(mixture.gate.intercept)
    let weightError = abs(weight - exp(truth.gate.intercept))
    let experts = (0..<2).map { (expert: Int) -> Double in
      let slope = abs(mixture.slopes[expert] - truth.slopes[expert])
      let intercept = abs(mixture.intercepts[expert] - truth.intercepts[expert])
      return slope + intercept + abs(mixture.variances[expert] - truth.variances[expert])
    }
    return (
      weight * (gate + experts[0]) + experts[1] + weightError,
      gate + abs(mixture.gate.intercept - truth.gate.intercept), experts[0] + experts[1]
    )
  }

  /// Routes and answers of the fitted mixture from its mapped file, and beside them those of the
  /// trainer's likelihood method on the same rows.
  private static func export(
    _ last: (mixture: AffineMixture, x: [Double], y: [Double]), seed: UInt64,
    _ context: ReplayContext, _ outcome: inout Outcome
  ) throws {
    let mixture = last.mixture
    let path = context.path("R3a-\(seed).moe")
    let grid = (0..<100_000).map { Float($0) / 99_999 }
    let served = try answers(of: model(mixture), throughFileAt: path, columns: [grid])
    for (row, x) in grid.enumerated() {
      let expert = mixture.gateProbability(Double(x)) >= 0.5 ? 0 : 1
      if served.experts[row] != expert { outcome.mismatches += 1 }
      let value = mixture.value(served.experts[row], Double(x))
      outcome.greatest = max(outcome.greatest, abs(Double(served.values[row]) - value))
    }
    var options = TrainingOptions()
    (options.seed, options.threadCount, options.expertCount) = (seed, context.threads, 2)
    (options.hiddenWidths, options.method, options.teacherCount) = ([], .likelihood, 0)
    options.binCount = 1
    let (x, y) = (last.x.map { Float($0) }, last.y.map { Float($0) })
    let trained = try Trainer.train(regressionTable([x], y), options: options)
    let trainedAnswers = try answers(
      of: trained.description, throughFileAt: context.path("R3a-\(seed)-trainer.moe"), columns: [x])
    let own = try answers(ofFileAt: path, columns: [x])
    outcome.trainerRatio =
      rootMeanSquaredError(trainedAnswers.values, y) / rootMeanSquaredError(own.values, y)
  }

  private static func model(_ mixture: AffineMixture) -> ModelDescription {
    ModelDescription(
      task: .regression,
      columns: [
        Column(
          name: Array("x1".utf8), kind: .numeric(edges: [0, 1], fill: 0, center: 0, scale: 1),
          missing: .fill)
      ],
      targetNames: [Array("y".utf8)], classNames: [],
      router: .flat(
        RouterNode(
          kind: .affine, weights: [Float(mixture.gate.slope), 0],
          bias: [Float(mixture.gate.intercept), 0])),
      experts: (0..<2).map { expert in
        Expert(
          firstLayer: .lookup,
          layers: [
            Expert.Layer(
              weights: [0, Float(mixture.slopes[expert])],
              bias: [Float(mixture.intercepts[expert])], slopes: [])
          ])
      },
      head: [HeadOutput()])
  }
}

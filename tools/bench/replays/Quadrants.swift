// Quadrants.swift: R3 (b), two levels of softmax and Laplace routers on four quadrants, at top-1.
//
// Step: seeds → [replay] → figures, limits, plots.

import Foundation
import PosternPackaging
import PosternTrainer

/// The synthetic table of the hierarchical mixture's authors [1]: a law of its own in each quadrant
/// of the unit square; five routers, trained by likelihood and by least squares.
///
/// [1]: https://arxiv.org/abs/2410.02935
///      "H. Nguyen et al. On expert estimation in hierarchical mixture of experts. 2024."
enum Quadrants {
  /// One router.
  struct Setting: Sendable {
    var name: String
    var router: RouterChoice
    /// Recorded medians: blended before and after refit, likelihood before and after, purity.
    var recorded: [String]

    /// Blended before refit over likelihood after it.
    var recordedRatio: String {
      let values = recorded.map { Double($0.hasPrefix(".") ? "0\($0)" : $0) ?? .nan }
      return shortest((values[0] / values[3] * 10).rounded() / 10)
    }
  }

  static let settings = [
    Setting(
      name: "softmax 4", router: RouterChoice(.linear),
      recorded: [".859", ".059", ".073", ".040", ".65"]),
    Setting(
      name: "Laplace 4", router: RouterChoice(.laplace),
      recorded: [".167", ".042", ".058", ".041", ".87"]),
    Setting(
      name: "SS", router: RouterChoice(.linear, .linear),
      recorded: [".677", ".055", ".067", ".045", ".66"]),
    Setting(
      name: "SL", router: RouterChoice(.linear, .laplace),
      recorded: ["1.53", ".038", ".036", ".030", ".64"]),
    Setting(
      name: "LL", router: RouterChoice(.laplace, .laplace),
      recorded: [".196", ".039", ".044", ".033", ".79"]),
  ]

  /// Points with their noisy values and the quadrant of each.
  struct Rows {
    var columns: [[Float]] = [[], []]
    var values: [Float] = []
    var quadrants: [Int] = []

    init(count: Int, random: inout Randomness) {
      for _ in 0..<count {
        let (a, b) = (random.uniform(), random.uniform())
        let quadrant = (a < 0.5 ? 0 : 2) + (b < 0.5 ? 0 : 1)
        let laws = [sin(2 * .pi * a), cos(2 * .pi * b), a * a, 2 * (b - a)]
        columns[0].append(Float(a))
        columns[1].append(Float(b))
        values.append(Float(laws[quadrant] + 0.1 * random.normal()))
        quadrants.append(quadrant)
      }
    }

    var table: TrainingTable { regressionTable(columns, values) }

    /// The standard deviation of the values.
    var spread: Double {
      let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
      let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      return (squares / Double(values.count)).squareRoot()
    }
  }

  /// Top-1 test errors before and after refit, and the purity of the routes.
  struct Outcome {
    var before: Double
    var after: Double
    var purity: Double
  }

  /// How a router and its experts are trained together.
  enum Training: Hashable, CaseIterable {
    case likelihood
    case leastSquares
    /// With the scale of distances at 10, as recorded; elsewhere it is learned from there.
    case leastSquaresAtScale10

    var method: TrainingMethod { self == .likelihood ? .likelihood : .leastSquares }
    /// Runs of one seed: their median is its figure. Purity differs by 0.1 from run to run, so that
    /// the limit of 0.05 between two medians asks for more runs than the errors do.
    var runCount: Int { self == .likelihood ? 24 : 8 }
  }

  /// The medians of a seed's runs, by setting, then by training.
  static func medians(seed: UInt64, _ context: ReplayContext) throws -> [[Training: Outcome]] {
    try settings.map { setting in
      var medians: [Training: Outcome] = [:]
      for training in Training.allCases {
        let outcomes = try inParallel(training.runCount, threads: context.threads) { run in
          try outcome(setting, training, seed: seed, run: run, context)
        }
        let median = Outcome(
          before: median(outcomes.map(\.before)), after: median(outcomes.map(\.after)),
          purity: median(outcomes.map(\.purity)))
        medians[training] = median
        context.say(
          "  seed \(seed) \(setting.name) by \(training): \(shortest(median.before)), after refit"
            + " \(shortest(median.after)), purity \(shortest(median.purity))")
      }
      return medians
    }
  }

  private static func outcome(
    _ setting: Setting, _ training: Training, seed: UInt64, run: Int, _ context: ReplayContext
  ) throws -> Outcome {
    let seed = seed &* 1000 &+ UInt64(run)
    var random = Randomness(seed: seed, stream: 3)
    let (train, test) = (Rows(count: 2000, random: &random), Rows(count: 500, random: &random))
    var options = TrainingOptions()
    options.seed = seed
    options.threadCount = 1
    options.expertCount = 4
    options.router = setting.router
    options.groupCount = setting.router.inner == nil ? nil : 2
    options.method = training.method
    options.hiddenWidths = [16]
    options.teacherCount = 0
    options.binCount = 1
    (options.balanceWeight, options.zWeight) = (0, 0)
    var recipe = recipe(spread: train.spread)
    recipe.fixesScale = training == .leastSquaresAtScale10
    let trained = try Trainer.train(
      train.table, validation: train.table, options: options, recipe: recipe)
    let path = context.path("R3b-\(setting.name)-\(training)-\(run).moe")
    let before = try answers(of: trained.joint, throughFileAt: path, columns: test.columns)
    let after = try answers(of: trained.refit, throughFileAt: path, columns: test.columns)
    func error(_ answers: MappedAnswers) -> Double {
      let root = rootMeanSquaredError(answers.values, test.values)
      return root * root
    }
    return Outcome(
      before: error(before), after: error(after), purity: purity(after.experts, test.quadrants))
  }

  /// The authors' constants, in standard deviations of the columns and of the target.
  private static func recipe(spread: Double) -> TrainingRecipe {
    var recipe = TrainingRecipe()
    (recipe.joint.epochs, recipe.joint.batchSize, recipe.joint.rate) = (60, 64, 0.01)
    (recipe.refit.epochs, recipe.refit.batchSize, recipe.refit.rate) = (60, 64, 0.005)
    recipe.routerRate = 1
    recipe.routerStart = .random(scale: Float(10 / 12.0.squareRoot()))
    recipe.errorSpread = 0.1 / spread...0.5 / spread
    recipe.keepsLast = true
    (recipe.dropout, recipe.weightDecay, recipe.slope) = (0, 0, 0)
    return recipe
  }

  /// The share of rows whose quadrant is the most frequent one of their expert.
  private static func purity(_ experts: [Int], _ quadrants: [Int]) -> Double {
    var counts = [[Int]](repeating: [0, 0, 0, 0], count: 4)
    for (expert, quadrant) in zip(experts, quadrants) { counts[expert][quadrant] += 1 }
    return Double(counts.reduce(0) { $0 + ($1.max() ?? 0) }) / Double(experts.count)
  }
}

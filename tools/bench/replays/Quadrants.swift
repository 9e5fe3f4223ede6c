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
  struct Setting {
    var name: String
    var router: RouterChoice
    /// Recorded medians: blended before and after refit, likelihood before and after, purity.
    var recorded: [String]
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

  /// Runs of one seed: their median is its figure.
  static let runCount = 8

  /// The medians of a seed's runs, by setting; for likelihood and for least squares.
  static func medians(seed: UInt64, _ context: ReplayContext) throws -> [[TrainingMethod: Outcome]]
  {
    try settings.map { setting in
      var medians: [TrainingMethod: Outcome] = [:]
      for method in [TrainingMethod.likelihood, .leastSquares] {
        let outcomes = try (0..<runCount).map { run in
          try outcome(setting, method, seed: seed &* 1000 &+ UInt64(run), context)
        }
        medians[method] = Outcome(
          before: median(outcomes.map(\.before)), after: median(outcomes.map(\.after)),
          purity: median(outcomes.map(\.purity)))
      }
      let likelihood = medians[.likelihood]
      context.say(
        "  seed \(seed) \(setting.name): likelihood \(shortest(likelihood?.before ?? .nan)), after"
          + " refit \(shortest(likelihood?.after ?? .nan)), purity"
          + " \(shortest(likelihood?.purity ?? .nan)); least squares"
          + " \(shortest(medians[.leastSquares]?.before ?? .nan)), after refit"
          + " \(shortest(medians[.leastSquares]?.after ?? .nan))")
      return medians
    }
  }

  private static func outcome(
    _ setting: Setting, _ method: TrainingMethod, seed: UInt64, _ context: ReplayContext
  ) throws -> Outcome {
    var random = Randomness(seed: seed, stream: 3)
    let (train, test) = (Rows(count: 2000, random: &random), Rows(count: 500, random: &random))
    var options = TrainingOptions()
    options.seed = seed
    options.threadCount = 1
    options.expertCount = 4
    options.router = setting.router
    options.groupCount = setting.router.inner == nil ? nil : 2
    options.method = method
    options.hiddenWidths = [16]
    options.teacherCount = 0
    options.binCount = 1
    (options.balanceWeight, options.zWeight) = (0, 0)
    let trained = try Trainer.train(
      train.table, validation: train.table, options: options, recipe: recipe(spread: train.spread))
    let path = context.path("R3b-\(setting.name)-\(method.rawValue).moe")
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
    (recipe.keepsLast, recipe.isPlainAdam) = (true, true)
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

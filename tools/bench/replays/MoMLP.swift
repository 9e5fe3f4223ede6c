// MoMLP.swift: R2, prototypes first and an expert for each cell: more cells, the same active size.
//
// Step: seeds → [replay] → figures, limits, plots.

import PosternPackaging
import PosternTrainer

/// The two-stage mixture of Kratsios et al. [1] on a function with 16 bumps and a kink.
///
/// The active parameters of a prediction stay 369 while cells grow from 1 to 64; a dense network
/// with 17,281 is beaten on the way.
///
/// [1]: https://arxiv.org/abs/2402.03460
///      "A. Kratsios et al. Mixture of experts soften the curse of dimensionality. TMLR 2025."
enum MoMLP {
  static let replay = Replay(
    name: "R2", title: "MoMLP: cells of prototypes against one dense network", run: run)

  /// One model of the comparison.
  struct Setting {
    var name: String
    var cells: Int
    var width: Int
    var batchSize: Int
    var isRandom = false
    var recorded: String
  }

  static let settings = [
    Setting(name: "L=1", cells: 1, width: 16, batchSize: 256, recorded: ".194-.215"),
    Setting(name: "L=4", cells: 4, width: 16, batchSize: 128, recorded: ".030-.043"),
    Setting(name: "L=16", cells: 16, width: 16, batchSize: 64, recorded: ".0179-.0186"),
    Setting(name: "L=64", cells: 64, width: 16, batchSize: 48, recorded: ".0111-.0129"),
    Setting(name: "L=16 W=32", cells: 16, width: 32, batchSize: 64, recorded: ".0109-.0114"),
    Setting(name: "dense W=128", cells: 1, width: 128, batchSize: 256, recorded: ".0227"),
    Setting(
      name: "L=16 random", cells: 16, width: 16, batchSize: 64, isRandom: true,
      recorded: ".0235-.0244"),
  ]

  /// The function that is learned, on the unit square.
  static func truth(_ x1: Double, _ x2: Double) -> Double {
    let bumps = 2 - cosine(8 * .pi * x1) - cosine(8 * .pi * x2)
    return bumps / 4 + abs(x1 - x2) / 2
  }

  /// Uniform points with their values.
  static func table(seed: UInt64, count: Int) -> TrainingTable {
    var random = Randomness(seed: seed, stream: 2)
    var (x1, x2, y): ([Float], [Float], [Float]) = ([], [], [])
    for _ in 0..<count {
      x1.append(Float(random.uniform()))
      x2.append(Float(random.uniform()))
      y.append(Float(truth(Double(x1[x1.count - 1]), Double(x2[x2.count - 1]))))
    }
    return regressionTable([x1, x2], y)
  }

  /// The test points: a grid of 201 by 201.
  static let grid: [[Float]] = {
    let steps = (0...200).map { Float($0) / 200 }
    return [steps.flatMap { _ in steps }, steps.flatMap { [Float](repeating: $0, count: 201) }]
  }()

  /// Weights, biases and slopes of an expert that is 2-W-W-1.
  static func activeCount(_ width: Int) -> Int { width * width + 7 * width + 1 }

  /// What one seed gave.
  struct Outcome {
    var errors: [Double] = []
    var greatest: [Double] = []
    var unequal = 0
    var untouched = 0
    var resident = 0.0
  }

  static func run(_ context: ReplayContext) throws -> ReplayResult {
    let outcomes = try context.seeds.map { try run(seed: $0, context) }
    func each(_ value: (Outcome) -> Double) -> [Double] { outcomes.map(value) }
    var result = ReplayResult()
    for (index, setting) in settings.enumerated() {
      let count = activeCount(setting.width)
      result.figures.append(
        Figure(
          "RMSE \(setting.name), \(count) active", recorded: setting.recorded,
          each { $0.errors[index] }))
    }
    result.figures += [
      Figure(
        "(a) RMSE falls with L (1: yes)", recorded: "1",
        each { outcome in
          let errors = outcome.errors[0..<4]
          return zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 } ? 1 : 0
        }, .atLeast(1)),
      Figure(
        "(a) RMSE of L=1 over L=64", recorded: "15-19", each { $0.errors[0] / $0.errors[3] },
        .atLeast(10)),
      Figure(
        "(b) RMSE of L=16 over dense", recorded: ".82", each { $0.errors[2] / $0.errors[5] },
        .atMost(1)),
      Figure(
        "(b) active of L=16 over dense", recorded: ".0214",
        [Double(activeCount(16)) / Double(activeCount(128))], .atMost(1.0 / 40)),
      Figure(
        "(c) k-means over random RMSE", recorded: ".76", each { $0.errors[2] / $0.errors[6] },
        .atMost(1)),
      Figure("(d) values unlike the trainer's", each { Double($0.unequal) }, .atMost(0)),
      Figure(
        "(d) answers changed by zeroed others", each { Double($0.untouched) }, .atMost(0)),
      Figure("(d) KiB of the map resident, of 176", each { $0.resident / 1024 }, .within(1...128)),
    ]
    result.notes = [
      "(d) one row needs 13 KiB; the system brings up to 64 KiB around each place that is touched, and"
        + " there are two: router and expert. tools/bench/open measures the same on 600 MB",
      "widths are multiples of 16 here, so that the recorded L=64 W=8 (.0236-.0253) is not replayed",
      "epochs are chosen by a tenth of the 60,000 rows; errors are of the grid of 201 by 201",
    ]
    result.plots = [("error", plot(outcomes, seeds: context.seeds))]
    return result
  }

  static func run(seed: UInt64, _ context: ReplayContext) throws -> Outcome {
    var outcome = Outcome()
    let table = table(seed: seed, count: 60_000)
    let truth = zip(grid[0], grid[1]).map { Float(Self.truth(Double($0), Double($1))) }
    for (index, setting) in settings.enumerated() {
      let trained = try train(table, setting, seed: seed, threads: context.threads)
      let path = context.path("R2-\(seed)-\(index).moe")
      let answers = try answers(of: trained.refit, throughFileAt: path, columns: grid)
      outcome.errors.append(rootMeanSquaredError(answers.values, truth))
      outcome.greatest.append(
        zip(answers.values, truth).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) })
      let own = try replays.answers(
        ofFileAt: path, columns: table.numericColumns.map { Array($0.prefix(10_000)) })
      outcome.unequal += zip(own.values, trained.trainedValues).count { $0 != $1 }
      if setting.name == "L=64" {
        let touched = try Residency(path: path, columns: grid, expected: answers)
        (outcome.untouched, outcome.resident) = (touched.changedCount, Double(touched.resident))
        context.say("  " + touched.description)
      }
      context.say(
        "  seed \(seed) \(setting.name): RMSE \(shortest(outcome.errors[index])),"
          + " greatest error \(shortest(outcome.greatest[index]))")
    }
    return outcome
  }

  static func train(
    _ table: TrainingTable, _ setting: Setting, seed: UInt64, threads: Int
  ) throws -> RecipeResult {
    var options = TrainingOptions()
    options.seed = seed
    options.threadCount = threads
    options.expertCount = setting.cells
    options.hiddenWidths = [setting.width, setting.width]
    options.router = RouterChoice(.prototype)
    options.method = .twoStage
    options.teacherCount = 0
    options.binCount = 1
    var recipe = TrainingRecipe()
    recipe.refit.epochs = 1
    recipe.refit.stepCount = 3000
    recipe.refit.batchSize = setting.batchSize
    recipe.dropout = 0
    recipe.slope = 0.25
    if setting.isRandom { recipe.routerStart = .random(scale: 1) }
    return try Trainer.train(table, options: options, recipe: recipe)
  }

  private static func plot(_ outcomes: [Outcome], seeds: [UInt64]) -> Plot {
    var plot = Plot(
      title: "R2: test error against the number of cells, 369 active parameters",
      x: .init("cells L", isLogarithmic: true), y: .init("RMSE", isLogarithmic: true),
      series: zip(seeds, outcomes).map { seed, outcome in
        .init(
          name: "seed \(seed)",
          points: zip([1.0, 4, 16, 64], outcome.errors[0..<4]).map { (x: $0, y: $1) })
      })
    plot.series.append(
      .init(name: "dense, 17,281", points: outcomes.map { (x: 1, y: $0.errors[5]) }, isLine: false))
    return plot
  }
}

// LoadBalance.swift: how evenly experts are used with each way to balance them, and at what cost.
//
// Step: seeds → [replay] → figures, limits, plots.

import Foundation
import PosternPackaging
import PosternTrainer

/// The survey's [1] ways to keep experts in use, one at a time, on clear clusters and on a public
/// table.
///
/// [1]: https://arxiv.org/abs/2503.07137
///      "S. Mu, S. Lin. A comprehensive survey of mixture-of-experts. 2025."
enum LoadBalance {
  static let replay = Replay(
    name: "balance", title: "load balance with and without each balancing method", run: run)

  /// One way to balance.
  struct Setting: Sendable {
    var name: String
    /// Whether it says anything about the load itself.
    var isBalancing = false
    var change: @Sendable (inout TrainingOptions) -> Void = { _ in }
  }

  static let settings = [
    Setting(name: "none"),
    Setting(name: "load-balancing loss", isBalancing: true) { $0.balanceWeight = 0.1 },
    Setting(name: "importance loss", isBalancing: true) { $0.importanceWeight = 0.1 },
    Setting(name: "load loss, noise", isBalancing: true) { $0.loadWeight = 0.1 },
    Setting(name: "z-loss") { $0.zWeight = 0.001 },
    Setting(name: "bias, no loss", isBalancing: true) { $0.biasRate = 0.01 },
    Setting(name: "expert dropout") { $0.expertDropout = 0.2 },
  ]

  static let expertCount = 8

  /// Rows to train on and rows to test with.
  struct Case {
    var name: String
    var train: TrainingTable
    var test: [[Float]]
    /// The class of each test row.
    var truth: [Int]
  }

  /// What one training gave.
  struct Outcome {
    /// Of the experts' shares of the test rows.
    var variation: Double
    /// Of the shares, as a part of the most that it can be.
    var entropy: Double
    var idleCount: Int
    var accuracy: Double
    /// The loss at top-1 after refit over that of the blend before.
    var gap: Double
  }

  static func run(_ context: ReplayContext) throws -> ReplayResult {
    var result = ReplayResult()
    var points: [(name: String, points: [(x: Double, y: Double)])] = []
    let table = try publicTable(in: context.dataFolder)
    let titles = ["clusters", table.name]
    for title in titles {
      let outcomes = try context.seeds.map { seed in
        let one = title == table.name ? table : clusters(seed: seed)
        return try settings.map { try outcome(one, $0, seed: seed, context) }
      }
      for (index, setting) in settings.enumerated() {
        func each(_ value: (Outcome) -> Double) -> [Double] { outcomes.map { value($0[index]) } }
        let variation = each(\.variation)
        result.figures += [
          Figure("\(title), \(setting.name): CV of the load", variation),
          Figure("\(title), \(setting.name): entropy", each(\.entropy)),
          Figure("\(title), \(setting.name): idle experts", each { Double($0.idleCount) }),
          Figure("\(title), \(setting.name): accuracy", each(\.accuracy)),
          Figure("\(title), \(setting.name): top-1 over soft loss", each(\.gap), .atMost(1.1)),
        ]
        if setting.isBalancing {
          let ratio = zip(variation, outcomes.map { $0[0].variation }).map(/)
          result.figures.append(
            Figure("\(title), \(setting.name): CV over that of none", ratio, .atMost(1)))
        }
        points.append(
          ("\(title), \(setting.name)", zip(variation, each(\.accuracy)).map { (x: $0, y: $1) }))
      }
    }
    result.plots = titles.enumerated().map { index, name in
      let own = points[index * settings.count..<(index + 1) * settings.count]
      return (
        name,
        Plot(
          title: "accuracy against the variation of the load, \(name)",
          x: .init("coefficient of variation"), y: .init("accuracy"),
          series: own.map { .init(name: $0.name, points: $0.points, isLine: false) })
      )
    }
    return result
  }

  private static func outcome(
    _ one: Case, _ setting: Setting, seed: UInt64, _ context: ReplayContext
  ) throws -> Outcome {
    var options = TrainingOptions()
    (options.seed, options.threadCount, options.expertCount) = (seed, context.threads, expertCount)
    (options.method, options.teacherCount, options.hiddenWidths) = (.switchTop1, 0, [32])
    (options.balanceWeight, options.importanceWeight, options.zWeight) = (0, 0, 0)
    options.epochCount = 30
    setting.change(&options)
    var recipe = TrainingRecipe()
    recipe.routerStart = .random(scale: 1)
    recipe.dropout = 0
    let trained = try Trainer.train(one.train, options: options, recipe: recipe)
    let served = try answers(
      of: trained.refit, throughFileAt: context.path("balance-\(one.name).moe"), columns: one.test)
    var loads = [Double](repeating: 0, count: expertCount)
    for expert in served.experts { loads[expert] += 1 / Double(served.experts.count) }
    let right = zip(served.classes, one.truth).count { $0 == $1 }
    let mean = 1 / Double(expertCount)
    let variance = loads.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } * mean
    let outcome = Outcome(
      variation: variance.squareRoot() / mean,
      entropy: -loads.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) } / log(Double(expertCount)),
      idleCount: loads.count { $0 == 0 }, accuracy: Double(right) / Double(one.truth.count),
      gap: trained.hardLoss / trained.softLoss)
    context.say(
      "  \(one.name) seed \(seed) \(setting.name): CV \(shortest(outcome.variation)), entropy"
        + " \(shortest(outcome.entropy)), idle \(outcome.idleCount), accuracy"
        + " \(shortest(outcome.accuracy)), gap \(shortest(outcome.gap))")
    return outcome
  }

  /// The first of two public tables that `folder` has: rows to train on and rows to test with.
  private static func publicTable(in folder: String) throws -> Case {
    let name =
      FileManager.default.fileExists(atPath: "\(folder)/letter.train.csv")
      ? "letter" : "california"
    let train = try NumericTable(path: "\(folder)/\(name).train.csv")
    let test = try NumericTable(path: "\(folder)/\(name).test.csv")
    let classes = train.classes
    let table = TrainingTable(
      columns: regressionTable(train.columns, []).columns,
      target: .classification(
        name: Array("y".utf8), labels: train.labels(classes).map { UInt32($0) },
        classes: classes.map { Array($0.utf8) }),
      rowCount: train.targets.count)
    return Case(name: name, train: table, test: test.columns, truth: test.labels(classes))
  }

  /// Eight clusters of equal size around random centres in eight columns; in each one a plane of
  /// its own parts two classes.
  private static func clusters(seed: UInt64) -> Case {
    var random = Randomness(seed: seed, stream: 5)
    let (clusterCount, width) = (8, 8)
    func vectors(_ spread: Double) -> [[Double]] {
      (0..<clusterCount).map { _ in (0..<width).map { _ in spread * random.normal() } }
    }
    let (centers, planes) = (vectors(3), vectors(1))
    func rows(_ count: Int) -> (columns: [[Float]], labels: [Int]) {
      var columns = [[Float]](repeating: [], count: width)
      var labels: [Int] = []
      for _ in 0..<count {
        let cluster = random.below(clusterCount)
        let offset = (0..<width).map { _ in random.normal() }
        for column in 0..<width {
          columns[column].append(Float(centers[cluster][column] + offset[column]))
        }
        let side = zip(planes[cluster], offset).reduce(0) { $0 + $1.0 * $1.1 }
        labels.append(side > 0 ? 1 : 0)
      }
      return (columns, labels)
    }
    let (train, test) = (rows(6000), rows(4000))
    let table = TrainingTable(
      columns: regressionTable(train.columns, []).columns,
      target: .classification(
        name: Array("y".utf8), labels: train.labels.map { UInt32($0) },
        classes: [Array("a".utf8), Array("b".utf8)]),
      rowCount: train.labels.count)
    return Case(name: "clusters", train: table, test: test.columns, truth: test.labels)
  }
}

/// A file of comma-separated numbers under a line of names, the target last.
struct NumericTable {
  var columns: [[Float]] = []
  var targets: [String] = []

  init(path: String) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      if columns.isEmpty { columns = [[Float]](repeating: [], count: fields.count - 1) }
      for column in columns.indices { columns[column].append(Float(fields[column]) ?? .nan) }
      targets.append(fields.last.map { String($0) } ?? "")
    }
  }

  /// The texts of the target; of a numeric one two halves, parted at its median.
  var classes: [String] {
    if let middle = middle { return ["up to \(middle)", "above \(middle)"] }
    return Set(targets).sorted()
  }

  private var middle: Double? {
    let numbers = targets.compactMap { Double($0) }
    return numbers.count == targets.count ? median(numbers) : nil
  }

  /// The class of each row.
  func labels(_ classes: [String]) -> [Int] {
    guard middle != nil, let limit = classes[0].split(separator: " ").last.flatMap({ Double($0) })
    else { return targets.map { classes.firstIndex(of: $0) ?? -1 } }
    return targets.map { (Double($0) ?? 0) > limit ? 1 : 0 }
  }
}

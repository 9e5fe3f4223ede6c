// PhasedClusters.swift: R1, Kawata et al.: phases find a direction that one network cannot see.
//
// Step: seeds → [R1] → figures and plot.

import PosternPackaging
import PosternTrainer

/// Single-index clusters with a direction that they share with opposite signs [1]: a mixture that is
/// trained in phases finds it, one network does not.
///
/// [1]: https://arxiv.org/abs/2506.01656
///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster structure
///      in gradient-based learning. ICML 2025."
enum PhasedClusters {
  static let replay = Replay(
    name: "R1", title: "single-index clusters: four phases against one network", run: replayR1)
}

/// The teacher: `y = He₃(w_c · x) + s_c He₃(w_g · x) + noise` for `x ~ N(ρ v_c, I)`.
///
/// Over both clusters the direction `w_g`, which they share with opposite signs, cancels.
private struct Teacher {
  static let dimension = 32
  static let signs: [Double] = [1, -1]
  static let shift = 3.0
  static let noise = 0.1

  /// Of each cluster, then the shared one. All directions are orthonormal.
  var own: [[Float]]
  var places: [[Float]]
  var shared: [Float]
  var random: Gaussian

  init(seed: UInt64) {
    var random = Gaussian(seed: seed, stream: 1)
    let basis = random.orthonormal(count: 5, dimension: Self.dimension)
    self.random = random
    let directions = basis.map { $0.map { Float($0) } }
    own = Array(directions[0..<2])
    places = Array(directions[2..<4])
    shared = directions[4]
  }

  /// Rows with the cluster of each.
  mutating func draw(_ count: Int) -> (rows: PhasedStudent.Rows, clusters: [Int]) {
    var rows = PhasedStudent.Rows(features: [], targets: [])
    rows.features.reserveCapacity(count * Self.dimension)
    rows.targets.reserveCapacity(count)
    var clusters: [Int] = []
    clusters.reserveCapacity(count)
    for _ in 0..<count {
      let cluster = random.below(2)
      var (first, second) = (0.0, 0.0)
      for index in 0..<Self.dimension {
        let value = Float(random.normal() + Self.shift * Double(places[cluster][index]))
        rows.features.append(value)
        first += Double(value) * Double(own[cluster][index])
        second += Double(value) * Double(shared[index])
      }
      let target =
        hermite3(first) + Self.signs[cluster] * hermite3(second) + Self.noise * random.normal()
      rows.targets.append(Float(target))
      clusters.append(cluster)
    }
    return (rows, clusters)
  }

  private func hermite3(_ z: Double) -> Double { (z * z * z - 3 * z) / 6.0.squareRoot() }
}

/// What one seed gave.
private struct Outcome {
  /// Largest alignment with the shared direction, by step.
  var vanillaCurve: [(x: Double, y: Double)] = []
  var mixtureCurve: [(x: Double, y: Double)] = []
  var vanillaShared = 0.0
  var exploredShared = 0.0
  var mixtureShared = 0.0
  /// Of the cluster that is known worst.
  var exploredOwn = 0.0
  var mixtureOwn = 0.0
  var purity = 0.0
  var vanillaError = 0.0
  var mixtureError = 0.0
}

private enum Recipe {
  static let experts = 4
  static let neurons = 32
  static let explorationSteps = 1500
  static let expertSteps = 3000
  static let batch = 512
  static let rate: Float = 0.03
  static let routerBlocks = 80
  static let routerRows = 20_000
  static let headRows = 60_000
  static let testRows = 20_000
}

/// Trains both students on the data of `seed` and scores their files.
private func outcome(seed: UInt64, context: ReplayContext) throws -> Outcome {
  var teacher = Teacher(seed: seed)
  let test = teacher.draw(Recipe.testRows)
  var result = Outcome()

  let total = Recipe.explorationSteps + Recipe.expertSteps
  var vanilla = PhasedStudent(
    featureCount: Teacher.dimension, expertCount: 1,
    neuronCount: Recipe.experts * Recipe.neurons, seed: seed, threads: 1)
  descend(&vanilla, &teacher, exploring: false, steps: total, from: 0, &result.vanillaCurve)
  vanilla.fitHeads(teacher.draw(Recipe.headRows).rows)
  result.vanillaShared = Double(vanilla.alignments(teacher.shared).max() ?? 0)

  var student = PhasedStudent(
    featureCount: Teacher.dimension, expertCount: Recipe.experts, neuronCount: Recipe.neurons,
    seed: seed, threads: context.threads)
  descend(
    &student, &teacher, exploring: true, steps: Recipe.explorationSteps, from: 0,
    &result.mixtureCurve)
  result.exploredShared = Double(student.alignments(teacher.shared).max() ?? 0)
  result.exploredOwn = teacher.own.map { Double(student.alignments($0).max() ?? 0) }.min() ?? 0
  for _ in 0..<Recipe.routerBlocks {
    student.addRouterGradient(teacher.draw(Recipe.routerRows).rows)
  }
  student.endRouting()
  descend(
    &student, &teacher, exploring: false, steps: Recipe.expertSteps,
    from: Recipe.explorationSteps, &result.mixtureCurve)
  result.mixtureShared = Double(student.alignments(teacher.shared).max() ?? 0)
  result.mixtureOwn = teacher.own.map { Double(student.alignments($0).max() ?? 0) }.min() ?? 0
  student.fitHeads(teacher.draw(Recipe.headRows).rows)

  result.vanillaError = try serve(vanilla, "R1-vanilla-\(seed).moe", test, context).error
  let served = try serve(student, "R1-phased-\(seed).moe", test, context)
  result.mixtureError = served.error
  result.purity = served.purity
  return result
}

private func descend(
  _ student: inout PhasedStudent, _ teacher: inout Teacher, exploring: Bool, steps: Int,
  from first: Int, _ curve: inout [(x: Double, y: Double)]
) {
  for step in 0..<steps {
    student.descend(
      teacher.draw(Recipe.batch).rows, exploring: exploring, rate: Recipe.rate, step: step,
      of: steps)
    if step % 50 == 0 || step == steps - 1 {
      let alignment = Double(student.alignments(teacher.shared).max() ?? 0)
      curve.append((Double(first + step), alignment))
    }
  }
  student.endDescent()
}

/// Writes the student's file and lets the runtime answer `test` from the map: the mean squared
/// error over the variance of the target, and the share of rows at an expert whose most frequent
/// cluster is theirs.
private func serve(
  _ student: PhasedStudent, _ name: String, _ test: (rows: PhasedStudent.Rows, clusters: [Int]),
  _ context: ReplayContext
) throws -> (error: Double, purity: Double) {
  let model = try student.description(
    columns: plainColumns(Teacher.dimension), target: Array("y".utf8))
  let count = test.clusters.count
  let answers = try answers(
    of: model, throughFileAt: context.path(name),
    columns: (0..<Teacher.dimension).map { column in
      (0..<count).map { test.rows.features[$0 * Teacher.dimension + column] }
    })
  let truth = test.rows.targets
  let mean = truth.reduce(0.0) { $0 + Double($1) } / Double(count)
  let variance =
    truth.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(count)
  let error = rootMeanSquaredError(answers.values, truth)
  let dispatch = Dispatch(
    experts: answers.experts.map { Int32($0) }, groups: test.clusters.map { Int32($0) },
    expertCount: model.experts.count, groupCount: 2)
  return (error * error / variance, dispatch.purity)
}

/// Runs R1 for every seed.
func replayR1(_ context: ReplayContext) throws -> ReplayResult {
  let outcomes = try context.bySeed {
    try outcome(seed: $0, context: context)
  } words: { one in
    "|w.w_g| one network \(shortest(one.vanillaShared)), phases \(shortest(one.mixtureShared)); "
      + "purity \(shortest(one.purity)); NMSE \(shortest(one.vanillaError)) and "
      + "\(shortest(one.mixtureError))"
  }
  func values(_ of: (Outcome) -> Double) -> [Double] { outcomes.map(of) }
  let ratios = values { $0.mixtureError / $0.vanillaError }
  var result = ReplayResult()
  result.figures = [
    Figure(
      "one network: max |w.w_g|", recorded: "0.008-0.015", values(\.vanillaShared),
      .atMost(1 / Double(Teacher.dimension).squareRoot())),
    Figure("one network: NMSE", recorded: "0.72-0.76", values(\.vanillaError)),
    Figure("phase I: least max |w.w_c|", recorded: ">= 0.993", values(\.exploredOwn)),
    Figure("phase I: max |w.w_g|", recorded: "0.04-0.53", values(\.exploredShared)),
    Figure(
      "phase III: least max |w.w_c|", recorded: "0.92-0.998", values(\.mixtureOwn), .atLeast(0.9)),
    Figure(
      "phase III: max |w.w_g|", recorded: "0.994-0.998", values(\.mixtureShared), .atLeast(0.9)),
    Figure(
      "purity of the runtime's routes", recorded: "0.93-0.98", values(\.purity), .atLeast(0.9)),
    Figure("phases: NMSE of the runtime", recorded: "0.23-0.40", values(\.mixtureError)),
    Figure("NMSE ratio", recorded: "<= 0.65", ratios),
    Figure("median NMSE ratio", recorded: "<= 0.65", [median(ratios)], .atMost(0.65)),
  ]
  var series: [Plot.Series] = []
  for (index, one) in outcomes.enumerated() {
    let seed = context.seeds[index]
    series.append(Plot.Series(name: "phases, seed \(seed)", points: one.mixtureCurve))
    if index == 0 {
      series.append(Plot.Series(name: "one network, seed \(seed)", points: one.vanillaCurve))
    }
  }
  let title = "R1: max |w.w_g| over steps; phase III starts at \(Recipe.explorationSteps)"
  result.plots = [
    (
      "alignment",
      Plot(title: title, x: Plot.Axis("step"), y: Plot.Axis("max |w.w_g|"), series: series)
    )
  ]
  result.notes = [
    "the neurons are He3 in phases I to III: with ReLU one network finds w_g too (recorded)"
  ]
  return result
}

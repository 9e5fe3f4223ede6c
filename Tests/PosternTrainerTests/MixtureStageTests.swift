// MixtureStageTests.swift: what a mixture answers, what refitting may change, what groups rows.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct MixtureStageTests {
  private struct Case {
    var prepared: PreparedData
    var mixture: Mixture
  }

  /// Three experts with weights of their own, routed by the column `a`.
  private func makeCase(rowCount: Int = 240) throws -> Case {
    let table = Synthetic.regression(rowCount: rowCount)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let shape = NetworkShape(input: prepared.input, widths: [16], outputCount: 1)
    var router = TrainableRouter(
      RouterShape(.linear, expertCount: 3), featureCount: prepared.data.featureCount)
    router.parameters[router.forms[0].weight(0, 0)] = -4
    router.parameters[router.forms[0].weight(2, 0)] = 4
    router.parameters[router.forms[0].place.bias + 1] = 2
    let experts = (0..<3).map { expert -> NetworkParameters in
      var random = RandomStream(seed: UInt64(expert))
      return NetworkParameters(shape: shape, values: shape.initialParameters(&random))
    }
    return Case(prepared: prepared, mixture: Mixture(router: router, experts: experts))
  }

  @Test func `each row is answered by the expert of its cell`() throws {
    let c = try makeCase()
    let cells = c.mixture.cells(c.prepared.data)
    #expect(cells.flatMap { $0 }.sorted() == (0..<240).map { Int32($0) })
    #expect(cells.allSatisfy { !$0.isEmpty })
    let outputs = c.mixture.predict(c.prepared.data, threads: 2)
    for (expert, cell) in cells.enumerated() {
      let own = c.mixture.experts[expert].network.predict(c.prepared.data)
      for row in cell { #expect(outputs[Int(row)] == own[Int(row)]) }
    }
  }

  @Test func `sharp probabilities blend to the chosen expert's answer`() throws {
    var c = try makeCase()
    let hard = c.mixture.predict(c.prepared.data, threads: 1)
    c.mixture.temperature = 1e-4
    let blended = c.mixture.predictBlended(c.prepared.data, threads: 1)
    let far = zip(hard, blended).count { abs($0 - $1) > 1e-3 }
    // Rows within a ten-thousandth of a border may lie between two answers.
    #expect(far <= 2)
    c.mixture.temperature = 1
    let soft = c.mixture.predictBlended(c.prepared.data, threads: 1)
    #expect(zip(hard, soft).contains { abs($0 - $1) > 1e-2 })
  }

  private func refitted(_ c: Case, rowLimit: Int) -> Mixture {
    let schedule = Schedule(epochs: 10, batchSize: 16, rate: 3e-3, patience: 10)
    return refit(
      c.mixture, data: c.prepared.data, targets: c.prepared.targets,
      validation: c.prepared.validation, schedule: schedule, seed: 1, threads: 2,
      rowLimit: rowLimit, reporter: ProgressReporter { _ in true }
    ) { _, _, _ in }
  }

  @Test func `refitting makes every cell better and moves no row`() throws {
    let c = try makeCase()
    let after = refitted(c, rowLimit: 10)
    #expect(after.router.parameters == c.mixture.router.parameters)
    let (old, new) = (
      c.prepared.validation.rowLosses(c.mixture.predict(c.prepared.data, threads: 1)),
      c.prepared.validation.rowLosses(after.predict(c.prepared.data, threads: 1))
    )
    for cell in c.mixture.cells(c.prepared.data) {
      let before = cell.reduce(0.0) { $0 + old[Int($1)] }
      #expect(cell.reduce(0.0) { $0 + new[Int($1)] } < before)
    }
  }

  @Test func `cells with too few rows keep their experts`() throws {
    let c = try makeCase()
    let sizes = c.mixture.cells(c.prepared.data).map(\.count)
    let limit = sizes.sorted()[1] + 1
    let after = refitted(c, rowLimit: limit)
    for expert in 0..<3 {
      let kept = after.experts[expert] == c.mixture.experts[expert]
      #expect(kept == (sizes[expert] < limit))
    }
  }

  /// `a` and `b` make the target, `gap` and `kind` do not: a trained network tells them apart.
  @Test func `columns that the network overlooks count for little`() throws {
    let table = Synthetic.regression(rowCount: 800)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 6)
    let shape = NetworkShape(input: prepared.input, widths: [16, 16], outputCount: 1)
    var random = RandomStream(seed: 3)
    var schedule = Schedule(epochs: 30, batchSize: 32, rate: 1e-2, patience: 30)
    schedule.weightDecay = 0.1
    let network = trainDense(
      shape: shape, initial: shape.initialParameters(&random), data: prepared.data,
      targets: prepared.targets, rows: (0..<800).map { Int32($0) },
      validation: prepared.validation, schedule: schedule, random: random,
      reporter: ProgressReporter { _ in true }
    ) { _, _, _, _ in }
    let weights = featureWeights(of: network, columns: prepared.columns, data: prepared.data)
    #expect(weights.count == prepared.data.featureCount)
    let least = min(weights[0], weights[1])
    #expect(weights[2...].allSatisfy { $0 < 0.8 * least })
  }

  @Test func `training a mixture lowers its loss and uses its experts`() throws {
    let c = try makeCase(rowCount: 400)
    let start = FittedMixture(
      mixture: c.mixture,
      score: c.prepared.validation.score(c.mixture.predict(c.prepared.data, threads: 1)),
      epochs: 0)
    let networks = Schedule(epochs: 15, batchSize: 32, rate: 5e-3, patience: 15)
    let trainer = MixtureTrainer(
      start: c.mixture, data: c.prepared.data, targets: c.prepared.targets,
      schedule: MixtureSchedule(networks: networks), seed: 2, threads: 2)
    let fitted = trainer.train(
      rows: (0..<400).map { Int32($0) }, start: start, validation: c.prepared.validation, seed: 2,
      reporter: ProgressReporter { _ in true }
    ) { _, _, _, _ in }
    #expect(fitted.epochs > 0 && fitted.score.loss < 0.5 * start.score.loss)
    #expect(fitted.mixture.cells(c.prepared.data).allSatisfy { $0.count > 10 })
  }

  /// Two epochs are needed for a first rate, 60 % of the epochs for the temperature to fall.
  @Test(arguments: [(0.0, Int?.none), (1.1, Int?.some(9))])
  func `a router that has come to rest is frozen`(rate: Double, frozen: Int?) throws {
    let c = try makeCase(rowCount: 400)
    var schedule = MixtureSchedule(
      networks: Schedule(epochs: 15, batchSize: 32, rate: 5e-3, patience: 15))
    schedule.freezingChangeRate = rate
    var routers: [[Float]] = []
    let trainer = MixtureTrainer(
      start: c.mixture, data: c.prepared.data, targets: c.prepared.targets, schedule: schedule,
      seed: 2, threads: 2)
    let fitted = trainer.train(
      rows: (0..<400).map { Int32($0) }, start: nil, validation: c.prepared.validation, seed: 2,
      reporter: ProgressReporter { _ in true }
    ) { _, _, _, _ in routers.append(trainer.servedRouter.parameters) }
    #expect(fitted.frozenAfter == frozen)
    #expect(fitted.changeRates.count == (frozen ?? 15) - 1)
    #expect(fitted.changeRates.allSatisfy { (0...1).contains($0) })
    #expect(fitted.changeRates.contains { $0 > 0 })
    for epoch in 1..<routers.count {
      #expect((routers[epoch] == routers[epoch - 1]) == (epoch >= frozen ?? 15))
    }
  }

  @Test func `a mixture is chosen only if it is better by more than chance would do`() throws {
    let c = try makeCase()
    let plan = TrainingPlan(
      options: Synthetic.quickOptions(), rowCount: 240, task: c.prepared.task)
    let run = TrainingRun(
      encodings: [c.prepared], plan: plan, reporter: ProgressReporter { _ in true })
    // Gains of 0 or 2 have a mean of 1 and an error of 0.065, one gain of 240 a mean of one error.
    let base = [Double](repeating: 3, count: 240)
    #expect(MeanGain(before: base, after: (0..<240).map { $0 % 2 == 0 ? 3 : 1 }).exceeds(2))
    #expect(!MeanGain(before: base, after: (0..<240).map { $0 == 0 ? 2 : 3 }).exceeds(2))
    #expect(!MeanGain(before: base, after: base).exceeds(0))
    #expect(MeanGain(before: base, after: (0..<240).map { $0 == 0 ? 3.5 : 3 }).exceeds(-2))
    // Few rows ask for no gain, many for one that is more than chance.
    #expect(plan.mixturePreference(validationRowCount: 240) < 0)
    #expect(plan.mixturePreference(validationRowCount: 5000) == 1)

    func fitted(_ mixture: Mixture) -> FittedMixture {
      let outputs = mixture.predict(c.prepared.validation.data, threads: 1)
      return FittedMixture(
        mixture: mixture, score: c.prepared.validation.score(outputs), epochs: 1)
    }
    let better = fitted(refitted(c, rowLimit: 10))
    let worse = fitted(c.mixture)
    let dense = FittedNetwork(
      shape: c.mixture.experts[0].shape, parameters: c.mixture.experts[0].values,
      score: worse.score, epochs: 1)
    var stages = TrainingRun.Stages(
      teachers: [dense], teachersMeanScore: worse.score, students: [], dense: dense,
      copied: worse, mixture: better, chosen: .dense, model: worse)
    run.choose(&stages)
    #expect(stages.chosen == .mixture && stages.model?.score == better.score)
    stages.copied = better
    stages.mixture = worse
    stages.refit = worse
    stages.model = better
    stages.chosen = .dense
    run.choose(&stages)
    #expect(stages.chosen == .dense && stages.model?.score == better.score)
  }
}

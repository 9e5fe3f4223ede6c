// UpdateTests.swift: experts of a model learn from other rows, the rest stays.

import PosternFormat
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct UpdateTests {
  /// The expert that most of the drifted rows reach.
  private static func busiest(_ table: TrainingTable) throws -> Int {
    guard case .numeric(let a) = table.columns[0].values else { return 0 }
    let experts = try UpdateModel.answers(table).experts
    var counts = [Int](repeating: 0, count: 4)
    for row in a.indices where a[row] > 0 { counts[experts[row]] += 1 }
    return counts.indices.reduce(0) { counts[$1] > counts[$0] ? $1 : $0 }
  }

  /// Goal: an update mends what drifted and touches nothing else. Method: 10,000 other rows.
  @Test func `an updated expert follows the drift, all others keep their bits`() throws {
    let table = UpdateModel.drifted(rowCount: 1500, by: 4)
    let expert = try UpdateTests.busiest(table)
    let update = try UpdateModel.update(table, .experts([expert]))
    #expect(update.report.experts.map(\.outcome) == [.updated])
    #expect(
      update.replacements.map { [$0.kind, $0.index] }
        == [[SectionKind.expert.rawValue, UInt32(expert)], [SectionKind.deviations.rawValue, 0]])
    let after = try UpdateModel.updated(update)
    let rows = UpdateModel.drifted(rowCount: 10_000, by: 4, seed: 77)
    let (old, new) = (
      try UpdateModel.answers(rows), try UpdateModel.answers(rows, file: after)
    )
    #expect(old.experts == new.experts)
    let own = old.experts.indices.filter { old.experts[$0] == expert }
    let others = old.experts.indices.filter { old.experts[$0] != expert }
    #expect(own.count > 1000 && others.count > 1000)
    #expect(others.allSatisfy { old.values[$0].bitPattern == new.values[$0].bitPattern })
    let (before, now) = (
      UpdateModel.error(old, rows, rows: own), UpdateModel.error(new, rows, rows: own)
    )
    #expect(now < 0.5 * before, "mean squared error \(before), then \(now)")
  }

  /// What is told is the runtime's own score of the held-out rows.
  @Test func `scores are those of the held-out rows`() throws {
    let table = UpdateModel.drifted(rowCount: 800, by: 4)
    let judged = UpdateModel.drifted(rowCount: 700, by: 4, seed: 51)
    let expert = try UpdateTests.busiest(table)
    let update = try UpdateModel.update(table, .experts([expert]), validation: judged)
    let trial = update.report.experts[0]
    let old = try UpdateModel.answers(judged)
    let own = old.experts.indices.filter { old.experts[$0] == expert }
    #expect(trial.heldOutRowCount == own.count)
    #expect(trial.trainingRowCount == update.report.expertTraffic[expert])
    let new = try UpdateModel.answers(judged, file: try UpdateModel.updated(update))
    let scores = [old, new].map { UpdateModel.error($0, judged, rows: own).squareRoot() }
    let told = [try #require(trial.before), try #require(trial.after)]
    for (score, told) in zip(scores, told) { #expect(abs(score - told) < 1e-4 * score) }
  }

  /// Judged by what the model itself says, no other answer can be better.
  @Test func `an expert that gets no better stays as it is`() throws {
    var judged = Synthetic.regression(rowCount: 300, seed: 8)
    let own = try UpdateModel.answers(judged).values
    judged.target = .regression(names: [bytes("y")], values: [own])
    let update = try UpdateModel.update(
      UpdateModel.drifted(rowCount: 600, by: 2), .experts([0, 1, 2, 3]), validation: judged)
    #expect(update.report.experts.map(\.outcome) == .init(repeating: .noImprovement, count: 4))
    #expect(update.report.experts.allSatisfy { ($0.before ?? 1) < 1e-6 })
    #expect(update.replacements.isEmpty && !update.report.isUpdated)
  }

  @Test func `the decision needs more than chance`() {
    typealias Outcome = UpdateReport.Outcome
    #expect(UpdateRun.outcome(before: [1, 1, 1], after: [2, 1, 1]) == .noImprovement)
    #expect(UpdateRun.outcome(before: [1, 1, 1], after: [1, 1, 1]) == .noImprovement)
    #expect(UpdateRun.outcome(before: [1, 1, 1], after: [0.1, 0.1, 0.2]) == .updated)
    #expect(UpdateRun.outcome(before: [9, 1, 1], after: [2, 3, 3]) == .withinChance)
    #expect(UpdateRun.outcome(before: [1, 1], after: [0, .infinity]) == .noImprovement)
    #expect(UpdateRun.outcome(before: [1, .infinity], after: [3, 3]) == .updated)
  }

  @Test func `only experts that are looked at are asked for`() throws {
    let table = UpdateModel.drifted(rowCount: 800, by: 4)
    var asked: [Int] = []
    _ = try UpdateModel.update(table, .experts([2])) { asked.append($0) }
    #expect(Set(asked) == [2])
  }

  @Test func `the number of threads changes no number`() throws {
    let table = UpdateModel.drifted(rowCount: 1000, by: 4)
    let one = try UpdateModel.update(table, .experts([0, 1, 2, 3]), threads: 1)
    let two = try UpdateModel.update(table, .experts([3, 2, 1, 0]), threads: 2)
    #expect(one.replacements.count > 2)
    func sorted(_ update: ModelUpdate) -> [SectionReplacement] {
      update.replacements.sorted { ($0.kind, $0.index) < ($1.kind, $1.index) }
    }
    #expect(sorted(one) == sorted(two))
  }

  /// The deviations of updated experts are those of their held-out rows; the others stay.
  @Test func `deviations are told anew`() throws {
    let table = UpdateModel.drifted(rowCount: 900, by: 4)
    let judged = UpdateModel.drifted(rowCount: 700, by: 4, seed: 51)
    let expert = try UpdateTests.busiest(table)
    let update = try UpdateModel.update(table, .experts([expert]), validation: judged)
    let after = try UpdateModel.updated(update)
    let (old, new) = (try UpdateModel.description(), try UpdateModel.description(after))
    let answers = try UpdateModel.answers(judged, file: after)
    let own = answers.experts.indices.filter { answers.experts[$0] == expert }
    let error = UpdateModel.error(answers, judged, rows: own).squareRoot()
    for other in 0..<4 {
      let (before, now) = (old.ancillary.deviations[other], new.ancillary.deviations[other])
      #expect(other == expert ? abs(Double(now) - error) < 1e-4 * error : before == now)
    }
  }

  /// Goal: an expert learns what is left to it behind a gate and beside a shared expert. Method:
  /// each alone and both, judged by the runtime on other rows.
  @Test(
    arguments: [ModelDescription.GateScale.none, .probability, .score], [false, true])
  func `gates and a shared expert are reckoned with`(
    gateScale: ModelDescription.GateScale, isShared: Bool
  ) throws {
    var model = try UpdateModel.description()
    model.gateScale = gateScale
    if isShared {
      model.sharedExpert = Expert(
        firstLayer: .dense,
        layers: [
          Expert.Layer(
            weights: (0..<model.featureCount).map { 0.3 * Float($0 % 3) - 0.2 }, bias: [0.4],
            slopes: [])
        ])
    }
    let file = try model.encoded(profile: .map)
    let table = UpdateModel.drifted(rowCount: 1500, by: 4)
    let expert = try UpdateTests.busiest(table)
    let update = try UpdateModel.update(table, .experts([expert]), file: file)
    let trial = update.report.experts[0]
    #expect(trial.outcome == .updated)
    let rows = UpdateModel.drifted(rowCount: 1000, by: 4, seed: 77)
    let after = try UpdateModel.updated(update, file: file)
    let (old, new) = (
      try UpdateModel.answers(rows, file: file), try UpdateModel.answers(rows, file: after)
    )
    let own = old.experts.indices.filter { old.experts[$0] == expert }
    let errors = [old, new].map { UpdateModel.error($0, rows, rows: own).squareRoot() }
    #expect(errors[1] < 0.75 * errors[0], "\(errors)")
    // What was told about held-out rows is about what other rows say.
    #expect(abs((trial.after ?? 0) - errors[1]) < 0.35 * errors[1])
  }

  @Test func `an expert without hidden layers is updated`() throws {
    var model = try UpdateModel.description()
    let table = UpdateModel.drifted(rowCount: 1500, by: 4)
    let expert = try UpdateTests.busiest(table)
    model.experts[expert] = Expert(
      firstLayer: .lookup,
      layers: [
        Expert.Layer(
          weights: [Float](repeating: 0, count: model.entryCount), bias: [0], slopes: [])
      ])
    let file = try model.encoded(profile: .map)
    let update = try UpdateModel.update(table, .experts([expert]), epochs: 60, file: file)
    let trial = update.report.experts[0]
    #expect(trial.outcome == .updated && (trial.after ?? 9) < 0.8 * (trial.before ?? 0))
    let after = try UpdateModel.description(try UpdateModel.updated(update, file: file))
    #expect(after.experts[expert].layers.count == 1)
  }

  /// The worst expert is the one whose rows were spoilt.
  @Test func `the worst expert is found`() throws {
    let table = Synthetic.regression(rowCount: 1500, seed: 50)
    let experts = try UpdateModel.answers(table).experts
    for wanted in 0..<4 {
      var spoilt = table
      if case .regression(let names, let values) = table.target {
        spoilt.target = .regression(
          names: names,
          values: [values[0].indices.map { values[0][$0] + (experts[$0] == wanted ? 6 : 0) }])
      }
      let update = try UpdateModel.update(spoilt, .worst(1), epochs: 1)
      #expect(update.report.experts.map(\.expert) == [wanted])
      #expect(abs(update.report.lossShares.reduce(0, +) - 1) < 1e-9)
      #expect(update.report.lossShares[wanted] == update.report.lossShares.max())
    }
  }

  /// The head's range stays; who asks for more is told.
  @Test func `targets outside the head's range are counted`() throws {
    let table = UpdateModel.drifted(rowCount: 300, by: 1000)
    guard case .numeric(let a) = table.columns[0].values else { return }
    let update = try UpdateModel.update(table, .experts([0, 1, 2, 3]))
    #expect(update.report.beyondRangeRowCount == a.count { $0 > 0 })
  }

  @Test func `classes are learned anew`() throws {
    let file = UpdateModel.trained(
      Synthetic.classification(rowCount: 1200, classCount: 2), experts: 2)
    var table = Synthetic.classification(rowCount: 1500, classCount: 2, seed: 60)
    // The names in another order and the classes exchanged: the codes stay, the law turns round.
    if case .classification(let name, let labels, let classes) = table.target {
      table.target = .classification(name: name, labels: labels, classes: classes.reversed())
    }
    let update = try UpdateModel.update(table, .experts([0, 1]), file: file)
    #expect(update.report.metric == .accuracy)
    for trial in update.report.experts {
      #expect(trial.isUpdated)
      #expect(try #require(trial.before) < 0.3)
      #expect(try #require(trial.after) > 0.7)
    }
  }

  /// Goal: a network starts with the file's own bits. Method: imported and exported again; and its
  /// outputs, bit for bit those of the runtime.
  @Test func `an imported expert is the expert`() throws {
    let model = try UpdateModel.description()
    let table = Synthetic.regression(rowCount: 500, seed: 4)
    for expert in model.experts {
      let imported = ImportedNetwork(expert, columns: model.columns)
      #expect(imported.expert(imported.parameters) == expert)
      let maps = categoryMaps(of: table, columns: model.columns)
      let outputs = Network(shape: imported.shape, parameters: imported.parameters)
        .predict(encode(table, columns: model.columns, categoryMaps: maps))
      var raw = model.alone(expert)
      raw.head = [HeadOutput()]
      #expect(try serve(raw, table).values.map(\.bitPattern) == outputs.map(\.bitPattern))
    }
  }

  @Test func `widths that are no multiple of 16 keep their padding zero`() throws {
    var model = try UpdateModel.description()
    func cut(_ expert: Expert) -> Expert {
      var expert = expert
      let (first, second) = (expert.layers[0], expert.layers[1])
      let (old, new) = (first.bias.count, 11)
      expert.layers[0].weights = first.weights.indices.filter { $0 % old < new }
        .map { first.weights[$0] }
      expert.layers[0].bias = Array(first.bias[..<new])
      expert.layers[0].slopes = Array(first.slopes[..<new])
      expert.layers[1].weights = Array(second.weights[..<(new * second.bias.count)])
      return expert
    }
    model.experts = model.experts.map(cut)
    let file = try model.encoded(profile: .map)
    let table = UpdateModel.drifted(rowCount: 1500, by: 4)
    let update = try UpdateModel.update(table, .experts([0, 1, 2, 3]), file: file)
    #expect(update.report.isUpdated)
    let after = try UpdateModel.description(try UpdateModel.updated(update, file: file))
    #expect(after.experts.allSatisfy { $0.layers[0].bias.count == 11 })
  }
}

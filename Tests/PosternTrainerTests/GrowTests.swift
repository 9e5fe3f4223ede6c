// GrowTests.swift: a model gets one expert more, the old ones answer as before.

import PosternFormat
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct GrowTests {
  /// Rows whose law is another one in part of a quadrant, that is in part of a cell.
  private static func changed(rowCount: Int, seed: UInt64 = 50) -> TrainingTable {
    var table = Synthetic.regression(rowCount: rowCount, seed: seed)
    let isChanged = Set(region(table))
    if case .regression(let names, let values) = table.target,
      case .numeric(let b) = table.columns[1].values
    {
      table.target = .regression(
        names: names,
        values: [values[0].indices.map { isChanged.contains($0) ? b[$0] - 5 : values[0][$0] }])
    }
    return table
  }

  /// The rows with another law.
  private static func region(_ table: TrainingTable) -> [Int] {
    guard case .numeric(let a) = table.columns[0].values,
      case .numeric(let b) = table.columns[1].values
    else { return [] }
    return a.indices.filter { a[$0] > 0.4 && b[$0] > 0.1 }
  }

  static let routers: [(RouterChoice, Int?)] = [
    (RouterChoice(.linear), nil), (RouterChoice(.perturbedCosine), nil),
    (RouterChoice(.prototype), nil), (RouterChoice(.linear, .laplace), 2),
  ]

  /// Goal: what is new is learned, what is old stays to the bit, for each kind of node. Method:
  /// 4,000 other rows by the runtime, before and after.
  @Test(arguments: routers.indices)
  func `a new expert learns a new law, all other rows keep their bits`(number: Int) throws {
    let (router, groups) = GrowTests.routers[number]
    let file = UpdateModel.trained(
      Synthetic.regression(rowCount: 600), router: router, groups: groups)
    let update = try UpdateModel.update(
      GrowTests.changed(rowCount: 1000), .grow(1), epochs: 12, file: file)
    let growth = try #require(update.report.growth.first)
    try #require(growth.trial.outcome == .updated && update.report.isUpdated)
    let new = try #require(growth.trial.expert)
    let after = try UpdateModel.updated(update, file: file)
    let rows = GrowTests.changed(rowCount: 4000, seed: 77)
    let (old, now) = (
      try UpdateModel.answers(rows, file: file), try UpdateModel.answers(rows, file: after)
    )
    let won = now.experts.indices.filter { now.experts[$0] == new }
    #expect(won.count > 200)
    let stays = now.experts.indices.filter { now.experts[$0] != new }
    let kept = stays.allSatisfy { row in
      now.experts[row] - (now.experts[row] > new ? 1 : 0) == old.experts[row]
        && old.values[row].bitPattern == now.values[row].bitPattern
    }
    #expect(kept)
    let region = GrowTests.region(rows)
    let errors = [old, now].map { UpdateModel.error($0, rows, rows: region) }
    #expect(errors[1] < 0.3 * errors[0], "\(router): \(errors), \(won.count) rows")
    let whole = [old, now].map { UpdateModel.error($0, rows, rows: Array(0..<4000)) }
    #expect(whole[1] < whole[0])
    try expectConsistent(update, file: file, after: after, new: new)
  }

  /// The sections say the same thing: what routes is what was published, the counts are those of
  /// the rows, and the file is the one that the encoder writes.
  private func expectConsistent(
    _ update: ModelUpdate, file: [UInt8], after: [UInt8], new: Int
  ) throws {
    let (old, model) = (try UpdateModel.description(file), try UpdateModel.description(after))
    #expect(try model.encoded(profile: .map) == after)
    var kept = model.experts
    kept.remove(at: new)
    #expect(kept == old.experts && model.experts.count == old.experts.count + 1)
    #expect(model.router.removing([new]) == old.router)
    let published = try #require(model.ancillary.routerParameters)
    #expect(
      published.removing([new], groups: model.router.groups) == old.ancillary.routerParameters)
    let folded = TrainableRouter(
      published, groups: model.router.groups, featureCount: model.featureCount
    ).serving
    for (node, served) in zip(folded.nodes, model.router.nodes) {
      #expect(node.kind == served.kind)
      for (a, b) in zip(
        node.weights + node.bias + node.scale, served.weights + served.bias + served.scale)
      {
        #expect(abs(a - b) <= 1e-5 * max(abs(a), abs(b), 1e-3))
      }
    }
    #expect(model.ancillary.routingHistogram == update.report.expertTraffic.map { UInt64($0) })
    #expect(model.ancillary.deviations.count == model.experts.count)
  }

  @Test func `scores are those of the held-out rows`() throws {
    let judged = GrowTests.changed(rowCount: 600, seed: 66)
    let update = try UpdateModel.update(
      GrowTests.changed(rowCount: 900), .grow(1), validation: judged, epochs: 8)
    let growth = try #require(update.report.growth.first)
    let after = try UpdateModel.updated(update)
    let told = [growth.trial.before, growth.trial.after]
    for (file, told) in zip([UpdateModel.file, after], told) {
      let error = UpdateModel.error(
        try UpdateModel.answers(judged, file: file), judged, rows: Array(0..<600)
      ).squareRoot()
      #expect(abs(error - (try #require(told))) < 1e-4 * error)
    }
    #expect(growth.trial.heldOutRowCount == 600)
    let answers = try UpdateModel.answers(GrowTests.changed(rowCount: 900), file: after)
    #expect(growth.wonRowCount == answers.experts.count { $0 == growth.trial.expert })
  }

  /// Judged by what the model itself says, no other answer can be better.
  @Test func `an expert that helps nobody does not come`() throws {
    var judged = Synthetic.regression(rowCount: 300, seed: 8)
    judged.target = .regression(
      names: [bytes("y")], values: [try UpdateModel.answers(judged).values])
    let update = try UpdateModel.update(
      GrowTests.changed(rowCount: 600), .grow(1), validation: judged, epochs: 4)
    #expect(update.report.growth.first?.trial.outcome == .noImprovement)
    #expect(try UpdateModel.updated(update) == UpdateModel.file)
    let few = try UpdateModel.update(GrowTests.changed(rowCount: 60), .grow(1))
    #expect(few.report.growth.first?.trial.outcome == .tooFewRows && !few.report.isUpdated)
  }

  @Test func `two experts come one after the other, the same on any number of threads`() throws {
    var table = GrowTests.changed(rowCount: 1000)
    if case .regression(let names, let values) = table.target,
      case .numeric(let a) = table.columns[0].values
    {
      table.target = .regression(
        names: names, values: [values[0].indices.map { a[$0] < -0.5 ? 4 : values[0][$0] }])
    }
    let update = try UpdateModel.update(table, .grow(2), threads: 1, epochs: 8)
    #expect(update.report.growth.map(\.trial.expert) == [4, 5])
    #expect(update.report.growth.allSatisfy { $0.trial.isUpdated })
    let after = try UpdateModel.updated(update)
    let model = try UpdateModel.description(after)
    #expect(model.experts.count == 6 && update.report.expertTraffic.count == 6)
    #expect(try model.encoded(profile: .map) == after)
    #expect(Array(model.experts[..<4]) == (try UpdateModel.description()).experts)
    let twice = try UpdateModel.update(table, .grow(2), threads: 2, epochs: 8)
    #expect(try UpdateModel.updated(twice) == after)
    let first = try UpdateModel.update(table, .grow(1), epochs: 8)
    #expect(first.report.growth == Array(update.report.growth[..<1]))
  }

  @Test func `what cannot grow is refused by name`() throws {
    let table = GrowTests.changed(rowCount: 300)
    func error(_ count: Int, _ model: ModelDescription? = nil) throws -> UpdateError {
      let file = try model?.encoded(profile: .map) ?? UpdateModel.file
      return try #require(throws: UpdateError.self) {
        _ = try UpdateModel.update(table, .grow(count), file: file)
      }
    }
    #expect(try error(0) == .wrongGrowth(0, expertCount: 4))
    #expect(try error(65_533) == .wrongGrowth(65_533, expertCount: 4))
    var model = try UpdateModel.description()
    model.gateScale = .score
    #expect(try error(1, model) == .unsupportedModel(.gateScale))
    #expect(try error(2, model) == .unsupportedModel(.gateScale))
    model.gateScale = .none
    model.experts[2].elementType = .f16
    #expect(try error(1, model) == .unsupportedExpert(2, .elementType))
    model = try UpdateModel.description()
    model.experts[1] = Expert(
      firstLayer: .dense,
      layers: [
        Expert.Layer(
          weights: [Float](repeating: 0, count: model.featureCount), bias: [0], slopes: [])
      ])
    #expect(try error(1, model) == .unsupportedExpert(1, .denseFirstLayer))
  }
}

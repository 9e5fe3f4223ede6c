// RetireTests.swift: experts go, the next best take over, the rest stays.

import PosternFormat
import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

@Suite struct RetireTests {
  private static let twoLevels = UpdateModel.trained(
    Synthetic.regression(rowCount: 800), router: RouterChoice(.linear, .laplace), groups: 2)

  /// The runner-up of each row, by the runtime.
  private func runnersUp(_ table: TrainingTable, file: [UInt8]) throws -> [Int?] {
    let model = try ModelView(validating: file.span)
    let columns = ModelDescription(frameOf: model).columns
    let maps = categoryMaps(of: table, columns: columns)
    var workspace = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    var session = try Session(model: model, rowCapacity: 1, workspace: workspace.mutableSpan)
    var row = [Float](repeating: 0, count: columns.count)
    return (0..<table.rowCount).map { index in
      table.copyRow(index, maps: maps, to: &row)
      session.load(row.span, at: 0)
      session.route(count: 1, explaining: true)
      return session.runnerUp(0)
    }
  }

  /// Goal: only rows of the expert that goes get other answers, those of their runner-up. Method:
  /// 4,000 rows by the runtime, before and after.
  @Test(arguments: [RouterParameters.Kind.linear, .laplace, .perturbedCosine, .prototype])
  func `a row of a retired expert falls to the runner-up, all others stay`(
    kind: RouterParameters.Kind
  ) throws {
    let file = UpdateModel.trained(
      Synthetic.regression(rowCount: 800), router: RouterChoice(kind))
    let table = Synthetic.regression(rowCount: 600, seed: 50)
    let gone = 1
    let update = try UpdateModel.update(table, .retire([gone]), file: file, forced: true)
    let after = try UpdateModel.updated(update, file: file)
    let rows = Synthetic.regression(rowCount: 4000, seed: 77)
    let (old, now) = (
      try UpdateModel.answers(rows, file: file), try UpdateModel.answers(rows, file: after)
    )
    let next = try runnersUp(rows, file: file)
    let (model, was) = (try UpdateModel.description(after), try UpdateModel.description(file))
    for row in 0..<4000 {
      let expert = now.experts[row] < gone ? now.experts[row] : now.experts[row] + 1
      if old.experts[row] == gone {
        #expect(expert == next[row])
      } else {
        #expect(expert == old.experts[row])
        #expect(old.values[row].bitPattern == now.values[row].bitPattern)
      }
    }
    #expect(try model.encoded(profile: .map) == after)
    #expect(model.experts == [0, 2, 3].map { was.experts[$0] })
    #expect(
      model.ancillary.routerParameters
        == was.ancillary.routerParameters?.removing([gone], groups: [4]))
    #expect(model.ancillary.deviations.count == 3)
    let retirement = try #require(update.report.retirement)
    let answers = try UpdateModel.answers(table, file: file).experts
    #expect(retirement.movedRowCount == answers.count { $0 == gone })
    #expect(retirement.takers.reduce(0) { $0 + $1.rowCount } == retirement.movedRowCount)
    #expect(retirement.experts == [gone] && retirement.rowCount == 600)
  }

  @Test func `within a group the other takes over`() throws {
    let file = RetireTests.twoLevels
    let table = Synthetic.regression(rowCount: 600, seed: 50)
    let update = try UpdateModel.update(table, .retire([2]), file: file, forced: true)
    let after = try UpdateModel.updated(update, file: file)
    let (old, now) = (
      try UpdateModel.answers(table, file: file), try UpdateModel.answers(table, file: after)
    )
    // Of the groups (0, 1) and (2, 3), 3 is what is left of the second.
    #expect(now.experts == old.experts.map { $0 >= 2 ? 2 : $0 })
    #expect((0..<600).allSatisfy { old.experts[$0] == 2 || old.values[$0] == now.values[$0] })
    let model = try UpdateModel.description(after)
    #expect(model.router.groups == [2, 1])
    #expect(try model.encoded(profile: .map) == after)
  }

  @Test func `what makes the rows worse stays unless it is forced`() throws {
    let table = Synthetic.regression(rowCount: 600, seed: 50)
    let busiest = try UpdateModel.update(table, .worst(1)).report.expertTraffic
    let expert = busiest.indices.reduce(0) { busiest[$1] > busiest[$0] ? $1 : $0 }
    let update = try UpdateModel.update(table, .retire([expert]))
    let kept = try #require(update.report.retirement)
    #expect(kept.outcome == .worse && kept.after > kept.before && !update.report.isUpdated)
    #expect(try UpdateModel.updated(update) == UpdateModel.file)
    let forced = try UpdateModel.update(table, .retire([expert]), forced: true)
    let gone = try #require(forced.report.retirement)
    #expect(gone.isDone && gone.after == kept.after)
    let after = try UpdateModel.updated(forced)
    let error = UpdateModel.error(
      try UpdateModel.answers(table, file: after), table, rows: Array(0..<600)
    ).squareRoot()
    #expect(abs(error - gone.after) < 1e-4 * error)
    // Training rows moved, so that these rows are what is counted.
    #expect(
      try UpdateModel.description(after).ancillary.routingHistogram
        == forced.report.expertTraffic.map { UInt64($0) })
  }

  /// A model with four experts of which two can be reached.
  private func withIdle() throws -> [UInt8] {
    var model = try UpdateModel.description()
    guard case .flat(var node) = model.router else { return [] }
    for expert in [1, 3] { node.bias[expert] = -1e6 }
    model.router = .flat(node)
    model.ancillary.routerParameters = nil
    model.ancillary.routingHistogram = [700, 0, 500, 0]
    return try model.encoded(profile: .map)
  }

  @Test func `experts without traffic go, and no answer changes`() throws {
    let file = try withIdle()
    let table = Synthetic.regression(rowCount: 500, seed: 50)
    let update = try UpdateModel.update(table, .retireIdle, file: file)
    let retirement = try #require(update.report.retirement)
    #expect(retirement.experts == [1, 3] && retirement.movedRowCount == 0)
    #expect(retirement.before == retirement.after)
    let after = try UpdateModel.updated(update, file: file)
    let (old, now) = (
      try UpdateModel.answers(table, file: file), try UpdateModel.answers(table, file: after)
    )
    #expect(old.values.map(\.bitPattern) == now.values.map(\.bitPattern))
    #expect(now.experts == old.experts.map { $0 / 2 })
    let model = try UpdateModel.description(after)
    #expect(model.ancillary.routingHistogram == [700, 500])
    #expect(after.count < file.count)
    // Now all have traffic.
    let again = try UpdateModel.update(table, .retireIdle, file: after)
    #expect(again.report.retirement?.outcome == .noneIdle && !again.report.isUpdated)
    #expect(try UpdateModel.updated(again, file: after) == after)
  }

  /// What training rows reached is not idle, even if none of these rows reaches it.
  @Test func `the histogram keeps an expert, and a group keeps one`() throws {
    var model = try UpdateModel.description(try withIdle())
    model.ancillary.routingHistogram = [700, 1, 500, 0]
    let table = Synthetic.regression(rowCount: 300, seed: 50)
    let update = try UpdateModel.update(
      table, .retireIdle, file: try model.encoded(profile: .map))
    #expect(update.report.retirement?.experts == [3])
    var levels = try UpdateModel.description(RetireTests.twoLevels)
    guard case .twoLevel(var outer, let inner) = levels.router else { return }
    outer.bias[0] = -1e6
    levels.router = .twoLevel(outer: outer, inner: inner)
    levels.ancillary.routerParameters = nil
    levels.ancillary.routingHistogram = []
    let one = try UpdateModel.update(
      table, .retireIdle, file: try levels.encoded(profile: .map))
    #expect(one.report.retirement?.experts.first == 1)
  }

  /// Goal: quantised experts go and stay like others. Method: the stored bytes of the others.
  @Test func `experts of fewer bits keep their bytes`() throws {
    var model = try UpdateModel.description()
    for (expert, type) in [Expert.ElementType.f16, .int8, .int4, .f32].enumerated() {
      model.experts[expert].elementType = type
    }
    let file = try model.encoded(profile: .map)
    let table = Synthetic.regression(rowCount: 300, seed: 50)
    let update = try UpdateModel.update(table, .retire([3]), file: file, forced: true)
    let after = try UpdateModel.updated(update, file: file)
    let (old, new) = (
      try ModelView(validating: file.span), try ModelView(validating: after.span)
    )
    for expert in 0..<3 {
      #expect(file[old.expertEntry(expert).range] == after[new.expertEntry(expert).range])
    }
    let (before, now) = (
      try UpdateModel.answers(table, file: file), try UpdateModel.answers(table, file: after)
    )
    #expect((0..<300).allSatisfy { before.experts[$0] == 3 || before.values[$0] == now.values[$0] })
  }

  /// Rows of two clusters, each with an affine law and a little noise.
  private func twoLaws(rowCount: Int, seed: UInt64) -> TrainingTable {
    var random = RandomStream(seed: seed, 41)
    var (x, z, y): ([Float], [Float], [Float]) = ([], [], [])
    for row in 0..<rowCount {
      let side: Float = row % 2 == 0 ? 1 : -1
      x.append(4 * side + random.normal())
      z.append(random.normal())
      y.append((side > 0 ? 2 * z[row] + 1 : 3 - z[row]) + 0.2 * random.normal())
    }
    return TrainingTable(
      columns: [
        .init(name: bytes("x"), values: .numeric(x)), .init(name: bytes("z"), values: .numeric(z)),
      ], target: .regression(names: [bytes("y")], values: [y]), rowCount: rowCount)
  }

  /// Goal: a fit of too many experts comes down to as many as there are laws. Method: of four
  /// affine experts over two laws the one that is missed least goes and those that are left are
  /// trained on, for as long as the squared error of new rows does not rise by a tenth.
  @Test func `four experts over two laws come down to two`() throws {
    let (table, judged) = (twoLaws(rowCount: 800, seed: 1), twoLaws(rowCount: 600, seed: 2))
    var options = Synthetic.quickOptions(experts: 4)
    options.hiddenWidths = []
    options.epochCount = 40
    var file = try Trainer.train(table, options: options).description.encoded(profile: .map)
    func error(_ file: [UInt8]) throws -> Double {
      UpdateModel.error(
        try UpdateModel.answers(judged, file: file), judged, rows: Array(0..<judged.rowCount))
    }
    var path: [Double] = [try error(file)]
    for count in [4, 3, 2] {
      var best: (error: Double, file: [UInt8]) = (.infinity, [])
      for expert in 0..<count {
        let fewer = try UpdateModel.updated(
          UpdateModel.update(table, .retire([expert]), file: file, forced: true), file: file)
        let busy = try Set(UpdateModel.answers(table, file: fewer).experts).sorted()
        let refit = try UpdateModel.updated(
          UpdateModel.update(table, .experts(busy), epochs: 40, file: fewer), file: fewer)
        let now = try error(refit)
        if now < best.error { best = (now, refit) }
      }
      path.append(best.error)
      if best.error > 1.1 * (try error(file)) { break }
      file = best.file
    }
    #expect(try UpdateModel.description(file).experts.count == 2, "\(path)")
    #expect(path.count == 4 && path[3] > 3 * path[2], "\(path)")
  }

  @Test func `what cannot go is refused by name`() throws {
    let table = Synthetic.regression(rowCount: 200, seed: 50)
    func error(_ experts: [Int], _ file: [UInt8] = UpdateModel.file) throws -> UpdateError {
      try #require(throws: UpdateError.self) {
        _ = try UpdateModel.update(table, .retire(experts), file: file, forced: true)
      }
    }
    #expect(try error([4]) == .noSuchExpert(4, expertCount: 4))
    #expect(try error([1, -1]) == .noSuchExpert(-1, expertCount: 4))
    #expect(try error([2, 1, 2]) == .repeatedExpert(2))
    #expect(try error([0, 1, 2, 3]) == .lastExpert(group: nil))
    #expect(try error([2, 3], RetireTests.twoLevels) == .lastExpert(group: 1))
    var model = try UpdateModel.description()
    model.gateScale = .probability
    #expect(try error([1], try model.encoded(profile: .map)) == .unsupportedModel(.gateScale))
    var damaged = UpdateModel.file
    let place = try ModelView(validating: damaged.span).expertEntry(0).range
    damaged[place.lowerBound] ^= 1
    guard case .damaged(let broken) = try error([1], damaged) else {
      Issue.record("a damaged expert is looked at")
      return
    }
    #expect(broken.rule == .damagedExpert && broken.index == 0)
  }
}

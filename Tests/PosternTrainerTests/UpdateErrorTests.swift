// UpdateErrorTests.swift: what cannot be updated is refused by name.

import PosternFormat
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct UpdateErrorTests {
  private let table = UpdateModel.drifted(rowCount: 400, by: 4)

  private func error(
    _ table: TrainingTable, _ part: UpdateOptions.Part, file: [UInt8] = UpdateModel.file
  ) throws -> UpdateError {
    try #require(throws: UpdateError.self) {
      _ = try UpdateModel.update(table, part, file: file)
    }
  }

  @Test func `experts that are not there or named twice are refused`() throws {
    #expect(try error(table, .experts([4])) == .noSuchExpert(4, expertCount: 4))
    #expect(try error(table, .experts([1, -1])) == .noSuchExpert(-1, expertCount: 4))
    #expect(try error(table, .experts([1, 2, 1])) == .repeatedExpert(1))
    #expect(try error(table, .worst(5)) == .wrongExpertCount(5, expertCount: 4))
    #expect(try error(table, .worst(0)) == .wrongExpertCount(0, expertCount: 4))
  }

  @Test func `an option out of range is refused`() throws {
    let error = try #require(throws: UpdateError.self) {
      _ = try UpdateModel.update(table, .experts([0]), epochs: 0)
    }
    #expect(
      error
        == .training(.optionOutOfRange(name: .epochs, value: 0, least: 1, most: 100_000)))
  }

  @Test func `a table without rows is refused`() throws {
    #expect(try error(table.selecting([]), .experts([0])) == .training(.noRows))
  }

  @Test func `other columns and targets are refused`() throws {
    var other = table
    other.columns.removeLast()
    #expect(try error(other, .experts([0])) == .columnsDiffer(column: nil))
    other = table
    other.columns[1].name = bytes("bee")
    #expect(try error(other, .experts([0])) == .columnsDiffer(column: 1))
    other = table
    other.columns[3].values = .numeric([Float](repeating: 0, count: 400))
    #expect(try error(other, .experts([0])) == .columnsDiffer(column: 3))
    other = table
    other.target = .classification(
      name: bytes("y"), labels: [UInt32](repeating: 0, count: 400), classes: [bytes("a")])
    #expect(try error(other, .experts([0])) == .columnsDiffer(column: nil))
  }

  @Test func `a class that the model does not know is refused with its row`() throws {
    let file = UpdateModel.trained(
      Synthetic.classification(rowCount: 400, classCount: 2), experts: 1)
    let known = Synthetic.classification(rowCount: 100, classCount: 2, seed: 5)
    var table = known
    if case .classification(let name, var labels, let classes) = table.target {
      labels[7] = 2
      table.target = .classification(
        name: name, labels: labels, classes: classes + [bytes("new")])
    }
    #expect(
      try error(table, .experts([0]), file: file) == .unknownClass(row: 7, isValidation: false))
    let error = try #require(throws: UpdateError.self) {
      _ = try UpdateModel.update(known, .experts([0]), validation: table, file: file)
    }
    #expect(error == .unknownClass(row: 7, isValidation: true))
  }

  @Test func `no row for the expert is an error, too few are not`() throws {
    let experts = try UpdateModel.answers(table).experts
    let few = table.selecting(
      experts.indices.filter { experts[$0] != 2 }
        + experts.indices.filter { experts[$0] == 2 }.prefix(5))
    let update = try UpdateModel.update(few, .experts([2]))
    #expect(update.report.experts.map(\.outcome) == [.tooFewRows])
    #expect(update.replacements.isEmpty && !update.report.isUpdated)
    let none = table.selecting(experts.indices.filter { experts[$0] != 2 })
    #expect(try error(none, .experts([2])) == .noRowReaches(experts: [2]))
    let other = try #require(experts.first { $0 != 2 })
    let mixed = try UpdateModel.update(none, .experts([2, other]))
    #expect(mixed.report.experts[0].outcome == .noRows)
  }

  @Test func `rows that the model refuses are left out, and all of them are an error`() throws {
    var model = try UpdateModel.description()
    model.columns[0].missing = .refuse
    let file = try model.encoded(profile: .map)
    var gappy = table
    guard case .numeric(var values) = table.columns[0].values else { return }
    for row in 0..<100 { values[row] = .nan }
    gappy.columns[0].values = .numeric(values)
    let update = try UpdateModel.update(gappy, .experts([0, 1, 2, 3]), file: file)
    #expect(update.report.refusedRowCount == 100 && update.report.rowCount == 300)
    #expect(update.report.expertTraffic.reduce(0, +) == 300)
    gappy.columns[0].values = .numeric([Float](repeating: .nan, count: 400))
    #expect(try error(gappy, .experts([0]), file: file) == .noAnsweredRow(rowCount: 400))
  }

  @Test func `forms that training does not know are refused by name`() throws {
    var model = try UpdateModel.description()
    model.gateScale = .score
    var file = try model.encoded(profile: .map)
    #expect(try error(table, .router, file: file) == .unsupportedModel(.gateScale))
    model.gateScale = .none
    let features = model.featureCount
    model.experts[1] = Expert(
      firstLayer: .dense,
      layers: [
        Expert.Layer(weights: [Float](repeating: 0, count: features), bias: [0], slopes: [])
      ])
    model.experts[2].activation = .cube
    for layer in model.experts[2].layers.indices {
      let count = model.experts[2].layers[layer].slopes.count
      model.experts[2].layers[layer].slopes = [Float](repeating: 0, count: count)
    }
    file = try model.encoded(profile: .map)
    #expect(
      try error(table, .experts([0, 1]), file: file) == .unsupportedExpert(1, .denseFirstLayer))
    #expect(
      try error(table, .experts([2]), file: file) == .unsupportedExpert(2, .cube))
    #expect(try error(table, .worst(1), file: file) == .unsupportedExpert(1, .denseFirstLayer))
    guard case .flat(var node) = model.router else { return }
    node.kind = .distance
    node.scale = [1, 1, 1, 1]
    model.router = .flat(node)
    file = try model.encoded(profile: .map)
    #expect(try error(table, .router, file: file) == .unsupportedModel(.router))
  }

  @Test func `a damaged expert is an error`() throws {
    var file = UpdateModel.file
    let place = try ModelView(validating: file.span).expertEntry(1).range
    file[place.lowerBound] ^= 1
    let error = try error(table, .worst(1), file: file)
    guard case .damaged(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .damagedExpert && broken.index == 1)
  }
}

// TrainingErrorTests.swift: each reason for which no model can be trained, provoked; and the edges
// at which one still can.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct TrainingErrorTests {
  private func numeric(_ name: String, _ values: [Float]) -> TrainingTable.Column {
    .init(name: bytes(name), values: .numeric(values))
  }

  private func table(_ columns: [TrainingTable.Column], _ target: [Float]) -> TrainingTable {
    TrainingTable(
      columns: columns, target: .regression(names: [bytes("y")], values: [target]),
      rowCount: target.count)
  }

  private func expect(
    _ error: TrainingError, _ table: TrainingTable, validation: TrainingTable? = nil,
    options: TrainingOptions = Synthetic.quickOptions()
  ) {
    #expect(throws: error) {
      _ = try Trainer.train(table, validation: validation, options: options)
    }
  }

  @Test func `no rows`() {
    expect(.noRows, table([numeric("a", [])], []))
  }

  @Test func `one class only`() {
    let labels = [UInt32](repeating: 1, count: 20)
    expect(
      .oneClassOnly(classIndex: 1),
      TrainingTable(
        columns: [numeric("a", (0..<20).map { Float($0) })],
        target: .classification(
          name: bytes("y"), labels: labels, classes: ["no", "yes"].map(bytes)), rowCount: 20))
  }

  @Test func `no usable column`() {
    expect(
      .noUsableColumn(columnCount: 2),
      table(
        [
          numeric("constant", [Float](repeating: 1, count: 20)),
          numeric("missing", [Float](repeating: .nan, count: 20)),
        ], (0..<20).map { Float($0) }))
  }

  @Test func `one row has constant columns`() {
    expect(.noUsableColumn(columnCount: 1), table([numeric("a", [1])], [2]))
  }

  @Test func `a target that is not finite`() {
    expect(
      .nonFiniteTarget(target: 0, row: 1), table([numeric("a", [1, 2, 3])], [0, .infinity, 1]))
  }

  @Test func `an infinite value`() {
    expect(
      .infiniteValue(column: 0, row: 2), table([numeric("a", [1, 2, -.infinity])], [0, 1, 2]))
  }

  @Test func `a label without a class`() {
    expect(
      .labelOutOfRange(row: 1, label: 2, classCount: 2),
      TrainingTable(
        columns: [numeric("a", [1, 2])],
        target: .classification(
          name: bytes("y"), labels: [0, 2], classes: ["no", "yes"].map(bytes)), rowCount: 2))
  }

  @Test func `a code without a category`() {
    expect(
      .codeOutOfRange(column: 0, row: 1, code: 1, categoryCount: 1),
      table(
        [.init(name: bytes("c"), values: .categorical(codes: [0, 1], categories: [bytes("x")]))],
        [1, 2]))
  }

  @Test func `a column of another length`() {
    expect(
      .wrongValueCount(name: bytes("a"), found: 2, expected: 3),
      table([numeric("a", [1, 2])], [1, 2, 3]))
  }

  @Test func `a validation table of another shape`() {
    let one = table([numeric("a", [1, 2])], [1, 2])
    expect(.validationDiffers(column: 0), one, validation: table([numeric("b", [1, 2])], [1, 2]))
    expect(.validationDiffers(column: nil), one, validation: table([], [1, 2]))
  }

  @Test func `a validation class that training does not know`() {
    func classes(_ names: [String]) -> TrainingTable {
      TrainingTable(
        columns: [numeric("a", [1, 2, 3])],
        target: .classification(name: bytes("y"), labels: [0, 1, 1], classes: names.map(bytes)),
        rowCount: 3)
    }
    expect(
      .unknownValidationClass(row: 1), classes(["no", "yes"]), validation: classes(["no", "other"]))
  }

  @Test func `options outside their range`() {
    var options = TrainingOptions()
    options.expertCount = 1025
    expect(
      .optionOutOfRange(name: .experts, value: 1025, least: 1, most: 1024),
      table([numeric("a", [1, 2])], [1, 2]), options: options)
    options = TrainingOptions()
    options.hiddenWidths = [64, 0]
    expect(
      .optionOutOfRange(name: .hiddenWidth, value: 0, least: 1, most: 4096),
      table([numeric("a", [1, 2])], [1, 2]), options: options)
  }

  @Test func `a model beyond the format's limits`() {
    // 70,000 classes; the format has room for 65,536 outputs.
    let labels = (0..<70_000).map { UInt32($0 % 3) }
    let table = TrainingTable(
      columns: [numeric("a", labels.map { Float($0) })],
      target: .classification(
        name: bytes("y"), labels: labels, classes: (0..<70_000).map { bytes("\($0)") }),
      rowCount: labels.count)
    expect(.tooManyClasses(found: 70_000, most: 65_536), table)
  }

  @Test func `a constant target is predicted, with a warning`() throws {
    let columns = [numeric("a", (0..<30).map { Float($0) })]
    let constant = table(columns, [Float](repeating: 4.5, count: 30))
    let model = try Trainer.train(constant, options: Synthetic.quickOptions())
    #expect(model.report.warnings.contains(.constantTarget(target: 0)))
    #expect(try serve(model.description, constant).values.allSatisfy { $0 == 4.5 })
  }

  @Test func `two rows are enough`() throws {
    let two = table([numeric("a", [1, 2])], [10, 20])
    let model = try Trainer.train(two, options: Synthetic.quickOptions())
    #expect(model.report.warnings.contains(.noValidationRows))
    #expect(model.report.warnings.contains(.fewRows(rowCount: 2)))
    #expect(try serve(model.description, two).values.allSatisfy(\.isFinite))
  }

  @Test func `more features than rows is a warning`() throws {
    var random = RandomStream(seed: 1)
    let columns = (0..<50).map { column in
      numeric("c\(column)", (0..<20).map { _ in random.normal() })
    }
    let wide = table(columns, (0..<20).map { Float($0) })
    let model = try Trainer.train(wide, options: Synthetic.quickOptions())
    #expect(
      model.report.warnings.contains(.moreFeaturesThanRows(featureCount: 50, rowCount: 17)))
  }

  @Test func `enormous targets and values stay finite`() throws {
    let values = (0..<60).map { Float($0) * 1e30 }
    let large = table([numeric("a", values)], values.map { $0 * 1e6 })
    let model = try Trainer.train(large, options: Synthetic.quickOptions())
    #expect(try serve(model.description, large).values.allSatisfy(\.isFinite))
  }

  @Test func `several targets are predicted side by side`() throws {
    let values = (0..<300).map { Float($0) / 100 }
    let table = TrainingTable(
      columns: [numeric("a", values)],
      target: .regression(
        names: [bytes("up"), bytes("down")], values: [values, values.map { -10 * $0 }]),
      rowCount: 300)
    var options = Synthetic.quickOptions()
    options.epochCount = 60
    let model = try Trainer.train(table, options: options)
    let answers = try serve(model.description, table).values
    #expect(answers.count == 600)
    for row in stride(from: 0, to: 300, by: 10) {
      #expect(abs(answers[2 * row] - values[row]) < 0.3)
      #expect(abs(answers[2 * row + 1] + 10 * values[row]) < 3)
    }
  }
}

// ExactTargetTests.swift: scores are those of the targets as they were before rounding.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct ExactTargetTests {
  /// Targets whose binary32 is `shift` below what they are.
  private func table(rowCount: Int, shift: Double) -> TrainingTable {
    var table = Synthetic.regression(rowCount: rowCount)
    table.exactTargets = table.truth.map { $0.map { $0 + shift } }
    return table
  }

  @Test func `without exact targets the rounded ones are the truth`() throws {
    let table = Synthetic.regression(rowCount: 20)
    guard case .regression(_, let values) = table.target else { return }
    #expect(table.truth == [values[0].map(Double.init)])
    #expect(Synthetic.classification(rowCount: 20, classCount: 2).truth.isEmpty)
  }

  @Test func `selected rows keep their exact targets`() {
    let table = table(rowCount: 20, shift: 0.25)
    #expect(table.selecting([7, 3]).exactTargets == [[table.truth[0][7], table.truth[0][3]]])
  }

  /// The networks see rounded targets, so that only what is told moves: by the whole shift.
  @Test func `score and deviations are against the exact targets`() throws {
    let table = table(rowCount: 400, shift: 100)
    var options = Synthetic.quickOptions()
    // A linear model or a constant, which look at the exact ones, would win.
    options.method = .softToHard
    let model = try Trainer.train(table, options: options)
    #expect(abs(model.report.score - 100) < 5)
    #expect(model.description.ancillary.deviations.allSatisfy { abs($0 - 100) < 5 })
    let denseScore = try #require(model.report.denseScore)
    #expect(abs(denseScore - 100) < 5)
  }

  @Test func `a regression's outputs are judged in binary64`() throws {
    let table = table(rowCount: 50, shift: 1e-9)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let rows = prepared.validation
    guard case .regression(_, let values) = table.target else { return }
    #expect(abs(rows.score(served: values[0]).metric - 1e-9) < 1e-12)
  }

  @Test func `exact targets of another count or not finite are refused`() {
    var short = table(rowCount: 20, shift: 0)
    short.exactTargets[0].removeLast()
    #expect(throws: TrainingError.wrongValueCount(name: bytes("y"), found: 19, expected: 20)) {
      try short.check()
    }
    var none = table(rowCount: 20, shift: 0)
    none.exactTargets = [[], []]
    #expect(throws: TrainingError.wrongValueCount(name: bytes("y"), found: 0, expected: 20)) {
      try none.check()
    }
    var infinite = table(rowCount: 20, shift: 0)
    infinite.exactTargets[0][4] = .infinity
    #expect(throws: TrainingError.nonFiniteTarget(target: 0, row: 4)) { try infinite.check() }
  }
}

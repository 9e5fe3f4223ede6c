// DeviationTests.swift: the uncertainty that a model states is that of its errors.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct DeviationTests {
  /// Two groups of rows that lie apart, with a law and a noise of their own: 0.2 and 0.6.
  private func table(rowCount: Int, seed: UInt64) -> TrainingTable {
    var random = RandomStream(seed: seed)
    let x = (0..<rowCount).map { ($0 % 2 == 0 ? -2 : 1) + Float(random.uniform()) }
    let y = x.map { $0 < 0 ? -2 + $0 + 0.2 * random.normal() : 2 + 0.6 * random.normal() }
    return TrainingTable(
      columns: [.init(name: bytes("x"), values: .numeric(x))],
      target: .regression(names: [bytes("y")], values: [y]), rowCount: rowCount)
  }

  @Test func `two thirds of new rows lie within one deviation`() throws {
    var options = Synthetic.quickOptions(experts: 2)
    options.epochCount = 20
    let model = try Trainer.train(table(rowCount: 2000, seed: 1), options: options).description
    let deviations = model.ancillary.deviations
    #expect(deviations.count == 2)
    let fresh = table(rowCount: 2000, seed: 2)
    guard case .regression(_, let truth) = fresh.target else { return }
    let answers = try serve(model, fresh)
    let within = answers.experts.indices.count {
      abs(answers.values[$0] - truth[0][$0]) <= deviations[answers.experts[$0]]
    }
    #expect(abs(Double(within) / 2000 - 0.6827) < 0.03)
    #expect((deviations.max() ?? 0) > 2 * (deviations.min() ?? 0))
  }
}

// MethodTests.swift: each training method ends in a model that the runtime answers as was judged.
// the runtime answers as training judged it.

import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

@Suite struct MethodTests {
  private func options(_ method: TrainingMethod, isTwoLevel: Bool) -> TrainingOptions {
    var options = Synthetic.quickOptions(experts: 4)
    options.epochCount = 4
    options.teacherCount = 1
    options.method = method
    if isTwoLevel {
      options.router = RouterChoice(.laplace, .perturbedCosine)
      options.groupCount = 2
      options.hasSharedExpert = true
    }
    return options
  }

  @Test(arguments: TrainingMethod.allCases, [false, true])
  func `the runtime gives what training judged, bit for bit`(
    method: TrainingMethod, isTwoLevel: Bool
  ) throws {
    let table = Synthetic.regression(rowCount: 300)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let plan = TrainingPlan(
      options: options(method, isTwoLevel: isTwoLevel), rowCount: 300, task: prepared.task)
    let run = TrainingRun(
      encodings: [prepared], plan: plan, reporter: ProgressReporter { _ in true })
    let stages = try run.run()
    for fitted in [stages.mixture, stages.refit] {
      let mixture = try #require(fitted).mixture
      #expect(mixture.gateScale == (method == .switchTop1 ? .probability : .none))
      let outputs = mixture.predict(prepared.data, threads: 2)
      let description = try mixture.description(prepared)
      let answers = try serve(description, table)
      #expect(
        description.ancillary.routerParameters?.innerKind == (isTwoLevel ? .perturbedCosine : nil))
      let record = prepared.head[0]
      for (row, output) in outputs.enumerated() {
        let value = fusedMultiplyAdd(output, record.scale, record.offset)
        #expect(answers.values[row] == min(max(value, record.low), record.high))
      }
    }
    let refit = try #require(stages.refit)
    #expect(refit.score.loss <= (stages.mixture?.score.loss ?? 0) * 1.0001)
  }

  /// Affine experts, by hand: a law that is affine is found to a thirtieth of its spread;
  /// validation rows beyond the range of training are clamped.
  @Test func `a network without hidden layers is fitted like any other`() throws {
    var random = RandomStream(seed: 31)
    let x = (0..<600).map { _ in Float(random.uniform() * 2 - 1) }
    let z = (0..<600).map { _ in Float(random.uniform() * 2 - 1) }
    let y = (0..<600).map { 3 * x[$0] - 2 * z[$0] + 1 }
    let table = TrainingTable(
      columns: [
        .init(name: bytes("x"), values: .numeric(x)), .init(name: bytes("z"), values: .numeric(z)),
      ], target: .regression(names: [bytes("y")], values: [y]), rowCount: 600)
    var options = Synthetic.quickOptions(experts: 2)
    options.hiddenWidths = []
    options.binCount = 1
    options.epochCount = 60
    let model = try Trainer.train(table, options: options)
    #expect(model.description.experts.allSatisfy { $0.layers.count == 1 })
    #expect(model.report.score < 0.07)
  }
}

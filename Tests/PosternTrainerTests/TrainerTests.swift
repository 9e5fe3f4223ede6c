// TrainerTests.swift: whole training runs on small tables with a known law.

import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

@Suite struct TrainerTests {
  /// The law has jumps and a product, of which a linear model explains less than two thirds.
  @Test func `a law with jumps is learned`() throws {
    var options = Synthetic.quickOptions(experts: 4)
    options.epochCount = 60
    let model = try Trainer.train(Synthetic.regression(rowCount: 1500), options: options)
    let test = Synthetic.regression(rowCount: 400, seed: 99)
    let answers = try serve(model.description, test)
    guard case .regression(_, let truth) = test.target else { return }
    let squares = zip(answers.values, truth[0]).map { ($0 - $1) * ($0 - $1) }
    let error = (squares.reduce(0, +) / 400).squareRoot()
    let mean = truth[0].reduce(0, +) / 400
    let spread = (truth[0].map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 400).squareRoot()
    #expect(error < 0.4 * spread, "RMSE \(error) of a target with spread \(spread)")
    #expect(model.report.metric == .rootMeanSquaredError)
  }

  @Test(arguments: [2, 4])
  func `classes by quadrant are learned`(classCount: Int) throws {
    var options = Synthetic.quickOptions()
    options.epochCount = 40
    let model = try Trainer.train(
      Synthetic.classification(rowCount: 1200, classCount: classCount), options: options)
    let test = Synthetic.classification(rowCount: 400, classCount: classCount, seed: 99)
    let prepared = try PreparedData(table: test, validation: nil, binCount: 4)
    let answers = try serve(model.description, test)
    let score = prepared.validation.score(served: answers.values)
    #expect(score.metric > 0.93)
    #expect(model.report.score > 0.93 && model.report.metric == .accuracy)
  }

  @Test func `the report is about the model`() throws {
    let table = Synthetic.regression(rowCount: 600)
    let model = try Trainer.train(table, options: Synthetic.quickOptions())
    let report = model.report
    #expect(report.trainingRowCount + report.validationRowCount == 600)
    #expect(report.validationRowCount == 100)
    #expect(report.expertTraffic.reduce(0, +) == report.trainingRowCount)
    #expect(report.triedExpertCount == 3)
    #expect(report.expertTraffic.count == model.description.experts.count)
    #expect(
      model.description.ancillary.routingHistogram == report.expertTraffic.map { UInt64($0) })
    #expect(report.teacherScores.count == 2 && report.studentScores.count == 2)
    let denseScore = try #require(report.denseScore)
    #expect(report.score < 1.1 * denseScore, "the dense network is a candidate")
    #expect(report.mixtureScore != nil && report.softMixtureScore != nil)
    #expect(!report.stoppedEarly)
    #expect(model.dense?.experts.count == 1)
    let (soft, hard) = (try #require(report.softLoss), try #require(report.hardLoss))
    #expect(soft > 0 && hard > 0)
  }

  /// What the trainer validated is what the runtime says, bit for bit.
  @Test(arguments: [0, 2, 4])
  func `the runtime gives the trainer's own outputs`(classCount: Int) throws {
    let table =
      classCount == 0
      ? Synthetic.regression(rowCount: 400)
      : Synthetic.classification(rowCount: 400, classCount: classCount)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 6)
    var options = Synthetic.quickOptions(experts: 5)
    options.epochCount = 6
    let plan = TrainingPlan(options: options, rowCount: 400, task: prepared.task)
    let run = TrainingRun(
      encodings: [prepared], plan: plan, reporter: ProgressReporter { _ in true })
    let stages = try run.run()
    let mixture = try #require(stages.mixture).mixture
    let outputs = mixture.predict(prepared.data, threads: 1)
    let answers = try serve(try mixture.description(prepared), table)
    #expect(
      answers.experts == ServingRouter(mixture.router.serving).route(prepared.data).map { Int($0) })
    for (index, output) in outputs.enumerated() {
      let record = prepared.head[index % prepared.head.count]
      let value = fusedMultiplyAdd(output, record.scale, record.offset)
      #expect(answers.values[index] == min(max(value, record.low), record.high))
    }
  }

  @Test func `a wish to stop ends training with a complete model`() throws {
    let table = Synthetic.classification(rowCount: 500, classCount: 2)
    var options = Synthetic.quickOptions()
    options.epochCount = 100_000
    let model = try Trainer.train(table, options: options) { _ in false }
    #expect(model.report.stoppedEarly)
    #expect(model.description.experts.count == 1)
    #expect(try serve(model.description, table).values.allSatisfy(\.isFinite))
  }

  @Test func `progress never falls`() throws {
    var seen: [TrainingProgress] = []
    var options = Synthetic.quickOptions()
    options.epochCount = 40
    _ = try Trainer.train(Synthetic.regression(rowCount: 900), options: options) {
      seen.append($0)
      return true
    }
    #expect(!seen.isEmpty)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.fractionDone <= $1.fractionDone })
    #expect(seen.allSatisfy { (0...1).contains($0.fractionDone) && $0.epoch <= $0.epochCount })
    let order = seen.map { TrainingProgress.Stage.allCases.firstIndex(of: $0.stage) ?? 0 }
    #expect(order == order.sorted())
  }

  @Test func `other seeds give other models`() throws {
    let table = Synthetic.regression(rowCount: 200)
    var options = Synthetic.quickOptions()
    options.epochCount = 3
    let first = try Trainer.train(table, options: options).description
    options.seed += 1
    #expect(try Trainer.train(table, options: options).description != first)
  }

  /// A square wave of five periods: three bins cannot follow it, thirty can.
  @Test(arguments: [[3, 30], [30, 3]])
  func `the encoding that the teachers learn best on is used`(binCounts: [Int]) throws {
    var random = RandomStream(seed: 12)
    let values = (0..<600).map { _ in Float(random.uniform()) }
    let table = TrainingTable(
      columns: [.init(name: bytes("place"), values: .numeric(values))],
      target: .regression(
        names: [bytes("price")], values: [values.map { Int($0 * 10) % 2 == 0 ? -1 : 1 }]),
      rowCount: 600)
    var options = Synthetic.quickOptions()
    options.epochCount = 20
    let run = try TrainingRun(
      table: table, validation: table, binCounts: binCounts, options: options,
      reporter: ProgressReporter { _ in true })
    let (stages, _) = try run.runDense()
    guard case .numeric(let edges, _, _, _) = run.prepared.columns[0].kind else { return }
    #expect(edges.count > 20)
    #expect(stages.dense?.shape.input == run.prepared.input)
    #expect(stages.teachers.count == 2)
  }
}

// SimpleModelTests.swift: no model loses to a line or to a constant, and none has idle experts.

import PosternFormat
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct SimpleModelTests {
  private func error(_ model: ModelDescription, _ table: TrainingTable) throws -> Double {
    let answers = try serve(model, table)
    return LinearTables.rootMeanSquare(
      zip(answers.values, table.truth[0]).map { Double($0) - $1 })
  }

  @Test(arguments: [1e-4, 0.03, 1.0])
  func `a linear law is served as a linear model`(noise: Double) throws {
    let table = LinearTables.table(rowCount: 1200, noise: noise)
    let trained = try Trainer.train(table, options: Synthetic.quickOptions())
    #expect(trained.report.chosen == .linear && !trained.report.hasLinearPart)
    #expect(trained.description.experts.count == 1 && trained.report.triedExpertCount == 3)
    #expect(trained.report.score == trained.report.linearScore)
    #expect(trained.report.expertTraffic == [trained.report.trainingRowCount])
    let fresh = LinearTables.table(rowCount: 2000, noise: noise, seed: 77, stretch: 1.2)
    #expect(try error(trained.description, fresh) < 1.03 * noise)
  }

  /// The rows that judged take part in the end, unless they are a table of their own.
  @Test func `a linear model is fitted to all rows of its table`() throws {
    let table = LinearTables.table(rowCount: 120, noise: 0.2)
    let trained = try Trainer.train(table, options: Synthetic.quickOptions())
    try #require(trained.report.chosen == .linear)
    let columns = try PreparedData(table: table, validation: nil, binCount: 4).columns
    let fit = try #require(
      RidgeRegression.fit(LinearDesign(table, columns: columns), table, seed: 7, threads: 1))
    let (served, fitted) = (
      try serve(trained.description, table).values, fit.model.predict(table)
    )
    #expect(zip(served, fitted).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    let judged = LinearTables.table(rowCount: 80, noise: 0.2, seed: 3)
    let apart = try Trainer.train(table, validation: judged, options: Synthetic.quickOptions())
    guard apart.report.chosen == .linear else { return }
    #expect(try abs(error(apart.description, judged) - apart.report.score) < 1e-6)
  }

  /// A line, and beside it a step that no line follows: a tenth of the spread.
  private func stepped(_ a: Double, _ b: Double, _ gap: Double?, _ kind: UInt32) -> Double {
    10 * a + (b > 0.5 ? 0.5 : 0)
  }

  @Test func `what a linear model leaves is learned beside it`() throws {
    let table = LinearTables.table(rowCount: 2000, noise: 1e-3, law: stepped)
    var options = Synthetic.quickOptions()
    options.epochCount = 30
    options.binCount = 16
    let trained = try Trainer.train(table, options: options)
    #expect(trained.report.hasLinearPart && trained.report.chosen != .linear)
    let shared = try #require(trained.description.sharedExpert)
    #expect(shared.layers.count == 1)
    let linear = try #require(trained.report.linearScore)
    #expect(trained.report.score < 0.5 * linear)
    let fresh = LinearTables.table(rowCount: 1000, noise: 1e-3, seed: 3, law: stepped)
    #expect(try error(trained.description, fresh) < 0.5 * linear)
    // Far outside the line goes on.
    var far = fresh.selecting([0, 0])
    far.columns[0].values = .numeric([1.5, 2.5])
    let values = try serve(trained.description, far).values
    #expect(abs(values[1] - values[0] - 10) < 0.5)
    let dense = try #require(trained.dense)
    #expect(dense.sharedExpert != nil)
  }

  @Test func `without the wish for a linear part there is none`() throws {
    var options = Synthetic.quickOptions()
    options.addsLinearPart = false
    let table = LinearTables.table(rowCount: 800, noise: 1e-3, law: stepped)
    let trained = try Trainer.train(table, options: options)
    #expect(trained.description.sharedExpert == nil && !trained.report.hasLinearPart)
    #expect(trained.report.score <= (trained.report.linearScore ?? 0))
  }

  @Test func `rounding keeps the linear part`() throws {
    let table = LinearTables.table(rowCount: 1500, noise: 1e-3, law: stepped)
    var options = Synthetic.quickOptions()
    (options.epochCount, options.binCount) = (30, 16)
    var trained = try Trainer.train(table, options: options)
    try trained.round(to: .int8, table, validation: nil, seed: options.seed)
    #expect(trained.description.sharedExpert?.elementType == .f32)
    #expect(trained.description.experts.allSatisfy { $0.elementType == .int8 })
    #expect(trained.report.score < 1.5 * (trained.report.unroundedScore ?? 0))
  }

  /// Of two targets one is linear, the other a product.
  @Test func `each of several targets has a linear part or not`() throws {
    let table = LinearTables.table(rowCount: 1500, noise: 1e-3, law: stepped)
    let product = LinearTables.table(rowCount: 1500, noise: 1e-3) { a, b, _, _ in
      (a - 0.5) * (b - 0.5)
    }
    var both = table
    both.exactTargets += product.exactTargets
    both.target = .regression(
      names: [bytes("y"), bytes("z")], values: both.exactTargets.map { $0.map { Float($0) } })
    var options = Synthetic.quickOptions()
    (options.epochCount, options.binCount) = (30, 16)
    let trained = try Trainer.train(both, options: options)
    let shared = try #require(trained.description.sharedExpert)
    let layer = shared.layers[0]
    let weights = stride(from: 0, to: layer.weights.count, by: 2).map { layer.weights[$0 + 1] }
    #expect(weights.allSatisfy { $0 == 0 } && layer.bias[1] == 0)
    #expect(layer.weights.contains { $0 != 0 })
  }

  @Test func `noise alone is served as a constant and says so`() throws {
    let table = LinearTables.table(rowCount: 900, noise: 1) { _, _, _, _ in 5 }
    let trained = try Trainer.train(table, options: Synthetic.quickOptions())
    let linear = try #require(trained.report.linearScore)
    let constant = try #require(trained.report.constantScore)
    #expect(trained.report.score == min(linear, constant))
    guard trained.report.chosen == .constant else { return }
    #expect(trained.report.warnings.contains(.nothingLearned(constant: constant)))
    #expect(Set(try serve(trained.description, table).values).count == 1)
  }

  @Test(arguments: [2, 3])
  func `classes that nothing tells apart are served by their shares`(classCount: Int) throws {
    var table = LinearTables.table(rowCount: 1200, noise: 1)
    var random = RandomStream(seed: 8)
    let labels = (0..<1200).map { _ in UInt32(max(0, random.below(classCount + 3) - 3)) }
    table.target = .classification(
      name: bytes("y"), labels: labels, classes: (0..<classCount).map { bytes("class \($0)") })
    table.exactTargets = []
    let trained = try Trainer.train(table, options: Synthetic.quickOptions())
    #expect(trained.description.experts.count == 1)
    let constant = try #require(trained.report.constantScore)
    #expect(trained.report.score >= constant - 0.01)
  }

  @Test func `a mixture that is no better than the dense network is that network once`() throws {
    let table = Synthetic.regression(rowCount: 600)
    var options = Synthetic.quickOptions(experts: 6)
    options.teacherCount = 1
    let trained = try Trainer.train(table, options: options) { _ in false }
    #expect(trained.report.triedExpertCount == 6)
    #expect(trained.description.experts.count == 1)
    #expect(trained.description.ancillary.routerParameters == nil)
  }

  private func idle(_ router: Router, _ traffic: [UInt64]) throws -> ModelDescription {
    let table = Synthetic.regression(rowCount: 50)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let shape = NetworkShape(input: prepared.input, widths: [], outputCount: 1)
    var experts: [Expert] = []
    for index in traffic.indices {
      var random = RandomStream(seed: UInt64(index))
      let values = shape.initialParameters(&random)
      experts.append(try NetworkParameters(shape: shape, values: values).expert())
    }
    var description = ModelDescription(
      task: .regression, columns: prepared.columns, targetNames: [bytes("y")], classNames: [],
      router: router, experts: experts, head: prepared.head)
    description.ancillary.routingHistogram = traffic
    return description
  }

  private func node(_ children: Int, seed: UInt64) throws -> PosternPackaging.RouterNode {
    let table = Synthetic.regression(rowCount: 50)
    let features = try PreparedData(table: table, validation: nil, binCount: 4).data.featureCount
    var random = RandomStream(seed: seed)
    return PosternPackaging.RouterNode(
      kind: .affine, weights: (0..<children * features).map { _ in random.normal() },
      bias: (0..<children).map { _ in random.normal() })
  }

  /// The experts in the file, whose rules are checked.
  private func encodedExpertCount(_ model: ModelDescription) throws -> Int {
    let bytes = try model.encoded(profile: .map)
    let view = try ModelView(validating: bytes.span)
    return view.header.expertCount
  }

  @Test func `experts without rows go with their router rows`() throws {
    let router = Router.flat(try node(4, seed: 1))
    var model = try idle(router, [10, 0, 7, 0])
    let whole = model
    model.removeIdleExperts()
    #expect(model.experts == [whole.experts[0], whole.experts[2]])
    #expect(model.router == router.removing([1, 3]))
    #expect(model.ancillary.routingHistogram == [10, 7])
    #expect(try encodedExpertCount(model) == 2)
    var full = try idle(router, [1, 2, 3, 4])
    full.removeIdleExperts()
    #expect(full.experts.count == 4)
    var gated = whole
    gated.gateScale = .probability
    gated.removeIdleExperts()
    #expect(gated.experts.count == 4)
  }

  @Test(arguments: [(99, 3.0), (100, 2.0), (499, 2.0), (500, 1.5), (1499, 1.5), (1500, 1.0)])
  func `the fewer rows judge the more a network has to gain`(rows: Int, preference: Double) {
    let plan = TrainingPlan(
      options: Synthetic.quickOptions(), rowCount: 600, task: .regression)
    #expect(plan.networkPreference(validationRowCount: rows) == preference)
  }

  @Test func `copies of one expert become one`() throws {
    var model = try idle(Router.flat(try node(3, seed: 1)), [4, 5, 6])
    let different = model
    model.mergeEqualExperts()
    #expect(model == different)
    model.experts = [model.experts[0], model.experts[0], model.experts[0]]
    model.mergeEqualExperts()
    #expect(model.experts == [different.experts[0]])
    #expect(model.ancillary.routingHistogram == [15])
    #expect(try encodedExpertCount(model) == 1)
  }

  /// Groups of two, three and one expert.
  @Test(arguments: [
    ([1, 0, 0, 0, 0, 9], [1, 1]), ([0, 5, 0, 3, 2, 0], [1, 2]), ([0, 0, 4, 0, 1, 0], [2]),
    ([0, 0, 0, 0, 0, 8], [1]), ([1, 1, 0, 1, 1, 1], [2, 2, 1]),
  ])
  func `groups without rows go as a whole`(_ traffic: [UInt64], _ groups: [Int]) throws {
    let router = Router.twoLevel(
      outer: try node(3, seed: 1),
      inner: [try node(2, seed: 2), try node(3, seed: 3), try node(1, seed: 4)])
    var model = try idle(router, traffic)
    model.removeIdleExperts()
    #expect(model.router.groups == groups)
    #expect(model.experts.count == groups.reduce(0, +))
    #expect(try encodedExpertCount(model) == model.experts.count)
  }

  @Test func `published parameters lose the same children`() throws {
    var options = Synthetic.quickOptions(experts: 6)
    options.router = RouterChoice(.perturbedCosine, .linear)
    options.groupCount = 3
    options.method = .softToHard
    let trained = try Trainer.train(Synthetic.regression(rowCount: 300), options: options)
    let published = try #require(trained.description.ancillary.routerParameters)
    let groups = trained.description.router.groups
    guard groups.count > 1 else { return }
    let gone = Set(groups[0]..<groups.reduce(0, +))
    let left = published.removing(gone, groups: groups)
    #expect(left.outerKind == .linear && left.innerKind == nil && left.nodes.count == 1)
    #expect(left.tau1 == 0 && left.tau2 == 0)
    #expect(left.nodes[0].bias.count == groups[0])
  }
}

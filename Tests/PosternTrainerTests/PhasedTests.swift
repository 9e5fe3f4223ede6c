// PhasedTests.swift: each phase of phased training, and the whole on small tables.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct PhasedTests {
  /// The correlation loss is the slope of the loss at outputs of 0.
  @Test(arguments: [0, 2, 4])
  func `the correlation loss is the loss near zero`(classCount: Int) throws {
    let table =
      classCount == 0
      ? Synthetic.regression(rowCount: 20)
      : Synthetic.classification(rowCount: 20, classCount: classCount)
    let targets = try PreparedData(table: table, validation: nil, binCount: 4).targets
    for row in 0..<20 {
      var random = RandomStream(seed: UInt64(row))
      var answers = (0..<targets.outputCount).map { _ in random.normal() }
      let direction = answers
      let loss = targets.correlationAndGradient(row: row, outputs: &answers, offset: 0)
      var zero = [Float](repeating: 0, count: targets.outputCount)
      // Half of the squared error.
      let weight: Float = targets.task == .regression ? 0.5 : 1
      _ = targets.lossAndGradient(row: row, outputs: &zero, offset: 0, weight: weight)
      for (one, two) in zip(answers, zero) { #expect(abs(one - two) < 1e-6) }
      let product = zip(direction, zero).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      #expect(abs(loss - product) < 1e-5)
    }
  }

  @Test func `beyond its reach a target counts as its reach`() {
    let targets = Targets(task: .regression, outputCount: 1, values: [5, -0.5], labels: [])
    var outputs: [Float] = [2, 2]
    #expect(targets.correlationAndGradient(row: 0, outputs: &outputs, offset: 0, reach: 3) == -6)
    #expect(targets.correlationAndGradient(row: 1, outputs: &outputs, offset: 1, reach: 3) == 1)
    #expect(outputs == [-3, 0.5])
  }

  private func shape(_ firstLayer: Expert.FirstLayer) throws -> NetworkShape {
    let prepared = try PreparedData(
      table: Synthetic.regression(rowCount: 60), validation: nil, binCount: 4)
    return NetworkShape(
      input: prepared.input, widths: [32], outputCount: 1, firstLayer: firstLayer)
  }

  private func weights(_ shape: NetworkShape, _ values: [Float], neuron: Int) -> [Float] {
    let layer = shape.layers[0]
    return (0..<layer.inputCount).map { input in
      shape.firstLayer == .lookup
        ? values[input * layer.outputCount + neuron]
        : values[((neuron / 16) * layer.inputCount + input) * 16 + neuron % 16]
    }
  }

  /// `normalise(w - η J (g - (ŵ · g) ŵ))` times the norm, written out.
  @Test(arguments: [Expert.FirstLayer.lookup, .dense])
  func `a spherical step is the published one`(firstLayer: Expert.FirstLayer) throws {
    let shape = try shape(firstLayer)
    var random = RandomStream(seed: 2)
    var values = shape.initialParameters(&random)
    let start = values
    let gradient = values.map { _ in random.normal() }
    var optimizer = Optimizer(parameters: values)
    optimizer.moveOnSpheres(&values, gradient: gradient, shape: shape, rate: 0.01)
    for neuron in [0, 5, 17, 31] {
      let (w, g) = (weights(shape, start, neuron: neuron), weights(shape, gradient, neuron: neuron))
      let norm = w.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let product = zip(w, g).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / norm
      let moved = zip(w, g).map { w, g in
        Double(w) - 0.01 * 32 * (Double(g) - product * Double(w) / norm)
      }
      let length = moved.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for (value, expected) in zip(weights(shape, values, neuron: neuron), moved) {
        #expect(abs(Double(value) - expected * norm / length) < 1e-5)
      }
    }
    let rest = shape.layers[0].bias..<values.count
    #expect(Array(values[rest]) == Array(start[rest]))
    #expect(optimizer.average == values)
  }

  @Test func `a normalised step has the published length`() throws {
    let shape = try shape(.dense)
    var random = RandomStream(seed: 3)
    var values = shape.initialParameters(&random)
    let start = values
    let gradient = values.map { _ in 100 * random.normal() }
    var optimizer = Optimizer(parameters: values)
    let first = shape.layers[0]
    optimizer.moveNormalized(
      &values, gradient: gradient, layers: shape.layers[0..<1], rate: 0.5)
    func norm(_ range: Range<Int>, _ of: (Int) -> Double) -> Double {
      range.reduce(0.0) { $0 + of($1) * of($1) }.squareRoot()
    }
    let places = (
      first.weights..<first.weights + first.weightCount, first.bias..<first.bias + first.outputCount
    )
    let moved = { (index: Int) in Double(values[index] - start[index]) }
    #expect(abs(norm(places.0, moved) + norm(places.1, moved) - 0.5) < 1e-4)
    #expect(Array(values[places.1.upperBound...]) == Array(start[places.1.upperBound...]))
    // A gradient that has nearly vanished is as good a direction.
    values = start
    optimizer.moveNormalized(
      &values, gradient: gradient.map { $0 * 1e-37 * 1e-6 }, layers: shape.layers[0..<1], rate: 0.5)
    #expect(abs(norm(places.0, moved) + norm(places.1, moved) - 0.5) < 1e-2)
    var still = start
    optimizer.moveNormalized(
      &still, gradient: [Float](repeating: 0, count: start.count), layers: shape.layers[...],
      rate: 0.5)
    #expect(still == start)
  }

  /// `θ_j ∝ E[y f_j x] - mean over experts`, written out.
  @Test func `the learned router is the published gradient`() throws {
    let table = Synthetic.regression(rowCount: 200)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let shape = NetworkShape(input: prepared.input, widths: [16], outputCount: 1)
    let experts = (0..<3).map { index -> NetworkParameters in
      var random = RandomStream(seed: UInt64(index))
      return .unexplored(shape, &random)
    }
    var learning = RouterLearning(
      RouterShape(.linear, expertCount: 3), featureCount: prepared.data.featureCount)
    learning.add(experts, data: prepared.data, targets: prepared.targets, threads: 2)
    let router = learning.learned
    let data = prepared.data
    var expected = (0..<3).map { expert -> [Double] in
      let answers = experts[expert].network.predict(data)
      return (0..<data.featureCount).map { feature in
        (0..<200).reduce(0.0) { sum, row in
          let y = min(max(prepared.targets.values[row], -3), 3)
          let f = min(max(answers[row], -3), 3)
          return sum + Double(y * f * data.features[row * data.featureStride + feature])
        }
      }
    }
    for feature in 0..<data.featureCount {
      let mean = expected.reduce(0) { $0 + $1[feature] } / 3
      for expert in 0..<3 { expected[expert][feature] -= mean }
    }
    let longest = expected.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }.max() ?? 1
    for expert in 0..<3 {
      for feature in 0..<data.featureCount {
        let value = Double(router.parameters[router.forms[0].weight(expert, feature)])
        #expect(abs(value - expected[expert][feature] / longest) < 1e-4)
      }
      #expect(router.parameters[router.forms[0].place.bias + expert] == 0)
    }
  }

  @Test func `purity and entropy say how groups are spread`() {
    let clean = Dispatch(
      experts: [0, 0, 1, 1], groups: [1, 1, 0, 0], expertCount: 3, groupCount: 2)
    #expect(clean.purity == 1 && clean.entropy == 0)
    let mixed = Dispatch(
      experts: [0, 0, 1, 1], groups: [0, 1, 0, 1], expertCount: 2, groupCount: 2)
    #expect(mixed.purity == 0.5)
    #expect(abs(mixed.entropy - 0.693147) < 1e-5)
  }

  @Test(arguments: [0, 2, 4])
  func `the phases learn a table`(classCount: Int) throws {
    var options = Synthetic.quickOptions(experts: 3)
    options.method = .phased
    options.epochCount = 40
    options.teacherCount = 0
    options.hiddenWidths = [16]
    let table =
      classCount == 0
      ? Synthetic.regression(rowCount: 900)
      : Synthetic.classification(rowCount: 900, classCount: classCount)
    let model = try Trainer.train(table, options: options)
    let phases = model.report.phases
    #expect(phases.map(\.phase) == TrainingPhase.allCases)
    // Random routing mixes three groups evenly.
    #expect(phases[0].dispatchEntropy > 1 && phases[0].purity < 0.5)
    #expect(phases.allSatisfy { $0.loss.isFinite && (0...1).contains($0.purity) })
    // Less than what no correlation at all would have.
    #expect(phases[0].loss < 0 && phases[2].loss < 0)
    #expect(model.description.experts.allSatisfy { $0.layers.count == 2 })
    if classCount == 0 {
      #expect(model.report.score < 1.6, "the target's spread is about 3")
    } else {
      #expect(model.report.score > 0.85)
    }
  }

  @Test(arguments: [RouterParameters.Kind.laplace, .cosine, .perturbedCosine, .prototype])
  func `each router is learned or stays where k-means puts it`(
    kind: RouterParameters.Kind
  ) throws {
    var options = Synthetic.quickOptions(experts: 4)
    options.method = .phased
    options.teacherCount = 0
    options.router = RouterChoice(kind)
    let model = try Trainer.train(Synthetic.regression(rowCount: 600), options: options)
    #expect(model.report.expertTraffic.count { $0 > 0 } > 1)
    #expect(model.report.score.isFinite)
  }

  @Test func `experts have one hidden layer where nobody says otherwise`() {
    var options = TrainingOptions()
    options.method = .phased
    options.expertCount = 3
    let plan = TrainingPlan(options: options, rowCount: 1000, task: .regression)
    #expect(plan.expertWidths == [[128], [128], [128]] && plan.start == .scratch)
    options.hiddenWidths = [32, 16]
    #expect(TrainingPlan(options: options, rowCount: 1000, task: .regression).expertWidths == [])
  }

  @Test func `two levels and a shared expert go through the phases`() throws {
    var options = Synthetic.quickOptions(experts: 4)
    options.method = .phased
    options.teacherCount = 1
    options.router = RouterChoice(.linear, .laplace)
    options.groupCount = 2
    options.hasSharedExpert = true
    let model = try Trainer.train(Synthetic.regression(rowCount: 600), options: options)
    #expect(model.description.sharedExpert != nil)
    #expect(model.report.phases.count == 4)
    #expect(model.report.score.isFinite)
  }

  @Test func `no file can say a Hermite polynomial`() throws {
    var shape = try shape(.dense)
    shape.activation = .hermite3
    var random = RandomStream(seed: 4)
    let network = NetworkParameters.unexplored(shape, &random)
    #expect(throws: TrainingError.unservableActivation) { try network.expert() }
    shape.activation = .cube
    let cubed = NetworkParameters.unexplored(shape, &random)
    #expect(try cubed.expert().activation == .cube)
  }
}

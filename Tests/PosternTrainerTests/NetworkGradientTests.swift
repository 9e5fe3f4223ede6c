// NetworkGradientTests.swift: every gradient of a network against finite differences.
//
// Method: the loss is computed forward only, with one parameter moved a little up and down. The
// difference quotient must be the analytic gradient, for each kind of parameter and each loss.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct NetworkGradientTests {
  private struct Case {
    var network: Network
    var data: EncodedRows
    var targets: Targets
    var rows: ArraySlice<Int32>

    func loss() -> Double {
      var unused = RandomStream(seed: 0)
      network.prepare()
      network.forward(data, rows: rows, dropout: 0, random: &unused)
      var sum = 0.0
      for (index, row) in rows.enumerated() {
        sum += Double(
          targets.lossAndGradient(
            row: Int(row), outputs: &network.outputs, offset: index * network.shape.outputStride,
            weight: 1))
      }
      return sum / Double(rows.count)
    }
  }

  private func makeCase(
    _ table: TrainingTable, soft: Bool, widths: [Int] = [32, 16],
    activation: Activation = .prelu, firstLayer: Expert.FirstLayer = .lookup
  ) throws -> Case {
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let shape = NetworkShape(
      input: prepared.input, widths: widths, outputCount: prepared.head.count,
      activation: activation, firstLayer: firstLayer)
    var random = RandomStream(seed: 5)
    var targets = prepared.targets
    if soft {
      // Each row of a teacher is a distribution, as softmax would give.
      var teacher: [Float] = []
      for _ in 0..<table.rowCount {
        let weights = (0..<targets.outputCount).map { _ in Float(random.uniform()) + 0.1 }
        let sum = targets.task == .multiclass ? weights.reduce(0, +) : 1.1
        teacher += weights.map { $0 / sum }
      }
      targets = targets.distilled(from: teacher, teacherShare: 0.7)
    }
    let network = Network(shape: shape, parameters: shape.initialParameters(&random))
    // 37 rows: not a multiple of the 4 that the kernels work in.
    return Case(
      network: network, data: prepared.data, targets: targets,
      rows: (3..<40).map { Int32($0) }[...])
  }

  private func check(_ c: Case, _ range: Range<Int>, _ what: String, slack: Float = 1) {
    var random = RandomStream(seed: 11)
    let network = c.network
    let analytic = network.gradient
    let step: Float = 2e-3
    var largest: Float = 0
    for _ in 0..<40 {
      let index = range.lowerBound + random.below(range.count)
      let before = network.parameters[index]
      network.parameters[index] = before + step
      let up = c.loss()
      network.parameters[index] = before - step
      let down = c.loss()
      network.parameters[index] = before
      let numeric = Float((up - down) / Double(2 * step))
      let tolerance = 2e-3 + 0.02 * abs(numeric)
      #expect(abs(numeric - analytic[index]) < slack * tolerance, "\(what), parameter \(index)")
      largest = max(largest, abs(numeric))
    }
    #expect(largest > 1e-3, "\(what): no parameter matters, so nothing was tested")
  }

  private static let tables: [TrainingTable] = [
    Synthetic.regression(rowCount: 60), Synthetic.classification(rowCount: 60, classCount: 2),
    Synthetic.classification(rowCount: 60, classCount: 4),
  ]

  @Test(arguments: 0..<3, [false, true])
  func `the gradient is the slope of the loss`(table: Int, soft: Bool) throws {
    let c = try makeCase(Self.tables[table], soft: soft)
    var unused = RandomStream(seed: 0)
    _ = c.network.lossAndGradient(
      c.data, targets: c.targets, rows: c.rows, dropout: 0, random: &unused)
    let shape = c.network.shape
    for (index, layer) in shape.layers.enumerated() {
      let used = index == shape.layers.count - 1 ? 16 : layer.outputCount
      check(c, layer.weights..<layer.weights + layer.inputCount * used, "layer \(index) weights")
      let count = index == shape.layers.count - 1 ? shape.outputCount : layer.outputCount
      check(c, layer.bias..<layer.bias + count, "layer \(index) bias")
      if let slopes = layer.slopes {
        check(c, slopes..<slopes + layer.outputCount, "layer \(index) slopes")
      }
    }
  }

  @Test(arguments: [Activation.prelu, .cube, .hermite3], [Expert.FirstLayer.lookup, .dense])
  func `the gradient of each activation and first layer is the slope of the loss`(
    activation: Activation, firstLayer: Expert.FirstLayer
  ) throws {
    for table in Self.tables {
      let c = try makeCase(
        table, soft: false, widths: [32], activation: activation, firstLayer: firstLayer)
      var unused = RandomStream(seed: 0)
      _ = c.network.lossAndGradient(
        c.data, targets: c.targets, rows: c.rows, dropout: 0, random: &unused)
      let (first, last) = (c.network.shape.layers[0], c.network.shape.layers[1])
      check(c, first.weights..<first.weights + first.weightCount, "first weights")
      // A step may cross a kink of PReLU in a few of the 37 rows.
      let slack: Float = activation == .prelu ? 3 : 1
      check(c, first.bias..<first.bias + first.outputCount, "first bias", slack: slack)
      check(c, last.weights..<last.weights + last.weightCount, "last weights")
      let slopes = try #require(first.slopes)
      if activation == .prelu {
        check(c, slopes..<slopes + first.outputCount, "slopes")
      } else {
        #expect(c.network.gradient[slopes..<slopes + first.outputCount].allSatisfy { $0 == 0 })
        #expect(c.network.parameters[slopes..<slopes + first.outputCount].allSatisfy { $0 == 0 })
      }
    }
  }

  /// `z³`, and the third Hermite polynomial over the root of its factorial.
  @Test func `polynomials are what their names say`() throws {
    let z = (0..<16).map { Float($0) / 4 - 2 }
    var a = [Float](repeating: 0, count: 16)
    let cube = try #require(Activation.cube.polynomial)
    VectorMath.activate(z, cube, count: 16, mask: [], into: &a)
    #expect(a == z.map { $0 * $0 * $0 })
    let hermite = try #require(Activation.hermite3.polynomial)
    VectorMath.activate(z, hermite, count: 16, mask: [], into: &a)
    for (value, z) in zip(a, z) {
      #expect(abs(value - (z * z * z - 3 * z) / Float(6).squareRoot()) < 1e-6)
    }
  }

  @Test func `dropout scales what it keeps and its gradient alike`() throws {
    let c = try makeCase(Self.tables[0], soft: false)
    // With the same random numbers the same activations are dropped, so that the loss is a function
    // of the parameters whose slope can be measured.
    func loss() -> Double {
      var random = RandomStream(seed: 3)
      c.network.prepare()
      c.network.forward(c.data, rows: c.rows, dropout: 0.5, random: &random)
      return c.rows.enumerated().reduce(0) { sum, item in
        sum
          + Double(
            c.targets.lossAndGradient(
              row: Int(item.element), outputs: &c.network.outputs,
              offset: item.offset * c.network.shape.outputStride, weight: 1))
      } / Double(c.rows.count)
    }
    var random = RandomStream(seed: 3)
    _ = c.network.lossAndGradient(
      c.data, targets: c.targets, rows: c.rows, dropout: 0.5, random: &random)
    let analytic = c.network.gradient
    let layer = c.network.shape.layers[1]
    for index in stride(from: layer.weights, to: layer.weights + layer.weightCount, by: 17) {
      let before = c.network.parameters[index]
      c.network.parameters[index] = before + 2e-3
      let up = loss()
      c.network.parameters[index] = before - 2e-3
      let down = loss()
      c.network.parameters[index] = before
      let numeric = Float((up - down) / 4e-3)
      #expect(abs(numeric - analytic[index]) < 4e-3 + 0.03 * abs(numeric))
    }
  }

  @Test func `padded outputs stay out of the gradient`() throws {
    let c = try makeCase(Self.tables[2], soft: true)
    var unused = RandomStream(seed: 0)
    _ = c.network.lossAndGradient(
      c.data, targets: c.targets, rows: c.rows, dropout: 0, random: &unused)
    let last = c.network.shape.layers[2]
    for input in 0..<last.inputCount {
      for output in c.network.shape.outputCount..<16 {
        #expect(c.network.gradient[last.weights + input * 16 + output] == 0)
      }
    }
  }
}

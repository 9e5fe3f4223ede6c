// RidgeHeadTests.swift: the fitted output layer against the equations that define it.
//
// Method: hidden activations are computed here from the network's parameters in double precision;
// the fitted weights must solve the normal equations, or make the loss's gradient vanish.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct RidgeHeadTests {
  private struct Case {
    var prepared: PreparedData
    var network: Network
    var rows: [Int32]

    /// The activations of each row and a one, and the fitted outputs.
    func design() -> [[Double]] {
      var unused = RandomStream(seed: 0)
      network.prepare()
      network.forward(prepared.data, rows: rows[...], dropout: 0, random: &unused)
      let width = network.shape.widths[network.shape.widths.count - 1]
      let layer = network.shape.layers[network.shape.layers.count - 1]
      return rows.indices.map { row in
        (0..<width).map { Double(network.lastActivations[row * width + $0]) } + [1]
          + (0..<network.shape.outputCount).map { output in
            (0..<width).reduce(Double(network.parameters[layer.bias + output])) { sum, input in
              let at =
                layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16
              return sum + Double(network.parameters[at])
                * Double(network.lastActivations[row * width + input])
            }
          }
      }
    }

    /// Weight `index` of `output`; the last one is the bias.
    func weight(_ output: Int, _ index: Int) -> Double {
      let layer = network.shape.layers[network.shape.layers.count - 1]
      return Double(
        index == layer.inputCount
          ? network.parameters[layer.bias + output]
          : network.parameters[
            layer.weights + ((output / 16) * layer.inputCount + index) * 16 + output % 16])
    }
  }

  private func makeCase(
    _ table: TrainingTable, width: Int = 16, every: Int = 1
  ) throws -> Case {
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let shape = NetworkShape(
      input: prepared.input, widths: [width], outputCount: prepared.head.count)
    var random = RandomStream(seed: 8)
    let rows = stride(from: 0, to: table.rowCount, by: every).map { Int32($0) }
    return Case(
      prepared: prepared,
      network: Network(shape: shape, parameters: shape.initialParameters(&random)), rows: rows)
  }

  /// More rows than a block, in number no multiple of the kernel's four.
  @Test func `a regression solves the normal equations`() throws {
    let c = try makeCase(Synthetic.regression(rowCount: 1403), every: 2)
    let head = RidgeHead(ridge: 1e-3)
    #expect(head.fit(c.network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows))
    let design = c.design()
    let penalty = 1e-3 * Double(c.rows.count)
    for index in 0...16 {
      // Hᵀ (H a - y) + n λ a, relative to Hᵀ y.
      var (sum, size) = (penalty * c.weight(0, index), 0.0)
      for (place, row) in c.rows.enumerated() {
        let truth = Double(c.prepared.targets.values[Int(row)])
        sum += design[place][index] * (design[place][17] - truth)
        size += abs(design[place][index] * truth)
      }
      #expect(abs(sum) < 1e-5 * max(size, 1), "equation \(index)")
    }
  }

  /// Neurons that differ by a thousandth: what single precision leaves of `Hᵀ H` is no solution.
  @Test func `neurons that point the same way leave a solution`() throws {
    let c = try makeCase(Synthetic.regression(rowCount: 400))
    let layer = c.network.shape.layers[0]
    var random = RandomStream(seed: 2)
    for input in 0..<layer.inputCount {
      let first = layer.weights + input * layer.outputCount
      for neuron in 0..<layer.outputCount {
        c.network.parameters[first + neuron] =
          c.network.parameters[first] * 30 * (1 + 1e-3 * random.normal())
      }
    }
    RidgeHead().fit(c.network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows)
    // Weights of 0 lose 1, the variance of the target.
    #expect(c.prepared.validation.score(c.network.predict(c.prepared.data)).loss < 1)
  }

  @Test func `what is added to the outputs is not fitted again`() throws {
    let c = try makeCase(Synthetic.regression(rowCount: 300))
    let offsets = (0..<300).map { Float($0 % 7) - 3 }
    var moved = c.prepared.targets
    for row in 0..<300 { moved.values[row] -= offsets[row] }
    let other = Network(shape: c.network.shape, parameters: c.network.parameters)
    RidgeHead().fit(
      c.network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows, offsets: offsets)
    RidgeHead().fit(other, data: c.prepared.data, targets: moved, rows: c.rows)
    for (one, two) in zip(c.network.parameters, other.parameters) {
      #expect(abs(one - two) < 1e-3 * max(abs(one), 1))
    }
  }

  @Test(arguments: [2, 4])
  func `classes end where the gradient of the loss vanishes`(classCount: Int) throws {
    let c = try makeCase(
      Synthetic.classification(rowCount: 600, classCount: classCount), width: 16)
    let head = RidgeHead(ridge: 1e-2, stepCount: 400)
    #expect(head.fit(c.network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows))
    let design = c.design()
    let outputs = c.network.shape.outputCount
    var slopes = [[Float]](repeating: [], count: 600)
    for row in 0..<600 {
      slopes[row] = design[row][17...].map { Float($0) }
      _ = c.prepared.targets.lossAndGradient(
        row: row, outputs: &slopes[row], offset: 0, weight: 1)
    }
    for output in 0..<outputs {
      for index in 0...16 {
        var sum = 1e-2 * 600 * c.weight(output, index)
        for row in 0..<600 { sum += design[row][index] * Double(slopes[row][output]) }
        #expect(abs(sum) < 1e-2, "output \(output), weight \(index): \(sum)")
      }
    }
  }

  @Test func `every step makes the loss of classes smaller`() throws {
    let table = Synthetic.classification(rowCount: 600, classCount: 4)
    var last = Double.infinity
    for stepCount in [1, 2, 4, 8, 16, 32] {
      let c = try makeCase(table)
      RidgeHead(stepCount: stepCount).fit(
        c.network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows)
      var outputs = c.network.predict(c.prepared.data)
      var loss = 0.0
      for row in 0..<600 {
        loss += Double(
          c.prepared.targets.lossAndGradient(
            row: row, outputs: &outputs, offset: row * 4, weight: 0))
      }
      #expect(loss < last)
      last = loss
    }
  }

  @Test func `without rows or hidden layers the network stays as it is`() throws {
    let c = try makeCase(Synthetic.regression(rowCount: 100))
    let before = c.network.parameters
    #expect(
      !RidgeHead().fit(c.network, data: c.prepared.data, targets: c.prepared.targets, rows: []))
    #expect(c.network.parameters == before)
    let affine = NetworkShape(input: c.prepared.input, widths: [], outputCount: 1)
    var random = RandomStream(seed: 1)
    let network = Network(shape: affine, parameters: affine.initialParameters(&random))
    let start = network.parameters
    #expect(
      !RidgeHead().fit(network, data: c.prepared.data, targets: c.prepared.targets, rows: c.rows))
    #expect(network.parameters == start)
  }

  @Test func `a matrix that is not positive definite has no factor`() throws {
    let none = Cholesky([1, 2, 2, 1])
    #expect(none == nil)
    let factor = try #require(Cholesky([4, 2, 2, 3]))
    let x = factor.solve([2, 5])
    #expect(abs(4 * x[0] + 2 * x[1] - 2) < 1e-12 && abs(2 * x[0] + 3 * x[1] - 5) < 1e-12)
  }
}

// Mixture.swift: a router and its experts as values, and what they answer.
//
// Step: encoded rows → router → experts → outputs.

import PosternPackaging

/// A network as a value.
struct NetworkParameters: Equatable, Sendable {
  var shape: NetworkShape
  var values: [Float]

  /// A network with memory to compute in.
  var network: Network { Network(shape: shape, parameters: values) }
}

/// A trained router with its experts: what is validated and served.
struct Mixture: Sendable {
  var router: TrainableRouter
  var experts: [NetworkParameters]
  /// An expert whose outputs are added for every row.
  var shared: NetworkParameters?
  /// What the outputs of the routed expert are multiplied by.
  var gateScale = ModelDescription.GateScale.none
  /// The softmax temperature that gate probabilities were trained with last.
  var temperature: Float = 1

  init(router: TrainableRouter, experts: [NetworkParameters], shared: NetworkParameters? = nil) {
    precondition(experts.count == router.expertCount)
    self.router = router
    self.experts = experts
    self.shared = shared
  }

  /// Every expert a copy of one network.
  init(router: TrainableRouter, copies network: NetworkParameters) {
    self.init(
      router: router,
      experts: [NetworkParameters](repeating: network, count: router.expertCount))
  }

  var outputCount: Int { experts[0].shape.outputCount }

  /// The rows that each expert answers for, ascending.
  func cells(_ data: EncodedRows, threads: Int = 1) -> [[Int32]] {
    var cells = [[Int32]](repeating: [], count: router.expertCount)
    for (row, expert) in ServingRouter(router.serving).route(data, threads: threads).enumerated() {
      cells[Int(expert)].append(Int32(row))
    }
    return cells
  }

  /// The outputs of top-1 routing, shape `(rows, outputCount)`.
  func predict(_ data: EncodedRows, threads: Int) -> [Float] {
    let cells = cells(data, threads: threads)
    let adjustment = adjustment(data, threads: threads)
    let answers = Parallel.map(count: cells.count, threads: threads) { expert -> [Float] in
      cells[expert].isEmpty
        ? [] : experts[expert].network.predict(data, rows: cells[expert][...])
    }
    var outputs = [Float](repeating: 0, count: data.rowCount * outputCount)
    for (cell, answer) in zip(cells, answers) {
      for (position, row) in cell.enumerated() {
        for output in 0..<outputCount {
          outputs[Int(row) * outputCount + output] = adjustment.apply(
            answer[position * outputCount + output], row: Int(row), output: output)
        }
      }
    }
    return outputs
  }

  /// What the outputs of the routed expert become: see ``OutputAdjustment``.
  func adjustment(_ data: EncodedRows, threads: Int) -> OutputAdjustment {
    var adjustment = OutputAdjustment(outputCount: outputCount)
    if let shared { adjustment.offsets = shared.network.predict(data) }
    if gateScale == .probability {
      adjustment.gates = ServingRouter(router.serving).routeWithGates(data).gates
    }
    return adjustment
  }

  /// What each expert would be served with, weighted by its probability at ``temperature``: what
  /// top-1 routing gives up. Shape `(rows, outputCount)`.
  func predictBlended(_ data: EncodedRows, threads: Int) -> [Float] {
    var batch = RouterBatch(router: router)
    batch.forward(
      router.parameters, features: data.features, rowCount: data.rowCount,
      temperature: temperature)
    let answers = Parallel.map(count: experts.count, threads: threads) {
      experts[$0].network.predict(data)
    }
    var outputs =
      shared?.network.predict(data)
      ?? [Float](repeating: 0, count: data.rowCount * outputCount)
    for (expert, answer) in answers.enumerated() {
      for row in 0..<data.rowCount {
        var probability = batch.probabilities[row * router.stride + expert]
        if gateScale == .probability { probability *= probability }
        for output in 0..<outputCount {
          let index = row * outputCount + output
          outputs[index] += probability * answer[index]
        }
      }
    }
    return outputs
  }
}

/// What happens to the routed expert's outputs before they are compared with the truth: they are
/// multiplied by the gate, then the shared expert's are added. Section 9.5 of the specification.
struct OutputAdjustment: Sendable {
  let outputCount: Int
  /// One for each row; empty: 1.
  var gates: [Float] = []
  /// Shape `(rows, outputCount)`; empty: 0.
  var offsets: [Float] = []

  var isNothing: Bool { gates.isEmpty && offsets.isEmpty }

  func gate(_ row: Int) -> Float { gates.isEmpty ? 1 : gates[row] }

  func apply(_ value: Float, row: Int, output: Int) -> Float {
    var value = value
    if !gates.isEmpty { value *= gates[row] }
    if !offsets.isEmpty { value += offsets[row * outputCount + output] }
    return value
  }
}

// Mixture.swift: a router and its experts as values, and what they answer.
//
// Step: encoded rows → router → experts → outputs.

/// A trained router with its experts: what is validated and served.
struct Mixture: Sendable {
  var router: SoftmaxRouter
  var shape: NetworkShape
  /// The parameters of each expert.
  var experts: [[Float]]

  /// Every expert a copy of one network.
  init(router: SoftmaxRouter, shape: NetworkShape, copies parameters: [Float]) {
    self.router = router
    self.shape = shape
    experts = [[Float]](repeating: parameters, count: router.expertCount)
  }

  init(router: SoftmaxRouter, shape: NetworkShape, experts: [[Float]]) {
    precondition(experts.count == router.expertCount)
    self.router = router
    self.shape = shape
    self.experts = experts
  }

  /// The rows that each expert answers for, ascending.
  func cells(_ data: EncodedRows) -> [[Int32]] {
    var cells = [[Int32]](repeating: [], count: router.expertCount)
    for (row, expert) in router.route(data).enumerated() {
      cells[Int(expert)].append(Int32(row))
    }
    return cells
  }

  /// The outputs of top-1 routing, shape `(rows, outputCount)`.
  func predict(_ data: EncodedRows, threads: Int) -> [Float] {
    let cells = cells(data)
    let answers = Parallel.map(count: cells.count, threads: threads) { expert -> [Float] in
      cells[expert].isEmpty
        ? []
        : Network(shape: shape, parameters: experts[expert]).predict(data, rows: cells[expert][...])
    }
    var outputs = [Float](repeating: 0, count: data.rowCount * shape.outputCount)
    for (cell, answer) in zip(cells, answers) {
      for (position, row) in cell.enumerated() {
        for output in 0..<shape.outputCount {
          outputs[Int(row) * shape.outputCount + output] =
            answer[position * shape.outputCount + output]
        }
      }
    }
    return outputs
  }

  /// The outputs of all experts, each weighted by its probability at `temperature`: what top-1
  /// routing gives up. Shape `(rows, outputCount)`.
  func predictBlended(_ data: EncodedRows, temperature: Float, threads: Int) -> [Float] {
    var logits: [Float] = []
    router.logits(features: data.features, rowCount: data.rowCount, into: &logits)
    var batch = RouterBatch(router: router)
    batch.set(logits: logits, rowCount: data.rowCount, temperature: temperature, router: router)
    let answers = Parallel.map(count: experts.count, threads: threads) { expert in
      Network(shape: shape, parameters: experts[expert]).predict(data)
    }
    var outputs = [Float](repeating: 0, count: data.rowCount * shape.outputCount)
    for (expert, answer) in answers.enumerated() {
      for row in 0..<data.rowCount {
        let probability = batch.probabilities[row * batch.stride + expert]
        for output in 0..<shape.outputCount {
          let index = row * shape.outputCount + output
          outputs[index] += probability * answer[index]
        }
      }
    }
    return outputs
  }
}

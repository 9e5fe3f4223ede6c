// RoutedAnswers.swift: what every expert would say about every row, and what that would cost.
//
// Step: rows → [answers of all experts] → router.

import PosternPackaging

/// What each expert says about each row, and what a router sees of the rows.
struct RoutedAnswers {
  let data: EncodedRows
  let targets: Targets
  /// For each expert its outputs before the head, shape `(rows, outputs)`.
  let outputs: [[Float]]
  /// The shared expert's outputs, shape `(rows, outputs)`; empty: 0.
  let offsets: [Float]
  /// Whether the outputs of the chosen expert are multiplied by its probability.
  let isGated: Bool
  /// Between which outputs the head lets pass; one for each.
  private let limits: [ClosedRange<Float>]
  /// What a refused row costs: more than any answer, and not infinitely more.
  private let refusalLoss: Double
  /// Shape `(rows, experts)`, for a gate of 1.
  let losses: [Double]

  init(
    _ labelled: LabelledRows, outputs: [[Float]], offsets: [Float], isGated: Bool
  ) {
    data = labelled.data
    targets = labelled.targets
    self.outputs = outputs
    self.offsets = offsets
    self.isGated = isGated
    limits = labelled.head.map { record in
      guard labelled.targets.task == .regression, record.scale > 0 else {
        return -.infinity ... .infinity
      }
      let low = (record.low - record.offset) / record.scale
      return low...max(low, (record.high - record.offset) / record.scale)
    }
    var plain = [Double](repeating: .infinity, count: labelled.data.rowCount * outputs.count)
    var largest = 0.0
    var scratch = [Float](repeating: 0, count: labelled.targets.outputCount)
    for row in 0..<labelled.data.rowCount {
      for expert in outputs.indices {
        guard
          let cost = RoutedAnswers.cost(
            row, outputs[expert], offsets, gate: 1, labelled.targets, limits, &scratch)
        else { continue }
        plain[row * outputs.count + expert] = cost.loss
        largest = max(largest, cost.loss)
      }
    }
    refusalLoss = 2 * largest + 1
    for index in plain.indices where !plain[index].isFinite { plain[index] = 2 * largest + 1 }
    losses = plain
  }

  var rowCount: Int { data.rowCount }
  var expertCount: Int { outputs.count }

  /// The loss of a row if `expert` answers behind `gate`, and the loss's slope by the logarithm of
  /// the gate. `scratch` has a place for each output.
  func cost(
    row: Int, expert: Int, gate: Float, scratch: inout [Float]
  ) -> (loss: Double, slope: Double) {
    Self.cost(row, outputs[expert], offsets, gate: gate, targets, limits, &scratch)
      ?? (refusalLoss, 0)
  }

  private static func cost(
    _ row: Int, _ outputs: [Float], _ offsets: [Float], gate: Float, _ targets: Targets,
    _ limits: [ClosedRange<Float>], _ scratch: inout [Float]
  ) -> (loss: Double, slope: Double)? {
    let first = row * targets.outputCount
    for output in scratch.indices {
      let offset = offsets.isEmpty ? 0 : offsets[first + output]
      let value = gate * outputs[first + output] + offset
      scratch[output] = min(max(value, limits[output].lowerBound), limits[output].upperBound)
    }
    let answered = scratch
    let loss = Double(
      targets.lossAndGradient(row: row, outputs: &scratch, offset: 0, weight: 1))
    guard loss.isFinite else { return nil }
    var slope = 0.0
    for output in scratch.indices {
      // Beyond a limit the answer does not move.
      guard answered[output] > limits[output].lowerBound,
        answered[output] < limits[output].upperBound
      else { continue }
      slope += Double(scratch[output]) * Double(gate * outputs[first + output])
    }
    return (loss, slope)
  }

  /// The sum of the rows' losses as `router` would be served.
  func loss(servedBy router: TrainableRouter) -> Double {
    let (experts, gates) = ServingRouter(router.serving).routeWithGates(data)
    var scratch = [Float](repeating: 0, count: targets.outputCount)
    return experts.indices.reduce(0) { sum, row in
      let expert = Int(experts[row])
      guard isGated else { return sum + losses[row * expertCount + expert] }
      return sum
        + cost(row: row, expert: expert, gate: gates[row], scratch: &scratch).loss
    }
  }
}

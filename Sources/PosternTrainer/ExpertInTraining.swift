// ExpertInTraining.swift: one expert's part of a batch.
//
// Step: batch → [expert] → losses → router.

/// One expert in training, with the rows of the current batch that it is computed for.
final class ExpertInTraining {
  let network: Network
  var optimizer: Optimizer
  private var random: RandomStream
  var rows: [Int32] = []
  /// For each of `rows`, its place in the batch.
  var places: [Int] = []
  /// For each of `rows`: its loss, and what its gradient is multiplied by.
  var losses: [Float] = []
  var weights: [Float] = []
  /// For each of `rows`: the gradient by the outputs times the outputs, where one asks for it.
  private(set) var slopes: [Float] = []
  /// The outputs before any adjustment, shape `(rows, outputStride)`, where one asks for them.
  private(set) var answers: [Float] = []
  /// The variance of the errors, as the likelihood has it.
  var variance = 1.0

  init(_ expert: NetworkParameters, random: RandomStream) {
    network = expert.network
    optimizer = Optimizer(parameters: expert.values)
    self.random = random
  }

  var outputStride: Int { network.shape.outputStride }
  /// The moving average of the parameters.
  var average: NetworkParameters {
    NetworkParameters(shape: network.shape, values: optimizer.average)
  }

  /// Takes another batch.
  func clear() {
    rows.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    losses.removeAll(keepingCapacity: true)
    weights.removeAll(keepingCapacity: true)
    slopes.removeAll(keepingCapacity: true)
  }

  /// Computes the expert for its rows. The outputs will be overwritten: `keepsAnswers` says whether
  /// a copy is made.
  func forward(_ data: EncodedRows, dropout: Float, keepsAnswers: Bool) {
    guard !rows.isEmpty else { return }
    network.prepare()
    network.forward(data, rows: rows[...], dropout: dropout, random: &random)
    guard keepsAnswers else { return }
    answers.removeAll(keepingCapacity: true)
    answers.append(contentsOf: network.outputs[..<(rows.count * outputStride)])
  }

  /// Sets `losses` and turns the network's outputs into the gradient of their sum.
  func compare(_ targets: Targets, adjustment: OutputAdjustment) {
    var outputs: [Float] = []
    swap(&outputs, &network.outputs)
    var span = outputs.mutableSpan
    let stride = outputStride
    for (index, row) in rows.enumerated() {
      losses.append(
        targets.lossAndGradient(
          row: Int(row), outputs: &span, offset: index * stride, adjustment: adjustment,
          place: places[index]))
    }
    swap(&outputs, &network.outputs)
  }

  /// The same with the correlation loss.
  func correlate(_ targets: Targets) {
    for (index, row) in rows.enumerated() {
      losses.append(
        targets.correlationAndGradient(
          row: Int(row), outputs: &network.outputs, offset: index * outputStride))
    }
  }

  /// Sets the gradient by the outputs of row `index` to `values`.
  func setOutputGradient(_ index: Int, _ values: ArraySlice<Float>) {
    for (output, value) in values.enumerated() {
      network.outputs[index * outputStride + output] = value
    }
  }

  /// Sets `slopes`; the gradient by the outputs is not weighted yet.
  func setSlopes(outputCount: Int) {
    let stride = outputStride
    let gradient = network.outputs
    for index in rows.indices {
      var sum: Float = 0
      for output in index * stride..<index * stride + outputCount {
        sum += answers[output] * gradient[output]
      }
      slopes.append(sum)
    }
  }

  /// One step, each row's gradient times its weight.
  func step(schedule: Schedule, rate: Float) {
    guard !rows.isEmpty else { return }
    VectorMath.scaleRows(&network.outputs, width: outputStride, by: weights)
    network.backward()
    switch schedule.rule {
    case .adamW: break
    case .spherical:
      return optimizer.moveOnSpheres(
        &network.parameters, gradient: network.gradient, shape: network.shape, rate: rate)
    case .normalized:
      return optimizer.moveNormalized(
        &network.parameters, gradient: network.gradient, layers: network.shape.layers[...],
        rate: rate)
    }
    let scale = clippingScale(
      square: VectorMath.squaredNorm(network.gradient), limit: schedule.gradientNormLimit)
    optimizer.update(
      &network.parameters, gradient: network.gradient,
      decayedRanges: network.shape.decayedRanges, rate: rate, schedule: schedule,
      gradientScale: scale)
  }
}

extension Targets {
  /// The loss of a row's outputs after `adjustment`, and the gradient by the outputs before it.
  func lossAndGradient(
    row: Int, outputs: inout MutableSpan<Float>, offset: Int, weight: Float = 1,
    adjustment: OutputAdjustment, place: Int
  ) -> Float {
    guard !adjustment.isNothing else {
      return lossAndGradient(row: row, outputs: &outputs, offset: offset, weight: weight)
    }
    for output in 0..<outputCount {
      outputs[offset + output] = adjustment.apply(
        outputs[offset + output], row: place, output: output)
    }
    let loss = lossAndGradient(row: row, outputs: &outputs, offset: offset, weight: weight)
    if !adjustment.gates.isEmpty {
      for output in 0..<outputCount { outputs[offset + output] *= adjustment.gates[place] }
    }
    return loss
  }
}

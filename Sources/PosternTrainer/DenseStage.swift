// DenseStage.swift: trains one dense network with early stopping.
//
// Step: encoded rows → [networks] → model value.

/// A network's best parameters and how good they are.
struct FittedNetwork: Sendable {
  var shape: NetworkShape
  var parameters: [Float]
  var score: Score
  /// Passes over the rows until the best validation score.
  var epochs: Int
}

/// Rows in batches, in an order of its own for each epoch.
struct Batches {
  var order: [Int32]
  var size: Int
  private var random: RandomStream

  init(rows: [Int32], size: Int, random: RandomStream) {
    order = rows
    self.size = size
    self.random = random
  }

  /// Puts the rows in the order of the next epoch.
  mutating func shuffle() { random.shuffle(&order) }

  var count: Int { (order.count + size - 1) / size }

  /// The rows of batch `index`.
  subscript(index: Int) -> ArraySlice<Int32> {
    order[index * size..<min((index + 1) * size, order.count)]
  }
}

extension Network {
  /// The outputs for all rows of `data`, shape `(rows, outputCount)`, without dropout.
  func predict(_ data: EncodedRows, blockSize: Int = 256) -> [Float] {
    predict(data, rows: (0..<Int32(data.rowCount))[...].map { $0 }[...], blockSize: blockSize)
  }

  /// The outputs for `rows` of `data`, shape `(rows, outputCount)`, without dropout.
  func predict(
    _ data: EncodedRows, rows: ArraySlice<Int32>, blockSize: Int = 256
  ) -> [Float] {
    prepare()
    var result: [Float] = []
    result.reserveCapacity(rows.count * shape.outputCount)
    var unused = RandomStream(seed: 0)
    var start = rows.startIndex
    while start < rows.endIndex {
      let end = min(start + blockSize, rows.endIndex)
      forward(data, rows: rows[start..<end], dropout: 0, random: &unused)
      for row in 0..<end - start {
        let first = row * shape.outputStride
        result.append(contentsOf: outputs[first..<first + shape.outputCount])
      }
      start = end
    }
    return result
  }

  /// The mean loss over `rows`, and in `gradient` its gradient. `adjustment` has one gate and one
  /// offset for each row of `data`.
  func lossAndGradient(
    _ data: EncodedRows, targets: Targets, rows: ArraySlice<Int32>, dropout: Float,
    adjustment: OutputAdjustment? = nil, random: inout RandomStream
  ) -> Float {
    prepare()
    forward(data, rows: rows, dropout: dropout, random: &random)
    let weight = 1 / Float(rows.count)
    var total: Float = 0
    let adjustment = adjustment ?? OutputAdjustment(outputCount: shape.outputCount)
    let stride = shape.outputStride
    var span = outputs.mutableSpan
    for (index, row) in rows.enumerated() {
      total += targets.lossAndGradient(
        row: Int(row), outputs: &span, offset: index * stride, weight: weight,
        adjustment: adjustment, place: Int(row))
    }
    backward()
    return total * weight
  }
}

/// Trains a dense network from its initial parameters.
///
/// After each epoch the moving average of the weights is validated, and the best of these is the
/// result. Stops early without progress, or when the caller wishes.
///
/// `adjustments` say what happens to the network's outputs before they are compared, for each row
/// of `data` and of `validation`.
///
/// `observe` is told of each epoch: how many are done, training loss, score, best so far.
func trainDense(
  shape: NetworkShape, initial: [Float], data: EncodedRows, targets: Targets, rows: [Int32],
  validation: LabelledRows, schedule: Schedule, random: RandomStream, reporter: ProgressReporter,
  adjustments: (training: OutputAdjustment, validation: OutputAdjustment)? = nil,
  observe: (Int, Double, Score, Score) -> Void
) -> FittedNetwork {
  let network = Network(shape: shape, parameters: initial)
  let judge = Network(shape: shape, parameters: initial)
  var optimizer = Optimizer(parameters: initial)
  var random = random
  var batches = Batches(
    rows: rows, size: schedule.batchSize, random: RandomStream(seed: random.next(), 1))
  let stepCount = schedule.epochs * batches.count
  var best = FittedNetwork(
    shape: shape, parameters: initial,
    score: validation.score(judge.predict(validation.data), adjusted: adjustments?.validation),
    epochs: 0)
  var step = 0
  for epoch in 0..<schedule.epochs {
    batches.shuffle()
    var loss = 0.0
    for batch in 0..<batches.count {
      if reporter.shouldStop { break }
      loss += Double(
        network.lossAndGradient(
          data, targets: targets, rows: batches[batch], dropout: schedule.dropout,
          adjustment: adjustments?.training, random: &random))
      let scale = clippingScale(
        square: VectorMath.squaredNorm(network.gradient), limit: schedule.gradientNormLimit)
      optimizer.update(
        &network.parameters, gradient: network.gradient, decayedRanges: shape.decayedRanges,
        rate: schedule.rate(step: step, of: stepCount), schedule: schedule, gradientScale: scale)
      step += 1
    }
    judge.parameters = optimizer.average
    let score = validation.score(
      judge.predict(validation.data), adjusted: adjustments?.validation)
    if score.loss < best.score.loss || schedule.keepsLast {
      best.parameters = judge.parameters
      best.score = score
      best.epochs = epoch + 1
    }
    observe(epoch + 1, loss / Double(batches.count), score, best.score)
    if reporter.shouldStop || schedule.isStale(epoch: epoch + 1, best: best.epochs) { break }
  }
  return best
}

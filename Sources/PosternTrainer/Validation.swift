// Validation.swift: how good outputs are on rows that were not trained on.
//
// Step: encoded rows → [networks] → model value.

import PosternPackaging
import PosternRuntime

/// How good a model is. The smaller `loss` is the better model.
struct Score: Equatable, Sendable {
  /// What candidates are chosen by: mean squared error of standardised targets, or for classes the
  /// cross-entropy and the share of wrong answers, added.
  var loss: Double
  /// What people are told: RMSE in the target's unit (the mean over several), or the share of
  /// right classes.
  var metric: Double
}

/// What rows gain on average when their losses change, and the standard error of that.
struct MeanGain {
  let mean: Double
  let error: Double

  init(before: [Double], after: [Double]) {
    let gains = zip(before, after).map { $0 - $1 }
    let count = Double(gains.count)
    let mean = gains.reduce(0, +) / count
    let squares = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    error = (squares / count / max(count - 1, 1)).squareRoot()
  }

  /// Whether the gain is more than `preference` standard errors.
  func exceeds(_ preference: Double) -> Bool { mean > preference * error }
}

/// Rows with their true targets.
struct LabelledRows {
  var data: EncodedRows
  /// The truth, never blended with what teachers say.
  var targets: Targets
  /// What turns outputs into values, one for each output.
  var head: [HeadOutput]
  /// The targets of a regression in their own unit, in binary64 and not rounded before: what
  /// ``Score/metric`` is computed against. Shape `(rows, outputs)`; empty for classes.
  var truth: [Double]

  /// Rows whose exact targets are `truth[target][row]`; without them what `targets` say.
  init(data: EncodedRows, targets: Targets, head: [HeadOutput], truth: [[Double]] = []) {
    self.data = data
    self.targets = targets
    self.head = head
    self.truth = []
    guard targets.task == .regression else { return }
    let count = targets.outputCount
    if truth.isEmpty {
      self.truth = targets.values.enumerated().map { index, value in
        Double(value) * Double(head[index % count].scale) + Double(head[index % count].offset)
      }
    } else {
      self.truth.reserveCapacity(data.rowCount * count)
      for row in 0..<data.rowCount { for target in truth { self.truth.append(target[row]) } }
    }
  }

  /// The loss of each row, from outputs of shape `(rows, outputCount)`. See ``Score/loss``.
  func rowLosses(_ outputs: [Float]) -> [Double] {
    precondition(outputs.count == data.rowCount * targets.outputCount)
    var losses = [Double](repeating: 0, count: data.rowCount)
    var outputs = outputs
    let count = targets.outputCount
    for row in losses.indices {
      let wrong = targets.task == .regression || isRight(outputs, row: row) ? 0.0 : 1.0
      if targets.task == .regression {
        for output in 0..<count {
          outputs[row * count + output] = clamped(outputs[row * count + output], output)
        }
      }
      let loss = targets.lossAndGradient(
        row: row, outputs: &outputs, offset: row * count, weight: 0)
      losses[row] = Double(loss) + wrong
    }
    return losses
  }

  /// The score of outputs of shape `(rows, outputCount)`.
  func score(_ outputs: [Float]) -> Score {
    let losses = rowLosses(outputs)
    let rowCount = Double(max(data.rowCount, 1))
    let loss = losses.reduce(0, +) / rowCount
    let metric =
      targets.task == .regression
      ? rootMeanSquaredError(outputs)
      : Double(losses.indices.count { isRight(outputs, row: $0) }) / rowCount
    return Score(loss: loss.isFinite ? loss : .infinity, metric: metric)
  }

  /// The score of an expert's outputs after `adjustment`.
  func score(_ outputs: [Float], adjusted adjustment: OutputAdjustment?) -> Score {
    guard let adjustment, !adjustment.isNothing else { return score(outputs) }
    let count = targets.outputCount
    return score(
      outputs.indices.map {
        adjustment.apply(outputs[$0], row: $0 / count, output: $0 % count)
      })
  }

  /// The score of values or probabilities, as ``Targets/teach(_:offset:)`` makes them.
  func score(ofTaught taught: [Float]) -> Score {
    switch targets.task {
    case .regression: return score(taught)
    case .binary:
      return score(
        taught.map { p in
          let probability = min(max(Double(p), 1e-12), 1 - 1e-12)
          return Float(Elementary.log(probability) - Elementary.log(1 - probability))
        })
    case .multiclass:
      return score(taught.map { Float(Elementary.log(max(Double($0), 1e-30))) })
    }
  }

  /// The class that the outputs of a row say: ties go to the lowest index. Section 9.5.
  func predictedClass(_ outputs: [Float], row: Int) -> Int {
    if targets.task == .binary { return outputs[row] > 0 ? 1 : 0 }
    let first = row * targets.outputCount
    var best = 0
    for output in 1..<targets.outputCount where outputs[first + output] > outputs[first + best] {
      best = output
    }
    return best
  }

  private func isRight(_ outputs: [Float], row: Int) -> Bool {
    predictedClass(outputs, row: row) == Int(targets.labels[row])
  }

  /// An output within the range that the head allows, still standardised.
  private func clamped(_ output: Float, _ index: Int) -> Float {
    let (low, high) = (head[index].low, head[index].high)
    guard head[index].scale > 0 else { return output }
    return min(
      max(output, (low - head[index].offset) / head[index].scale),
      (high - head[index].offset) / head[index].scale)
  }

  private func rootMeanSquaredError(_ outputs: [Float]) -> Double {
    let count = targets.outputCount
    return rootMeanSquaredError { index in
      let record = head[index % count]
      return Double(clamped(outputs[index], index % count)) * Double(record.scale)
        + Double(record.offset)
    }
  }

  /// The error of values in the target's unit, by their index in shape `(rows, outputs)`; the mean
  /// over several targets.
  func rootMeanSquaredError(_ value: (Int) -> Double) -> Double {
    let count = targets.outputCount
    var total = 0.0
    for output in 0..<count {
      var squares = 0.0
      for row in 0..<data.rowCount {
        let difference = value(row * count + output) - truth[row * count + output]
        squares += difference * difference
      }
      total += (squares / Double(max(data.rowCount, 1))).squareRoot()
    }
    return total / Double(count)
  }
}

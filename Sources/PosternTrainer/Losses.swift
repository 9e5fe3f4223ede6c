// Losses.swift: what a network's outputs are compared with, and the gradients of that.
//
// Step: encoded rows → [networks] → model value.

import PosternPackaging
import PosternRuntime

/// What the outputs of the networks should be, row by row.
struct Targets {
  var task: ModelDescription.Task
  /// Outputs of a network: targets of a regression, 1 for two classes, else the classes.
  var outputCount: Int
  /// Shape `(rows, outputs)`. Regression: standardised targets. Binary: the probability of class 1.
  /// Multiclass: the distribution over the classes; empty when `labels` say everything.
  var values: [Float]
  /// The class of each row; empty for a regression.
  var labels: [UInt32]

  /// These targets drawn to the outputs of teachers (distillation [1]).
  ///
  /// The squared error to a mixture of two targets and the mixture of the two squared errors have
  /// the same gradient, and so has cross-entropy, so that one blended target serves for both
  /// losses.
  ///
  /// - Parameters:
  ///   - teacher: What teachers say: values, or probabilities; shape `(rows, outputs)`.
  ///   - teacherShare: In `0...1`; the labels have the rest.
  /// - Returns: The blended targets.
  ///
  /// [1]: https://arxiv.org/abs/1503.02531
  ///      "G. Hinton, O. Vinyals, J. Dean. Distilling the knowledge in a neural network. 2015."
  func distilled(from teacher: [Float], teacherShare: Float) -> Targets {
    var blended = self
    blended.values = teacher.map { teacherShare * $0 }
    let ownShare = 1 - teacherShare
    if values.isEmpty {
      for (row, label) in labels.enumerated() {
        blended.values[row * outputCount + Int(label)] += ownShare
      }
    } else {
      for index in values.indices { blended.values[index] += ownShare * values[index] }
    }
    return blended
  }
}

extension Targets {
  /// The loss of one row's outputs, and its gradient times `weight`.
  ///
  /// Regression: the mean squared error over the outputs. Classes: cross-entropy.
  ///
  /// `row` is the row in the table; its outputs stand in `outputs` from `offset` on and are
  /// overwritten by the gradient.
  func lossAndGradient(
    row: Int, outputs: inout [Float], offset: Int, weight: Float
  ) -> Float {
    var span = outputs.mutableSpan
    return lossAndGradient(row: row, outputs: &span, offset: offset, weight: weight)
  }

  /// The same for many rows whose outputs stand together.
  @inline(__always)
  func lossAndGradient(
    row: Int, outputs: inout MutableSpan<Float>, offset: Int, weight: Float
  ) -> Float {
    switch task {
    case .regression:
      var loss: Float = 0
      let share = 1 / Float(outputCount)
      for output in 0..<outputCount {
        let difference = outputs[offset + output] - values[row * outputCount + output]
        loss += difference * difference
        outputs[offset + output] = weight * (2 * share * difference)
      }
      return loss * share
    case .binary:
      let z = Double(outputs[offset])
      let target = Double(values[row])
      let small = Elementary.exp(-abs(z))
      let probability = z > 0 ? 1 / (1 + small) : small / (1 + small)
      outputs[offset] = weight * Float(probability - target)
      return Float(Elementary.log(1 + small) + max(z, 0) - target * z)
    case .multiclass:
      return crossEntropy(row: row, outputs: &outputs, offset: offset, weight: weight)
    }
  }

  private func crossEntropy(
    row: Int, outputs: inout MutableSpan<Float>, offset: Int, weight: Float
  ) -> Float {
    var largest = outputs[offset]
    for output in 1..<outputCount { largest = max(largest, outputs[offset + output]) }
    var sum = 0.0
    var agreement = 0.0
    for first in stride(from: 0, to: outputCount, by: 8) {
      let count = min(8, outputCount - first)
      let exponentials = VectorMath.exponentials(
        outputs, first: offset + first, count: count, largest: largest)
      for lane in 0..<count {
        let output = first + lane
        sum += exponentials[lane]
        if !values.isEmpty {
          let logit = outputs[offset + output] - largest
          agreement += Double(values[row * outputCount + output]) * Double(logit)
        }
        outputs[offset + output] = Float(exponentials[lane])
      }
    }
    let label = values.isEmpty ? Int(labels[row]) : -1
    if label >= 0 {
      // The logit less the largest is the logarithm of what now stands in its place; where that
      // has vanished the loss is as large as it gets.
      agreement = Elementary.log(max(Double(outputs[offset + label]), 1e-38))
    }
    let inverse = 1 / sum
    for output in 0..<outputCount {
      let target =
        values.isEmpty ? (output == label ? 1 : 0) : values[row * outputCount + output]
      outputs[offset + output] =
        weight * (Float(Double(outputs[offset + output]) * inverse) - target)
    }
    return Float(Elementary.log(sum) - agreement)
  }

  /// The correlation loss of one row, `-⟨y - c, f⟩`, and its gradient in place of the outputs [1,
  /// section 3]. The centre `c` is what outputs of 0 say: 0, or even odds of the classes; so it is
  /// the slope of ``lossAndGradient(row:outputs:offset:weight:)`` at outputs of 0, for every task
  /// (of half the squared error).
  ///
  /// Values of `y - c` beyond `reach` count as that.
  ///
  /// [1]: https://arxiv.org/abs/2506.01656
  ///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster
  ///      structure in gradient-based learning. ICML 2025."
  func correlationAndGradient(
    row: Int, outputs: inout [Float], offset: Int, reach: Float = .infinity
  ) -> Float {
    let center: Float
    switch task {
    case .regression: center = 0
    case .binary: center = 0.5
    case .multiclass: center = 1 / Float(outputCount)
    }
    let share = task == .regression ? 1 / Float(outputCount) : 1
    let label = values.isEmpty ? Int(labels[row]) : -1
    var loss: Float = 0
    for output in 0..<outputCount {
      let value =
        values.isEmpty ? (output == label ? 1 : 0) : values[row * outputCount + output]
      let pull = share * min(max(value - center, -reach), reach)
      loss -= pull * outputs[offset + output]
      outputs[offset + output] = -pull
    }
    return loss
  }

  /// Turns a row's outputs into what a student can be taught: values as they are, logits as
  /// probabilities.
  func teach(_ outputs: inout [Float], offset: Int) {
    switch task {
    case .regression: break
    case .binary:
      outputs[offset] = Float(1 / (1 + Elementary.exp(-Double(outputs[offset]))))
    case .multiclass:
      let row = offset..<offset + outputCount
      var largest = outputs[offset]
      for index in row { largest = max(largest, outputs[index]) }
      var sum = 0.0
      for index in row { sum += Elementary.exp(Double(outputs[index] - largest)) }
      for index in row {
        outputs[index] = Float(Elementary.exp(Double(outputs[index] - largest)) / sum)
      }
    }
  }
}

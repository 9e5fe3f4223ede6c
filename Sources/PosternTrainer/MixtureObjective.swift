// MixtureObjective.swift: what a batch's losses say to experts and router.
//
// Step: batch → losses → [weights, router's gradient].

import PosternPackaging
import PosternRuntime

extension MixtureTrainer {
  /// Sets the weight of every row of every expert, and the gradient by the logarithm of each
  /// expert's probability, shape `(rows, stride)`.
  ///
  /// - Returns: The mean loss of the batch.
  func weigh(_ rows: [Int32], gradient: inout [Float]) -> Double {
    switch schedule.objective {
    case .expectedLoss: weighByProbability(rowCount: rows.count, &gradient)
    case .likelihood: weighByResponsibility(rowCount: rows.count, &gradient)
    case .gatedTop1, .straightThrough, .correlation: weighChosen(rowCount: rows.count, &gradient)
    case .blended: weighBlended(rows, &gradient)
    }
  }

  /// Sets the weights of expert `index`, and the slopes along its answers, where they need nothing
  /// of the other experts.
  func weighAlone(_ index: Int, rowCount: Int) {
    let expert = experts[index]
    let one = 1 / Float(rowCount)
    switch schedule.objective {
    case .likelihood, .blended: break
    case .expectedLoss:
      let stride = batch.router.stride
      for place in expert.places {
        expert.weights.append(batch.probabilities[place * stride + index] * one)
      }
    case .gatedTop1, .straightThrough, .correlation:
      let share =
        schedule.objective == .correlation ? 1 / Float(max(expert.rows.count, 1)) : one
      for _ in expert.rows { expert.weights.append(share) }
      expert.setSlopes(outputCount: targets.outputCount)
    }
  }

  /// `p ℓ`; an expert that was too unlikely to be computed takes no part.
  private func weighByProbability(rowCount: Int, _ gradient: inout [Float]) -> Double {
    let stride = batch.router.stride
    let one = 1 / Float(rowCount)
    var masses = [Float](repeating: 0, count: rowCount)
    var means = masses
    for (index, expert) in experts.enumerated() {
      for (place, loss) in zip(expert.places, expert.losses) {
        let p = batch.probabilities[place * stride + index]
        masses[place] += p
        means[place] += p * loss
      }
    }
    for place in 0..<rowCount where masses[place] > 0 { means[place] /= masses[place] }
    for (index, expert) in experts.enumerated() {
      for (place, loss) in zip(expert.places, expert.losses) {
        let p = batch.probabilities[place * stride + index]
        gradient[place * stride + index] = p * one * (loss - means[place])
      }
    }
    return means.reduce(0) { $0 + Double($1) } / Double(rowCount)
  }

  /// `-log Σ p density`: rows count by responsibility, `dL/dlog p = -r`.
  ///
  /// The variance of a regression's errors is the maximum-likelihood one, as a moving average.
  private func weighByResponsibility(rowCount: Int, _ gradient: inout [Float]) -> Double {
    let stride = batch.router.stride
    let isRegression = targets.task == .regression
    let dimension = isRegression ? Double(targets.outputCount) : 2
    var logs = [Double](repeating: -.infinity, count: rowCount * stride)
    for (index, expert) in experts.enumerated() {
      for (place, loss) in zip(expert.places, expert.losses) {
        let p = Double(batch.probabilities[place * stride + index])
        let density =
          isRegression
          ? -dimension / 2 * (Double(loss) / expert.variance + Elementary.log(expert.variance))
          : -Double(loss)
        logs[place * stride + index] = Elementary.log(max(p, 1e-30)) + density
      }
    }
    var total = 0.0
    for place in 0..<rowCount {
      let range = place * stride..<place * stride + experts.count
      let largest = logs[range].max() ?? 0
      var sum = 0.0
      for index in range where logs[index] > -.infinity {
        logs[index] = Elementary.exp(logs[index] - largest)
        sum += logs[index]
      }
      total -= largest + Elementary.log(max(sum, 1e-30))
      for index in range where logs[index] > -.infinity { logs[index] /= sum }
    }
    for (index, expert) in experts.enumerated() {
      var (mass, errors) = (0.0, 0.0)
      for (place, loss) in zip(expert.places, expert.losses) {
        let r = logs[place * stride + index]
        mass += r
        errors += r * Double(loss)
        expert.weights.append(Float(r) / Float(rowCount))
        gradient[place * stride + index] = -Float(r) / Float(rowCount)
      }
      if isRegression && mass > 0 {
        let keep = 1 - 0.02 * min(mass * Double(experts.count) / Double(rowCount), 1)
        expert.variance = max(keep * expert.variance + (1 - keep) * errors / mass, 1e-5)
      }
    }
    return total / Double(rowCount)
  }

  /// The chosen expert alone; `dL/dlog p` is the slope of the loss along the answer, times `p`
  /// where the answer was not multiplied by it.
  private func weighChosen(rowCount: Int, _ gradient: inout [Float]) -> Double {
    let stride = batch.router.stride
    let one = 1 / Float(rowCount)
    var total = 0.0
    for (index, expert) in experts.enumerated() {
      for (row, place) in expert.places.enumerated() {
        let p =
          schedule.objective == .gatedTop1 ? 1 : batch.probabilities[place * stride + index]
        gradient[place * stride + index] = one * p * expert.slopes[row]
        total += Double(expert.losses[row])
      }
    }
    return total / Double(rowCount)
  }

  /// The loss of `Σ p f`: an expert's gradient is `p` times that by the blend.
  private func weighBlended(_ rows: [Int32], _ gradient: inout [Float]) -> Double {
    let stride = batch.router.stride
    let count = targets.outputCount
    let one = 1 / Float(rows.count)
    var blend =
      adjustment.offsets.isEmpty
      ? [Float](repeating: 0, count: rows.count * count) : adjustment.offsets
    for (index, expert) in experts.enumerated() {
      for (row, place) in expert.places.enumerated() {
        let p = batch.probabilities[place * stride + index]
        for output in 0..<count {
          blend[place * count + output] += p * expert.answers[row * expert.outputStride + output]
        }
      }
    }
    var total = 0.0
    for (place, row) in rows.enumerated() {
      total += Double(
        targets.lossAndGradient(
          row: Int(row), outputs: &blend, offset: place * count, weight: one))
    }
    for (index, expert) in experts.enumerated() {
      for (row, place) in expert.places.enumerated() {
        expert.setOutputGradient(row, blend[place * count..<(place + 1) * count])
        expert.weights.append(batch.probabilities[place * stride + index])
      }
      expert.setSlopes(outputCount: count)
      for (row, place) in expert.places.enumerated() {
        gradient[place * stride + index] = expert.weights[row] * expert.slopes[row]
      }
    }
    return total / Double(rows.count)
  }
}

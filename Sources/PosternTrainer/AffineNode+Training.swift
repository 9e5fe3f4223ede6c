// AffineNode+Training.swift: an affine node of the router, trained on what its choices cost.
//
// Step: features, losses of all experts → [node] → router section.

import PosternPackaging
import PosternRuntime

/// A node that sends rows to the experts that cost least, starting from `node`.
///
/// The expected loss of each row under the softmax of the node's logits is what is learned; the
/// softmax sharpens over the passes, as serving takes the largest logit. That is done twice, from
/// the node as it is and from one that prefers no expert. After each pass the rows `stopping` are
/// routed by the largest logit, and the best of these nodes is the result: `node` itself if none
/// is better.
///
/// - Precondition: `node` is affine.
func retrainedNode(
  _ node: RouterNode, train: RoutedLosses, stopping: RoutedLosses, epochCount: Int, seed: UInt64,
  reporter: ProgressReporter
) -> RouterNode {
  var run = NodeTraining(
    node, train: train, stopping: stopping, epochCount: epochCount, reporter: reporter)
  for (index, isFresh) in [false, true].enumerated() {
    run.train(isFresh: isFresh, random: RandomStream(seed: seed, 0x7570_726F, UInt64(index)))
  }
  guard run.best.loss < run.startLoss else { return node }
  return run.best.panels.node(featureCount: node.weights.count / node.bias.count)
}

/// The training of one node, and the best node so far.
private struct NodeTraining {
  private let start: NodePanels
  private let train: RoutedLosses
  private let stopping: RoutedLosses
  private let schedule: Schedule
  private let reporter: ProgressReporter
  private var passes = 0
  private var batch = NodeBatch()
  let startLoss: Double
  private(set) var best: (loss: Double, panels: NodePanels)

  init(
    _ node: RouterNode, train: RoutedLosses, stopping: RoutedLosses, epochCount: Int,
    reporter: ProgressReporter
  ) {
    start = NodePanels(node, stride: train.featureStride)
    self.train = train
    self.stopping = stopping
    self.reporter = reporter
    var schedule = Schedule(
      epochs: epochCount, batchSize: min(256, max(32, train.rowCount / 16)), rate: 3e-2,
      patience: max(10, epochCount / 3))
    schedule.weightDecay = 1e-4
    self.schedule = schedule
    startLoss = stopping.losses(of: start.choices(stopping)).reduce(0, +)
    best = (startLoss, start)
  }

  /// Trains from the start, its logits scaled to give the chosen child the probability 0.8, or from
  /// zeros.
  mutating func train(isFresh: Bool, random: RandomStream) {
    let factor = start.factor(for: train, confidence: 0.8)
    var panels = start.scaled(by: isFresh ? 0 : factor)
    var optimizer = Optimizer(parameters: panels.parameters)
    var batches = Batches(
      rows: (0..<Int32(train.rowCount)).map { $0 }, size: schedule.batchSize, random: random)
    var own = (loss: Double.infinity, epoch: 0)
    for epoch in 0..<schedule.epochs where !reporter.shouldStop {
      batches.shuffle()
      for index in 0..<batches.count {
        batch.setGradient(
          panels, train, rows: batches[index],
          sharpness: 1 + 4 * Float(epoch) / Float(schedule.epochs))
        let scale = clippingScale(
          square: VectorMath.squaredNorm(batch.gradient), limit: schedule.gradientNormLimit)
        let rate = schedule.rate(
          step: epoch * batches.count + index, of: schedule.epochs * batches.count)
        optimizer.update(
          &panels.parameters, gradient: batch.gradient,
          decayedRanges: [0..<panels.place.weightCount], rate: rate, schedule: schedule,
          gradientScale: scale)
      }
      var average = panels
      average.parameters = optimizer.average
      let loss = stopping.losses(of: average.choices(stopping)).reduce(0, +)
      // The same choices, logits as far apart as they were.
      if loss < best.loss { best = (loss, average.scaled(by: 1 / factor)) }
      if loss < own.loss { own = (loss, epoch + 1) }
      passes += 1
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: passes, epochCount: 2 * schedule.epochs,
          trainingLoss: loss / Double(stopping.rowCount), validationScore: nil, bestScore: nil,
          fractionDone: 0))
      if schedule.isStale(epoch: epoch + 1, best: own.epoch) { break }
    }
  }
}

/// An affine node in the order of the kernels.
struct NodePanels {
  let childCount: Int
  let place: LayerPlace
  var parameters: [Float]

  init(_ node: RouterNode, stride: Int) {
    precondition(node.kind == .affine)
    childCount = node.bias.count
    let outputs = (childCount + 15) / 16 * 16
    place = LayerPlace(
      inputCount: stride, outputCount: outputs, weights: 0, bias: stride * outputs, slopes: nil)
    parameters = [Float](repeating: 0, count: place.bias + outputs)
    let features = node.weights.count / childCount
    for child in 0..<childCount {
      for feature in 0..<features {
        parameters[weight(child, feature)] = node.weights[child * features + feature]
      }
      parameters[place.bias + child] = node.bias[child]
    }
  }

  func scaled(by factor: Float) -> NodePanels {
    var scaled = self
    for index in parameters.indices { scaled.parameters[index] *= factor }
    return scaled
  }

  private func weight(_ child: Int, _ feature: Int) -> Int {
    ((child / 16) * place.inputCount + feature) * 16 + child % 16
  }

  func node(featureCount: Int) -> RouterNode {
    var weights: [Float] = []
    for child in 0..<childCount {
      for feature in 0..<featureCount { weights.append(parameters[weight(child, feature)]) }
    }
    return RouterNode(
      kind: .affine, weights: weights,
      bias: Array(parameters[place.bias..<place.bias + childCount]))
  }

  func logits(_ features: [Float], rowCount: Int) -> [Float] {
    var logits = [Float](repeating: 0, count: rowCount * place.outputCount)
    DenseProduct.forward(
      place, parameters: parameters, x: features, rowCount: rowCount, y: &logits)
    return logits
  }

  /// The child with the largest logit, the lowest index at a tie.
  func choices(_ features: [Float], rowCount: Int) -> [Int] {
    let logits = logits(features, rowCount: rowCount)
    return (0..<rowCount).map { row in
      let first = row * place.outputCount
      var best = 0
      for child in 1..<max(childCount, 1) where logits[first + child] > logits[first + best] {
        best = child
      }
      return best
    }
  }

  func choices(_ rows: RoutedLosses) -> [Int] { choices(rows.features, rowCount: rows.rowCount) }

  /// What the logits are multiplied with so that the chosen child has the probability `confidence`
  /// on average over some of the rows.
  func factor(for rows: RoutedLosses, confidence: Double) -> Float {
    let logits = logits(rows.features, rowCount: rows.rowCount)
    let step = max(1, rows.rowCount / 1000)
    var (low, high) = (1e-4, 1e4)
    for _ in 0..<30 {
      let middle = (low * high).squareRoot()
      var (total, count) = (0.0, 0.0)
      for row in Swift.stride(from: 0, to: rows.rowCount, by: step) {
        let own = logits[row * place.outputCount..<row * place.outputCount + childCount]
        let largest = own.reduce(-.infinity, max)
        total += 1 / own.reduce(0.0) { $0 + Elementary.exp(middle * Double($1 - largest)) }
        count += 1
      }
      if total / count < confidence { low = middle } else { high = middle }
    }
    return Float((low * high).squareRoot())
  }
}

/// The gradient of a batch's expected loss by the parameters of a node.
struct NodeBatch {
  private(set) var gradient: [Float] = []
  private var features: [Float] = []
  private var scratch: [Float] = []

  mutating func setGradient(
    _ panels: NodePanels, _ rows: RoutedLosses, rows batch: ArraySlice<Int32>, sharpness: Float
  ) {
    let (place, children) = (panels.place, panels.childCount)
    if gradient.isEmpty { gradient = [Float](repeating: 0, count: panels.parameters.count) }
    features.removeAll(keepingCapacity: true)
    for row in batch {
      let first = Int(row) * rows.featureStride
      features.append(contentsOf: rows.features[first..<first + rows.featureStride])
    }
    var logits = panels.logits(features, rowCount: batch.count)
    for (slot, row) in batch.enumerated() {
      let first = slot * place.outputCount
      var largest = logits[first]
      for child in 0..<children { largest = max(largest, logits[first + child]) }
      let weights = (0..<children).map {
        Elementary.exp(Double(sharpness * (logits[first + $0] - largest)))
      }
      let sum = weights.reduce(0, +)
      let costs = rows.losses[Int(row) * children..<(Int(row) + 1) * children]
      let mean = zip(weights, costs).reduce(0) { $0 + $1.0 * $1.1 } / sum
      for (child, cost) in costs.enumerated() {
        logits[first + child] =
          sharpness * Float(weights[child] / sum * (cost - mean)) / Float(batch.count)
      }
      for child in children..<place.outputCount { logits[first + child] = 0 }
    }
    let needed = (batch.count + 4) * (place.inputCount + place.outputCount)
    if scratch.count < needed { scratch = [Float](repeating: 0, count: needed) }
    VectorMath.columnSums(
      logits, width: place.outputCount, rowCount: batch.count, into: &gradient, at: place.bias)
    DenseProduct.weightGradient(
      place, x: features, dy: logits, rowCount: batch.count, gradient: &gradient,
      scratch: &scratch)
  }
}

extension RouterNode {
  /// The expert of each row, by an affine node.
  func choices(_ features: [Float], stride: Int, rowCount: Int) -> [Int] {
    NodePanels(self, stride: stride).choices(features, rowCount: rowCount)
  }

  /// The expert of each row, by an affine node.
  func choices(_ rows: RoutedLosses) -> [Int] {
    choices(rows.features, stride: rows.featureStride, rowCount: rows.rowCount)
  }
}

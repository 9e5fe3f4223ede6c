// RouterInTraining.swift: the router's step, its noise, and what keeps its experts in use.
//
// Step: batch → losses → [router].

import PosternPackaging
import PosternRuntime

/// A router with what training it takes.
struct RouterInTraining {
  private(set) var router: TrainableRouter
  private var optimizer: Optimizer
  private var random: RandomStream
  private let schedule: MixtureSchedule
  private var gradient: [Float]
  /// The linear function whose softplus is the spread of each logit's noise, its optimiser, and
  /// what the last batch drew.
  private var spread: TrainableRouter?
  private var spreadOptimizer: Optimizer?
  private var spreadTraces: [RouterTrace] = []
  private var draws: [[Float]] = []
  private var spreads: [[Float]] = []

  init(_ router: TrainableRouter, schedule: MixtureSchedule, random: RandomStream) {
    self.router = router
    self.schedule = schedule
    self.random = random
    optimizer = Optimizer(parameters: router.parameters)
    gradient = [Float](repeating: 0, count: router.parameters.count)
    guard schedule.noise == .learned else { return }
    var shape = router.shape
    shape.outer = .linear
    if shape.inner != nil { shape.inner = .linear }
    let spread = TrainableRouter(shape, featureCount: router.featureCount)
    spreadOptimizer = Optimizer(parameters: spread.parameters)
    spreadTraces = spread.forms.map { _ in RouterTrace() }
    self.spread = spread
  }

  /// The moving average of the parameters.
  var average: TrainableRouter {
    var average = router
    if schedule.trainsRouter { average.parameters = optimizer.average }
    return average
  }

  /// Takes the moving average for good: what was served until now is what stays.
  mutating func freeze() { router = average }

  /// What is added to the logits of each node for the next batch; empty for nothing.
  mutating func drawNoise(features: [Float], rowCount: Int) -> [[Float]] {
    guard schedule.noise != .none || schedule.expertDropout > 0 else { return [] }
    var noise = router.forms.map { [Float](repeating: 0, count: rowCount * $0.stride) }
    (draws, spreads) = (noise, noise)
    for (node, form) in router.forms.enumerated() {
      if let spread {
        spread.forms[node].forward(
          spread.parameters, features: features, rowCount: rowCount, into: &spreadTraces[node])
      }
      for row in 0..<rowCount {
        for child in 0..<form.childCount {
          let index = row * form.stride + child
          switch schedule.noise {
          case .none: break
          case .uniform: noise[node][index] = Float(random.uniform())
          case .learned:
            draws[node][index] = random.normal()
            spreads[node][index] = softplus(spreadTraces[node].logits[index]) + 0.01
            noise[node][index] = draws[node][index] * spreads[node][index]
          }
        }
      }
    }
    dropExperts(from: &noise, rowCount: rowCount)
    return noise
  }

  /// Far below any logit: such a child has no probability.
  private static let dropped: Float = -1e9

  private mutating func dropExperts(from noise: inout [[Float]], rowCount: Int) {
    guard schedule.expertDropout > 0 else { return }
    for (node, form) in router.forms.enumerated() where form.childCount > 1 {
      let kept = random.below(form.childCount)
      for child in 0..<form.childCount where child != kept {
        guard random.uniform() < Double(schedule.expertDropout) else { continue }
        for row in 0..<rowCount { noise[node][row * form.stride + child] = Self.dropped }
      }
    }
  }

  /// One step; `byLogProbability` is the gradient by the logarithm of each expert's probability,
  /// to which the balancing losses are added.
  mutating func step(
    _ batch: RouterBatch, gradient byLogProbability: inout [Float], features: [Float], rate: Float
  ) {
    _ = batch.addBalanceLosses(schedule.losses, to: &byLogProbability)
    var (nodes, _) = batch.logitGradients(byLogProbability, zWeight: schedule.losses.z)
    if spread != nil {
      let bySpread = addLoadLoss(batch, to: &nodes)
      stepSpread(nodes, bySpread: bySpread, batch: batch, features: features, rate: rate)
    }
    for (node, form) in router.forms.enumerated() {
      form.backward(
        router.parameters, features: features, rowCount: batch.rowCount,
        trace: batch.traces[node], logitGradient: &nodes[node], gradient: &gradient)
      if !schedule.trainsScale { gradient[form.logScale] = 0 }
    }
    let scale = clippingScale(
      square: VectorMath.squaredNorm(gradient), limit: schedule.networks.gradientNormLimit)
    optimizer.update(
      &router.parameters, gradient: gradient, decayedRanges: router.decayedRanges, rate: rate,
      schedule: schedule.networks, gradientScale: scale)
    if schedule.biasRate > 0 { balanceBiases(batch) }
  }

  /// Adds the gradient of the load loss by the logits; returns that by the spreads besides, empty
  /// without the loss. The nodes of the groups share the weight that the outer one has.
  private func addLoadLoss(_ batch: RouterBatch, to nodes: inout [[Float]]) -> [[Float]] {
    guard schedule.losses.load > 0 else { return [] }
    return router.forms.indices.map { node in
      let share = node == 0 ? 1 : 1 / Double(router.forms.count - 1)
      let loss = LoadLoss(
        form: router.forms[node], noisy: batch.traces[node].logits, draws: draws[node],
        spreads: spreads[node], rowCount: batch.rowCount,
        weight: Double(schedule.losses.load) * share)
      for index in nodes[node].indices {
        nodes[node][index] += loss.byNoisy[index] + loss.byClean[index]
      }
      // What reached a noisy logit goes on to its spread with the others; what reached a clean one
      // does not.
      return nodes[node].indices.map { index in
        loss.bySpread[index] - loss.byClean[index] * draws[node][index]
      }
    }
  }

  /// The spread's gradient is that of the logits times what was drawn times the slope of softplus.
  private mutating func stepSpread(
    _ nodes: [[Float]], bySpread: [[Float]], batch: RouterBatch, features: [Float], rate: Float
  ) {
    guard var spread, var optimizer = spreadOptimizer else { return }
    var gradient = [Float](repeating: 0, count: spread.parameters.count)
    for (node, form) in spread.forms.enumerated() {
      var own = nodes[node]
      for row in 0..<batch.rowCount {
        for index in row * form.stride..<row * form.stride + form.childCount {
          let slope = sigmoid(spreadTraces[node].logits[index])
          own[index] *= draws[node][index] * slope
          if !bySpread.isEmpty { own[index] += bySpread[node][index] * slope }
        }
      }
      form.backward(
        spread.parameters, features: features, rowCount: batch.rowCount,
        trace: spreadTraces[node], logitGradient: &own, gradient: &gradient)
    }
    optimizer.update(
      &spread.parameters, gradient: gradient, decayedRanges: spread.decayedRanges, rate: rate,
      schedule: schedule.networks, gradientScale: 1)
    self.spread = spread
    spreadOptimizer = optimizer
  }

  /// Raises the bias of a child with less than its share of the rows and lowers the others'.
  private mutating func balanceBiases(_ batch: RouterBatch) {
    let shares = batch.shares
    func move(_ node: Int, loads: [Float]) {
      let mean = loads.reduce(0, +) / Float(loads.count)
      let form = router.forms[node]
      for (child, load) in loads.enumerated() where load != mean {
        router.parameters[form.place.bias + child] +=
          load < mean ? schedule.biasRate : -schedule.biasRate
      }
    }
    guard router.isTwoLevel else { return move(0, loads: shares) }
    move(0, loads: router.experts.map { shares[$0].reduce(0, +) })
    for (group, experts) in router.experts.enumerated() {
      move(group + 1, loads: Array(shares[experts]))
    }
  }
}

private func softplus(_ x: Float) -> Float {
  let x = Double(x)
  return Float(max(x, 0) + Elementary.log(1 + Elementary.exp(-abs(x))))
}

private func sigmoid(_ x: Float) -> Float {
  Float(1 / (1 + Elementary.exp(-Double(x))))
}

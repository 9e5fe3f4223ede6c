// RouterGradientTests.swift: every router's logits and gradients against its published formula.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct RouterGradientTests {
  static let shapes: [RouterShape] =
    RouterParameters.Kind.allCases.map { RouterShape($0, expertCount: 5) }
    + [
      RouterShape(.linear, .linear, groups: [2, 3]),
      RouterShape(.linear, .laplace, groups: [2, 3]),
      RouterShape(.laplace, .linear, groups: [3, 2]),
      RouterShape(.laplace, .laplace, groups: [2, 2, 3]),
      RouterShape(.cosine, .perturbedCosine, groups: [2, 3]),
      RouterShape(.prototype, .laplace, groups: [2, 2]),
    ]

  /// A router with parameters of its own, and rows.
  static func makeCase(
    _ shape: RouterShape, rowCount: Int, seed: UInt64 = 21
  ) -> (router: TrainableRouter, features: [Float], rows: [[Double]]) {
    var random = RandomStream(seed: seed)
    var router = TrainableRouter(shape, featureCount: 3)
    for form in router.forms {
      for child in 0..<form.childCount {
        for feature in 0..<3 { router.parameters[form.weight(child, feature)] = random.normal() }
        if form.isTrained { router.parameters[form.place.bias + child] = 0.3 * random.normal() }
      }
      if form.kind != .linear { router.parameters[form.logScale] = 0.4 }
    }
    let rows = (0..<rowCount).map { _ in (0..<3).map { _ in random.normal() } }
    return (router, rows.flatMap { $0 + [0] }, rows.map { $0.map { Double($0) } })
  }

  @Test(arguments: shapes)
  func `logits and probabilities are those of the paper`(shape: RouterShape) {
    let (router, features, rows) = Self.makeCase(shape, rowCount: 40)
    let published = PublishedRouter(router)
    let parameters = router.parameters.map { Double($0) }
    var batch = RouterBatch(router: router)
    batch.forward(router.parameters, features: features, rowCount: 40, temperature: 0.7)
    for (row, x) in rows.enumerated() {
      let expected = published.probabilities(parameters, x, temperature: 0.7)
      for (expert, probability) in expected.enumerated() {
        let own = Double(batch.probabilities[row * router.stride + expert])
        #expect(abs(own - probability) < 1e-5)
      }
      for (node, form) in router.forms.enumerated() {
        for (child, logit) in published.logits(node, parameters, x).enumerated() {
          #expect(abs(Double(batch.traces[node].logits[row * form.stride + child]) - logit) < 1e-5)
        }
      }
      #expect(batch.choices[row] == published.choice(parameters, x).expert)
    }
  }

  @Test(arguments: shapes)
  func `the gradient is the slope of the losses`(shape: RouterShape) {
    let rowCount = 7
    let (router, features, rows) = Self.makeCase(shape, rowCount: rowCount)
    var random = RandomStream(seed: 4)
    let weights = RouterLossWeights(balance: 0.3, importance: 0.2, z: 0.1)
    let losses = rows.map { _ in (0..<router.expertCount).map { _ in abs(Double(random.normal())) }
    }
    var batch = RouterBatch(router: router)
    batch.forward(router.parameters, features: features, rowCount: rowCount, temperature: 0.5)
    var byLogProbability = [Float](repeating: 0, count: rowCount * router.stride)
    for row in 0..<rowCount {
      for expert in 0..<router.expertCount {
        let index = row * router.stride + expert
        byLogProbability[index] =
          batch.probabilities[index] * Float(losses[row][expert]) / Float(rowCount)
      }
    }
    let reported = batch.addBalanceLosses(weights, to: &byLogProbability)
    var (nodes, _) = batch.logitGradients(byLogProbability, zWeight: weights.z)
    var gradient = [Float](repeating: 0, count: router.parameters.count)
    for (node, form) in router.forms.enumerated() {
      form.backward(
        router.parameters, features: features, rowCount: rowCount, trace: batch.traces[node],
        logitGradient: &nodes[node], gradient: &gradient)
    }
    let published = PublishedRouter(router)
    let parameters = router.parameters.map { Double($0) }
    let shares = batch.shares.map { Double($0) }
    func total(_ parameters: [Double]) -> Double {
      published.loss(
        parameters, rows: rows, losses: losses, shares: shares, weights: weights, temperature: 0.5)
    }
    #expect(reported.balance >= 0 && reported.importance >= 0)
    for form in router.forms {
      let scale = form.kind == .linear ? [] : [form.logScale]
      let indices =
        (0..<form.childCount).flatMap { child in
          (0..<3).map { form.weight(child, $0) } + [form.place.bias + child]
        } + scale
      for index in indices {
        guard form.isTrained else {
          #expect(gradient[index] == 0)
          continue
        }
        var (up, down) = (parameters, parameters)
        up[index] += 1e-5
        down[index] -= 1e-5
        let slope = (total(up) - total(down)) / 2e-5
        #expect(abs(Double(gradient[index]) - slope) < 2e-5 * max(1, abs(slope)))
      }
    }
  }

  /// `β · ∂u/∂β = u τ₁ / (‖β‖ + τ₁)`: without perturbation the norm of β is never learned.
  @Test(arguments: [RouterParameters.Kind.cosine, .perturbedCosine])
  func `only a perturbed cosine learns the norm of its weights`(kind: RouterParameters.Kind) {
    let (router, features, _) = Self.makeCase(RouterShape(kind, expertCount: 3), rowCount: 1)
    let form = router.forms[0]
    var trace = RouterTrace()
    form.forward(router.parameters, features: features, rowCount: 1, into: &trace)
    for child in 0..<3 {
      var byLogit = [Float](repeating: 0, count: form.stride)
      byLogit[child] = 1 / form.scale(router.parameters)
      var gradient = [Float](repeating: 0, count: router.parameters.count)
      let cosine = trace.measures[child]
      form.backward(
        router.parameters, features: features, rowCount: 1, trace: trace, logitGradient: &byLogit,
        gradient: &gradient)
      let along = (0..<3).reduce(Float(0)) {
        $0 + gradient[form.weight(child, $1)] * router.parameters[form.weight(child, $1)]
      }
      let expected = cosine * form.tau1 / form.norms(router.parameters)[child]
      #expect(abs(along - expected) < 1e-6)
      #expect(kind == .perturbedCosine || expected == 0)
    }
  }

  @Test func `balanced and unbalanced routing have the losses of the papers`() {
    let router = TrainableRouter(RouterShape(.linear, expertCount: 2), featureCount: 4)
    var batch = RouterBatch(router: router)
    batch.traces[0].reserve(32)
    // Two rows, each with a sharp choice of its own expert: the minimum, 1 and 0.
    batch.traces[0].logits[0] = 50
    batch.traces[0].logits[17] = 50
    batch.set(rowCount: 2, temperature: 1)
    var gradient = [Float](repeating: 0, count: 32)
    let even = batch.addBalanceLosses(RouterLossWeights(), to: &gradient)
    #expect(abs(even.balance - 1) < 1e-6 && abs(even.importance) < 1e-6)
    // Both rows with the first: the maximum, the number of experts.
    batch.traces[0].logits[16] = 100
    batch.set(rowCount: 2, temperature: 1)
    let uneven = batch.addBalanceLosses(RouterLossWeights(), to: &gradient)
    #expect(abs(uneven.balance - 2) < 1e-6 && abs(uneven.importance - 2) < 1e-6)
  }
}

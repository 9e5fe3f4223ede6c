// RouterBalanceTests.swift: what keeps experts in use besides losses: biases and dropout.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct RouterBalanceTests {
  /// Goal: a step of bias balancing is the published one, a fixed step against the sign of the
  /// excess load [1]. Method: routers that send all rows, or two of three, one way.
  ///
  /// [1]: https://arxiv.org/abs/2408.15664
  ///      "L. Wang et al. Auxiliary-loss-free load balancing strategy. 2024."
  @Test func `biases go by one step towards an even load`() {
    var router = TrainableRouter(RouterShape(.linear, expertCount: 3), featureCount: 2)
    let bias = router.forms[0].place.bias
    router.parameters[bias] = 1
    let features = [Float](repeating: 0, count: 6 * 4)
    var after = stepped(router, features: features, rowCount: 6)
    #expect(after.parameters[bias..<bias + 3].elementsEqual([0.75, 0.25, 0.25]))
    // Two rows of six for each: nothing moves.
    router.parameters[bias] = 0
    var parted = features
    for row in 0..<6 {
      let child = row / 2
      parted[row * 4] = child == 0 ? 1 : child == 1 ? -1 : 0
      parted[row * 4 + 1] = child == 2 ? 1 : 0
    }
    for (child, weight) in [(1, 0), (-1, 0), (0, 1)].enumerated() {
      router.parameters[router.forms[0].weight(child, 0)] = Float(weight.0)
      router.parameters[router.forms[0].weight(child, 1)] = Float(weight.1)
    }
    after = stepped(router, features: parted, rowCount: 6)
    #expect(after.parameters[bias..<bias + 3].allSatisfy { $0 == 0 })
  }

  @Test func `on two levels groups and their experts are balanced`() {
    let shape = RouterShape(.linear, .linear, groups: [2, 2])
    var router = TrainableRouter(shape, featureCount: 2)
    let biases = router.forms.map(\.place.bias)
    router.parameters[biases[0] + 1] = 1
    router.parameters[biases[2]] = 1
    let after = stepped(router, features: [Float](repeating: 0, count: 5 * 4), rowCount: 5)
    #expect(after.parameters[biases[0]..<biases[0] + 2].elementsEqual([0.25, 0.75]))
    #expect(after.parameters[biases[2]..<biases[2] + 2].elementsEqual([0.75, 0.25]))
    // No row came to group 0: its experts share nothing evenly.
    #expect(after.parameters[biases[1]..<biases[1] + 2].elementsEqual([0, 0]))
  }

  /// A router after one step without losses, its biases balanced by 0.25.
  private func stepped(
    _ router: TrainableRouter, features: [Float], rowCount: Int
  ) -> TrainableRouter {
    var schedule = MixtureSchedule(
      networks: Schedule(epochs: 1, batchSize: 8, rate: 0, patience: 1))
    schedule.biasRate = 0.25
    schedule.losses = RouterLossWeights(balance: 0, importance: 0, z: 0, load: 0)
    var training = RouterInTraining(router, schedule: schedule, random: RandomStream(seed: 1))
    var batch = RouterBatch(router: router)
    batch.forward(router.parameters, features: features, rowCount: rowCount, temperature: 1)
    var gradient = [Float](repeating: 0, count: rowCount * router.stride)
    training.step(batch, gradient: &gradient, features: features, rate: 0)
    return training.router
  }

  /// Goal: a dropped child has no probability for the whole batch, one of each node always stays,
  /// and the others go as often as was asked for.
  @Test func `dropped experts have no rows, and one of each node stays`() {
    let shape = RouterShape(.linear, .linear, groups: [3, 2])
    let router = TrainableRouter(shape, featureCount: 2)
    var schedule = MixtureSchedule(
      networks: Schedule(epochs: 1, batchSize: 8, rate: 0, patience: 1))
    schedule.expertDropout = 0.6
    var training = RouterInTraining(router, schedule: schedule, random: RandomStream(seed: 5))
    let features = [Float](repeating: 0.5, count: 4 * 4)
    var batch = RouterBatch(router: router)
    var dropped = 0
    let batches = 2000
    for _ in 0..<batches {
      let noise = training.drawNoise(features: features, rowCount: 4)
      batch.forward(
        router.parameters, features: features, rowCount: 4, temperature: 1, noise: noise)
      let first = batch.probabilities[0..<5]
      for row in 1..<4 {
        let own = batch.probabilities[row * router.stride..<row * router.stride + 5]
        #expect(own.elementsEqual(first))
      }
      #expect(abs(first.reduce(0, +) - 1) < 1e-5)
      let inner = noise[1][0..<3]
      #expect(inner.contains { $0 > -1 })
      dropped += inner.count { $0 < -1 }
      for expert in 0..<3 where inner[expert] < -1 { #expect(first[expert] == 0) }
    }
    // Two of the three may go, each with probability 0.6.
    let share = Double(dropped) / Double(2 * batches)
    #expect(abs(share - 0.6) < 0.03, "\(share)")
  }
}

// ObjectiveTests.swift: what each training method tells router and experts, against its formula.
//
// Method: probabilities by the published formula and losses by hand, in double precision; the
// gradients by the router's parameters and by the experts' outputs must be the slopes of that.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct ObjectiveTests {
  private struct Case {
    var prepared: PreparedData
    var trainer: MixtureTrainer
    var router: TrainableRouter
    let rows = (0..<6).map { Int32($0 * 7) }
    let temperature = 0.8
  }

  private func makeCase(
    _ objective: Objective, _ shape: RouterShape, sharesExpert: Bool = false
  ) throws -> Case {
    let table = Synthetic.regression(rowCount: 60)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let network = NetworkShape(input: prepared.input, widths: [16], outputCount: 1)
    func expert(_ seed: UInt64) -> NetworkParameters {
      var random = RandomStream(seed: seed)
      return NetworkParameters(shape: network, values: network.initialParameters(&random))
    }
    var random = RandomStream(seed: 5)
    let router = TrainableRouter(
      startingFrom: prepared.data, shape: shape,
      featureWeights: [Float](repeating: 1, count: prepared.data.featureCount), confidence: 0.6,
      random: &random)
    let start = Mixture(
      router: router, experts: (0..<shape.expertCount).map { expert(UInt64($0)) },
      shared: sharesExpert ? expert(77) : nil)
    var schedule = MixtureSchedule(
      networks: Schedule(epochs: 1, batchSize: 6, rate: 1e-3, patience: 1))
    schedule.objective = objective
    schedule.copyNoise = 0
    schedule.probabilityLimit = 0
    schedule.networks.dropout = 0
    let trainer = MixtureTrainer(
      start: start, data: prepared.data, targets: prepared.targets, schedule: schedule, seed: 1,
      threads: 1)
    return Case(prepared: prepared, trainer: trainer, router: router)
  }

  /// The loss of the batch by hand: `p` and `f` of each row and expert, the shared expert's output
  /// and the truth.
  private func loss(
    _ objective: Objective, p: [[Double]], f: [[Double]], shared: [Double], truth: [Double],
    choices: [Int], frozen: [[Double]]
  ) -> Double {
    var total = 0.0
    for row in p.indices {
      func square(_ output: Double) -> Double {
        (output + shared[row] - truth[row]) * (output + shared[row] - truth[row])
      }
      let chosen = choices[row]
      switch objective {
      case .expectedLoss: total += zip(p[row], f[row]).reduce(0) { $0 + $1.0 * square($1.1) }
      case .likelihood:
        let density = zip(p[row], f[row]).reduce(0) {
          $0 + $1.0 * Series.exp(-square($1.1) / 2 / 0.5) / 0.5.squareRoot()
        }
        total -= Series.log(density)
      case .gatedTop1: total += square(p[row][chosen] * f[row][chosen])
      case .straightThrough:
        total += square(f[row][chosen] * (1 + p[row][chosen] - frozen[row][chosen]))
      case .correlation:
        // Not the loss of an answer: its own test is in PhasedTests.
        total += .nan
      case .blended: total += square(zip(p[row], f[row]).reduce(0) { $0 + $1.0 * $1.1 })
      }
    }
    return total / Double(p.count)
  }

  @Test(
    arguments: [
      Objective.expectedLoss, .likelihood, .gatedTop1, .straightThrough, .blended,
    ], [RouterShape(.laplace, expertCount: 4), RouterShape(.linear, .cosine, groups: [2, 2])])
  func `gradients are the slopes of the method's loss`(
    objective: Objective, shape: RouterShape
  ) throws {
    for sharesExpert in [false, true] {
      let c = try makeCase(objective, shape, sharesExpert: sharesExpert)
      for expert in c.trainer.experts { expert.variance = 0.5 }
      let (reported, byLogProbability) = c.trainer.compare(
        c.rows[...], temperature: Float(c.temperature))
      let published = PublishedRouter(c.router)
      let count = c.prepared.data.featureCount
      let features = c.rows.map { row in
        (0..<count).map { feature in
          Double(c.prepared.data.features[Int(row) * c.prepared.data.featureStride + feature])
        }
      }
      func answers(_ network: Network) -> [Double] {
        network.predict(c.prepared.data, rows: c.rows[...]).map { Double($0) }
      }
      var f = c.rows.map { _ in [Double](repeating: 0, count: 4) }
      for expert in 0..<4 {
        let network = Network(
          shape: c.trainer.experts[expert].network.shape,
          parameters: c.trainer.experts[expert].network.parameters)
        for (place, value) in answers(network).enumerated() { f[place][expert] = value }
      }
      let shared =
        c.trainer.shared.map {
          answers(Network(shape: $0.network.shape, parameters: $0.network.parameters))
        } ?? c.rows.map { _ in 0 }
      let truth = c.rows.map { Double(c.prepared.targets.values[Int($0)]) }
      let parameters = c.router.parameters.map { Double($0) }
      func probabilities(_ parameters: [Double]) -> [[Double]] {
        features.map { published.probabilities(parameters, $0, temperature: c.temperature) }
      }
      let frozen = probabilities(parameters)
      let choices = features.map { published.choice(parameters, $0).expert }
      func total(_ p: [[Double]], _ f: [[Double]]) -> Double {
        loss(
          objective, p: p, f: f, shared: shared, truth: truth, choices: choices, frozen: frozen)
      }
      let value = total(frozen, f)
      #expect(abs(reported - value) < 1e-4 * max(1, abs(value)))
      checkRouter(c, byLogProbability) { total(probabilities($0), f) }
      checkExperts(c, objective) { place, expert, change in
        var moved = f
        moved[place][expert] += change
        return total(frozen, moved)
      }
    }
  }

  private func checkRouter(
    _ c: Case, _ byLogProbability: [Float], _ total: ([Double]) -> Double
  ) {
    var (nodes, _) = c.trainer.batch.logitGradients(byLogProbability, zWeight: 0)
    var gradient = [Float](repeating: 0, count: c.router.parameters.count)
    let stride = c.prepared.data.featureStride
    let features = c.rows.flatMap {
      c.prepared.data.features[Int($0) * stride..<(Int($0) + 1) * stride]
    }
    for (node, form) in c.router.forms.enumerated() {
      form.backward(
        c.router.parameters, features: features, rowCount: c.rows.count,
        trace: c.trainer.batch.traces[node], logitGradient: &nodes[node], gradient: &gradient)
      for index in (0..<form.childCount).flatMap({ child in
        [form.weight(child, 0), form.weight(child, 1), form.place.bias + child]
      }) {
        var (up, down) = (
          c.router.parameters.map { Double($0) }, c.router.parameters.map { Double($0) }
        )
        up[index] += 1e-5
        down[index] -= 1e-5
        let slope = (total(up) - total(down)) / 2e-5
        #expect(abs(Double(gradient[index]) - slope) < 1e-4 * max(1, abs(slope)))
      }
    }
  }

  private func checkExperts(
    _ c: Case, _ objective: Objective, _ total: (Int, Int, Double) -> Double
  ) {
    for (index, expert) in c.trainer.experts.enumerated() {
      for (row, place) in expert.places.enumerated() {
        // The likelihood's own factor 1 / (2 σ²) is the same for all rows of an expert.
        let factor: Float = objective == .likelihood ? 1 / (2 * 0.5) : 1
        let own =
          factor * expert.weights[row] * expert.network.outputs[row * expert.outputStride]
        let slope = (total(place, index, 1e-4) - total(place, index, -1e-4)) / 2e-4
        #expect(abs(Double(own) - slope) < 1e-4 * max(1, abs(slope)))
      }
    }
  }
}

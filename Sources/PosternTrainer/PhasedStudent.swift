// PhasedStudent.swift: phased training on rows that are drawn as they are needed.
//
// Step: fresh rows → [phases] → model value.

package import PosternPackaging

/// A mixture of two-layer networks over plain features that learns in four phases from one pass
/// over fresh rows, as Kawata et al. [1] have it: the phases are those of
/// ``TrainingMethod/phased``.
///
/// Neurons are Hermite polynomials of degree 3 while hidden layers learn, and ReLU once the heads
/// are fitted. The target is one number a row, neither centred nor scaled.
///
/// [1]: https://arxiv.org/abs/2506.01656
///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster structure
///      in gradient-based learning. ICML 2025."
package struct PhasedStudent {
  /// Rows: features of shape `(rows, featureCount)` and the target of each.
  package struct Rows {
    package var features: [Float]
    package var targets: [Float]

    package init(features: [Float], targets: [Float]) {
      self.features = features
      self.targets = targets
    }
  }

  private let featureCount: Int
  private let seed: UInt64
  private let threads: Int
  private var mixture: Mixture
  private var trainer: MixtureTrainer?
  private var learning: RouterLearning?

  /// A mixture of `expertCount` experts with `neuronCount` neurons each, a multiple of 16, and a
  /// linear router that is 0.
  package init(
    featureCount: Int, expertCount: Int, neuronCount: Int, seed: UInt64, threads: Int
  ) {
    precondition(featureCount % 4 == 0 && neuronCount % 16 == 0)
    self.featureCount = featureCount
    self.seed = seed
    self.threads = threads
    var input = InputShape(columns: [], entryCounts: [])
    input.featureCount = featureCount
    let shape = NetworkShape(
      input: input, widths: [neuronCount], outputCount: 1, activation: .hermite3,
      firstLayer: .dense)
    mixture = Mixture(
      router: TrainableRouter(
        RouterShape(.linear, expertCount: expertCount), featureCount: featureCount),
      experts: (0..<expertCount).map { expert in
        var random = RandomStream(seed: seed, 1, UInt64(expert))
        return .unexplored(shape, &random)
      })
  }

  /// Phase I (`exploring`) or III: one step on `rows`, the `step`-th of `stepCount`, at `rate`.
  package mutating func descend(
    _ rows: Rows, exploring: Bool, rate: Float, step: Int, of stepCount: Int
  ) {
    let (data, targets) = encoded(rows)
    if trainer == nil {
      let networks = Schedule(epochs: 1, batchSize: rows.targets.count, rate: rate, patience: 1)
      trainer = MixtureTrainer(
        start: mixture, data: data, targets: targets,
        schedule: .phased(networks, exploring: exploring), seed: seed, threads: threads)
    }
    trainer?.data = data
    trainer?.targets = targets
    let order = (0..<Int32(data.rowCount)).map { $0 }
    _ = trainer?.trainBatch(order[...], step: step, stepCount: stepCount)
  }

  /// Ends a phase of ``descend(_:exploring:rate:step:of:)``.
  package mutating func endDescent() {
    guard let trainer else { return }
    mixture.experts = trainer.experts.map {
      NetworkParameters(shape: $0.network.shape, values: $0.network.parameters)
    }
    self.trainer = nil
  }

  /// Phase II: adds the router's gradient over `rows`.
  package mutating func addRouterGradient(_ rows: Rows) {
    let (data, targets) = encoded(rows)
    var sum = learning ?? RouterLearning(mixture.router.shape, featureCount: featureCount)
    sum.add(mixture.experts, data: data, targets: targets, threads: threads)
    learning = sum
  }

  /// Ends phase II: the router is what the gradient says, the experts start again.
  package mutating func endRouting() {
    if let learning { mixture.router = learning.learned }
    mixture.experts = mixture.experts.enumerated().map { index, expert in
      var random = RandomStream(seed: seed, 3, UInt64(index))
      return .unexplored(expert.shape, &random)
    }
  }

  /// Phase IV: ReLU with new biases, and each expert's head by ridge on its rows.
  package mutating func fitHeads(_ rows: Rows) {
    let (data, targets) = encoded(rows)
    let cells = mixture.cells(data)
    let experts = mixture.experts
    mixture.experts = Parallel.map(count: experts.count, threads: threads) { index in
      var random = RandomStream(seed: seed, 4, UInt64(index))
      return experts[index].withFittedHead(
        activation: .prelu, slope: 0, data: data, targets: targets, rows: cells[index],
        random: &random)
    }
  }

  /// The largest `|w · direction|` over the neurons of each expert; weights are of length 1.
  package func alignments(_ direction: [Float]) -> [Float] {
    precondition(direction.count == featureCount)
    let experts = trainer?.experts.map(\.network.parameters) ?? mixture.experts.map(\.values)
    return zip(mixture.experts, experts).map { expert, values in
      let layer = expert.shape.layers[0]
      var largest: Float = 0
      for neuron in 0..<layer.outputCount {
        let first = layer.weights + (neuron / 16) * layer.inputCount * 16 + neuron % 16
        var product: Float = 0
        for feature in 0..<featureCount {
          product += values[first + 16 * feature] * direction[feature]
        }
        largest = max(largest, abs(product))
      }
      return largest
    }
  }

  /// The mixture over numeric `columns` whose features are the values themselves.
  ///
  /// - Throws: ``TrainingError/unservableActivation`` before phase IV.
  package func description(
    columns: [Column], target: [UInt8]
  ) throws(TrainingError) -> ModelDescription {
    var experts: [Expert] = []
    for expert in mixture.experts { experts.append(try expert.expert()) }
    return ModelDescription(
      task: .regression, columns: columns, targetNames: [target], classNames: [],
      router: mixture.router.serving, experts: experts, head: [HeadOutput()])
  }

  private func encoded(_ rows: Rows) -> (EncodedRows, Targets) {
    let count = rows.targets.count
    precondition(rows.features.count == count * featureCount)
    let data = EncodedRows(
      rowCount: count, pairCount: 0, featureCount: featureCount, featureStride: featureCount,
      entries: [], fractions: [], features: rows.features)
    let targets = Targets(
      task: .regression, outputCount: 1, values: rows.targets, labels: [])
    return (data, targets)
  }
}

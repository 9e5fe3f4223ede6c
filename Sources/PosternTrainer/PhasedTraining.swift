// PhasedTraining.swift: the four phases of Kawata et al., each on its own.
//
// Step: random experts → [explore → learn router → train experts → fit heads] → refit.

import PosternPackaging
import PosternRuntime

/// The phases in which router and experts learn one after the other [1].
///
/// [1]: https://arxiv.org/abs/2506.01656
///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster structure
///      in gradient-based learning. ICML 2025."
public enum TrainingPhase: String, CaseIterable, Equatable, Sendable {
  /// The router gives each row to a random expert; hidden layers learn what they happen to be near
  /// to.
  case exploration
  /// Experts are frozen; the router learns which of them knows which rows.
  case routing
  /// Hidden layers start again and learn the rows of their own cells; the router is frozen.
  case experts
  /// Each output layer is fitted in closed form.
  case heads
}

extension MixtureSchedule {
  /// Phases I and III: spherical gradient descent on the correlation loss, nothing else moves.
  static func phased(_ networks: Schedule, exploring: Bool) -> MixtureSchedule {
    var schedule = MixtureSchedule(networks: networks)
    schedule.networks.rule = .spherical
    schedule.networks.curve = .steps
    schedule.networks.dropout = 0
    schedule.objective = .correlation
    schedule.noise = exploring ? .uniform : .none
    (schedule.firstTemperature, schedule.lastTemperature) = (1, 1)
    schedule.losses = RouterLossWeights(balance: 0, importance: 0, z: 0)
    schedule.copyNoise = 0
    schedule.trainsRouter = false
    return schedule
  }
}

extension NetworkParameters {
  /// An expert before its hidden layers learn: its outputs are means over the last hidden layer's
  /// neurons with random signs, so that a neuron has no rank but where its weights point.
  ///
  /// A dense first layer's weights are uniform on the unit sphere, without biases.
  static func unexplored(_ shape: NetworkShape, _ random: inout RandomStream) -> NetworkParameters {
    var values = shape.initialParameters(&random)
    if shape.firstLayer == .dense, let first = shape.layers.first {
      for neuron in 0..<first.outputCount {
        let places = (0..<first.inputCount).map {
          first.weights + ((neuron / 16) * first.inputCount + $0) * 16 + neuron % 16
        }
        var square = 0.0
        for place in places { square += Double(values[place]) * Double(values[place]) }
        for place in places { values[place] /= Float(square.squareRoot()) }
      }
    }
    if let last = shape.layers.last, shape.layers.count > 1 {
      let share = 1 / Float(last.inputCount)
      for input in 0..<last.inputCount {
        for output in 0..<shape.outputCount {
          let at = last.weights + ((output / 16) * last.inputCount + input) * 16 + output % 16
          values[at] = random.below(2) == 0 ? share : -share
        }
      }
    }
    return NetworkParameters(shape: shape, values: values)
  }

  /// Phase IV: the same hidden weights with `activation`, biases of the last hidden layer uniform
  /// in `-3..<3`, with `slope` for its slopes if there is one, and an output layer fitted to
  /// `rows`.
  func withFittedHead(
    activation: Activation, slope: Float? = nil, data: EncodedRows, targets: Targets,
    rows: [Int32], offsets: [Float] = [], random: inout RandomStream
  ) -> NetworkParameters {
    var fitted = self
    fitted.shape.activation = activation
    if shape.layers.count > 1 {
      let hidden = shape.layers[shape.layers.count - 2]
      for neuron in 0..<hidden.outputCount {
        fitted.values[hidden.bias + neuron] = Float(6 * random.uniform() - 3)
        if let slope, let slopes = hidden.slopes { fitted.values[slopes + neuron] = slope }
      }
    }
    let network = fitted.network
    RidgeHead().fit(network, data: data, targets: targets, rows: rows, offsets: offsets)
    fitted.values = network.parameters
    return fitted
  }
}

/// How rows of known groups are spread over experts.
package struct Dispatch: Equatable, Sendable {
  /// Rows of each group at each expert, shape `(experts, groups)`.
  package private(set) var counts: [[Int]]

  /// Counts rows; `experts` and `groups` have one number for each.
  package init(experts: [Int32], groups: [Int32], expertCount: Int, groupCount: Int) {
    precondition(experts.count == groups.count)
    counts = [[Int]](
      repeating: [Int](repeating: 0, count: groupCount), count: expertCount)
    for (expert, group) in zip(experts, groups) { counts[Int(expert)][Int(group)] += 1 }
  }

  private var total: Double { Double(max(counts.reduce(0) { $0 + $1.reduce(0, +) }, 1)) }

  /// The share of the rows that are of their expert's most frequent group, in `0...1`.
  package var purity: Double { Double(counts.reduce(0) { $0 + ($1.max() ?? 0) }) / total }

  /// `Σ nₘ / n · H(group | expert m)` in natural logarithms: 0 when each expert has one group only.
  package var entropy: Double {
    var sum = 0.0
    for row in counts {
      let own = Double(row.reduce(0, +))
      for count in row where count > 0 {
        sum -= Double(count) / total * Elementary.log(Double(count) / own)
      }
    }
    return sum
  }
}

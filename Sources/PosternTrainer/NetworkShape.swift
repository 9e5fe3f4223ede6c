// NetworkShape.swift: where each number of a network stands in its parameter vector.
//
// Step: encoded rows → [networks] → model value.   Specification: formats/model.md, section 7.

import PosternPackaging

/// How a column's entries depend on its parameters.
enum ColumnEncoding: Equatable, Sendable {
  /// Piecewise linear: one weight on the standardised value, one increment for each bin, and a row
  /// for missing values where they have one. `positions` are the standardised edges.
  case numeric(positions: [Float], hasMissing: Bool)
  /// One row for each entry. Those that no training row has become the mean of the others, each
  /// weighted by its share of the rows, `shares`.
  case categorical(shares: [Float])

  var entryCount: Int {
    switch self {
    case .numeric(let positions, let hasMissing): positions.count + (hasMissing ? 1 : 0)
    case .categorical(let shares): shares.count
    }
  }
}

/// What all networks over the same encoded rows have in common.
struct InputShape: Equatable, Sendable {
  /// The columns that are not ignored, in order.
  var columns: [ColumnEncoding]
  /// Features of a row, which a dense first layer reads.
  var featureCount: Int
  var entryCount: Int { columns.reduce(0) { $0 + $1.entryCount } }

  /// The encodings of fitted columns; `entryCounts` says how often training has each category.
  init(columns: [Column], entryCounts: [[Int]]) {
    featureCount = columns.reduce(0) { $0 + $1.featureCount }
    self.columns = zip(columns, entryCounts).compactMap { column, counts in
      switch column.kind {
      case .ignored: nil
      case .numeric(let edges, _, let center, let scale):
        .numeric(
          positions: edges.map { ($0 - center) * scale }, hasMissing: column.missing == .own)
      case .categorical:
        .categorical(shares: counts.map { Float($0) / Float(counts.reduce(0, +)) })
      }
    }
  }
}

/// A layer's place in the parameter vector. Weights of dense layers are stored in panels of 16
/// outputs, as the kernels read them: `[outputs / 16][inputs][16]`.
struct LayerPlace: Equatable, Sendable {
  /// Inputs, or entries for the look-up layer.
  var inputCount: Int
  /// Outputs, padded to a multiple of 16.
  var outputCount: Int
  var weights: Int
  var bias: Int
  /// Where the PReLU slopes start; `nil` for the last layer.
  var slopes: Int?

  var weightCount: Int { inputCount * outputCount }
}

/// What hidden layers do to their sums `z`.
enum Activation: Equatable, Sendable {
  /// `z > 0 ? z : slope · z`, one slope a neuron.
  case prelu
  /// `z³` [1].
  ///
  /// [1]: https://arxiv.org/abs/2208.02813
  ///      "Z. Chen et al. Towards understanding mixture of experts in deep learning. NeurIPS 2022."
  case cube
  /// The third Hermite polynomial, `(z³ - 3z) / √6` [2]. No file can say it.
  ///
  /// [2]: https://arxiv.org/abs/2506.01656
  ///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster
  ///      structure in gradient-based learning. ICML 2025."
  case hermite3

  /// For polynomials: `(z³ - linear · z) · scale`.
  var polynomial: (linear: Float, scale: Float)? {
    switch self {
    case .prelu: nil
    case .cube: (0, 1)
    case .hermite3: (3, 0.408_248_3)
    }
  }
}

/// The shape of a network: a first layer, hidden layers, a linear output. Without hidden layers the
/// first layer gives the outputs.
struct NetworkShape: Equatable, Sendable {
  var input: InputShape
  /// What the first layer reads.
  var firstLayer: Expert.FirstLayer
  var activation: Activation
  /// Widths of the hidden layers, multiples of 16; none for an affine network.
  var widths: [Int]
  /// Outputs that mean something; the others are zero.
  var outputCount: Int
  /// The first layer, then the others, which are dense.
  var layers: [LayerPlace]
  var parameterCount: Int

  init(
    input: InputShape, widths: [Int], outputCount: Int, activation: Activation = .prelu,
    firstLayer: Expert.FirstLayer = .lookup
  ) {
    precondition(widths.allSatisfy { $0 > 0 && $0 % 16 == 0 })
    self.input = input
    self.firstLayer = firstLayer
    self.activation = activation
    self.widths = widths
    self.outputCount = outputCount
    layers = []
    var offset = 0
    var inputs = firstLayer == .dense ? (input.featureCount + 3) / 4 * 4 : input.entryCount
    for (index, width) in (widths + [(outputCount + 15) / 16 * 16]).enumerated() {
      let weights = offset
      let bias = weights + inputs * width
      let isLast = index == widths.count
      layers.append(
        LayerPlace(
          inputCount: inputs, outputCount: width, weights: weights, bias: bias,
          slopes: isLast ? nil : bias + width))
      offset = bias + width * (isLast ? 1 : 2)
      inputs = width
    }
    parameterCount = offset
  }

  /// Outputs padded to a multiple of 16.
  var outputStride: Int { layers[layers.count - 1].outputCount }

  /// The parameters that weight decay draws to zero: weights, not biases and slopes.
  var decayedRanges: [Range<Int>] {
    layers.map { $0.weights..<$0.weights + $0.weightCount }
  }

  /// Parameters before training.
  ///
  /// Weights have the variance that keeps the spread of the signal (He et al. 2015, equation 14); a
  /// column's increments start smaller, so that the network starts close to linear in each column.
  func initialParameters(_ random: inout RandomStream, slope: Float = 0.1) -> [Float] {
    var parameters = [Float](repeating: 0, count: parameterCount)
    for (index, layer) in layers.enumerated() {
      if index == 0 && firstLayer == .lookup {
        initializeLookup(&parameters, &random)
      } else {
        let isLast = layer.slopes == nil
        let inputCount = index == 0 ? input.featureCount : layer.inputCount
        let spread = ((isLast ? 1 : 2) / Float(inputCount)).squareRoot()
        for output in 0..<(isLast ? outputCount : layer.outputCount) {
          for input in 0..<inputCount {
            let at = layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16
            parameters[at] = spread * random.normal()
          }
        }
      }
      if let slopes = layer.slopes, activation == .prelu {
        for output in 0..<layer.outputCount { parameters[slopes + output] = slope }
      }
    }
    return parameters
  }

  private func initializeLookup(_ parameters: inout [Float], _ random: inout RandomStream) {
    let width = layers[0].outputCount
    let used = widths.isEmpty ? outputCount : width
    let spread = (2 / Float(input.columns.count)).squareRoot()
    var entry = 0
    for column in input.columns {
      for local in 0..<column.entryCount {
        let rowSpread: Float
        switch column {
        case .numeric(let positions, _):
          let bins = Float(positions.count - 1)
          rowSpread = local == 0 ? 0.7 * spread : 0.7 * spread / bins.squareRoot()
        case .categorical:
          rowSpread = 0.7 * spread
        }
        for output in 0..<used {
          parameters[(entry + local) * width + output] = rowSpread * random.normal()
        }
      }
      entry += column.entryCount
    }
    for output in 0..<used { parameters[layers[0].bias + output] = 0.1 * random.normal() }
  }
}

// UpdateRule.swift: the papers' ways to move parameters along a gradient, besides AdamW.
//
// Step: encoded rows → [networks] → model value.

import PosternPackaging

/// What a gradient does to a network's parameters.
enum UpdateRule: Equatable, Sendable {
  /// Adam with decoupled weight decay.
  case adamW
  /// Spherical gradient descent [1]: each hidden neuron's weights stay on a sphere; nothing else
  /// moves.
  ///
  /// [1]: https://arxiv.org/abs/2506.01656
  ///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster
  ///      structure in gradient-based learning. ICML 2025."
  case spherical
  /// Gradient descent along `g / (‖g_W‖ + ‖g_b‖)` of the whole network [2, algorithm 1]: each
  /// expert moves as far at each step, however many rows it has.
  ///
  /// [2]: https://arxiv.org/abs/2208.02813
  ///      "Z. Chen et al. Towards understanding mixture of experts in deep learning. NeurIPS 2022."
  case normalized
}

extension Optimizer {
  /// `w ← r normalise(w - η J (I - ŵ ŵᵀ) g)` for the weights `w` of each neuron of each hidden
  /// layer, with `ŵ = w / r`, `r` its norm so far and `J` the neurons of the layer: an output that
  /// is a mean over neurons moves each by `1 / J`.
  ///
  /// - Complexity: O(*parameters*).
  mutating func moveOnSpheres(
    _ parameters: inout [Float], gradient: [Float], shape: NetworkShape, rate: Float
  ) {
    for (index, layer) in shape.layers.dropLast().enumerated() {
      // A look-up layer's rows are as wide as the layer, a dense one's panels have 16 outputs.
      let lanes =
        index == 0 && shape.firstLayer == .lookup ? layer.outputCount : 16
      let step = rate * Float(layer.outputCount)
      for panel in 0..<layer.outputCount / lanes {
        let first = layer.weights + panel * layer.inputCount * lanes
        moveOnSpheres(
          &parameters, gradient, first..<first + layer.inputCount * lanes, lanes: lanes, rate: step)
      }
    }
    moments.average = parameters
  }

  /// One panel: weight `i` of neuron `o` stands at `first + i · lanes + o`.
  private func moveOnSpheres(
    _ parameters: inout [Float], _ gradient: [Float], _ range: Range<Int>, lanes: Int, rate: Float
  ) {
    var squares = [Float](repeating: 0, count: lanes)
    var products = squares
    for first in stride(from: range.lowerBound, to: range.upperBound, by: lanes) {
      for lane in 0..<lanes {
        let weight = parameters[first + lane]
        squares[lane] += weight * weight
        products[lane] += weight * gradient[first + lane]
      }
    }
    for lane in 0..<lanes where squares[lane] > 0 { products[lane] /= squares[lane] }
    var moved = [Float](repeating: 0, count: lanes)
    for first in stride(from: range.lowerBound, to: range.upperBound, by: lanes) {
      for lane in 0..<lanes {
        let weight = parameters[first + lane]
        let tangent = gradient[first + lane] - products[lane] * weight
        parameters[first + lane] = weight - rate * tangent
        moved[lane] += parameters[first + lane] * parameters[first + lane]
      }
    }
    for lane in 0..<lanes {
      moved[lane] = moved[lane] > 0 ? (squares[lane] / moved[lane]).squareRoot() : 1
    }
    for first in stride(from: range.lowerBound, to: range.upperBound, by: lanes) {
      for lane in 0..<lanes { parameters[first + lane] *= moved[lane] }
    }
  }

  /// Moves weights and biases of `layers` by `rate` times the normalised gradient; a gradient of 0
  /// moves nothing.
  ///
  /// - Complexity: O(*parameters*).
  mutating func moveNormalized(
    _ parameters: inout [Float], gradient: [Float], layers: ArraySlice<LayerPlace>, rate: Float
  ) {
    var (weights, biases) = (0.0, 0.0)
    for layer in layers {
      for index in layer.weights..<layer.weights + layer.weightCount {
        weights += Double(gradient[index]) * Double(gradient[index])
      }
      for index in layer.bias..<layer.bias + layer.outputCount {
        biases += Double(gradient[index]) * Double(gradient[index])
      }
    }
    let norm = weights.squareRoot() + biases.squareRoot()
    guard norm > 0, norm.isFinite else { return }
    // Where a loss has vanished the norm is too small for a Float to be divided by.
    let step = Double(rate) / norm
    for layer in layers {
      for index in layer.weights..<layer.weights + layer.weightCount {
        parameters[index] -= Float(step * Double(gradient[index]))
      }
      for index in layer.bias..<layer.bias + layer.outputCount {
        parameters[index] -= Float(step * Double(gradient[index]))
      }
    }
    moments.average = parameters
  }
}

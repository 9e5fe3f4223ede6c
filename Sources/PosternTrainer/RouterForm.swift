// RouterForm.swift: one node of a router as published: its logits and their gradients.
//
// Step: encoded rows → [router] → experts.   Specification: formats/model.md, section 8.1.

import PosternPackaging
import PosternRuntime

/// Where one node of a router has its parameters, and what its logits are.
///
/// With features `x`, and for each child a weight `w`, a bias `b`; `γ` is the node's scale:
/// * linear: `w·x + b`;
/// * Laplace [1]: `-γ ‖x - w‖ + b`;
/// * cosine: `γ (w·x) / (‖w‖ ‖x‖) + b`;
/// * perturbed cosine [2]: `γ (w·x) / ((‖w‖ + τ₁)(‖x‖ + τ₂)) + b`;
/// * prototype [3]: `-γ ‖x - w‖`, whose `w` no gradient moves.
///
/// [1]: https://arxiv.org/abs/2410.02935
///      "H. Nguyen et al. On expert estimation in hierarchical mixture of experts. 2024."
/// [2]: https://arxiv.org/abs/2405.14131
///      "H. Nguyen et al. Statistical advantages of perturbing cosine router. ICLR 2025."
/// [3]: https://arxiv.org/abs/2402.03460
///      "A. Kratsios et al. Mixture of experts soften the curse of dimensionality. TMLR 2025."
struct RouterForm: Equatable, Sendable {
  var kind: RouterParameters.Kind
  var childCount: Int
  /// Features that mean something; the node's inputs are these padded to a multiple of 4.
  var featureCount: Int
  /// Panels of 16 children, then the biases.
  var place: LayerPlace
  /// Where the logarithm of the scale stands: the first of eight numbers, the others 0.
  var logScale: Int
  var tau1: Float = 0
  var tau2: Float = 0

  /// Where the next node's parameters may start.
  var end: Int { logScale + 8 }
  /// Logits of a row stand this far apart.
  var stride: Int { place.outputCount }
  /// Whether the logits are distances.
  var isDistance: Bool { kind == .laplace || kind == .prototype }
  /// Whether the logits are cosines.
  var isCosine: Bool { kind == .cosine || kind == .perturbedCosine }
  /// Whether training moves the node.
  var isTrained: Bool { kind != .prototype }

  /// A node whose parameters start at `offset`.
  init(
    kind: RouterParameters.Kind, childCount: Int, featureCount: Int, offset: Int,
    tau: (Float, Float) = (0, 0)
  ) {
    self.kind = kind
    self.childCount = childCount
    self.featureCount = featureCount
    let inputs = (featureCount + 3) / 4 * 4
    let stride = (childCount + 15) / 16 * 16
    place = LayerPlace(
      inputCount: inputs, outputCount: stride, weights: offset, bias: offset + inputs * stride,
      slopes: nil)
    logScale = place.bias + stride
    if kind == .perturbedCosine { (tau1, tau2) = tau }
  }

  /// Where the weight of `feature` for `child` stands.
  func weight(_ child: Int, _ feature: Int) -> Int {
    place.weights + ((child / 16) * place.inputCount + feature) * 16 + child % 16
  }

  /// The scale.
  func scale(_ parameters: [Float]) -> Float { Float(Elementary.exp(Double(parameters[logScale]))) }

  /// The child with the largest of a row's logits, the lowest index at a tie.
  func best(_ logits: [Float], row: Int) -> Int {
    let first = row * stride
    var best = 0
    for child in 1..<max(childCount, 1) where logits[first + child] > logits[first + best] {
      best = child
    }
    return best
  }

  /// Norms below this count as this: directions of nothing have no gradient.
  static let leastNorm: Float = 1e-12

  /// The norm of each child's weight.
  private func lengths(_ parameters: [Float]) -> [Float] {
    (0..<childCount).map { child in
      var square = 0.0
      for feature in 0..<featureCount {
        let value = Double(parameters[weight(child, feature)])
        square += value * value
      }
      return Float(square.squareRoot())
    }
  }

  /// The weight's norm plus tau, for each child.
  func norms(_ parameters: [Float]) -> [Float] {
    lengths(parameters).map { max($0 + tau1, Self.leastNorm) }
  }
}

/// What a node's backward pass needs of its forward pass.
struct RouterTrace {
  /// Shape `(rows, stride)`.
  var logits: [Float] = []
  /// Distances or cosines, shape `(rows, stride)`.
  var measures: [Float] = []
  /// Cosine kinds: the features divided by their norm plus tau, shape `(rows, inputs)`.
  var directions: [Float] = []
  /// Cosine kinds: see ``RouterForm/norms(_:)``.
  var norms: [Float] = []

  mutating func reserve(_ count: Int) {
    if logits.count < count {
      logits = [Float](repeating: 0, count: count)
      measures = logits
    }
  }
}

extension RouterForm {
  /// Computes the logits of rows whose features stand one after the other.
  func forward(
    _ parameters: [Float], features: [Float], rowCount: Int, into trace: inout RouterTrace
  ) {
    trace.reserve(rowCount * stride)
    guard kind != .linear else {
      DenseProduct.forward(
        place, parameters: parameters, x: features, rowCount: rowCount, y: &trace.logits)
      return
    }
    let scale = scale(parameters)
    if isDistance {
      VectorMath.distances(
        to: place, parameters: parameters, x: features, rowCount: rowCount, y: &trace.measures)
    } else {
      setDirections(features, rowCount: rowCount, &trace)
      trace.norms = norms(parameters)
      DenseProduct.forward(
        place, parameters: parameters, x: trace.directions, rowCount: rowCount, y: &trace.measures,
        hasBias: false)
    }
    for row in 0..<rowCount {
      for child in 0..<childCount {
        let index = row * stride + child
        if isDistance {
          trace.logits[index] = -scale * trace.measures[index]
        } else {
          trace.measures[index] /= trace.norms[child]
          trace.logits[index] = scale * trace.measures[index]
        }
        if isTrained { trace.logits[index] += parameters[place.bias + child] }
      }
    }
  }

  private func setDirections(_ features: [Float], rowCount: Int, _ trace: inout RouterTrace) {
    let inputs = place.inputCount
    let count = rowCount * inputs
    if trace.directions.count < count { trace.directions = [Float](repeating: 0, count: count) }
    for row in 0..<rowCount {
      var square = 0.0
      for index in row * inputs..<row * inputs + featureCount {
        square += Double(features[index]) * Double(features[index])
      }
      let norm = max(Float(square.squareRoot()) + tau2, Self.leastNorm)
      for index in row * inputs..<(row + 1) * inputs {
        trace.directions[index] = features[index] / norm
      }
    }
  }

  /// Writes the gradient by the node's parameters into their places in `gradient`.
  ///
  /// `trace` is of the forward pass over the same rows. `logitGradient` has the shape
  /// `(rows, stride)`, zero beyond the children, and is used up.
  func backward(
    _ parameters: [Float], features: [Float], rowCount: Int, trace: RouterTrace,
    logitGradient: inout [Float], gradient: inout [Float]
  ) {
    guard isTrained else {
      for index in place.weights..<end { gradient[index] = 0 }
      return
    }
    VectorMath.columnSums(
      logitGradient, width: stride, rowCount: rowCount, into: &gradient, at: place.bias)
    for index in logScale..<end { gradient[index] = 0 }
    guard kind != .linear else {
      DenseProduct.weightGradient(
        place, x: features, dy: logitGradient, rowCount: rowCount, gradient: &gradient)
      return
    }
    let scale = scale(parameters)
    var scaleGradient = 0.0
    // What each child's weight is drawn by: the sums that stand before the weight itself.
    var own = [Double](repeating: 0, count: childCount)
    for row in 0..<rowCount {
      for child in 0..<childCount {
        let index = row * stride + child
        let measure = trace.measures[index]
        let flow = logitGradient[index] * scale
        if isDistance {
          scaleGradient -= Double(flow * measure)
          logitGradient[index] = flow / max(measure, 1e-6)
          own[child] += Double(logitGradient[index])
        } else {
          scaleGradient += Double(flow * measure)
          logitGradient[index] = flow
          own[child] += Double(flow * measure)
        }
      }
    }
    gradient[logScale] = Float(scaleGradient)
    DenseProduct.weightGradient(
      place, x: isDistance ? features : trace.directions, dy: logitGradient, rowCount: rowCount,
      gradient: &gradient)
    let lengths = isDistance ? [] : lengths(parameters)
    for child in 0..<childCount {
      let norm = isDistance ? 1 : trace.norms[child]
      // Distance: γ (x - w) / d. Cosine: (x̃ - u w / ‖w‖) / (‖w‖ + τ₁).
      let share = isDistance ? 1 : 1 / max(lengths[child], Self.leastNorm)
      for feature in 0..<featureCount {
        let index = weight(child, feature)
        gradient[index] = (gradient[index] - Float(own[child]) * share * parameters[index]) / norm
      }
    }
  }
}

// TrainableRouter.swift: a router of one or two levels as training sees it.
//
// Step: encoded rows → [router] → experts.   Specification: formats/model.md, sections 6.3 and 8.1.

import PosternPackaging
import PosternRuntime

/// What kind of router is trained, and its shape.
struct RouterShape: Equatable, Sendable {
  var outer: RouterParameters.Kind
  /// The kind within each group; `nil` for a flat router.
  var inner: RouterParameters.Kind?
  /// Experts in each group; for a flat router one number, all experts.
  var groups: [Int]
  /// Added to the norms of weights and features by a perturbed cosine.
  var tau1: Float = 0.1
  var tau2: Float = 0.1

  var expertCount: Int { groups.reduce(0, +) }

  /// A flat router over `expertCount` experts.
  init(_ kind: RouterParameters.Kind, expertCount: Int) {
    outer = kind
    inner = nil
    groups = [expertCount]
  }

  /// A router that chooses among groups, then within one.
  init(_ outer: RouterParameters.Kind, _ inner: RouterParameters.Kind, groups: [Int]) {
    self.outer = outer
    self.inner = inner
    self.groups = groups
  }
}

/// A router with its parameters: one vector for all nodes.
struct TrainableRouter: Sendable {
  let shape: RouterShape
  /// Node 0, then for two levels one for each group.
  let forms: [RouterForm]
  var parameters: [Float]

  /// A router whose parameters are all zero: each child is as likely as any other.
  init(_ shape: RouterShape, featureCount: Int) {
    precondition(shape.expertCount > 0 && shape.groups.allSatisfy { $0 > 0 })
    self.shape = shape
    let counts = shape.inner == nil ? shape.groups : [shape.groups.count] + shape.groups
    var forms: [RouterForm] = []
    for (node, count) in counts.enumerated() {
      forms.append(
        RouterForm(
          kind: node == 0 ? shape.outer : shape.inner ?? shape.outer, childCount: count,
          featureCount: featureCount, offset: forms.last?.end ?? 0, tau: (shape.tau1, shape.tau2)))
    }
    self.forms = forms
    parameters = [Float](repeating: 0, count: forms.last?.end ?? 0)
  }

  /// A router over one expert.
  static func single(featureCount: Int) -> TrainableRouter {
    TrainableRouter(RouterShape(.linear, expertCount: 1), featureCount: featureCount)
  }

  var expertCount: Int { shape.expertCount }
  var isTwoLevel: Bool { shape.inner != nil }
  var featureCount: Int { forms[0].featureCount }
  /// The probabilities of a row's experts stand this far apart.
  var stride: Int { (expertCount + 15) / 16 * 16 }

  /// The experts of each group; of a flat router, all.
  var experts: [Range<Int>] {
    var first = 0
    return shape.groups.map { count in
      defer { first += count }
      return first..<first + count
    }
  }

  /// Multiplies the logits of a node by `factor`: sharper probabilities, the same choice.
  mutating func sharpen(node: Int, by factor: Float) {
    let form = forms[node]
    if form.kind == .linear {
      for index in form.place.weights..<form.logScale { parameters[index] *= factor }
    } else {
      parameters[form.logScale] += Float(Elementary.log(Double(factor)))
      for child in 0..<form.childCount { parameters[form.place.bias + child] *= factor }
    }
  }

  /// The parameters that weight decay draws to zero: a linear node's weights. Prototypes and
  /// directions mean a place, not a size.
  var decayedRanges: [Range<Int>] {
    forms.filter { $0.kind == .linear }.map {
      $0.place.weights..<$0.place.weights + $0.place.weightCount
    }
  }
}

extension TrainableRouter {
  /// What routes in the model's file: see section 8.1 for how each kind folds.
  var serving: Router {
    let nodes = forms.map { servingNode($0) }
    return isTwoLevel ? .twoLevel(outer: nodes[0], inner: Array(nodes[1...])) : .flat(nodes[0])
  }

  private func servingNode(_ form: RouterForm) -> RouterNode {
    let bias = (0..<form.childCount).map { form.isTrained ? parameters[form.place.bias + $0] : 0 }
    let scale = form.scale(parameters)
    var weights: [Float] = []
    weights.reserveCapacity(form.childCount * form.featureCount)
    let factors =
      form.isCosine
      ? form.norms(parameters).map { scale / $0 } : [Float](repeating: 1, count: form.childCount)
    for child in 0..<form.childCount {
      for feature in 0..<form.featureCount {
        let weight = parameters[form.weight(child, feature)]
        weights.append(form.isCosine ? weight * factors[child] : weight)
      }
    }
    switch form.kind {
    case .linear: return RouterNode(kind: .affine, weights: weights, bias: bias)
    case .laplace, .prototype:
      let scales = [Float](repeating: scale, count: form.childCount)
      return RouterNode(kind: .distance, weights: weights, bias: bias, scale: scales)
    case .cosine, .perturbedCosine:
      let offset = max(form.tau2, RouterForm.leastNorm)
      let offsets = [Float](repeating: offset, count: form.childCount)
      return RouterNode(kind: .cosine, weights: weights, bias: bias, scale: offsets)
    }
  }

  /// The published parameters, as the file keeps them. `temperature` is the one that the gate
  /// probabilities were trained with last.
  func published(temperature: Float) -> RouterParameters {
    RouterParameters(
      outerKind: shape.outer, innerKind: shape.inner, temperature: temperature,
      tau1: forms.map(\.tau1).max() ?? 0, tau2: forms.map(\.tau2).max() ?? 0,
      nodes: forms.map { form in
        RouterParameters.Node(
          weight: (0..<form.childCount).flatMap { child in
            (0..<form.featureCount).map { parameters[form.weight(child, $0)] }
          },
          bias: (0..<form.childCount).map {
            form.isTrained ? parameters[form.place.bias + $0] : 0
          },
          scale: [Float](
            repeating: form.kind == .linear ? 1 : form.scale(parameters), count: form.childCount))
      })
  }

  /// The router that published parameters describe, to be trained on.
  init(_ published: RouterParameters, groups: [Int], featureCount: Int) {
    var shape = RouterShape(published.outerKind, expertCount: groups.reduce(0, +))
    shape.inner = published.innerKind
    if shape.inner != nil { shape.groups = groups }
    (shape.tau1, shape.tau2) = (published.tau1, published.tau2)
    self.init(shape, featureCount: featureCount)
    for (form, node) in zip(forms, published.nodes) {
      for child in 0..<form.childCount {
        for feature in 0..<featureCount {
          parameters[form.weight(child, feature)] = node.weight[child * featureCount + feature]
        }
        parameters[form.place.bias + child] = node.bias[child]
      }
      parameters[form.logScale] = Float(Elementary.log(Double(node.scale[0])))
    }
  }
}

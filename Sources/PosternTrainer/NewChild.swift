// NewChild.swift: one more child of a router's node, learned while the others stay.
//
// Step: features, gains → [new child] → router section.
// Specification: formats/model.md, sections 8.1 and 9.3.

import PosternPackaging
import PosternRuntime

/// Rows as a node sees them, and what it would bring if a new child had them.
struct ChildRows: Sendable {
  var rowCount: Int
  /// Shape `(rows, padded features)`.
  var features: [Float]
  /// Rows that the expert which is split answers now.
  var isOwn: [Bool]
  /// What falls if the new child gets the row; negative where it rises.
  var gains: [Double]
  /// The best score of the node's children for each row.
  var best: [Float] = []

  /// At most `limit` of the rows, evenly spaced.
  func thinned(to limit: Int) -> ChildRows {
    guard rowCount > limit else { return self }
    let width = features.count / rowCount
    let kept = (0..<limit).map { $0 * rowCount / limit }
    return ChildRows(
      rowCount: limit, features: kept.flatMap { features[$0 * width..<($0 + 1) * width] },
      isOwn: kept.map { isOwn[$0] }, gains: kept.map { gains[$0] })
  }
}

/// A node that gets a child.
///
/// The child is trained in the form that the router was published in, so that the file's published
/// parameters stay what its serving router folds from; without such, in the serving form itself.
/// A node's scale is common to its children and stays.
struct NewChild {
  let node: RouterNode
  /// The child whose expert is split.
  let parent: Int
  let featureCount: Int
  /// The form of some candidates, which learn side by side.
  let form: RouterForm
  /// What the file says about the node's router, and its kind.
  let published: RouterParameters?
  /// The node's number.
  let number: Int

  /// Candidates with their own start.
  static let candidateCount = 4
  static let stepCount = 120
  static let rowLimit = 16_384

  init(_ router: Router, node number: Int, parent: Int, published: RouterParameters?) {
    node = router.nodes[number]
    self.number = number
    self.parent = parent
    self.published = published
    featureCount = node.weights.count / node.bias.count
    var kind: RouterParameters.Kind
    if let published {
      kind = number == 0 ? published.outerKind : published.innerKind ?? published.outerKind
    } else {
      kind = node.kind == .distance ? .laplace : .linear
    }
    // A prototype is a place for distances like any other; that its bias is 0 is seen to below.
    if kind == .prototype { kind = .laplace }
    form = RouterForm(
      kind: kind, childCount: Self.candidateCount, featureCount: featureCount, offset: 0,
      tau: (published?.tau1 ?? 0, published?.tau2 ?? 0))
  }

  var hasBias: Bool {
    guard let published else { return true }
    return (number == 0 ? published.outerKind : published.innerKind) != .prototype
  }

  /// The parent's parameters as trained.
  var parentWeight: [Float] {
    let weights = published?.nodes[number].weight ?? node.weights
    return Array(weights[parent * featureCount..<(parent + 1) * featureCount])
  }

  var parentBias: Float { published?.nodes[number].bias[parent] ?? node.bias[parent] }

  private var scale: Float {
    published?.nodes[number].scale[parent] ?? (node.kind == .distance ? node.scale[parent] : 1)
  }

  /// Parameters of `form` with nothing in them but the scale.
  var blank: [Float] {
    var parameters = [Float](repeating: 0, count: form.end)
    if form.kind != .linear {
      parameters[form.logScale] = Float(Elementary.log(Double(max(scale, 1e-30))))
    }
    return parameters
  }

  /// The one child, as the file serves it.
  func served(weight: [Float], bias: Float) -> RouterNode {
    let scale = node.kind.hasScale ? [node.scale[parent]] : []
    guard form.isCosine else {
      return RouterNode(kind: node.kind, weights: weight, bias: [bias], scale: scale)
    }
    var shape = RouterShape(form.kind, expertCount: 1)
    (shape.tau1, shape.tau2) = (form.tau1, form.tau2)
    var router = TrainableRouter(shape, featureCount: featureCount)
    let place = router.forms[0]
    for feature in 0..<featureCount {
      router.parameters[place.weight(0, feature)] = weight[feature]
    }
    router.parameters[place.place.bias] = bias
    router.parameters[place.logScale] = blank[form.logScale]
    var child = router.serving.nodes[0]
    child.scale = scale
    return child
  }

  /// Rows with the best score of the node's children, and features as the form reads them.
  func scored(_ rows: ChildRows) -> ChildRows {
    var rows = rows.thinned(to: Self.rowLimit)
    let width = form.place.inputCount
    rows.best = (0..<rows.rowCount).map { row in
      let x = rows.features[row * width..<row * width + featureCount]
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      var best = -Float.infinity
      for child in node.bias.indices {
        let weights = node.weights[child * featureCount..<(child + 1) * featureCount]
        var score: Float
        switch node.kind {
        case .affine: score = zip(x, weights).reduce(0) { $0 + $1.0 * $1.1 }
        case .cosine:
          score =
            zip(x, weights).reduce(0) { $0 + $1.0 * $1.1 }
            / max(norm + node.scale[child], RouterForm.leastNorm)
        case .distance:
          score =
            -node.scale[child]
            * zip(x, weights).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        }
        score += node.bias[child]
        best = max(best, score)
      }
      return best
    }
    if node.kind == .cosine && form.kind == .linear {
      // The score is linear in the direction.
      for row in 0..<rows.rowCount {
        let x = rows.features[row * width..<row * width + featureCount]
        let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot() + node.scale[parent]
        for index in x.indices { rows.features[index] /= max(norm, RouterForm.leastNorm) }
      }
    }
    return rows
  }
}

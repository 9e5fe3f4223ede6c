// RouterProbe.swift: what the serving router says of a row beyond its choice.
//
// Step: row → [probe] → tally.   Specification: formats/model.md, sections 6.3, 9.1 and 9.3.

internal import PosternFormat
internal import PosternRuntime

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Looks at rows with the router of a model on two levels or with prototypes.
struct RouterProbe {
  private var inputs: LocalInputs
  /// The features of a row, padded, and behind them the scores of the node that was asked last.
  private var memory: [UInt32]
  private let inputCount: Int
  /// The group of each expert; empty for a router of one level.
  private let groups: [Int]

  /// Nil if the router has one level and no prototypes: then there is nothing to look at.
  init?(_ model: ModelView) {
    let router = model.router
    let groupCount = model.header.groupCount
    guard groupCount > 0 || router.root.kind == .distance else { return nil }
    inputs = LocalInputs(model)
    inputCount = Layout.pad(model.header.featureCount, to: 4)
    let most = Layout.pad(router.childCountLimit, to: Layout.panelWidth)
    memory = [UInt32](repeating: 0, count: inputCount + most)
    groups = (0..<groupCount).flatMap { group in
      [Int](repeating: group, count: router.inner(group).childCount)
    }
  }

  /// Adds what the router says of an answered row to a tally.
  ///
  /// - Parameters:
  ///   - row: The row's values as the session was given them.
  ///   - expert: The expert that the session chose.
  ///   - model: The model.
  ///   - tally: Where to add.
  /// - Complexity: O(*features* · *experts*) on two levels, else O(*columns* + *features*).
  mutating func look(
    at row: Span<Float>, expert: Int, _ model: ModelView, _ tally: inout RouteTally
  ) {
    inputs.load(row, model)
    for (feature, value) in inputs.features.enumerated() {
      memory[feature] = Float(value).bitPattern
    }
    let root = model.router.root
    if groups.isEmpty {
      tally.expertDistances.add(distance(root, expert, model))
      return
    }
    let group = groups[expert]
    let inner = model.router.inner(group)
    if root.kind == .distance { tally.groupDistances.add(distance(root, group, model)) }
    if inner.kind == .distance {
      tally.expertDistances.add(distance(inner, expert - inner.firstChild, model))
    }
    if let joint = jointChoice(model) { tally.joint.add(isOther: joint != expert) }
  }

  /// The expert whose probability `P(group) · P(expert | group)` no other exceeds, the lowest of
  /// several; nil if a score is not finite. Both factors are softmax values of serving scores.
  private mutating func jointChoice(_ model: ModelView) -> Int? {
    let root = model.router.root
    let outer = scores(root, model)
    var choice: (expert: Int, logit: Double)?
    for (group, score) in outer.enumerated() {
      let node = model.router.inner(group)
      let inner = scores(node, model)
      guard score.isFinite, inner.allSatisfy(\.isFinite) else { return nil }
      var best = 0
      for child in inner.indices where inner[child] > inner[best] { best = child }
      // The logarithm of the product, up to the term that all groups share.
      let sum = inner.reduce(0) { $0 + exp(Double($1) - Double(inner[best])) }
      let logit = Double(score) - log(sum)
      if choice.map({ logit > $0.logit }) ?? true { choice = (node.firstChild + best, logit) }
    }
    return choice?.expert
  }

  /// The scores of a node's children, bit for bit those that the runtime chooses by.
  private mutating func scores(_ node: RouterNode, _ model: ModelView) -> [Float] {
    // The properties themselves cannot be read while the memory is written.
    let inputs = inputCount
    let outputs = Layout.pad(node.childCount, to: Layout.panelWidth)
    let block = PosternRuntime.RowBlock(
      x: 0, xStride: inputs, y: inputs, yStride: outputs, rows: 1)
    let bytes = model.router.bytes
    var words = memory.mutableSpan
    switch node.kind {
    case .affine:
      let layer = DenseLayer(
        panels: node.panels, bias: node.bias, slopes: nil, inputs: inputs, outputs: outputs)
      Kernels.dense(layer, weights: bytes, rows: block, memory: &words)
    case .distance:
      let layer = DistanceLayer(
        panels: node.panels, bias: node.bias, scale: node.scale, inputs: inputs,
        outputs: outputs)
      Kernels.distance(layer, weights: bytes, rows: block, memory: &words)
    case .cosine:
      let layer = CosineLayer(
        panels: node.panels, bias: node.bias, scale: node.scale, inputs: inputs,
        children: node.childCount)
      Kernels.cosine(layer, weights: bytes, rows: block, memory: &words)
    }
    return (0..<node.childCount).map { Float(bitPattern: memory[inputCount + $0]) }
  }

  /// How far the features are from a child's prototype.
  private func distance(_ node: RouterNode, _ child: Int, _ model: ModelView) -> Double {
    let bytes = model.router.bytes
    let width = Layout.panelWidth
    let first = node.panels + 4 * (child / width * inputCount * width + child % width)
    var sum = 0.0
    for feature in 0..<model.header.featureCount {
      let place = first + 4 * width * feature
      let difference =
        Double(Float(bitPattern: memory[feature])) - Double(bytes.float(at: place))
      sum += difference * difference
    }
    return sum.squareRoot()
  }
}

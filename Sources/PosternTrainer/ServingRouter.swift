// ServingRouter.swift: which expert answers for a row, by the runtime's own arithmetic.
//
// Step: encoded rows → [serving router] → cells.   Specification: formats/model.md, section 9.3.

import PosternPackaging
import PosternRuntime

/// The router as the file has it. By definition this is what routes, in training's evaluation too.
struct ServingRouter {
  /// A node's constants as the kernels read them.
  private struct Node {
    var kind: RouterNode.Kind
    var childCount: Int
    var inputs: Int
    var outputs: Int
    /// Panels, biases, scales: little-endian floats.
    var bytes: [UInt8] = []
    var bias: Int { 4 * inputs * outputs }
    var scale: Int { bias + 4 * outputs }

    init(_ node: RouterNode) {
      kind = node.kind
      childCount = node.bias.count
      let featureCount = node.weights.count / max(childCount, 1)
      inputs = (featureCount + 3) / 4 * 4
      outputs = (childCount + 15) / 16 * 16
      var floats = [Float](repeating: 0, count: inputs * outputs + 2 * outputs)
      for child in 0..<childCount {
        for feature in 0..<featureCount {
          floats[((child / 16) * inputs + feature) * 16 + child % 16] =
            node.weights[child * featureCount + feature]
        }
        floats[inputs * outputs + child] = node.bias[child]
        if !node.scale.isEmpty { floats[inputs * outputs + outputs + child] = node.scale[child] }
      }
      bytes.reserveCapacity(4 * floats.count)
      for value in floats {
        let bits = value.bitPattern
        for shift in stride(from: 0, to: 32, by: 8) {
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
        }
      }
    }

    /// The child that each of `rows` rows chooses, and with `asksGates` its probability, else 1;
    /// their features are the first words of `memory`, the scores go behind them.
    func choose(
      rows: Int, memory: inout [UInt32], asksGates: Bool
    ) -> [(child: Int, gate: Float)] {
      let block = RowBlock(
        x: 0, xStride: inputs, y: rows * inputs, yStride: outputs, rows: rows)
      var words = memory.mutableSpan
      switch kind {
      case .affine:
        let layer = DenseLayer(
          panels: 0, bias: bias, slopes: nil, inputs: inputs, outputs: outputs)
        Kernels.dense(layer, weights: bytes.span, rows: block, memory: &words)
      case .distance:
        let layer = DistanceLayer(
          panels: 0, bias: bias, scale: scale, inputs: inputs, outputs: outputs)
        Kernels.distance(layer, weights: bytes.span, rows: block, memory: &words)
      case .cosine:
        let layer = CosineLayer(
          panels: 0, bias: bias, scale: scale, inputs: inputs, children: childCount)
        Kernels.cosine(layer, weights: bytes.span, rows: block, memory: &words)
      }
      return (0..<rows).map { row in
        let first = rows * inputs + row * outputs
        var best = 0
        var score = Float(bitPattern: words[first])
        for child in 1..<max(childCount, 1) {
          let other = Float(bitPattern: words[first + child])
          if other > score { (best, score) = (child, other) }
        }
        guard asksGates else { return (best, 1) }
        return (best, largestProbability(logits: first, count: childCount, memory: words))
      }
    }
  }

  private let root: Node
  private let inner: [Node]
  private let firstExperts: [Int]

  init(_ router: Router) {
    switch router {
    case .flat(let node):
      root = Node(node)
      inner = []
      firstExperts = []
    case .twoLevel(let outer, let nodes):
      root = Node(outer)
      inner = nodes.map { Node($0) }
      var first = 0
      firstExperts = nodes.map { node in
        defer { first += node.bias.count }
        return first
      }
    }
  }

  /// The expert that answers for each row of `data`.
  ///
  /// - Complexity: O(*rows* · *features* · *scored children*).
  func route(_ data: EncodedRows, threads: Int = 1) -> [Int32] {
    let blocks = (data.rowCount + Self.blockSize - 1) / Self.blockSize
    let parts = Parallel.map(count: blocks, threads: threads) { block in
      routeBlock(data, start: block * Self.blockSize, asksGates: false).experts
    }
    return Array(parts.joined())
  }

  /// The expert that answers for each row of `data`, and its gate probability. Section 9.4.
  func routeWithGates(_ data: EncodedRows) -> (experts: [Int32], gates: [Float]) {
    var (experts, gates) = ([Int32](), [Float]())
    for start in stride(from: 0, to: data.rowCount, by: Self.blockSize) {
      let block = routeBlock(data, start: start, asksGates: true)
      experts += block.experts
      gates += block.gates
    }
    return (experts, gates)
  }

  /// Rows that are routed at a time.
  private static let blockSize = 256

  private func routeBlock(
    _ data: EncodedRows, start: Int, asksGates: Bool
  ) -> (experts: [Int32], gates: [Float]) {
    let rows = start..<min(start + Self.blockSize, data.rowCount)
    let chosen = choose(root, data, rows: Array(rows), asksGates: asksGates)
    var experts = chosen.map { Int32($0.child) }
    var gates = chosen.map(\.gate)
    for (group, node) in inner.enumerated() {
      let own = rows.filter { chosen[$0 - start].child == group }
      guard !own.isEmpty else { continue }
      for (row, choice) in zip(own, choose(node, data, rows: own, asksGates: asksGates)) {
        experts[row - start] = Int32(firstExperts[group] + choice.child)
        gates[row - start] *= choice.gate
      }
    }
    return (experts, gates)
  }

  private func choose(
    _ node: Node, _ data: EncodedRows, rows: [Int], asksGates: Bool
  ) -> [(child: Int, gate: Float)] {
    guard node.childCount > 1 else { return rows.map { _ in (0, 1) } }
    var memory: [UInt32] = []
    memory.reserveCapacity(rows.count * (node.inputs + node.outputs))
    for row in rows {
      for index in row * data.featureStride..<(row + 1) * data.featureStride {
        memory.append(data.features[index].bitPattern)
      }
    }
    memory += [UInt32](repeating: 0, count: rows.count * node.outputs)
    return node.choose(rows: rows.count, memory: &memory, asksGates: asksGates)
  }
}

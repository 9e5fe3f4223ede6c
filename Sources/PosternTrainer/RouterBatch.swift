// RouterBatch.swift: how likely a router finds each expert, and how it should change.
//
// Step: encoded rows → [router] → experts.

import PosternRuntime

/// The weights of the losses that a router is trained with besides that of its experts.
struct RouterLossWeights: Equatable, Sendable {
  /// Of the load-balancing loss [1, equations 4 to 6].
  ///
  /// [1]: https://arxiv.org/abs/2101.03961
  ///      "W. Fedus, B. Zoph, N. Shazeer. Switch Transformers. JMLR 23(120), 2022."
  var balance: Float = 0.01
  /// Of the squared coefficient of variation of the experts' importance [2, equation 6].
  ///
  /// [2]: https://arxiv.org/abs/1701.06538
  ///      "N. Shazeer et al. Outrageously large neural networks. ICLR 2017."
  var importance: Float = 0
  /// Of the router z-loss [3, equation 5].
  ///
  /// [3]: https://arxiv.org/abs/2202.08906
  ///      "B. Zoph et al. ST-MoE. 2022."
  var z: Float = 1e-3
  /// Of the load loss, which needs noise that is learned; see ``LoadLoss``.
  var load: Float = 0
}

/// The probabilities that a router gives its experts for the rows of a batch.
struct RouterBatch {
  let router: RouterLayout
  /// Shape `(rows, stride)`: of each expert, over all groups.
  private(set) var probabilities: [Float] = []
  /// The expert that each row would be routed to, group first.
  private(set) var choices: [Int] = []
  private(set) var rowCount = 0
  private(set) var temperature: Float = 1
  var traces: [RouterTrace]
  /// Of each node: at `temperature`, and at 1. Shape `(rows, node stride)`.
  private var nodeProbabilities: [[Float]]
  private var softProbabilities: [[Float]]
  /// Of each node: the child with each row's largest logit.
  private var nodeChoices: [[Int]]
  /// The logarithm of the sum of the exponentials of each row's logits, at temperature 1.
  private var logSums: [[Double]]

  /// The parts of a router that a batch needs when its parameters are elsewhere.
  struct RouterLayout {
    let forms: [RouterForm]
    let experts: [Range<Int>]
    let isTwoLevel: Bool
    let expertCount: Int
    let stride: Int
  }

  init(router: TrainableRouter) {
    self.router = RouterLayout(
      forms: router.forms, experts: router.experts, isTwoLevel: router.isTwoLevel,
      expertCount: router.expertCount, stride: router.stride)
    traces = router.forms.map { _ in RouterTrace() }
    nodeProbabilities = router.forms.map { _ in [] }
    softProbabilities = nodeProbabilities
    nodeChoices = router.forms.map { _ in [] }
    logSums = router.forms.map { _ in [] }
  }

  /// Computes logits and probabilities of rows whose features stand one after the other.
  ///
  /// `noise`, if there is one, is added to the logits of each node; shape `(rows, node stride)`.
  mutating func forward(
    _ parameters: [Float], features: [Float], rowCount: Int, temperature: Float,
    noise: [[Float]] = []
  ) {
    for (node, form) in router.forms.enumerated() {
      form.forward(parameters, features: features, rowCount: rowCount, into: &traces[node])
      if !noise.isEmpty {
        for index in 0..<rowCount * form.stride { traces[node].logits[index] += noise[node][index] }
      }
    }
    set(rowCount: rowCount, temperature: temperature)
  }

  /// Computes probabilities from the logits in `traces`.
  mutating func set(rowCount: Int, temperature: Float) {
    self.rowCount = rowCount
    self.temperature = temperature
    for node in router.forms.indices { setNode(node) }
    if probabilities.count < rowCount * router.stride {
      probabilities = [Float](repeating: 0, count: rowCount * router.stride)
    }
    choices.removeAll(keepingCapacity: true)
    guard router.isTwoLevel else {
      let count = rowCount * router.stride
      probabilities.replaceSubrange(..<count, with: nodeProbabilities[0][..<count])
      choices.append(contentsOf: nodeChoices[0][..<rowCount])
      return
    }
    let outer = router.forms[0]
    for row in 0..<rowCount {
      let group = nodeChoices[0][row]
      choices.append(router.experts[group].lowerBound + nodeChoices[group + 1][row])
      let first = row * router.stride
      for (group, experts) in router.experts.enumerated() {
        let inner = row * router.forms[group + 1].stride - experts.lowerBound
        for expert in experts {
          probabilities[first + expert] =
            nodeProbabilities[0][row * outer.stride + group]
            * nodeProbabilities[group + 1][inner + expert]
        }
      }
    }
  }

  private mutating func setNode(_ node: Int) {
    let form = router.forms[node]
    let count = rowCount * form.stride
    if nodeProbabilities[node].count < count {
      nodeProbabilities[node] = [Float](repeating: 0, count: count)
      softProbabilities[node] = nodeProbabilities[node]
    }
    if logSums[node].count < rowCount {
      logSums[node] = [Double](repeating: 0, count: rowCount)
      nodeChoices[node] = [Int](repeating: 0, count: rowCount)
    }
    VectorMath.softmax(
      traces[node].logits, stride: form.stride, count: form.childCount, rowCount: rowCount,
      temperature: temperature, sharp: &nodeProbabilities[node], soft: &softProbabilities[node],
      logSums: &logSums[node], choices: &nodeChoices[node])
  }

  /// The share of the rows that each expert is chosen for.
  var shares: [Float] {
    var shares = [Float](repeating: 0, count: router.expertCount)
    for choice in choices { shares[choice] += 1 / Float(rowCount) }
    return shares
  }

  /// What the losses of a batch were, unweighted.
  struct Losses: Equatable {
    var balance = 0.0
    var importance = 0.0
    var z = 0.0
  }

  /// Adds to `gradient`, which is by the logarithm of each expert's probability and has the shape
  /// `(rows, stride)`, that of the losses which keep experts in use.
  func addBalanceLosses(_ weights: RouterLossWeights, to gradient: inout [Float]) -> Losses {
    let shares = shares
    let count = router.expertCount
    var means = [Double](repeating: 0, count: count)
    for row in 0..<rowCount {
      for expert in 0..<count {
        means[expert] += Double(probabilities[row * router.stride + expert])
      }
    }
    let mean = means.reduce(0, +) / Double(count)
    var squares = 0.0
    for value in means { squares += (value - mean) * (value - mean) }
    let divisor = Double(max(count - 1, 1)) * (mean * mean + 1e-10)
    var losses = Losses()
    losses.importance = squares / divisor
    for expert in 0..<count { losses.balance += Double(shares[expert]) * means[expert] }
    losses.balance *= Double(count) / Double(rowCount)
    let pulls = (0..<count).map { expert in
      weights.balance * Float(count) / Float(rowCount) * shares[expert]
        + weights.importance * Float(2 * (means[expert] - mean) / divisor)
    }
    for row in 0..<rowCount {
      for expert in 0..<count {
        let index = row * router.stride + expert
        gradient[index] += pulls[expert] * probabilities[index]
      }
    }
    return losses
  }

  /// Turns the gradient by the logarithm of each expert's probability into that by the logits of
  /// each node, and adds the z-loss.
  ///
  /// With `G` the gradient by `log p` of a node's children and `p` their probabilities, the
  /// gradient by the logits is `(G - p ΣG) / temperature`; a group's `G` is the sum of its
  /// experts'.
  ///
  /// - Returns: For each node the gradient, shape `(rows, node stride)`; and the z-loss.
  func logitGradients(_ gradient: [Float], zWeight: Float) -> (nodes: [[Float]], z: Double) {
    var nodes = [gradient]
    if router.isTwoLevel { nodes = divided(gradient) }
    var z = 0.0
    for (node, form) in router.forms.enumerated() {
      // Inner nodes share the weight that the outer one has.
      let share = node == 0 ? 1 : 1 / Float(router.forms.count - 1)
      for logSum in logSums[node][..<rowCount] {
        z += Double(share) * logSum * logSum / Double(rowCount)
      }
      VectorMath.softmaxBackward(
        &nodes[node], stride: form.stride, count: form.childCount, rowCount: rowCount,
        temperature: temperature, sharp: nodeProbabilities[node], soft: softProbabilities[node],
        logSums: logSums[node], pull: zWeight * share * 2)
    }
    return (nodes, z)
  }

  /// The gradient by the logarithm of each expert's probability, as that by those of the nodes'
  /// children.
  private func divided(_ gradient: [Float]) -> [[Float]] {
    var nodes = router.forms.map { [Float](repeating: 0, count: rowCount * $0.stride) }
    for row in 0..<rowCount {
      let first = row * router.stride
      for (group, experts) in router.experts.enumerated() {
        let form = router.forms[group + 1]
        var sum: Float = 0
        for expert in experts {
          nodes[group + 1][row * form.stride + expert - experts.lowerBound] =
            gradient[first + expert]
          sum += gradient[first + expert]
        }
        nodes[0][row * router.forms[0].stride + group] = sum
      }
    }
    return nodes
  }
}

// Router+Children.swift: a router with a child more or some fewer, the others bit for bit.
//
// Step: router → [children come or go] → router section.   Specification: formats/model.md, 6.3.

import PosternPackaging

extension Router {
  /// The experts of each group; of a flat router, all.
  var groups: [Int] {
    switch self {
    case .flat(let node): [node.bias.count]
    case .twoLevel(_, let inner): inner.map(\.bias.count)
    }
  }

  /// The group of an expert, and its place there.
  func place(of expert: Int) -> (group: Int, child: Int) {
    var child = expert
    for (group, count) in groups.enumerated() {
      if child < count { return (group, child) }
      child -= count
    }
    preconditionFailure("a router knows its experts")
  }

  /// The node that chooses among the experts of a group.
  func node(ofGroup group: Int) -> Int {
    if case .twoLevel = self { group + 1 } else { 0 }
  }

  /// Without `experts`; each group keeps one.
  func removing(_ experts: Set<Int>) -> Router {
    var first = 0
    var router = self
    for (group, count) in groups.enumerated() {
      let kept = (0..<count).filter { !experts.contains(first + $0) }
      router[node: node(ofGroup: group)] = nodes[node(ofGroup: group)].selecting(kept)
      first += count
    }
    return router
  }

  /// With the one child of `new` behind those of a group.
  func adding(_ new: RouterNode, toGroup group: Int) -> Router {
    var router = self
    let number = node(ofGroup: group)
    var node = nodes[number]
    node.weights += new.weights
    node.bias += new.bias
    node.scale += new.scale
    router[node: number] = node
    return router
  }

  private subscript(node number: Int) -> RouterNode {
    get { nodes[number] }
    set {
      switch self {
      case .flat: self = .flat(newValue)
      case .twoLevel(let outer, var inner):
        guard number > 0 else {
          self = .twoLevel(outer: newValue, inner: inner)
          return
        }
        inner[number - 1] = newValue
        self = .twoLevel(outer: outer, inner: inner)
      }
    }
  }
}

extension RouterNode {
  /// Only `children`, in that order.
  func selecting(_ children: [Int]) -> RouterNode {
    let features = weights.count / bias.count
    return RouterNode(
      kind: kind,
      weights: children.flatMap { weights[$0 * features..<($0 + 1) * features] },
      bias: children.map { bias[$0] }, scale: scale.isEmpty ? [] : children.map { scale[$0] })
  }
}

extension RouterParameters {
  /// Without `experts` of a router with these groups.
  func removing(_ experts: Set<Int>, groups: [Int]) -> RouterParameters {
    var first = 0
    var parameters = self
    for (group, count) in groups.enumerated() {
      let kept = (0..<count).filter { !experts.contains(first + $0) }
      let number = innerKind == nil ? 0 : group + 1
      parameters.nodes[number] = nodes[number].selecting(kept)
      first += count
    }
    return parameters
  }

  /// With one child more in a group, that has the scale of the group's first.
  func adding(weight: [Float], bias: Float, toGroup group: Int) -> RouterParameters {
    var parameters = self
    let number = innerKind == nil ? 0 : group + 1
    parameters.nodes[number].weight += weight
    parameters.nodes[number].bias.append(bias)
    parameters.nodes[number].scale.append(nodes[number].scale[0])
    return parameters
  }
}

extension RouterParameters.Node {
  /// Only `children`, in that order.
  fileprivate func selecting(_ children: [Int]) -> RouterParameters.Node {
    let features = weight.count / bias.count
    return RouterParameters.Node(
      weight: children.flatMap { weight[$0 * features..<($0 + 1) * features] },
      bias: children.map { bias[$0] }, scale: children.map { scale[$0] })
  }
}

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

  /// Without `experts`, of which there are others. A group that loses all goes too; where one group
  /// is left there is nothing to choose among groups.
  func removing(_ experts: Set<Int>) -> Router {
    let children = groups.children(without: experts)
    guard case .twoLevel(let outer, let inner) = self else {
      return .flat(nodes[0].selecting(children[0]))
    }
    let left = children.indices.filter { !children[$0].isEmpty }
    let nodes = left.map { inner[$0].selecting(children[$0]) }
    return nodes.count == 1
      ? .flat(nodes[0]) : .twoLevel(outer: outer.selecting(left), inner: nodes)
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

extension [Int] {
  /// For groups of these sizes, the places of the experts in each that are not among `gone`.
  fileprivate func children(without gone: Set<Int>) -> [[Int]] {
    var first = 0
    return map { count in
      defer { first += count }
      return (0..<count).filter { !gone.contains(first + $0) }
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
  /// Without `experts` of a router with these groups: see ``Router/removing(_:)``.
  func removing(_ experts: Set<Int>, groups: [Int]) -> RouterParameters {
    let children = groups.children(without: experts)
    var parameters = self
    guard let innerKind else {
      parameters.nodes = [nodes[0].selecting(children[0])]
      return parameters
    }
    let left = children.indices.filter { !children[$0].isEmpty }
    let inner = left.map { nodes[$0 + 1].selecting(children[$0]) }
    if inner.count > 1 {
      parameters.nodes = [nodes[0].selecting(left)] + inner
    } else {
      (parameters.outerKind, parameters.innerKind, parameters.nodes) = (innerKind, nil, inner)
      if innerKind != .perturbedCosine { (parameters.tau1, parameters.tau2) = (0, 0) }
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

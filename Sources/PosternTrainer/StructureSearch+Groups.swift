// StructureSearch+Groups.swift: splits between groups of features that lie apart.
//
// Step: encoded rows → [structure search] → mixture.

extension StructureSearch {
  /// Splits between groups, the largest gain first, until each has its expert, or splitting
  /// what is left would lose, or there are as many experts as there may be.
  mutating func growByGroups() {
    let root = worthwhile(tree()).tree
    var nodes = [root]
    cells = nodes.map(\.group.points)
    loss = cells.reduce(0) { $0 + bestLoss($1) }
    var gains = nodes.map { splitGain($0) }
    while !shouldStop(), cells.count < Self.expertLimit,
      let best = gains.indices.filter({ !nodes[$0].parts.isEmpty }).max(by: {
        gains[$0].mean < gains[$1].mean
      })
    {
      let parts = nodes[best].parts
      let error = gains[best].error
      nodes.replaceSubrange(best...best, with: parts)
      gains.replaceSubrange(best...best, with: parts.map { splitGain($0) })
      cells = nodes.map(\.group.points)
      add(.split, error: error)
    }
  }

  /// A tree over the groups, from the nearest two upwards.
  private func tree() -> GroupTree {
    var nodes = groups.groups.map { GroupTree(group: $0) }
    while nodes.count > 1 {
      var nearest = (first: 0, second: 1, distance: Double.infinity)
      for first in nodes.indices {
        for second in nodes.indices.dropFirst(first + 1) {
          let distance = zip(nodes[first].group.mean, nodes[second].group.mean)
            .reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          if distance < nearest.distance { nearest = (first, second, distance) }
        }
      }
      let second = nodes.remove(at: nearest.second)
      let first = nodes[nearest.first]
      nodes[nearest.first] = GroupTree(
        group: first.group.joined(second.group), parts: [first, second])
    }
    return nodes[0]
  }

  /// The tree without the splits that lose, by themselves and with all that comes of their parts,
  /// and the loss of each row by its leaves.
  private func worthwhile(_ node: GroupTree) -> (tree: GroupTree, losses: [Double]) {
    let leaf = GroupTree(group: node.group)
    guard !shouldStop() else { return (leaf, []) }
    let whole = losses(of: [node.group.points], oneOf: [.affine, .quadratic])
    guard !node.parts.isEmpty else { return (leaf, whole) }
    let parts = node.parts.map { worthwhile($0) }
    guard !shouldStop() else { return (leaf, []) }
    let losses = zip(parts[0].losses, parts[1].losses).map { $0 + $1 }
    let loss = gain(from: losses, to: whole)
    if loss.exceeds(1) { return (leaf, whole) }
    return (GroupTree(group: node.group, parts: parts.map(\.tree)), losses)
  }

  private func splitGain(_ node: GroupTree) -> Gain {
    node.parts.isEmpty || shouldStop()
      ? Gain() : gain(of: node.parts.map(\.group.points), .quadratic)
  }
}

/// Groups of points, joined two by two.
private struct GroupTree {
  var group: PointGroup
  var parts: [GroupTree] = []
}

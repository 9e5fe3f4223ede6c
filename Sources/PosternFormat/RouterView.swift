// RouterView.swift: what chooses the expert.
//
// Step: section → [router] → scores.   Specification: formats/model.md, section 6.3.

/// How a node of the router scores its children. The number is the one in the file.
public enum RouterNodeKind: UInt8, Sendable {
  case affine = 0
  case distance = 1
  case cosine = 2
}

/// One choice among children: experts, or groups of them.
package struct RouterNode {
  package let kind: RouterNodeKind
  /// The first child: an expert's index; 0 for node 0.
  package let firstChild: Int
  package let childCount: Int
  /// Where the node's panels start in the section.
  package let panels: Int
  package let bias: Int
  /// Where the scales start; of no meaning for an affine node.
  package let scale: Int
  /// Where the next node's panels start.
  package let end: Int

  init(_ bytes: Span<UInt8>, record: Int, featureCount: Int) {
    kind = RouterNodeKind(rawValue: bytes[record]) ?? .affine
    firstChild = bytes.count(at: record + 4)
    childCount = bytes.count(at: record + 8)
    panels = bytes.count(at: record + 12).times(Layout.alignment)
    let outputs = Layout.pad(childCount, to: Layout.panelWidth)
    bias = panels.plus((4 * Layout.pad(featureCount, to: 4)).times(outputs))
    scale = bias.plus(4 * outputs)
    end = kind == .affine ? scale : scale.plus(4 * outputs)
  }
}

/// The router section, read in place.
package struct RouterView: ~Escapable {
  package let bytes: Span<UInt8>
  package let nodeCount: Int
  private let featureCount: Int

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, featureCount: Int) {
    self.bytes = bytes
    self.featureCount = featureCount
    nodeCount = bytes.count(at: 0)
  }

  /// Where the first node's tensors start.
  static func tensors(nodeCount: Int) -> Int {
    Layout.pad(
      Layout.Router.fixedByteCount + nodeCount * Layout.Router.recordByteCount,
      to: Layout.alignment)
  }

  /// The node that chooses first.
  package var root: RouterNode { node(0) }

  /// The node of a group.
  package func inner(_ group: Int) -> RouterNode { node(group + 1) }

  func node(_ number: Int) -> RouterNode {
    RouterNode(
      bytes, record: Layout.Router.fixedByteCount + number * Layout.Router.recordByteCount,
      featureCount: featureCount)
  }

  /// The largest number of children of a node.
  package var childCountLimit: Int {
    var most = 0
    for number in 0..<nodeCount { most = max(most, node(number).childCount) }
    return most
  }
}

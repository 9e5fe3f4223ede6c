// WorkspaceLayout.swift: where a session keeps what.
//
// Step: model → [workspace] → session.   Specification: formats/model.md, section 10.

/// The parts of a session's workspace, in 4-byte words.
package struct WorkspaceLayout: Sendable {
  /// `F`: words of a row's features.
  package let featureWordCount: Int
  /// `C`: words of a row's entries, and again of its fractions.
  package let columnWordCount: Int
  /// `O`: words of a row's outputs.
  package let outputWordCount: Int
  /// `S`: words of a row's scores.
  package let scoreWordCount: Int
  /// `W`: words of a row's activations in one layer.
  package let activationWordCount: Int
  /// Words of the bits that say which experts were checked.
  package let checkedWordCount: Int
  /// Words of the routing counters.
  package let counterWordCount: Int
  /// Words of the group bounds.
  package let groupWordCount: Int

  /// Adds up what `model` needs.
  ///
  /// - Complexity: O(*columns* + *groups* + *experts*).
  package init(_ model: borrowing ModelView) {
    let experts = model.header.expertCount
    featureWordCount = Layout.pad(model.header.featureCount, to: 16)
    columnWordCount = Layout.pad(model.transform.usedColumnCount, to: 16)
    outputWordCount = Layout.pad(model.header.outputCount, to: 16)
    scoreWordCount = Layout.pad(model.router.childCountLimit, to: 16)
    var width = model.header.outputCount
    let shapes = model.shapes
    for index in 0..<shapes.count {
      let shape = shapes.shape(index)
      for layer in 0..<shape.hiddenCount { width = max(width, shape.width(ofHiddenLayer: layer)) }
    }
    activationWordCount = Layout.pad(width, to: 16)
    checkedWordCount = Layout.pad((model.expertSectionCount + 31) / 32, to: 16)
    counterWordCount = Layout.pad(2 * experts, to: 16)
    groupWordCount = Layout.pad(experts + 1, to: 16)
  }

  /// Words whatever the capacity.
  package var fixedWordCount: Int { checkedWordCount + counterWordCount + groupWordCount }
  /// Words for each row of capacity.
  package var rowWordCount: Int { featureWordCount + 2 * columnWordCount + outputWordCount + 8 }
  /// Words for each row of a block.
  package var blockRowWordCount: Int {
    featureWordCount + 2 * columnWordCount + scoreWordCount + 2 * activationWordCount
  }
}

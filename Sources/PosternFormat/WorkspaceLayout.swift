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

  /// The counts that the size of a workspace follows from.
  package struct Counts: Sendable {
    package var expertCount: Int
    package var expertSectionCount: Int
    package var featureCount: Int
    package var usedColumnCount: Int
    package var outputCount: Int
    /// The largest number of children of a router's node.
    package var childCount: Int
    /// The largest width of a hidden layer; 0 without one.
    package var hiddenWidth: Int

    /// Collects the counts.
    package init(
      expertCount: Int, expertSectionCount: Int, featureCount: Int, usedColumnCount: Int,
      outputCount: Int, childCount: Int, hiddenWidth: Int
    ) {
      self.expertCount = expertCount
      self.expertSectionCount = expertSectionCount
      self.featureCount = featureCount
      self.usedColumnCount = usedColumnCount
      self.outputCount = outputCount
      self.childCount = childCount
      self.hiddenWidth = hiddenWidth
    }
  }

  /// Adds up what a model of these counts needs.
  package init(_ counts: Counts) {
    featureWordCount = Layout.pad(counts.featureCount, to: 16)
    columnWordCount = Layout.pad(counts.usedColumnCount, to: 16)
    outputWordCount = Layout.pad(counts.outputCount, to: 16)
    scoreWordCount = Layout.pad(counts.childCount, to: 16)
    activationWordCount = Layout.pad(max(counts.hiddenWidth, counts.outputCount), to: 16)
    checkedWordCount = Layout.pad((counts.expertSectionCount + 31) / 32, to: 16)
    counterWordCount = Layout.pad(2 * counts.expertCount, to: 16)
    groupWordCount = Layout.pad(counts.expertCount + 1, to: 16)
  }

  /// Adds up what `model` needs.
  ///
  /// - Complexity: O(*columns* + *groups* + *experts*).
  package init(_ model: borrowing ModelView) {
    var width = 0
    let shapes = model.shapes
    for index in 0..<shapes.count {
      let shape = shapes.shape(index)
      for layer in 0..<shape.hiddenCount { width = max(width, shape.width(ofHiddenLayer: layer)) }
    }
    self.init(
      Counts(
        expertCount: model.header.expertCount, expertSectionCount: model.expertSectionCount,
        featureCount: model.header.featureCount,
        usedColumnCount: model.transform.usedColumnCount, outputCount: model.header.outputCount,
        childCount: model.router.childCountLimit, hiddenWidth: width))
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

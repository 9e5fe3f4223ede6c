// SessionLayout.swift: word offsets of everything that a session keeps.
//
// Specification: formats/model.md, section 10.

internal import PosternFormat

/// Where a session of a given capacity keeps what, in words from the start of the workspace.
struct SessionLayout: Sendable {
  let words: WorkspaceLayout
  let rowCapacity: Int
  let blockRowCount: Int

  let counters: Int
  let groups: Int
  let features: Int
  let entries: Int
  let fractions: Int
  let outputs: Int
  let scalars: Int
  let blockFeatures: Int
  let blockEntries: Int
  let blockFractions: Int
  let scores: Int
  let activations: Int
  let wordCount: Int

  init(_ words: WorkspaceLayout, rowCapacity: Int) {
    self.words = words
    self.rowCapacity = rowCapacity
    blockRowCount = min(rowCapacity, Layout.blockRowCount)
    counters = words.checkedWordCount
    groups = counters + words.counterWordCount
    features = words.fixedWordCount
    entries = features + rowCapacity * words.featureWordCount
    fractions = entries + rowCapacity * words.columnWordCount
    outputs = fractions + rowCapacity * words.columnWordCount
    scalars = outputs + rowCapacity * words.outputWordCount
    blockFeatures = scalars + rowCapacity * 8
    blockEntries = blockFeatures + blockRowCount * words.featureWordCount
    blockFractions = blockEntries + blockRowCount * words.columnWordCount
    scores = blockFractions + blockRowCount * words.columnWordCount
    activations = scores + blockRowCount * words.scoreWordCount
    wordCount = activations + 2 * blockRowCount * words.activationWordCount
  }

  /// One number for each row, `scalars + which * rowCapacity + slot`.
  enum Scalar: Int {
    case status = 0
    case expert = 1
    case order = 2
    case distinct = 3
    case margin = 4
    case runnerUp = 5
    case gateProbability = 6
    /// What the routed expert's outputs are multiplied by.
    case gateFactor = 7
  }

  func scalar(_ which: Scalar, _ slot: Int) -> Int {
    scalars + which.rawValue * rowCapacity + slot
  }

  /// The first of two areas that layers write in turn.
  func activation(_ side: Int) -> Int {
    activations + side * blockRowCount * words.activationWordCount
  }
}

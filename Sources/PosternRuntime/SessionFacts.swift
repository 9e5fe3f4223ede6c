// SessionFacts.swift: what a session asks of its model for every row, asked once.
//
// Step: model → [facts] → session.

internal import PosternFormat

/// Counts and choices of a model.
struct SessionFacts: Sendable {
  let expertCount: Int
  let outputCount: Int
  /// Features, padded: the inputs of the router and of dense first layers.
  let inputCount: Int
  let usedColumnCount: Int
  let sizes: ModelSizes
  let task: Task
  let gateScale: GateScale
  let isTwoLevel: Bool
  let hasSharedExpert: Bool
  /// Whether a layer reads entries and fractions.
  let needsEntries: Bool
  /// Whether the file is larger than what stays in a cache.
  let isCold: Bool
  /// Whether every column is a number that makes one feature, clamped between two edges.
  let isUniform: Bool
  /// Whether ``Kernels/row(_:_:layout:memory:)`` can predict a row at once: one affine node, raw
  /// experts, nothing scaled or added.
  let isPlain: Bool
  /// Where things are in the file.
  let places: Places

  /// Offsets in the file.
  struct Places: Sendable {
    let expertEntries: Int
    let shapes: Int
    let routerPanels: Int
    let routerBias: Int
    let head: Int
  }

  init(_ model: borrowing ModelView) {
    let header = model.header
    expertCount = header.expertCount
    outputCount = header.outputCount
    inputCount = Layout.pad(header.featureCount, to: 4)
    usedColumnCount = model.transform.usedColumnCount
    sizes = model.sizes
    task = header.task
    gateScale = header.gateScale
    isTwoLevel = header.groupCount > 0
    hasSharedExpert = header.hasSharedExpert
    needsEntries = model.shapes.haveLookup
    isCold = model.bytes.count > 1 &<< 24
    isUniform = SessionFacts.isUniform(model.transform)
    let root = model.router.root
    isPlain =
      header.groupCount == 0 && root.kind == .affine && header.gateScale == .none
      && !header.hasSharedExpert && header.cacheByteCount == 0
    let router = model.offset(of: .router)
    places = Places(
      expertEntries: model.expertEntryOffset, shapes: model.offset(of: .expertShapes),
      routerPanels: router + root.panels, routerBias: router + root.bias,
      head: model.offset(of: .head))
  }

  private static func isUniform(_ transform: borrowing TransformView) -> Bool {
    for index in 0..<transform.columnCount {
      let column = transform.column(index)
      guard column.kind == .numeric, column.valueCount == 2, column.missingPolicy != 2 else {
        return false
      }
    }
    return true
  }
}

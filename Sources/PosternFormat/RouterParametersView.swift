// RouterParametersView.swift: what the router was trained as.
//
// Step: section → [parameters] → whoever asks.   Specification: formats/model.md, section 8.1.

/// A router as it was published and trained. The number is the one in the file.
public enum RouterKind: UInt8, Sendable {
  case linear = 1
  case laplace = 2
  case cosine = 3
  case perturbedCosine = 4
  case prototype = 5
}

/// The section of router parameters, read in place.
public struct RouterParametersView: ~Escapable {
  private let bytes: Span<UInt8>
  /// Nodes: node 0, then one for each group.
  public let nodeCount: Int
  private let featureCount: Int
  private let router: RouterView

  /// Views checked bytes.
  @_lifetime(copy bytes, copy router)
  init(_ bytes: Span<UInt8>, _ header: Header, _ router: RouterView) {
    self.bytes = bytes
    nodeCount = router.nodeCount
    featureCount = header.featureCount
    self.router = router
  }

  /// The kind of node 0.
  public var outerKind: RouterKind { RouterKind(rawValue: bytes[0]) ?? .linear }
  /// The kind of the other nodes; nil for a flat router.
  public var innerKind: RouterKind? { RouterKind(rawValue: bytes[1]) }
  /// The softmax temperature at which gate probabilities were trained last. No unit, over 0.
  public var temperature: Float { bytes.float(at: 4) }
  /// Perturbed cosine: added to the norm of the weight.
  public var tau1: Float { bytes.float(at: 8) }
  /// Perturbed cosine: added to the norm of the features.
  public var tau2: Float { bytes.float(at: 12) }

  /// The children of a node.
  public func childCount(ofNode node: Int) -> Int { router.node(node).childCount }

  /// Where a node's numbers start in the section: weights of shape `(children, features)`, then
  /// biases, then scales.
  ///
  /// - Complexity: O(`node`).
  package func offset(ofNode node: Int) -> Int {
    var offset = Layout.routerParametersFixedByteCount
    for before in 0..<node { offset += byteCount(ofNode: before) }
    return offset
  }

  private func byteCount(ofNode node: Int) -> Int {
    (4 * childCount(ofNode: node)).times(featureCount + 2)
  }

  /// The number at an offset of the section.
  package func float(at offset: Int) -> Float { bytes.float(at: offset) }

  /// Checks rule R32 for this section.
  static func check(_ bytes: Span<UInt8>, _ model: borrowing ModelView) throws(FormatError) {
    let view = RouterParametersView(bytes, model.header, model.router)
    var size = Layout.routerParametersFixedByteCount
    for node in 0..<view.nodeCount { size = size.plus(view.byteCount(ofNode: node)) }
    guard bytes.count == size else {
      throw error(at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: size))
    }
    guard RouterKind(rawValue: bytes[0]) != nil else {
      throw error(at: 0, found: UInt64(wide: bytes[0]), expected: 5)
    }
    let innerIsLawful = model.header.groupCount > 0 ? view.innerKind != nil : bytes[1] == 0
    guard innerIsLawful else {
      throw error(
        at: 1, found: UInt64(wide: bytes[1]), expected: model.header.groupCount > 0 ? 5 : 0)
    }
    if let offset = bytes.firstNonzero(in: 2..<4) {
      throw error(at: offset, found: UInt64(wide: bytes[offset]))
    }
    if let offset = bytes.firstNotFinite(at: 4, count: bytes.count / 4 - 1) {
      throw error(bytes, at: offset)
    }
    guard view.temperature > 0 else { throw error(bytes, at: 4) }
    let isPerturbed = view.outerKind == .perturbedCosine || view.innerKind == .perturbedCosine
    for field in 0..<2 {
      let offset = 8 + 4 * field
      let tau = bytes.float(at: offset)
      guard isPerturbed ? tau >= 0 : tau == 0 else { throw error(bytes, at: offset) }
    }
    var start = Layout.routerParametersFixedByteCount
    for node in 0..<view.nodeCount {
      try view.checkUnused(ofNode: node, start)
      start += view.byteCount(ofNode: node)
    }
  }

  /// What the kind's formula does not have: a linear router's scale is 1, a prototype's bias 0.
  private func checkUnused(ofNode node: Int, _ start: Int) throws(FormatError) {
    let kind = node == 0 ? outerKind : innerKind ?? .linear
    let children = childCount(ofNode: node)
    let bias = start + 4 * children * featureCount
    for child in 0..<children {
      let (offset, expected): (Int, Float)
      switch kind {
      case .linear: (offset, expected) = (bias + 4 * children + 4 * child, 1)
      case .prototype: (offset, expected) = (bias + 4 * child, 0)
      case .laplace, .cosine, .perturbedCosine: return
      }
      guard bytes.float(at: offset) == expected else {
        throw RouterParametersView.error(bytes, at: offset)
      }
    }
  }

  private static func error(_ bytes: Span<UInt8>, at offset: Int) -> FormatError {
    error(at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
  }

  private static func error(at offset: Int, found: UInt64, expected: UInt64 = 0) -> FormatError {
    FormatError(
      .invalidAncillaryValue, kind: SectionKind.routerParameters.rawValue, at: offset,
      found: found, expected: expected)
  }
}

// RouterView+Validity.swift: rules R25 and R26.
//
// Specification: formats/model.md, sections 6.3 and 11.

extension RouterView {
  /// Checks the router section against the header.
  ///
  /// - Complexity: O(*bytes of the section*), no allocation.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    try checkNodes(bytes, header)
    let view = RouterView(bytes, featureCount: header.featureCount)
    for number in 0..<view.nodeCount {
      try checkTensors(bytes, view.node(number), header.featureCount)
    }
  }

  private static func error(
    _ rule: FormatRule, at offset: Int, found: UInt64 = 0, expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      rule, kind: SectionKind.router.rawValue, at: offset, found: found, expected: expected)
  }

  /// R25.
  private static func checkNodes(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let fixed = Layout.Router.fixedByteCount
    let nodeCount = 1 + header.groupCount
    let tensors = RouterView.tensors(nodeCount: nodeCount)
    guard bytes.count >= tensors else {
      throw error(
        .invalidRouterNode, at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: tensors)
      )
    }
    guard bytes.count(at: 0) == nodeCount else {
      throw error(
        .invalidRouterNode, at: 0, found: UInt64(wide: bytes.uint32(at: 0)),
        expected: UInt64(wide: nodeCount))
    }
    let records = fixed + nodeCount * Layout.Router.recordByteCount
    if let offset = bytes.firstNonzero(in: 4..<fixed) ?? bytes.firstNonzero(in: records..<tensors) {
      throw error(.invalidRouterNode, at: offset, found: UInt64(wide: bytes[offset]))
    }
    let isFlat = header.groupCount == 0
    var children = 0
    var end = tensors
    for number in 0..<nodeCount {
      let start = fixed + number * Layout.Router.recordByteCount
      if RouterNodeKind(rawValue: bytes[start]) == nil {
        throw error(.invalidRouterNode, at: start, found: UInt64(wide: bytes[start]), expected: 2)
      }
      if let offset = bytes.firstNonzero(in: start + 1..<start + 4) {
        throw error(.invalidRouterNode, at: offset, found: UInt64(wide: bytes[offset]))
      }
      let node = RouterNode(bytes, record: start, featureCount: header.featureCount)
      if node.firstChild != children {
        throw error(
          .invalidRouterNode, at: start + 4, found: UInt64(wide: node.firstChild),
          expected: UInt64(wide: children))
      }
      let most =
        number > 0
        ? header.expertCount - children
        : isFlat ? header.expertCount : header.groupCount
      let least = number > 0 ? 1 : most
      if node.childCount < least || node.childCount > most {
        throw error(
          .invalidRouterNode, at: start + 8, found: UInt64(wide: node.childCount),
          expected: UInt64(wide: most))
      }
      if node.panels != end {
        throw error(
          .invalidRouterNode, at: start + 12, found: UInt64(wide: node.panels / Layout.alignment),
          expected: UInt64(wide: end / Layout.alignment))
      }
      if number > 0 { children += node.childCount }
      end = node.end
    }
    if !isFlat && children != header.expertCount {
      throw error(
        .invalidRouterNode, at: 0, found: UInt64(wide: children),
        expected: UInt64(wide: header.expertCount))
    }
    guard end == bytes.count && end < Int.sizeCeiling else {
      throw error(
        .invalidRouterNode, at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: end))
    }
  }

  /// R26 for one node.
  private static func checkTensors(
    _ bytes: Span<UInt8>, _ node: RouterNode, _ featureCount: Int
  ) throws(FormatError) {
    if let offset = bytes.firstNotFinite(at: node.panels, count: (node.end - node.panels) / 4)
      ?? Panels.firstNonzeroPadding(
        bytes, at: node.panels, inputs: featureCount, outputs: node.childCount)
      ?? Panels.firstNonzeroTail(
        bytes, at: node.bias, count: node.childCount, vectors: (node.end - node.bias))
    {
      throw error(.invalidRouterValue, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
    // What a cosine's product is divided by is never 0.
    guard node.kind == .cosine else { return }
    for child in 0..<node.childCount where bytes.float(at: node.scale + 4 * child) <= 0 {
      let offset = node.scale + 4 * child
      throw error(.invalidRouterValue, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
  }
}

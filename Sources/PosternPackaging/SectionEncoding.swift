// SectionEncoding.swift: what every row needs, as sections.
//
// Step: model value → [sections] → assembler.
// Specification: formats/model.md, sections 6.1 to 6.5.

internal import PosternFormat

extension ModelDescription {
  /// Section 6.1.
  func schemaSection() -> [UInt8] {
    var texts = columns.map(\.name) + targetNames + classNames
    var categoryCounts: [Int] = []
    for column in columns {
      guard case .categorical(let categories, _, _, _) = column.kind else {
        categoryCounts.append(0)
        continue
      }
      categoryCounts.append(categories.count)
      texts += categories
    }
    var writer = ByteWriter()
    writer.append(count: columns.count)
    writer.append(count: targetNames.count)
    writer.append(count: classNames.count)
    writer.append(count: categoryCounts.reduce(0, +))
    writer.append(count: texts.reduce(0) { $0 + $1.count })
    writer.append(zeros: 12)
    var first = 0
    for (column, categoryCount) in zip(columns, categoryCounts) {
      writer.append(UInt32(column.kind.fileKind.rawValue))
      writer.append(count: first)
      writer.append(count: categoryCount)
      writer.append(zeros: 4)
      first += categoryCount
    }
    var offset = 0
    writer.append(count: 0)
    for text in texts {
      offset += text.count
      writer.append(count: offset)
    }
    for text in texts { writer.bytes += text }
    return writer.bytes
  }

  /// Section 6.2.
  func transformSection() -> [UInt8] {
    var writer = ByteWriter()
    let values = columns.map(\.kind.values)
    writer.append(count: columns.count)
    writer.append(count: featureCount)
    writer.append(count: entryCount)
    writer.append(count: values.reduce(0) { $0 + $1.count })
    var feature = 0
    var entry = 0
    var value = 0
    for (column, values) in zip(columns, values) {
      var unknown: UInt8 = 0
      var numbers: (fill: Float, center: Float, scale: Float) = (0, 0, 0)
      switch column.kind {
      case .numeric(_, let fill, let center, let scale): numbers = (fill, center, scale)
      case .categorical(_, let unknownHasEntry, _, _): unknown = unknownHasEntry ? 1 : 0
      case .ignored: break
      }
      writer.append(column.kind.fileKind.rawValue)
      writer.append(column.missing.rawValue)
      writer.append(unknown)
      writer.append(UInt8(0))
      for count in [
        feature, column.featureCount, entry, column.entryCount, value, values.count,
      ] {
        writer.append(count: count)
      }
      writer.append([numbers.fill, numbers.center, numbers.scale])
      writer.append(zeros: 8)
      feature += column.featureCount
      entry += column.entryCount
      value += values.count
    }
    for values in values { writer.append(values) }
    return writer.bytes
  }

  /// Section 6.3.
  func routerSection() throws(PackagingError) -> [UInt8] {
    let nodes = router.nodes
    var writer = ByteWriter()
    writer.append(count: nodes.count)
    writer.append(zeros: 12)
    var firstChild = 0
    let records = Layout.Router.fixedByteCount + nodes.count * Layout.Router.recordByteCount
    var start = Layout.pad(records, to: Layout.alignment)
    for (number, node) in nodes.enumerated() {
      writer.append(UInt32(node.kind.rawValue))
      writer.append(count: firstChild)
      writer.append(count: node.bias.count)
      writer.append(count: start / Layout.alignment)
      let outputs = Layout.pad(node.bias.count, to: Layout.panelWidth)
      start += 4 * outputs * (Layout.pad(featureCount, to: 4) + (node.kind.hasScale ? 2 : 1))
      if number > 0 { firstChild += node.bias.count }
    }
    writer.pad(to: Layout.alignment)
    for (number, node) in nodes.enumerated() {
      let children = node.bias.count
      try expect(.router, number, node.weights.count, children * featureCount)
      try expect(.router, number, node.scale.count, node.kind.hasScale ? children : 0)
      appendPanels(inputs: featureCount, outputs: children, to: &writer) { input, output in
        node.weights[output * featureCount + input]
      }
      appendVector(node.bias, to: &writer)
      appendVector(node.scale, to: &writer)
    }
    return writer.bytes
  }

  /// Section 6.4.
  func headSection() -> [UInt8] {
    var writer = ByteWriter()
    for output in head { writer.append([output.scale, output.offset, output.low, output.high]) }
    return writer.bytes
  }

  /// Section 6.5.
  func shapesSection() -> [UInt8] {
    var writer = ByteWriter()
    for expert in experts + (sharedExpert.map { [$0] } ?? []) {
      writer.append(expert.firstLayer.rawValue)
      writer.append(expert.elementType.rawValue)
      writer.append(UInt8(truncatingIfNeeded: expert.layers.count - 1))
      writer.append(expert.layers.count > 1 ? expert.activation.rawValue : 0)
      writer.append(count: expert.elementType == .int4 ? QuantisedWeights.groupSize : 0)
      for layer in 0..<Limit.hiddenCount {
        writer.append(
          count: layer < expert.layers.count - 1 ? expert.layers[layer].bias.count : 0)
      }
      writer.append(zeros: 8)
    }
    return writer.bytes
  }
}

/// Throws if a tensor has the wrong number of elements.
func expect(
  _ part: PackagingError.Part, _ index: Int, _ found: Int, _ expected: Int
) throws(PackagingError) {
  if found != expected {
    throw .wrongElementCount(part: part, index: index, found: found, expected: expected)
  }
}

/// Appends f32 panels `(padded outputs / 16, padded inputs, 16)`.
func appendPanels(
  inputs: Int, outputs: Int, to writer: inout ByteWriter,
  weight: (_ input: Int, _ output: Int) -> Float
) {
  for panel in 0..<Layout.pad(outputs, to: 16) / 16 {
    for input in 0..<Layout.pad(inputs, to: 4) {
      for lane in 0..<16 {
        let output = panel * 16 + lane
        writer.append(input < inputs && output < outputs ? weight(input, output) : 0)
      }
    }
  }
}

/// Appends f32 values and zeros to a multiple of 16 values; nothing for no values.
func appendVector(_ values: [Float], to writer: inout ByteWriter) {
  writer.append(values)
  writer.append(zeros: 4 * (Layout.pad(values.count, to: 16) - values.count))
}

extension Expert.ElementType {
  /// The same type as the reader names it.
  var stored: PosternFormat.ElementType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .int8: .int8
    case .int4: .int4
    }
  }
}

extension Router {
  /// The nodes in the order of the file.
  package var nodes: [RouterNode] {
    switch self {
    case .flat(let node): [node]
    case .twoLevel(let outer, let inner): [outer] + inner
    }
  }
}

extension Column.Kind {
  var fileKind: ColumnKind {
    switch self {
    case .numeric: .numeric
    case .categorical: .categorical
    case .ignored: .ignored
    }
  }

  /// Edges or codes.
  var values: [Float] {
    switch self {
    case .numeric(let edges, _, _, _): edges
    case .categorical(_, _, let codes, _): codes
    case .ignored: []
    }
  }
}

// ByteDump+Sections.swift: the fields of each kind of section, byte by byte.
//
// Specification: formats/model.md, sections 6 and 7.

internal import PosternFormat

extension ByteDump {
  /// The fields of a section whose stored bytes start at `start`.
  mutating func section(_ entry: SectionEntry, at start: Int) {
    switch entry.kind {
    case .schema: schema(start)
    case .transform: transform(start)
    case .router: router(start)
    case .head: head(start)
    case .expertShapes: shapes(start)
    case .input: input(start)
    case .expert where entry.encoding == .raw: expert(start, Int(entry.index))
    case .sharedExpert where entry.encoding == .raw:
      let number = model.header.expertCount
      expert(start, number)
    case .routerParameters where entry.encoding == .raw:
      routerParameters(start, Int(entry.storedByteCount))
    case .deviations where entry.encoding == .raw:
      let dimensions = [model.header.expertCount, model.header.outputCount]
      let byteCount = Int(entry.storedByteCount)
      guard (try? model.checkedSection(entry)) != nil else { fallthrough }
      tensor(start, dimensions, "f32", byteCount: byteCount, "deviations")
    default: bytes(start, Int(entry.storedByteCount), "content")
    }
  }

  /// One of the wrong size says nothing.
  private mutating func routerParameters(_ start: Int, _ byteCount: Int) {
    guard let view = try? model.routerParameters() else {
      return bytes(start, byteCount, "content")
    }
    integer(start, 1, "outerKind")
    integer(start + 1, 1, "innerKind")
    reserved(start + 2, 2)
    for (place, field) in ["temperature", "tau1", "tau2"].enumerated() {
      float(start + 4 + 4 * place, field)
    }
    var offset = start + Layout.routerParametersFixedByteCount
    let featureCount = model.header.featureCount
    for node in 0..<view.nodeCount {
      let name = view.nodeCount > 1 ? "node \(node) " : ""
      let children = view.childCount(ofNode: node)
      for (part, dimensions) in [
        ("weight", [children, featureCount]), ("bias", [children]), ("scale", [children]),
      ] {
        let count = 4 * dimensions.reduce(1, *)
        tensor(offset, dimensions, "f32", byteCount: count, name + part)
        offset += count
      }
    }
  }

  private mutating func schema(_ start: Int) {
    let columns = integer(start, 4, "columnCount")
    let targets = integer(start + 4, 4, "targetCount")
    let classes = integer(start + 8, 4, "classCount")
    let categories = integer(start + 12, 4, "categoryCount")
    integer(start + 16, 4, "textByteCount")
    reserved(start + 20, 12)
    var offset = start + Layout.Schema.fixedByteCount
    for _ in 0..<columns {
      integer(offset, 1, "kind")
      reserved(offset + 1, 3)
      integer(offset + 4, 4, "firstCategory")
      integer(offset + 8, 4, "categoryCount")
      reserved(offset + 12, 4)
      offset += Layout.Schema.recordByteCount
    }
    texts(offset, columns + targets + classes + categories)
  }

  /// Where each text ends, and the texts.
  mutating func texts(_ offset: Int, _ count: Int) {
    let texts = offset + 4 * (count + 1)
    var bounds: [Int] = []
    for index in 0...count { bounds.append(integer(offset + 4 * index, 4, "offset[\(index)]")) }
    for index in 0..<count where bounds[index + 1] > bounds[index] {
      let range = texts + bounds[index]..<texts + bounds[index + 1]
      let text = Messages.quoted(model.bytes.extracting(range)).dropFirst().dropLast()
      bytes(range.lowerBound, range.count, "text", "'\(text)'")
    }
  }

  private mutating func transform(_ start: Int) {
    let columns = integer(start, 4, "columnCount")
    integer(start + 4, 4, "featureCount")
    integer(start + 8, 4, "entryCount")
    let values = integer(start + 12, 4, "valueCount")
    var offset = start + Layout.Transform.fixedByteCount
    let fields = [
      "firstFeature", "featureCount", "firstEntry", "entryCount", "firstValue", "valueCount",
    ]
    for _ in 0..<columns {
      integer(offset, 1, "kind")
      integer(offset + 1, 1, "missingPolicy")
      integer(offset + 2, 1, "unknownPolicy")
      reserved(offset + 3, 1)
      for (place, field) in fields.enumerated() { integer(offset + 4 + 4 * place, 4, field) }
      float(offset + 28, "fill")
      float(offset + 32, "center")
      float(offset + 36, "scale")
      reserved(offset + 40, 8)
      offset += Layout.Transform.recordByteCount
    }
    if values > 0 { tensor(offset, [values], "f32", byteCount: 4 * values, "values") }
  }

  private mutating func router(_ start: Int) {
    let count = integer(start, 4, "nodeCount")
    reserved(start + 4, 12)
    var offset = start + Layout.Router.fixedByteCount
    for _ in 0..<count {
      integer(offset, 1, "kind")
      reserved(offset + 1, 3)
      integer(offset + 4, 4, "firstChild")
      integer(offset + 8, 4, "childCount")
      integer(offset + 12, 4, "firstBlock")
      offset += Layout.Router.recordByteCount
    }
    let inputs = Layout.pad(model.header.featureCount, to: 4)
    for number in 0..<count {
      let node = number == 0 ? model.router.root : model.router.inner(number - 1)
      let name = count > 1 ? "node \(number) " : ""
      let outputs = Layout.pad(node.childCount, to: Layout.panelWidth)
      zeros(offset, to: start + node.panels)
      tensor(
        start + node.panels, [outputs / Layout.panelWidth, inputs, Layout.panelWidth], "f32",
        byteCount: node.bias - node.panels, name + "panels")
      tensor(start + node.bias, [outputs], "f32", byteCount: 4 * outputs, name + "bias")
      if node.kind != .affine {
        tensor(start + node.scale, [outputs], "f32", byteCount: 4 * outputs, name + "scale")
      }
      offset = start + node.end
    }
  }

  private mutating func head(_ start: Int) {
    for output in 0..<model.header.outputCount {
      let offset = start + output * Layout.headRecordByteCount
      for (place, field) in ["scale", "offset", "low", "high"].enumerated() {
        float(offset + 4 * place, field)
      }
    }
  }

  private mutating func shapes(_ start: Int) {
    for expert in 0..<model.expertSectionCount {
      let offset = start + expert * Layout.shapeRecordByteCount
      integer(offset, 1, "firstLayer")
      integer(offset + 1, 1, "elementType")
      integer(offset + 2, 1, "hiddenCount")
      integer(offset + 3, 1, "activation")
      integer(offset + 4, 4, "groupSize")
      line(offset + 8, 4 * Limit.hiddenCount, "\(Limit.hiddenCount) × u32", "widths")
      reserved(offset + 56, 8)
    }
  }

  private mutating func expert(_ start: Int, _ expert: Int) {
    let shape = model.shape(ofExpert: expert)
    let sizes = model.sizes
    var layout = shape.firstLayout(sizes)
    for _ in 0..<shape.hiddenCount {
      layer(start, shape, layout)
      layout = shape.nextLayout(layout, sizes)
    }
    layer(start, shape, layout)
  }

  private mutating func layer(_ start: Int, _ shape: ExpertShape, _ layout: LayerLayout) {
    let name = "layer \(layout.layer) "
    let outputs = layout.paddedOutputs
    let elements = layout.paddedInputs * outputs
    let panels = outputs / Layout.panelWidth
    let (element, byteCount) =
      switch shape.elementType {
      case .f32: ("f32", 4 * elements)
      case .f16: ("f16", 2 * elements)
      case .int8: ("i8", elements)
      case .int4: layout.isLookup ? ("i8", elements) : ("i4", elements / 2)
      }
    let dimensions =
      layout.isLookup
      ? [layout.paddedInputs, outputs]
      : element == "i8"
        ? [panels, layout.paddedInputs / 4, Layout.panelWidth, 4]
        : [panels, layout.paddedInputs, Layout.panelWidth]
    tensor(start + layout.weights, dimensions, element, byteCount: byteCount, name + "weights")
    zeros(start + layout.weights + byteCount, to: start + layout.weightScale)
    for offset in stride(from: layout.weightScale, to: layout.bias, by: 4 * outputs) {
      tensor(start + offset, [outputs], "f32", byteCount: 4 * outputs, name + "weightScale")
    }
    tensor(start + layout.bias, [outputs], "f32", byteCount: 4 * outputs, name + "bias")
    if !layout.isLast {
      tensor(start + layout.slopes, [outputs], "f32", byteCount: 4 * outputs, name + "slopes")
    }
  }
}

// ModelDescription+Decoding.swift: the bytes of a file back to a model value.
//
// Step: file → view → [decoder] → model value.   Specification: formats/model.md, sections 6 to 8.

public import PosternFormat

extension ModelDescription {
  /// The whole model as a value: ``encoded(profile:)`` of it gives the file's bytes again, in the
  /// profile that the file is stored in.
  ///
  /// - Parameters:
  ///   - model: A validated model.
  ///   - decoded: The decoded, checked bytes of an expert; `expertCount` names the shared one. Each
  ///     is asked for once, in order.
  /// - Throws: ``ModelDecodingError``, where a value would say less than the file.
  /// - Complexity: O(*weights*). ``init(frameOf:)`` reads no expert.
  public init(
    decoding model: ModelView, decoded: (_ expert: Int) throws(FormatError) -> [UInt8]
  ) throws(ModelDecodingError) {
    let versionMinor = Layout.versionMinor(hasInput: model.entry(.input) != nil)
    guard model.header.versionMinor == versionMinor else {
      throw .otherMinorVersion(model.header.versionMinor)
    }
    self.init(frameOf: model)
    ancillary = try Ancillary(decoding: model)
    for expert in 0..<model.expertSectionCount {
      let bytes: [UInt8]
      do throws(FormatError) {
        bytes = try decoded(expert)
      } catch {
        throw .unlawful(error)
      }
      let value = Expert(decoding: expert, of: model, bytes.span)
      if expert < model.header.expertCount { experts.append(value) } else { sharedExpert = value }
    }
  }

  /// What every row needs, as a value: all but the experts and the ancillary sections, which are
  /// left empty. ``Expert/init(decoding:of:_:)`` reads the experts that are wanted.
  ///
  /// - Parameter model: A validated model.
  /// - Complexity: O(*bytes that every row needs*); no expert is read.
  public init(frameOf model: ModelView) {
    let schema = model.schema
    var columns: [Column] = []
    for index in 0..<model.header.columnCount { columns.append(Column(decoding: index, of: model)) }
    var targetNames: [[UInt8]] = []
    for index in 0..<schema.targetCount { targetNames.append(copy(schema.targetName(index))) }
    var classNames: [[UInt8]] = []
    for index in 0..<schema.classCount { classNames.append(copy(schema.className(index))) }
    var head: [HeadOutput] = []
    let records = model.head
    for output in 0..<model.header.outputCount {
      head.append(
        HeadOutput(
          scale: records.scale(output), offset: records.offset(output), low: records.low(output),
          high: records.high(output)))
    }
    self.init(
      task: Task(rawValue: model.header.task.rawValue) ?? .regression,
      gateScale: GateScale(rawValue: model.header.gateScale.rawValue) ?? .none, columns: columns,
      targetNames: targetNames, classNames: classNames, router: Router(decoding: model),
      experts: [], head: head, input: InputDescription(decoding: model))
  }
}

extension Column {
  /// Sections 6.1 and 6.2.
  fileprivate init(decoding index: Int, of model: ModelView) {
    let schema = model.schema
    let transform = model.transform
    let record = transform.column(index)
    var values: [Float] = []
    for number in 0..<record.valueCount {
      values.append(transform.value(record.firstValue + number))
    }
    let kind: Kind
    switch schema.kind(ofColumn: index) {
    case .ignored: kind = .ignored
    case .numeric:
      kind = .numeric(
        edges: values, fill: record.fill, center: record.center, scale: record.scale)
    case .categorical:
      var categories: [[UInt8]] = []
      for code in 0..<schema.categoryCount(ofColumn: index) {
        categories.append(copy(schema.category(code, ofColumn: index)))
      }
      kind = .categorical(
        categories: categories, unknownHasEntry: record.unknownPolicy == 1, codes: values,
        featureCount: record.featureCount)
    }
    self.init(
      name: copy(schema.columnName(index)), kind: kind,
      missing: MissingPolicy(rawValue: record.missingPolicy) ?? .refuse)
  }
}

extension Router {
  /// Section 6.3.
  fileprivate init(decoding model: ModelView) {
    let router = model.router
    func node(_ node: PosternFormat.RouterNode) -> RouterNode {
      let (children, features) = (node.childCount, model.header.featureCount)
      let inputs = Layout.pad(features, to: 4)
      var weights: [Float] = []
      weights.reserveCapacity(children * features)
      for child in 0..<children {
        for feature in 0..<features {
          let element = panelElement(input: feature, output: child, inputs: inputs)
          weights.append(router.bytes.float(at: node.panels + 4 * element))
        }
      }
      // Only nodes of some kinds have a scale.
      let scaleCount = node.end > node.scale ? children : 0
      return RouterNode(
        kind: RouterNode.Kind(rawValue: node.kind.rawValue) ?? .affine, weights: weights,
        bias: floats(router.bytes, at: node.bias, count: children),
        scale: floats(router.bytes, at: node.scale, count: scaleCount))
    }
    if model.header.groupCount == 0 {
      self = .flat(node(router.root))
    } else {
      self = .twoLevel(
        outer: node(router.root),
        inner: (0..<model.header.groupCount).map { node(router.inner($0)) })
    }
  }
}

extension Ancillary {
  /// Section 8.
  fileprivate init(decoding model: ModelView) throws(ModelDecodingError) {
    self.init()
    for number in 0..<model.header.sectionCount {
      let entry = model.entry(number)
      if entry.isCritical { continue }
      guard entry.encoding == .raw else { throw .sectionWithoutPlace(kind: entry.rawKind) }
      let bytes: [UInt8]
      do throws(FormatError) {
        bytes = copy(try model.checkedSection(entry))
      } catch {
        throw .unlawful(error)
      }
      switch entry.kind {
      case .routerParameters: routerParameters = try parameters(of: model)
      case .deviations: deviations = floats(bytes.span, at: 0, count: bytes.count / 4)
      case .modelCard: modelCard = bytes
      case .provenance: provenance = bytes
      case .selfTest: selfTest = bytes
      case .routingHistogram where bytes.count % 8 == 0:
        for index in 0..<bytes.count / 8 {
          routingHistogram.append(bytes.span.uint64(at: 8 * index))
        }
      default: throw .sectionWithoutPlace(kind: entry.rawKind)
      }
    }
  }
}

/// What the router was trained as, in a section that is there.
private func parameters(
  of model: ModelView
) throws(ModelDecodingError) -> RouterParameters? {
  do throws(FormatError) {
    return try RouterParameters(decoding: model)
  } catch {
    throw .unlawful(error)
  }
}

/// `count` f32 numbers of a section.
func floats(_ bytes: Span<UInt8>, at offset: Int, count: Int) -> [Float] {
  var values: [Float] = []
  values.reserveCapacity(count)
  for index in 0..<count { values.append(bytes.float(at: offset + 4 * index)) }
  return values
}

/// Where panels hold the weight from `input` to `output`; `inputs` is padded. Section 7.
func panelElement(input: Int, output: Int, inputs: Int) -> Int {
  ((output / Layout.panelWidth) * inputs + input) * Layout.panelWidth + output % Layout.panelWidth
}

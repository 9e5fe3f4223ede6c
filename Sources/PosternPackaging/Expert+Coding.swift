// Expert+Coding.swift: one expert's section to its value, and back.
//
// Step: file → [one expert] → trainer → [one expert] → file.
// Specification: formats/model.md, section 7.

public import PosternFormat
internal import PosternRuntime

extension Expert {
  /// One expert of a file as a value. Weights of fewer bits become the floats they stand for, and
  /// ``elementType`` says how they were stored.
  ///
  /// - Parameters:
  ///   - expert: In `0..<model.expertSectionCount`; `expertCount` names the shared one.
  ///   - model: A validated model.
  ///   - decoded: The decoded bytes of this expert's section, checked by
  ///     ``ModelView/checkExpert(_:decoded:)``.
  /// - Complexity: O(*weights of this expert*).
  public init(
    decoding expert: Int, of model: ModelView, _ decoded: Span<UInt8>
  ) {
    let shape = model.shape(ofExpert: expert)
    precondition(decoded.count == Int(model.expertEntry(expert).decodedByteCount))
    let sizes = model.sizes
    var layout = shape.firstLayout(sizes)
    var layers = [Layer(decoding: layout, shape, decoded)]
    for _ in 0..<shape.hiddenCount {
      layout = shape.nextLayout(layout, sizes)
      layers.append(Layer(decoding: layout, shape, decoded))
    }
    self.init(
      firstLayer: shape.firstLayer == .lookup ? .lookup : .dense,
      elementType: ElementType(rawValue: shape.elementType.rawValue) ?? .f32,
      activation: shape.activation == .cube ? .cube : .prelu, layers: layers)
  }
}

extension Expert.Layer {
  fileprivate init(decoding layout: LayerLayout, _ shape: ExpertShape, _ bytes: Span<UInt8>) {
    let layer = ElementLayer(layout, shape)
    var weights: [Float] = []
    weights.reserveCapacity(layout.inputs * layout.outputs)
    for input in 0..<layout.inputs {
      for output in 0..<layout.outputs {
        weights.append(layer.weight(bytes, input: input, output: output))
      }
    }
    self.init(
      weights: weights, bias: floats(bytes, at: layout.bias, count: layout.outputs),
      slopes: layout.isLast
        ? [] : floats(bytes, at: layout.slopes, count: layout.outputs))
  }
}

extension ModelDescription {
  /// The decoded bytes of the section of `expert` in a file of this model, whether or not it is one
  /// of ``experts``.
  ///
  /// - Parameters:
  ///   - expert: An expert for the features, entries and outputs of this model.
  ///   - index: Its index, for errors.
  /// - Returns: Section 7's bytes.
  /// - Throws: ``PackagingError``, if a tensor has the wrong size.
  public func section(of expert: Expert, index: Int) throws(PackagingError) -> [UInt8] {
    try section(expert, .expert, index)
  }

  /// The decoded bytes of the router section, section 6.3.
  ///
  /// - Throws: ``PackagingError``, if a tensor has the wrong size.
  public func sectionOfRouter() throws(PackagingError) -> [UInt8] { try routerSection() }

  /// The decoded bytes of the section of what the router was trained as, section 8.1; nil if that
  /// is not said.
  ///
  /// - Throws: ``PackagingError``, if a tensor has the wrong size.
  public func sectionOfRouterParameters() throws(PackagingError) -> [UInt8]? {
    guard let parameters = ancillary.routerParameters else { return nil }
    return try section(parameters)
  }
}

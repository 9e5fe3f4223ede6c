// ModelDescription+Encoding.swift: a model value to the bytes of a file.
//
// Step: trainer → model value → [encoder] → storage.   Specification: formats/model.md.

internal import PosternFormat

extension ModelDescription {
  /// The bytes of the model's file. Equal models give equal bytes.
  ///
  /// - Parameter profile: How experts are stored.
  /// - Returns: A file that ``ModelView`` accepts, its experts included.
  /// - Throws: ``PackagingError``, if a part has the wrong size, is not lawful or exceeds a limit.
  /// - Complexity: O(*weights*); compression dominates.
  public func encoded(profile: Profile) throws(PackagingError) -> [UInt8] {
    let classes =
      switch task {
      case .regression: 0
      case .binary: 2
      case .multiclass: head.count
      }
    try expect(.names, 0, targetNames.count, task == .regression ? head.count : 1)
    try expect(.names, 1, classNames.count, classes)
    var sections = [
      SectionContent(.schema, schemaSection()),
      SectionContent(.transform, transformSection()),
      SectionContent(.router, try routerSection()),
      SectionContent(.head, headSection()),
      SectionContent(.expertShapes, shapesSection()),
    ]
    if let sharedExpert {
      sections.append(SectionContent(.sharedExpert, try section(sharedExpert, .sharedExpert, 0)))
    }
    for (index, expert) in experts.enumerated() {
      sections.append(
        SectionContent(
          expert: index, expert.elementType.stored, try section(expert, .expert, index)))
    }
    if let input {
      try expect(.input, 0, input.columns.count, columns.count)
      try expect(.input, 1, input.targets.count, targetNames.count)
      sections.append(SectionContent(.input, input.section))
    }
    sections += try ancillarySections()
    return try assemble(sections, headerCounts) { _ in profile }
  }

  private var headerCounts: HeaderCounts {
    let all = experts + (sharedExpert.map { [$0] } ?? [])
    let workspace = WorkspaceLayout(
      WorkspaceLayout.Counts(
        expertCount: experts.count, expertSectionCount: all.count, featureCount: featureCount,
        usedColumnCount: columns.count { $0.kind != .ignored }, outputCount: outputCount,
        childCount: router.nodes.map(\.bias.count).max() ?? 0,
        hiddenWidth: all.flatMap { $0.layers.dropLast() }.map(\.bias.count).max() ?? 0))
    let groupCount =
      if case .twoLevel(_, let inner) = router { inner.count } else { 0 }
    return HeaderCounts(
      versionMinor: Layout.versionMinor(hasInput: input != nil), expertCount: experts.count,
      columnCount: columns.count, featureCount: featureCount,
      outputCount: outputCount, task: task.rawValue, gateScale: gateScale.rawValue,
      hasSharedExpert: sharedExpert != nil, groupCount: groupCount, workspace: workspace)
  }

  /// Section 7.
  func section(
    _ expert: Expert, _ part: PackagingError.Part, _ index: Int
  ) throws(PackagingError) -> [UInt8] {
    var writer = ByteWriter()
    var inputs = expert.firstLayer == .lookup ? entryCount : featureCount
    for (number, layer) in expert.layers.enumerated() {
      let isLast = number == expert.layers.count - 1
      let outputs = layer.bias.count
      if isLast { try expect(part, index, outputs, outputCount) }
      try expect(part, index, layer.weights.count, inputs * outputs)
      try expect(part, index, layer.slopes.count, isLast ? 0 : outputs)
      let isLookup = number == 0 && expert.firstLayer == .lookup
      if expert.elementType != .f32 {
        QuantisedWeights(
          type: expert.elementType, isLookup: isLookup, inputs: inputs, outputs: outputs,
          weights: layer.weights
        ).append(to: &writer)
      } else if isLookup {
        for entry in 0..<inputs {
          appendVector(Array(layer.weights[entry * outputs..<(entry + 1) * outputs]), to: &writer)
        }
      } else {
        appendPanels(inputs: inputs, outputs: outputs, to: &writer) { input, output in
          layer.weights[input * outputs + output]
        }
      }
      appendVector(layer.bias, to: &writer)
      appendVector(layer.slopes, to: &writer)
      inputs = outputs
    }
    return writer.bytes
  }

  private func ancillarySections() throws(PackagingError) -> [SectionContent] {
    var sections: [SectionContent] = []
    if let parameters = ancillary.routerParameters {
      sections.append(SectionContent(.routerParameters, try section(parameters)))
    }
    if !ancillary.modelCard.isEmpty {
      sections.append(SectionContent(.modelCard, ancillary.modelCard))
    }
    if !ancillary.provenance.isEmpty {
      sections.append(SectionContent(.provenance, ancillary.provenance))
    }
    if !ancillary.routingHistogram.isEmpty {
      var writer = ByteWriter()
      for count in ancillary.routingHistogram { writer.append(count) }
      sections.append(SectionContent(.routingHistogram, writer.bytes))
    }
    if !ancillary.selfTest.isEmpty {
      sections.append(SectionContent(.selfTest, ancillary.selfTest))
    }
    if !ancillary.deviations.isEmpty {
      try expect(.deviations, 0, ancillary.deviations.count, experts.count * outputCount)
      var writer = ByteWriter()
      writer.append(ancillary.deviations)
      sections.append(SectionContent(.deviations, writer.bytes))
    }
    return sections
  }
}

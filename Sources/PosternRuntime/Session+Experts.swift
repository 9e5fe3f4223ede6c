// Session+Experts.swift: runs an expert over the rows that were routed to it.
//
// Step: groups → [expert] → outputs.   Specification: formats/model.md, sections 7, 9.2 and 9.5.

internal import PosternFormat

extension Session {
  /// Computes the outputs of a group's rows.
  ///
  /// - Parameters:
  ///   - group: From ``group(at:)``.
  ///   - bytes: The expert's decoded bytes, checked once by ``ModelView/checkExpert(_:decoded:)``.
  /// - Complexity: O(*rows* · *weights*), no allocation.
  @_lifetime(self: copy self)
  public mutating func run(_ group: ExpertGroup, expert bytes: Span<UInt8>) {
    precondition(
      group.first >= 0 && group.end <= answeredCount && group.expert < facts.expertCount)
    let isScaled = facts.gateScale != .none
    var position = group.first
    while position < group.end {
      let rows = min(layout.blockRowCount, group.end - position)
      let source = gatheredSource(position, rows: rows, for: group.expert)
      let outputs = run(group.expert, bytes, source, rows: rows)
      Kernels.scatter(
        outputs, outputs: facts.outputCount, first: position, rows: rows,
        isScaled: isScaled, layout: layout, memory: &memory)
      position += rows
    }
    count(group.expert, group.count)
  }

  /// Counts rows that an expert answered for.
  @_lifetime(self: copy self)
  mutating func count(_ expert: Int, _ rows: Int) {
    let counter = layout.counters + 2 * expert
    let (sum, carries) = memory[counter].addingReportingOverflow(UInt32(rows))
    memory[counter] = sum
    if carries { memory[counter + 1] &+= 1 }
  }

  /// Adds the shared expert's outputs to those of every row. Call it after all groups ran.
  ///
  /// - Parameter bytes: The shared expert's decoded bytes, checked as for an expert of a group.
  /// - Complexity: O(*rows* · *weights*), no allocation.
  @_lifetime(self: copy self)
  public mutating func runShared(expert bytes: Span<UInt8>) {
    precondition(facts.hasSharedExpert)
    let expert = facts.expertCount
    var first = 0
    while first < rowCount {
      let rows = min(layout.blockRowCount, rowCount - first)
      let outputs = run(expert, bytes, source(ofSlot: first), rows: rows)
      for row in 0..<rows where isAnswered(first + row) {
        let from = outputs + row * layout.words.activationWordCount
        let to = layout.outputs + (first + row) * layout.words.outputWordCount
        for output in 0..<facts.outputCount {
          memory[float: to + output] = memory[float: from + output] + memory[float: to + output]
        }
      }
      first += rows
    }
  }

  /// Runs all layers of an expert over a block's rows. Returns where the first row's outputs are.
  @_lifetime(self: copy self)
  private mutating func run(
    _ expert: Int, _ bytes: Span<UInt8>, _ source: ExpertSource, rows: Int
  ) -> Int {
    let isDone = Kernels.expert(
      shapes.record(expert), facts, bytes, source,
      rows: rows,
      layout: layout, memory: &memory)
    let shape = shapes.shape(expert)
    if isDone { return layout.activation(shape.hiddenCount % 2) }
    return runReference(shape, bytes, source, rows: rows)
  }

  /// The same, layer by layer.
  @_lifetime(self: copy self)
  private mutating func runReference(
    _ shape: ExpertShape, _ bytes: Span<UInt8>, _ source: ExpertSource, rows: Int
  ) -> Int {
    let words = layout.words
    let sizes = facts.sizes
    var part = shape.firstLayout(sizes)
    var target = layout.activation(0)
    let isCube = shape.activation == .cube
    if part.isLookup {
      let block = LookupBlock(
        entries: source.entries, fractions: source.fractions, columnStride: words.columnWordCount,
        y: target, yStride: words.activationWordCount, rows: rows)
      runLookup(part, shape, bytes, block)
    } else {
      let block = RowBlock(
        x: source.features, xStride: words.featureWordCount, y: target,
        yStride: words.activationWordCount, rows: rows)
      runDense(part, shape, bytes, block)
    }
    for layer in 0..<shape.hiddenCount {
      if isCube { cube(target, part.paddedOutputs, rows: rows) }
      part = shape.nextLayout(part, sizes)
      let source = target
      target = layout.activation((layer + 1) % 2)
      let block = RowBlock(
        x: source, xStride: words.activationWordCount, y: target,
        yStride: words.activationWordCount, rows: rows)
      runDense(part, shape, bytes, block)
    }
    return target
  }

  @_lifetime(self: copy self)
  private mutating func runDense(
    _ part: LayerLayout, _ shape: ExpertShape, _ bytes: Span<UInt8>, _ block: RowBlock
  ) {
    let isCube = shape.activation == .cube
    guard shape.elementType == .f32 else {
      let layer = ElementLayer(part, shape, hasSlopes: !isCube)
      return runDense(layer, bytes, rows: block)
    }
    let layer = DenseLayer(
      panels: part.weights, bias: part.bias, slopes: part.isLast || isCube ? nil : part.slopes,
      inputs: part.paddedInputs, outputs: part.paddedOutputs)
    Kernels.dense(layer, weights: bytes, rows: block, memory: &memory)
  }

  @_lifetime(self: copy self)
  private mutating func runLookup(
    _ part: LayerLayout, _ shape: ExpertShape, _ bytes: Span<UInt8>, _ block: LookupBlock
  ) {
    let isCube = shape.activation == .cube
    let columns = facts.usedColumnCount
    guard shape.elementType == .f32 else {
      let layer = ElementLayer(part, shape, hasSlopes: !isCube)
      return runLookup(layer, columns: columns, bytes, rows: block)
    }
    let layer = LookupLayer(
      table: part.weights, bias: part.bias, slopes: part.isLast || isCube ? nil : part.slopes,
      entries: part.inputs, columns: columns, outputs: part.paddedOutputs)
    Kernels.lookup(layer, weights: bytes, rows: block, memory: &memory)
  }

  /// The activation that no kernel fuses: the third power of a hidden layer's sums, in place.
  @_lifetime(self: copy self)
  private mutating func cube(_ first: Int, _ count: Int, rows: Int) {
    for row in 0..<rows {
      let start = first + row * layout.words.activationWordCount
      for word in start..<start + count {
        let sum = float(word)
        memory[word] = ((sum * sum) * sum).bitPattern
      }
    }
  }

  /// Where a slot's features, entries and fractions stand.
  private func source(ofSlot slot: Int) -> ExpertSource {
    let words = layout.words
    return ExpertSource(
      features: layout.features + slot * words.featureWordCount,
      entries: layout.entries + slot * words.columnWordCount,
      fractions: layout.fractions + slot * words.columnWordCount)
  }

  /// Where what an expert reads of a block's rows stands one behind the other: gathered, if it does
  /// not yet.
  @_lifetime(self: copy self)
  private mutating func gatheredSource(
    _ first: Int, rows: Int, for expert: Int
  ) -> ExpertSource {
    let slot = Int(memory[layout.scalar(.order, first)])
    let last = Int(memory[layout.scalar(.order, first + rows - 1)])
    // In a group slots ascend: as many as lie between the first and the last are all of them.
    if last - slot == rows - 1 { return source(ofSlot: slot) }
    let words = layout.words
    let source = ExpertSource(
      features: layout.blockFeatures, entries: layout.blockEntries,
      fractions: layout.blockFractions)
    guard shapes.shape(expert).firstLayer == .lookup else {
      Kernels.gather(
        layout.features, to: source.features, stride: words.featureWordCount, first: first,
        rows: rows, layout: layout, memory: &memory)
      return source
    }
    Kernels.gather(
      layout.entries, to: source.entries, stride: words.columnWordCount, first: first, rows: rows,
      layout: layout, memory: &memory)
    Kernels.gather(
      layout.fractions, to: source.fractions, stride: words.columnWordCount, first: first,
      rows: rows, layout: layout, memory: &memory)
    return source
  }
}

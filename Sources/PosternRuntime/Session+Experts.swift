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
    precondition(bytes.count == Int(narrow: model.expertEntry(group.expert).decodedByteCount))
    let shape = model.shape(ofExpert: group.expert)
    var position = group.first
    while position < group.end {
      let rows = min(layout.blockRowCount, group.end - position)
      let outputs = run(shape, bytes, from: position, rows: rows, inOrder: true)
      for row in 0..<rows {
        let slot = Int(memory[layout.scalar(.order, position + row)])
        store(outputs + row * layout.words.activationWordCount, slot, isShared: false)
      }
      position += rows
    }
    let counter = layout.counters + 2 * group.expert
    let (sum, carries) = memory[counter].addingReportingOverflow(UInt32(group.count))
    memory[counter] = sum
    if carries { memory[counter + 1] &+= 1 }
  }

  /// Adds the shared expert's outputs to those of every row. Call it after all groups ran.
  ///
  /// - Parameter bytes: The shared expert's decoded bytes, checked as for an expert of a group.
  /// - Complexity: O(*rows* · *weights*), no allocation.
  @_lifetime(self: copy self)
  public mutating func runShared(expert bytes: Span<UInt8>) {
    precondition(model.header.hasSharedExpert)
    let expert = model.header.expertCount
    precondition(bytes.count == Int(narrow: model.expertEntry(expert).decodedByteCount))
    let shape = model.shape(ofExpert: expert)
    var first = 0
    while first < rowCount {
      let rows = min(layout.blockRowCount, rowCount - first)
      let outputs = run(shape, bytes, from: first, rows: rows, inOrder: false)
      for row in 0..<rows where isAnswered(first + row) {
        store(outputs + row * layout.words.activationWordCount, first + row, isShared: true)
      }
      first += rows
    }
  }

  /// Runs all layers over `rows` rows from `first` on, which is a position in the batch's order if
  /// `inOrder`, else a slot. Returns where the first row's outputs are.
  @_lifetime(self: copy self)
  private mutating func run(
    _ shape: ExpertShape, _ bytes: Span<UInt8>, from first: Int, rows: Int, inOrder: Bool
  ) -> Int {
    let words = layout.words
    let sizes = model.sizes
    var part = shape.firstLayout(sizes)
    var target = layout.activation(0)
    let isCube = shape.activation == .cube
    if part.isLookup {
      let source = lookupSource(first, rows, inOrder)
      let block = LookupBlock(
        entries: source.entries, fractions: source.fractions, columnStride: words.columnWordCount,
        y: target, yStride: words.activationWordCount, rows: rows)
      runLookup(part, shape, bytes, block)
    } else {
      let block = RowBlock(
        x: featureSource(first, rows, inOrder), xStride: words.featureWordCount, y: target,
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
    let columns = model.transform.usedColumnCount
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

  /// Where the features of a block's rows stand one after the other: gathered, if they are not yet.
  @_lifetime(self: copy self)
  private mutating func featureSource(_ first: Int, _ rows: Int, _ inOrder: Bool) -> Int {
    let stride = layout.words.featureWordCount
    if !inOrder { return layout.features + first * stride }
    if rows == 1 { return layout.features + slot(at: first) * stride }
    gather(layout.features, to: layout.blockFeatures, stride: stride, first, rows)
    return layout.blockFeatures
  }

  /// The same for entries and fractions.
  @_lifetime(self: copy self)
  private mutating func lookupSource(
    _ first: Int, _ rows: Int, _ inOrder: Bool
  ) -> (entries: Int, fractions: Int) {
    let stride = layout.words.columnWordCount
    if !inOrder || rows == 1 {
      let row = (inOrder ? slot(at: first) : first) * stride
      return (layout.entries + row, layout.fractions + row)
    }
    gather(layout.entries, to: layout.blockEntries, stride: stride, first, rows)
    gather(layout.fractions, to: layout.blockFractions, stride: stride, first, rows)
    return (layout.blockEntries, layout.blockFractions)
  }

  private func slot(at position: Int) -> Int {
    Int(memory[layout.scalar(.order, position)])
  }

  @_lifetime(self: copy self)
  private mutating func gather(
    _ source: Int, to target: Int, stride: Int, _ first: Int, _ rows: Int
  ) {
    for row in 0..<rows {
      let from = source + slot(at: first + row) * stride
      let to = target + row * stride
      for word in 0..<stride { memory[to + word] = memory[from + word] }
    }
  }

  /// Stores a row's outputs, or adds the shared expert's to them.
  @_lifetime(self: copy self)
  private mutating func store(_ source: Int, _ slot: Int, isShared: Bool) {
    let target = layout.outputs + slot * layout.words.outputWordCount
    let isScaled = model.header.gateScale != .none && !isShared
    let factor = float(layout.scalar(.gateFactor, slot))
    for output in 0..<model.header.outputCount {
      var value = float(source + output)
      if isScaled { value = factor * value }
      if isShared { value = float(target + output) + value }
      memory[target + output] = value.bitPattern
    }
  }
}

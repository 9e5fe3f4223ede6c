// Kernels+Rows.swift: what happens to a row around its layers, by the fastest kernel there is.
//
// Step: row → [transform, choice, order, head] → prediction.   Specification: formats/model.md,
// sections 9.1, 9.3 and 9.5.

internal import PosternFormat

#if canImport(CPosternKernels) && _endian(little)
  internal import CPosternKernels
#endif

extension Kernels {
  /// Transforms `count` rows without gaps into slots from `slot` on, and notes their status.
  ///
  /// - Returns: Whether it was done. If not, nothing was, and `transformRow` does it for a row. A
  ///   row that is refused has a status that says no more than that.
  static func transform(
    _ rows: Span<Float>, count: Int, with view: borrowing TransformView, at slot: Int,
    layout: SessionLayout, facts: SessionFacts, memory: inout MutableSpan<UInt32>
  ) -> Bool {
    #if canImport(CPosternKernels) && _endian(little)
      precondition(MemoryLayout<postern_column>.size == Layout.Transform.recordByteCount)
      precondition(rows.count == count * view.columnCount && slot + count <= layout.rowCapacity)
      precondition(memory.count >= layout.wordCount)
      let words = layout.words
      let needsEntries = facts.needsEntries
      let isUniform = facts.isUniform && !needsEntries
      let done: Void? = unsafe withPointers(view.bytes, &memory) { bytes, memory in
        unsafe rows.withUnsafeBufferPointer { rows in
          let records = unsafe bytes + Layout.Transform.fixedByteCount
          let values = unsafe records + view.columnCount * Layout.Transform.recordByteCount
          let features = layout.features + slot * words.featureWordCount
          let entries = layout.entries + slot * words.columnWordCount
          let fractions = layout.fractions + slot * words.columnWordCount
          // SAFETY: the section was checked when the model was opened: its records stand in its
          // bytes, name values inside it, and features and entries up to the counts that the
          // layout was made of. The layout lies inside the memory, and the rows inside `rows`.
          var transform = unsafe postern_transform(
            columns: records.assumingMemoryBound(to: postern_column.self),
            column_count: view.columnCount, values: values.assumingMemoryBound(to: Float.self),
            features: memory + features, feature_stride: words.featureWordCount,
            feature_words: words.featureWordCount,
            entries: needsEntries ? integers(memory, entries) : nil,
            fractions: needsEntries ? memory + fractions : nil,
            column_stride: words.columnWordCount, is_uniform: isUniform ? 1 : 0)
          unsafe postern_transform(
            &transform, rows.baseAddress, count,
            integers(memory, layout.scalar(.status, slot)))
        }
      }
      return done != nil
    #else
      return false
    #endif
  }

  /// Chooses the best child of a node for `rows` rows from slot `row` on, whose scores are in the
  /// block, and notes it as the rows' expert; `.max` where a score is not finite.
  ///
  /// - Returns: How many have none.
  static func best(
    of count: Int, row: Int, rows: Int, layout: SessionLayout, memory: inout MutableSpan<UInt32>
  ) -> Int {
    let (scores, stride) = (layout.scores, layout.words.scoreWordCount)
    let experts = layout.scalar(.expert, row)
    precondition(count >= 1 && count <= stride && rows <= layout.blockRowCount)
    precondition(row >= 0 && row + rows <= layout.rowCapacity && memory.count >= layout.wordCount)
    #if canImport(CPosternKernels) && _endian(little)
      let refused = unsafe withWords(&memory) { words in
        // SAFETY: by the checks above, the scores, padded as the kernel reads them, and the experts
        // lie inside the memory.
        unsafe postern_best(
          UnsafeRawPointer(words + scores).assumingMemoryBound(to: Float.self), stride, count,
          rows, words + experts)
      }
      if let refused { return refused }
    #endif
    return referenceBest(
      scores, stride: stride, of: count, rows: rows, experts: experts, memory: &memory)
  }

  /// Turns the outputs of answered rows into values; a row without finite ones gets `overflow` as
  /// its status.
  static func head(
    _ view: borrowing HeadView, outputs: Int, rows: Int, layout: SessionLayout,
    overflow: RowStatus, memory: inout MutableSpan<UInt32>
  ) {
    #if canImport(CPosternKernels) && _endian(little)
      precondition(view.bytes.count == outputs * Layout.headRecordByteCount)
      precondition(outputs <= layout.words.outputWordCount && rows <= layout.rowCapacity)
      precondition(memory.count >= layout.wordCount && rows >= 0)
      let done: Void? = unsafe withPointers(view.bytes, &memory) { bytes, words in
        // SAFETY: by the checks above, four floats for each output lie in the section, and outputs
        // and status of every row inside the memory.
        unsafe postern_head(
          bytes.assumingMemoryBound(to: Float.self), outputs, words + layout.outputs,
          layout.words.outputWordCount, rows, integers(words, layout.scalar(.status, 0)),
          overflow.word)
      }
      if done != nil { return }
    #endif
    referenceHead(
      view, outputs: outputs, rows: rows, layout: layout, overflow: overflow, memory: &memory)
  }
}

extension Kernels {
  /// Orders the answered rows by expert; see ``referenceGroup(rows:before:layout:memory:)``.
  static func group(
    rows: Int, before: Int, layout: SessionLayout, memory: inout MutableSpan<UInt32>
  ) -> Int {
    #if canImport(CPosternKernels) && _endian(little)
      precondition(rows <= layout.rowCapacity && before <= layout.rowCapacity)
      precondition(memory.count >= layout.wordCount && rows >= 0 && before >= 0)
      let distinct = unsafe withWords(&memory) { words in
        // SAFETY: by the checks above, all numbers of rows lie inside the memory. The experts of
        // answered rows are children of the router, for each of which there is a group.
        unsafe postern_group(
          words + layout.scalar(.status, 0), words + layout.scalar(.expert, 0), rows,
          words + layout.groups, words + layout.scalar(.distinct, 0), before,
          words + layout.scalar(.order, 0))
      }
      if let distinct { return distinct }
    #endif
    return referenceGroup(rows: rows, before: before, layout: layout, memory: &memory)
  }

  /// Copies rows of `stride` words from `source` to `target`, those that the batch's order names
  /// from `first` on.
  static func gather(
    _ source: Int, to target: Int, stride: Int, first: Int, rows: Int, layout: SessionLayout,
    memory: inout MutableSpan<UInt32>
  ) {
    let order = layout.scalar(.order, first)
    precondition(first >= 0 && rows >= 0 && first + rows <= layout.rowCapacity)
    checkRows(layout.rowCapacity, of: stride, at: source, in: memory.count)
    checkRows(rows, of: stride, at: target, in: memory.count)
    #if canImport(CPosternKernels) && _endian(little)
      let done: Void? = unsafe withWords(&memory) { words in
        // SAFETY: by the checks above, every row that the order can name lies inside the memory,
        // and so does the room for `rows` of them.
        unsafe postern_gather(
          words + source, stride, stride, words + order, rows, words + target)
      }
      if done != nil { return }
    #endif
    for row in 0..<rows {
      let from = source + Int(memory[order + row]) * stride
      for word in 0..<stride { memory[target + row * stride + word] = memory[from + word] }
    }
  }

  /// Copies the outputs of a block's rows from `source` to the rows that the batch's order names
  /// from `first` on, times the rows' factors if `isScaled`.
  static func scatter(
    _ source: Int, outputs: Int, first: Int, rows: Int, isScaled: Bool, layout: SessionLayout,
    memory: inout MutableSpan<UInt32>
  ) {
    let (from, to) = (layout.words.activationWordCount, layout.words.outputWordCount)
    let order = layout.scalar(.order, first)
    precondition(first >= 0 && rows >= 0 && first + rows <= layout.rowCapacity)
    precondition(outputs <= from && outputs <= to && rows <= layout.blockRowCount)
    precondition(memory.count >= layout.wordCount)
    checkRows(rows, of: from, at: source, in: memory.count)
    #if canImport(CPosternKernels) && _endian(little)
      let done: Void? = unsafe withWords(&memory) { words in
        let floats = unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: Float.self)
        let factors = unsafe floats + layout.scalar(.gateFactor, 0)
        // SAFETY: by the checks above, the outputs lie inside the memory, and so does every row
        // that the order can name.
        unsafe postern_scatter(
          floats + source, from, outputs, words + order, isScaled ? factors : nil, rows,
          floats + layout.outputs, to)
      }
      if done != nil { return }
    #endif
    for row in 0..<rows {
      let slot = Int(memory[order + row])
      let factor = memory[float: layout.scalar(.gateFactor, slot)]
      for output in 0..<outputs {
        let value = memory[float: source + row * from + output]
        memory[float: layout.outputs + slot * to + output] = isScaled ? factor * value : value
      }
    }
  }
}

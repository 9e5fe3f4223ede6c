// Kernels+Expert.swift: all layers of an expert in one call.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, sections 7 and 9.2.

internal import PosternFormat

#if canImport(CPosternKernels) && _endian(little)
  internal import CPosternKernels
#endif

/// Where the rows of a block start in the workspace, one behind the other.
struct ExpertSource {
  var features: Int
  var entries: Int
  var fractions: Int
}

extension Kernels {
  /// Runs all layers of an expert over a block's rows; the last one writes to side
  /// `hiddenCount % 2` of the activations. `record` is the expert's shape as the file has it, and
  /// `bytes` are the expert's, checked.
  ///
  /// - Returns: Whether it was done. If not, nothing was: there are no kernels for this machine, or
  ///   the bytes do not stand where floats may.
  static func expert(
    _ record: Span<UInt8>, _ facts: SessionFacts, _ bytes: Span<UInt8>, _ source: ExpertSource,
    rows: Int, layout: SessionLayout, memory: inout MutableSpan<UInt32>
  ) -> Bool {
    #if canImport(CPosternKernels) && _endian(little)
      let words = layout.words
      let sizes = facts.sizes
      precondition(record.count == MemoryLayout<postern_shape>.size)
      precondition(memory.count >= layout.wordCount && rows >= 0 && rows <= layout.blockRowCount)
      checkRows(rows, of: words.featureWordCount, at: source.features, in: memory.count)
      checkRows(rows, of: words.columnWordCount, at: source.entries, in: memory.count)
      checkRows(rows, of: words.columnWordCount, at: source.fractions, in: memory.count)
      let byteCount = bytes.count
      let isDone = unsafe withPointers(bytes, &memory) { bytes, memory in
        unsafe record.withUnsafeBytes { record in
          guard let record = record.baseAddress, UInt(bitPattern: record) % 4 == 0 else {
            return false
          }
          let shape = unsafe record.assumingMemoryBound(to: postern_shape.self)
          var counts = postern_sizes(
            features: sizes.featureCount, entries: sizes.entryCount, outputs: sizes.outputCount,
            fetches: facts.isCold ? 1 : 0)
          precondition(unsafe postern_expert_size(shape, &counts) == byteCount)
          var pairs = unsafe postern_pairs(
            entries: integers(memory, source.entries), fractions: memory + source.fractions,
            columns: facts.usedColumnCount, stride: words.columnWordCount)
          // SAFETY: all layers lie inside the expert's bytes, whose number is that of its shape.
          // The model was checked when it was opened: no layer is wider than a row of the
          // activations, none reads more features than a row has. Entries lie in the table: a slot
          // that was never loaded has zeros, and the transform writes no other, of refused rows
          // neither.
          // Features, pairs and activations lie inside the memory.
          unsafe postern_expert(
            shape, &counts, bytes, memory + source.features, words.featureWordCount, &pairs,
            memory + layout.activation(0), memory + layout.activation(1),
            words.activationWordCount, rows)
          return true
        }
      }
      return isDone ?? false
    #else
      return false
    #endif
  }

  /// Traps unless `rows` rows of `stride` words from `start` on lie inside `words` words.
  @inline(__always)
  static func checkRows(_ rows: Int, of stride: Int, at start: Int, in words: Int) {
    precondition(start >= 0 && stride >= 0 && rows * stride <= words - start)
  }
}

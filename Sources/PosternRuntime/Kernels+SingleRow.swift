// Kernels+SingleRow.swift: one row from features to values in one call.
//
// Step: features → [router, expert, head] → values.   Specification: formats/model.md, section 9.

internal import PosternFormat

#if canImport(CPosternKernels) && _endian(little)
  internal import CPosternKernels
#endif

extension Kernels {
  /// Routes the answered row in slot 0 of a plain model and computes its values. The result is an
  /// expert, `.max` for an overflow, or nil if it was not done: the expert was not checked yet, or
  /// there are no kernels.
  ///
  /// The bits are those of the steps one after the other; calling them costs a small model more
  /// than computing them.
  static func row(
    _ model: Span<UInt8>, _ facts: SessionFacts, layout: SessionLayout,
    memory: inout MutableSpan<UInt32>
  ) -> UInt32? {
    #if canImport(CPosternKernels) && _endian(little)
      precondition(MemoryLayout<postern_entry>.size == Layout.entryByteCount)
      precondition(facts.isPlain && memory.count >= layout.wordCount)
      let expert = unsafe withPointers(model, &memory) { file, memory in
        let places = facts.places
        let entries = unsafe file + places.expertEntries
        // SAFETY: the model was checked when it was opened: its sections lie in its bytes, experts
        // among them, whose sizes are those of their shapes; the layout was made for it and lies in
        // the memory.
        var row = unsafe postern_row(
          file: file.assumingMemoryBound(to: UInt8.self),
          experts: entries.assumingMemoryBound(to: postern_entry.self),
          shapes: (file + places.shapes).assumingMemoryBound(to: postern_shape.self),
          router: floats(file, places.routerPanels), router_bias: floats(file, places.routerBias),
          head: floats(file, places.head),
          sizes: postern_sizes(
            features: facts.sizes.featureCount, entries: facts.sizes.entryCount,
            outputs: facts.outputCount, fetches: facts.isCold ? 1 : 0),
          children: facts.expertCount, checked: integers(memory, 0),
          features: memory + layout.features,
          pairs: postern_pairs(
            entries: integers(memory, layout.entries), fractions: memory + layout.fractions,
            columns: facts.usedColumnCount, stride: layout.words.columnWordCount),
          scores: memory + layout.scores, even: memory + layout.activation(0),
          odd: memory + layout.activation(1), outputs: memory + layout.outputs)
        return unsafe postern_predict_row(&row)
      }
      return expert == POSTERN_UNCHECKED ? nil : expert
    #else
      return nil
    #endif
  }
}

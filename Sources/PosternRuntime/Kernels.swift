// Kernels.swift: a layer, by the fastest kernel there is.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, sections 9.2 and 9.3.
//
// Here every place that C will touch is compared with the memory it lies in.

#if canImport(CPosternKernels) && _endian(little)
  import CPosternKernels

  /// The layers. Parameters, preconditions and bits are those of the reference functions.
  package enum Kernels {
    /// See ``referenceDense(_:weights:rows:memory:)``.
    package static func dense(
      _ layer: DenseLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
    ) {
      precondition(layer.inputs >= 0 && layer.inputs % 4 == 0)
      precondition(layer.outputs >= 0 && layer.outputs % 16 == 0)
      guard rows.rows > 0, layer.outputs > 0 else { return }
      check(layer.inputs * layer.outputs, at: layer.panels, in: weights)
      check(layer.outputs, at: layer.bias ?? 0, in: weights)
      check(layer.outputs, at: layer.slopes ?? 0, in: weights)
      check(rows.rows, of: layer.inputs, at: rows.x, stride: rows.xStride, in: memory.count)
      check(rows.rows, of: layer.outputs, at: rows.y, stride: rows.yStride, in: memory.count)
      let done: Void? = unsafe withPointers(weights, &memory) { bytes, words in
        let panels = unsafe floats(bytes, layer.panels)
        let bias = unsafe floats(bytes, layer.bias)
        let slopes = unsafe floats(bytes, layer.slopes)
        // SAFETY: by the checks above, panels, bias and slopes lie inside the weights, and the
        // inputs and outputs of every row inside the memory. The kernel touches nothing else, and
        // keeps nothing.
        unsafe postern_dense_f32(
          panels, bias, slopes, layer.inputs, layer.outputs, words + rows.x, rows.xStride,
          words + rows.y, rows.yStride, rows.rows)
      }
      if done == nil { referenceDense(layer, weights: weights, rows: rows, memory: &memory) }
    }

    /// See ``referenceLookup(_:weights:rows:memory:)``.
    package static func lookup(
      _ layer: LookupLayer, weights: Span<UInt8>, rows: LookupBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      precondition(layer.columns >= 0 && layer.entries >= 0)
      precondition(layer.outputs >= 0 && layer.outputs % 16 == 0)
      guard rows.rows > 0, layer.outputs > 0 else { return }
      check(layer.entries * layer.outputs, at: layer.table, in: weights)
      check(layer.outputs, at: layer.bias, in: weights)
      check(layer.outputs, at: layer.slopes ?? 0, in: weights)
      let (columns, stride, count) = (layer.columns, rows.columnStride, memory.count)
      check(rows.rows, of: columns, at: rows.entries, stride: stride, in: count)
      check(rows.rows, of: columns, at: rows.fractions, stride: stride, in: count)
      check(rows.rows, of: layer.outputs, at: rows.y, stride: rows.yStride, in: count)
      let done: Void? = unsafe withPointers(weights, &memory) { bytes, words in
        let entries = unsafe UnsafeRawPointer(words + rows.entries)
          .assumingMemoryBound(to: UInt32.self)
        let fractions = unsafe UnsafePointer(words + rows.fractions)
        for row in 0..<rows.rows {
          // SAFETY: by the checks above, `columns` words of every row lie inside the memory.
          precondition(
            unsafe largestEntry(entries + row * stride, fractions + row * stride, columns)
              < layer.entries)
        }
        let table = unsafe floats(bytes, layer.table)
        let bias = unsafe floats(bytes, layer.bias)
        let slopes = unsafe floats(bytes, layer.slopes)
        // SAFETY: by the checks above, table, bias and slopes lie inside the weights, pairs and
        // outputs of every row inside the memory, and no pair leads out of the table. The kernel
        // touches nothing else, and keeps nothing.
        unsafe postern_lookup_f32(
          table, bias, slopes, columns, layer.outputs, entries, fractions, stride,
          words + rows.y, rows.yStride, rows.rows)
      }
      if done == nil { referenceLookup(layer, weights: weights, rows: rows, memory: &memory) }
    }

    /// See ``referenceDistance(_:weights:rows:memory:)``.
    package static func distance(
      _ layer: DistanceLayer, weights: Span<UInt8>, rows: RowBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      precondition(layer.inputs >= 0 && layer.inputs % 4 == 0)
      precondition(layer.outputs >= 0 && layer.outputs % 16 == 0)
      guard rows.rows > 0, layer.outputs > 0 else { return }
      check(layer.inputs * layer.outputs, at: layer.panels, in: weights)
      check(layer.outputs, at: layer.bias, in: weights)
      check(layer.outputs, at: layer.scale, in: weights)
      check(rows.rows, of: layer.inputs, at: rows.x, stride: rows.xStride, in: memory.count)
      check(rows.rows, of: layer.outputs, at: rows.y, stride: rows.yStride, in: memory.count)
      let done: Void? = unsafe withPointers(weights, &memory) { bytes, words in
        // SAFETY: by the checks above, points, bias and scale lie inside the weights, and the
        // inputs and outputs of every row inside the memory. The kernel touches nothing else, and
        // keeps nothing.
        unsafe postern_distance_f32(
          floats(bytes, layer.panels), floats(bytes, layer.scale), floats(bytes, layer.bias),
          layer.inputs, layer.outputs, words + rows.x, rows.xStride, words + rows.y, rows.yStride,
          rows.rows)
      }
      if done == nil { referenceDistance(layer, weights: weights, rows: rows, memory: &memory) }
    }

    /// See ``referenceCosine(_:weights:rows:memory:)``.
    package static func cosine(
      _ layer: CosineLayer, weights: Span<UInt8>, rows: RowBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      let outputs = layer.products.outputs
      precondition(layer.inputs >= 0 && layer.inputs % 4 == 0 && layer.children >= 0)
      guard rows.rows > 0, outputs > 0 else { return }
      check(layer.inputs * outputs, at: layer.panels, in: weights)
      check(layer.children, at: layer.bias, in: weights)
      check(layer.children, at: layer.scale, in: weights)
      check(rows.rows, of: layer.inputs, at: rows.x, stride: rows.xStride, in: memory.count)
      check(rows.rows, of: outputs, at: rows.y, stride: rows.yStride, in: memory.count)
      let done: Void? = unsafe withPointers(weights, &memory) { bytes, words in
        // SAFETY: as for distances.
        unsafe postern_cosine_f32(
          floats(bytes, layer.panels), floats(bytes, layer.scale), floats(bytes, layer.bias),
          layer.inputs, layer.children, words + rows.x, rows.xStride, words + rows.y,
          rows.yStride, rows.rows)
      }
      if done == nil { referenceCosine(layer, weights: weights, rows: rows, memory: &memory) }
    }
  }

  /// The largest row of the table that `count` pairs lead to. Not to be called without a check that
  /// the pairs lie inside the memory.
  private func largestEntry(
    _ entries: UnsafePointer<UInt32>, _ fractions: UnsafePointer<Float>, _ count: Int
  ) -> Int {
    var largest: UInt32 = 0
    for column in 0..<count {
      let below = unsafe entries[column]
      // Where `below + 1` wraps around, `below` itself is too large.
      let above = unsafe fractions[column] > 0 ? below &+ 1 : below
      largest = max(largest, below, above)
    }
    return Int(largest)
  }
#else
  /// The layers. Without kernels for this machine, the reference is what runs.
  package enum Kernels {
    /// See ``referenceDense(_:weights:rows:memory:)``.
    package static func dense(
      _ layer: DenseLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
    ) {
      referenceDense(layer, weights: weights, rows: rows, memory: &memory)
    }

    /// See ``referenceLookup(_:weights:rows:memory:)``.
    package static func lookup(
      _ layer: LookupLayer, weights: Span<UInt8>, rows: LookupBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      referenceLookup(layer, weights: weights, rows: rows, memory: &memory)
    }

    /// See ``referenceDistance(_:weights:rows:memory:)``.
    package static func distance(
      _ layer: DistanceLayer, weights: Span<UInt8>, rows: RowBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      referenceDistance(layer, weights: weights, rows: rows, memory: &memory)
    }

    /// See ``referenceCosine(_:weights:rows:memory:)``.
    package static func cosine(
      _ layer: CosineLayer, weights: Span<UInt8>, rows: RowBlock,
      memory: inout MutableSpan<UInt32>
    ) {
      referenceCosine(layer, weights: weights, rows: rows, memory: &memory)
    }
  }
#endif

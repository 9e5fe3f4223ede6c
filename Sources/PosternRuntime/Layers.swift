// Layers.swift: where a layer's constants, its rows and its results stand.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, section 9.2.
//
// Two memories, one unit each: weights are bytes of the model (offsets count bytes), everything
// that a session computes is 4-byte words (offsets and strides count words, a float by its bits).

/// A dense layer of f32 weights. Offsets count bytes of the model.
package struct DenseLayer: BitwiseCopyable, Sendable {
  /// Shape `(outputs / 16, inputs, 16)`.
  package var panels: Int
  /// Shape `(outputs)`; none for a layer without bias.
  package var bias: Int?
  /// Shape `(outputs)`: the PReLU slopes; none for a layer without activation.
  package var slopes: Int?
  /// Inputs, padded: a multiple of 4.
  package var inputs: Int
  /// Outputs, padded: a multiple of 16.
  package var outputs: Int

  package init(panels: Int, bias: Int?, slopes: Int?, inputs: Int, outputs: Int) {
    self.panels = panels
    self.bias = bias
    self.slopes = slopes
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// A first layer that looks rows of a table up and adds them. Offsets count bytes of the model.
package struct LookupLayer: BitwiseCopyable, Sendable {
  /// Shape `(entries, outputs)`.
  package var table: Int
  /// Shape `(outputs)`.
  package var bias: Int
  /// Shape `(outputs)`: the PReLU slopes; none for a layer without activation.
  package var slopes: Int?
  /// Rows of the table.
  package var entries: Int
  /// Pairs of an entry and a fraction in each row.
  package var columns: Int
  /// Outputs, padded: a multiple of 16.
  package var outputs: Int

  package init(
    table: Int, bias: Int, slopes: Int?, entries: Int, columns: Int, outputs: Int
  ) {
    self.table = table
    self.bias = bias
    self.slopes = slopes
    self.entries = entries
    self.columns = columns
    self.outputs = outputs
  }
}

/// Scores that fall with the distance from a point for each output. Offsets count bytes of the
/// model.
package struct DistanceLayer: BitwiseCopyable, Sendable {
  /// Shape `(outputs / 16, inputs, 16)`: the points.
  package var panels: Int
  /// Shape `(outputs)`.
  package var bias: Int
  /// Shape `(outputs)`: score for a unit of distance, subtracted.
  package var scale: Int
  /// Inputs, padded: a multiple of 4.
  package var inputs: Int
  /// Outputs, padded: a multiple of 16.
  package var outputs: Int

  package init(panels: Int, bias: Int, scale: Int, inputs: Int, outputs: Int) {
    self.panels = panels
    self.bias = bias
    self.scale = scale
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// Rows that go through a layer: vectors at `x`, results at `y`. In words of the session's memory.
///
/// No result may stand on an input of the same block: the outcome would depend on the kernel.
package struct RowBlock: BitwiseCopyable, Sendable {
  package var x: Int
  package var xStride: Int
  package var y: Int
  package var yStride: Int
  package var rows: Int

  package init(x: Int, xStride: Int, y: Int, yStride: Int, rows: Int) {
    self.x = x
    self.xStride = xStride
    self.y = y
    self.yStride = yStride
    self.rows = rows
  }
}

/// Rows that go through a look-up layer. In words of the session's memory.
package struct LookupBlock: BitwiseCopyable, Sendable {
  /// The first row's entries, one integer a column; those of the next stand `columnStride` further.
  package var entries: Int
  /// The first row's fractions, one float a column; those of the next stand `columnStride` further.
  package var fractions: Int
  package var columnStride: Int
  package var y: Int
  package var yStride: Int
  package var rows: Int

  package init(
    entries: Int, fractions: Int, columnStride: Int, y: Int, yStride: Int, rows: Int
  ) {
    self.entries = entries
    self.fractions = fractions
    self.columnStride = columnStride
    self.y = y
    self.yStride = yStride
    self.rows = rows
  }
}

extension MutableSpan where Element == UInt32 {
  /// The word at `index`, as the float whose bits it holds.
  @inline(__always)
  package subscript(float index: Int) -> Float {
    get { Float(bitPattern: self[index]) }
    set { self[index] = newValue.bitPattern }
  }
}

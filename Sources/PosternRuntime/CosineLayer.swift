// CosineLayer.swift: scores that are products divided by the norm of the features.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, section 9.3.

internal import PosternFormat

/// Scores of directions, whatever the length of the features. Offsets count bytes of the model.
package struct CosineLayer: BitwiseCopyable, Sendable {
  /// Shape `(padded children / 16, inputs, 16)`: the directions.
  package var panels: Int
  /// Shape `(children)`.
  package var bias: Int
  /// Shape `(children)`: added to the norm of the features, over 0.
  package var scale: Int
  /// Inputs, padded: a multiple of 4.
  package var inputs: Int
  /// Outputs that are scores.
  package var children: Int

  package init(panels: Int, bias: Int, scale: Int, inputs: Int, children: Int) {
    self.panels = panels
    self.bias = bias
    self.scale = scale
    self.inputs = inputs
    self.children = children
  }

  /// The products, which no bias is added to.
  var products: DenseLayer {
    DenseLayer(
      panels: panels, bias: nil, slopes: nil, inputs: inputs,
      outputs: Layout.pad(children, to: Layout.panelWidth))
  }
}

/// `w·x / (|x| + scale) + bias` for each child, products and squares in four chains as in a dense
/// layer. NaN for every child if the norm is not finite. Other outputs keep products.
///
/// - Precondition: `inputs` is a multiple of 4; all places are inside their memory.
/// - Complexity: O(*rows* × *inputs* × *children*), no allocation.
package func referenceCosine(
  _ layer: CosineLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
) {
  referenceDense(layer.products, weights: weights, rows: rows, memory: &memory)
  divideByNorm(layer, weights: weights, rows: rows, memory: &memory)
}

/// Turns products into scores.
private func divideByNorm(
  _ layer: CosineLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
) {
  let quarter = layer.inputs / 4
  for row in 0..<rows.rows {
    let x = rows.x + row * rows.xStride
    let y = rows.y + row * rows.yStride
    var chains = InlineArray<4, Float>(repeating: 0)
    for run in 0..<4 {
      for k in run * quarter..<(run + 1) * quarter {
        let value = memory[float: x + k]
        chains[run] = fusedMultiplyAdd(value, value, chains[run])
      }
    }
    let norm = squareRoot((chains[0] + chains[1]) + (chains[2] + chains[3]))
    for child in 0..<layer.children {
      let divisor = norm + weights.float(at: layer.scale + 4 * child)
      // A product over infinity would be a zero that looks like a score.
      let quotient = divisor.isFinite ? memory[float: y + child] / divisor : .nan
      memory[float: y + child] = quotient + weights.float(at: layer.bias + 4 * child)
    }
  }
}

// ReferenceLayers.swift: what a layer computes, slowly and in order. The definition.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, sections 9.2 and 9.3.
//
// Every faster kernel gives these bits; where there is none, this is what runs. All accesses are
// checked.

internal import PosternFormat

/// Four chains of fused multiply-adds over the quarters of the inputs, then the sum of the chains,
/// the bias, and the slope where the sum is not over 0.
///
/// - Precondition: `inputs` is a multiple of 4, `outputs` of 16; all places are inside their
///   memory.
/// - Complexity: O(*rows* × *inputs* × *outputs*), no allocation.
package func referenceDense(
  _ layer: DenseLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
) {
  precondition(layer.inputs % 4 == 0)
  precondition(layer.outputs % 16 == 0)
  let quarter = layer.inputs / 4
  for row in 0..<rows.rows {
    let x = rows.x + row * rows.xStride
    let y = rows.y + row * rows.yStride
    for output in 0..<layer.outputs {
      let weight = layer.panels + weightOffset(output: output, inputs: layer.inputs)
      var chains = InlineArray<4, Float>(repeating: 0)
      for run in 0..<4 {
        for k in run * quarter..<(run + 1) * quarter {
          chains[run] = fusedMultiplyAdd(
            memory[float: x + k], weights.float(at: weight + 64 * k), chains[run])
        }
      }
      var z = (chains[0] + chains[1]) + (chains[2] + chains[3])
      if let bias = layer.bias { z = z + weights.float(at: bias + 4 * output) }
      memory[float: y + output] = activated(z, slopes: layer.slopes, output, weights)
    }
  }
}

/// The bias, then for each column a row of the table, or what lies between two rows, added in
/// order.
///
/// - Precondition: `outputs` is a multiple of 16; every entry is inside the table, and so is the
///   next one where the fraction is over 0; all places are inside their memory.
/// - Complexity: O(*rows* × *columns* × *outputs*), no allocation.
package func referenceLookup(
  _ layer: LookupLayer, weights: Span<UInt8>, rows: LookupBlock, memory: inout MutableSpan<UInt32>
) {
  precondition(layer.outputs % 16 == 0)
  for row in 0..<rows.rows {
    let entries = rows.entries + row * rows.columnStride
    let fractions = rows.fractions + row * rows.columnStride
    let y = rows.y + row * rows.yStride
    for output in 0..<layer.outputs {
      var z = weights.float(at: layer.bias + 4 * output)
      for column in 0..<layer.columns {
        let fraction = memory[float: fractions + column]
        let below = Int(memory[entries + column])
        let above = fraction > 0 ? below + 1 : below
        precondition(above < layer.entries)
        let a = weights.float(at: layer.table + 4 * (below * layer.outputs + output))
        let b = weights.float(at: layer.table + 4 * (above * layer.outputs + output))
        z = z + fusedMultiplyAdd(fraction, b - a, a)
      }
      memory[float: y + output] = activated(z, slopes: layer.slopes, output, weights)
    }
  }
}

/// `bias - scale * |x - point|` for each output, the squares in four chains as in a dense layer.
///
/// - Precondition: `inputs` is a multiple of 4, `outputs` of 16; all places are inside their
///   memory.
/// - Complexity: O(*rows* × *inputs* × *outputs*), no allocation.
package func referenceDistance(
  _ layer: DistanceLayer, weights: Span<UInt8>, rows: RowBlock, memory: inout MutableSpan<UInt32>
) {
  precondition(layer.inputs % 4 == 0)
  precondition(layer.outputs % 16 == 0)
  let quarter = layer.inputs / 4
  for row in 0..<rows.rows {
    let x = rows.x + row * rows.xStride
    let y = rows.y + row * rows.yStride
    for output in 0..<layer.outputs {
      let weight = layer.panels + weightOffset(output: output, inputs: layer.inputs)
      var chains = InlineArray<4, Float>(repeating: 0)
      for run in 0..<4 {
        for k in run * quarter..<(run + 1) * quarter {
          let d = memory[float: x + k] - weights.float(at: weight + 64 * k)
          chains[run] = fusedMultiplyAdd(d, d, chains[run])
        }
      }
      let distance = squareRoot((chains[0] + chains[1]) + (chains[2] + chains[3]))
      let scale = weights.float(at: layer.scale + 4 * output)
      let bias = weights.float(at: layer.bias + 4 * output)
      memory[float: y + output] = fusedMultiplyAdd(-scale, distance, bias)
    }
  }
}

/// The byte, in panels of shape `(outputs / 16, inputs, 16)`, of the weight of input 0 to `output`;
/// that of input k is 64 k bytes further.
@inline(__always)
private func weightOffset(output: Int, inputs: Int) -> Int {
  4 * (output / 16 * inputs * 16 + output % 16)
}

@inline(__always)
private func activated(
  _ z: Float, slopes: Int?, _ output: Int, _ weights: Span<UInt8>
) -> Float {
  guard let slopes else { return z }
  return z > 0 ? z : weights.float(at: slopes + 4 * output) * z
}

// DenseProduct.swift: the three matrix products of a dense layer, all by kernels.
//
// Step: encoded rows → [networks] → model value.   Specification: formats/model.md, section 9.2.
// This file says `unsafe`: it hands array memory to the kernels.

private import CPosternKernels

/// Matrices are row-major `[Float]`; weights stand in panels `[outputs / 16][inputs][16]`. Each
/// product is a kernel's: one order of additions on every instruction set, so that training has
/// the same bits everywhere.
enum DenseProduct {
  /// `y = x · W + bias`, rows of `x` and `y` without gaps.
  ///
  /// `layer` says where weights and bias stand in `parameters`; its input count is a multiple of 4.
  /// Without `hasBias` the bias is left out.
  static func forward(
    _ layer: LayerPlace, parameters: [Float], x: [Float], rowCount: Int, y: inout [Float],
    hasBias: Bool = true
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    precondition(inputs % 4 == 0 && outputs % 16 == 0)
    precondition(parameters.count >= layer.bias + outputs)
    precondition(layer.bias >= layer.weights + layer.weightCount && layer.weights >= 0)
    precondition(x.count >= rowCount * inputs && y.count >= rowCount * outputs)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe parameters.withUnsafeBufferPointer { p in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe y.withUnsafeMutableBufferPointer { y in
          guard let p = p.baseAddress else { return }
          unsafe postern_dense_f32(
            p + layer.weights, hasBias ? p + layer.bias : nil, nil, inputs, outputs, x.baseAddress,
            inputs, y.baseAddress, outputs, rowCount)
        }
      }
    }
  }

  /// The look-up layer: `y = Σ interpolated table rows + bias`.
  static func lookup(
    table: [Float], bias: ArraySlice<Float>, entries: [UInt32], fractions: [Float],
    pairCount: Int, rowCount: Int, y: inout [Float]
  ) {
    let width = bias.count
    precondition(width % 16 == 0 && y.count >= rowCount * width)
    precondition(entries.count >= rowCount * pairCount && fractions.count >= rowCount * pairCount)
    for pair in 0..<rowCount * pairCount {
      let next = Int(entries[pair]) + (fractions[pair] > 0 ? 1 : 0)
      precondition((next + 1) * width <= table.count)
    }
    // SAFETY: the preconditions cover what the kernel reads and writes; every entry was checked.
    unsafe table.withUnsafeBufferPointer { table in
      unsafe bias.withUnsafeBufferPointer { bias in
        unsafe y.withUnsafeMutableBufferPointer { y in
          unsafe entries.withUnsafeBufferPointer { entries in
            unsafe fractions.withUnsafeBufferPointer { fractions in
              unsafe postern_lookup_f32(
                table.baseAddress, bias.baseAddress, nil, pairCount, width, entries.baseAddress,
                fractions.baseAddress, pairCount, y.baseAddress, width, rowCount)
            }
          }
        }
      }
    }
  }

  /// `dx = dy · Wᵀ`. `scratch` holds the transposed weights for the time of the call.
  static func inputGradient(
    _ layer: LayerPlace, parameters: [Float], dy: [Float], rowCount: Int, dx: inout [Float],
    scratch: inout [Float]
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    precondition(inputs % 16 == 0 && outputs % 16 == 0)
    precondition(parameters.count >= layer.weights + layer.weightCount && layer.weights >= 0)
    precondition(dy.count >= rowCount * outputs && dx.count >= rowCount * inputs)
    precondition(scratch.count >= layer.weightCount)
    // SAFETY: the preconditions cover what is read and written here and by the kernel.
    unsafe scratch.withUnsafeMutableBufferPointer { transposed in
      unsafe parameters.withUnsafeBufferPointer { p in
        guard let p = p.baseAddress else { return }
        unsafe postern_transpose_panels_f32(
          p + layer.weights, inputs, outputs, transposed.baseAddress)
      }
      unsafe dy.withUnsafeBufferPointer { dy in
        unsafe dx.withUnsafeMutableBufferPointer { dx in
          unsafe postern_dense_f32(
            transposed.baseAddress, nil, nil, outputs, inputs, dy.baseAddress, outputs,
            dx.baseAddress, inputs, rowCount)
        }
      }
    }
  }

  /// `dW = xᵀ · dy`, written in panel order where the layer's weights stand in `gradient`: four
  /// chains over the rows of the batch, as the forward product has four over its inputs.
  static func weightGradient(
    _ layer: LayerPlace, x: [Float], dy: [Float], rowCount: Int, gradient: inout [Float]
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    precondition(outputs % 16 == 0)
    precondition(x.count >= rowCount * inputs && dy.count >= rowCount * outputs)
    precondition(gradient.count >= layer.weights + layer.weightCount && layer.weights >= 0)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe gradient.withUnsafeMutableBufferPointer { gradient in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe dy.withUnsafeBufferPointer { dy in
          guard let g = gradient.baseAddress else { return }
          unsafe postern_weight_gradient_f32(
            x.baseAddress, dy.baseAddress, rowCount, inputs, outputs, g + layer.weights)
        }
      }
    }
  }
}

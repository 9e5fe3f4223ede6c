// DenseProduct.swift: the three matrix products of a dense layer, all by the canonical kernel.
//
// Step: encoded rows → [networks] → model value.   Specification: formats/model.md, section 9.2.
// This file says `unsafe`: it hands array memory to the kernels.

private import CPosternKernels

/// Matrices are row-major `[Float]`; weights stand in panels `[outputs / 16][inputs][16]`. Each
/// product is the kernel's: one order of additions on every instruction set, so that training has
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
        guard let p = p.baseAddress, let transposed = transposed.baseAddress else { return }
        for panel in 0..<outputs / 16 {
          for input in 0..<inputs {
            let from = unsafe p + layer.weights + (panel * inputs + input) * 16
            let to =
              unsafe transposed + ((input / 16) * outputs + panel * 16) * 16 + input % 16
            var lane = 0
            while lane < 16 {
              unsafe to[lane &* 16] = from[lane]
              lane &+= 1
            }
          }
        }
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

  /// `dW = xᵀ · dy`, written in panel order where the layer's weights stand in `gradient`.
  ///
  /// The rows of the batch are the kernel's inputs: padded with zeros to a multiple of 4 and cut
  /// into four runs. `scratch` holds both repacked matrices.
  static func weightGradient(
    _ layer: LayerPlace, x: [Float], dy: [Float], rowCount: Int, gradient: inout [Float],
    scratch: inout [Float]
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    let padded = (rowCount + 3) / 4 * 4
    precondition(outputs % 16 == 0)
    precondition(x.count >= rowCount * inputs && dy.count >= rowCount * outputs)
    precondition(gradient.count >= layer.weights + layer.weightCount && layer.weights >= 0)
    precondition(scratch.count >= padded * (inputs + outputs))
    // SAFETY: the preconditions cover what is read and written here and by the kernel.
    unsafe scratch.withUnsafeMutableBufferPointer { scratch in
      guard let transposed = scratch.baseAddress else { return }
      let panels = unsafe transposed + padded * inputs
      unsafe x.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        unsafe transpose(x, rowCount, inputs, transposed, padded)
      }
      unsafe dy.withUnsafeBufferPointer { dy in
        guard let dy = dy.baseAddress else { return }
        for panel in 0..<outputs / 16 {
          let to = unsafe panels + panel * padded * 16
          var row = 0
          while row < rowCount {
            let from = unsafe dy + (row &* outputs &+ panel &* 16)
            unsafe to.set(row &* 16, from.lanes(0))
            unsafe to.set(row &* 16 &+ 8, from.lanes(8))
            row &+= 1
          }
          unsafe (to + rowCount * 16).update(repeating: 0, count: (padded - rowCount) * 16)
        }
      }
      unsafe gradient.withUnsafeMutableBufferPointer { gradient in
        guard let g = gradient.baseAddress else { return }
        for panel in 0..<outputs / 16 {
          unsafe postern_dense_f32(
            panels + panel * padded * 16, nil, nil, padded, 16, transposed, padded,
            g + layer.weights + panel * inputs * 16, 16, inputs)
        }
      }
    }
  }

  /// Writes `x`, shape `(rows, columns)`, column by column, each followed by zeros up to `stride`.
  private static func transpose(
    _ x: UnsafePointer<Float>, _ rowCount: Int, _ columnCount: Int,
    _ y: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    // Blocks of 16 columns, so that a cache line of `x` is used up before the next one comes.
    for first in Swift.stride(from: 0, to: columnCount, by: 16) {
      let end = min(first + 16, columnCount)
      var row = 0
      while row < rowCount {
        var column = first
        while column < end {
          unsafe y[column &* stride &+ row] = x[row &* columnCount &+ column]
          column &+= 1
        }
        row &+= 1
      }
    }
    for column in 0..<columnCount {
      unsafe (y + column * stride + rowCount).update(repeating: 0, count: stride - rowCount)
    }
  }
}

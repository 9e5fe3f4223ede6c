// VectorMath.swift: the loops over whole vectors: activation, dropout, sums.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: these loops take much of the time of training and must become vector
// code; most of them are the kernels'.

private import CPosternKernels

extension UnsafePointer<Float> {
  /// The eight floats from `index` on: two registers of the least x86-64 machine. Lanes never meet,
  /// so their number does not change a bit.
  @inline(__always)
  func lanes(_ index: Int) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self)
  }
}

extension UnsafeMutablePointer<Float> {
  /// The eight floats from `index` on.
  @inline(__always)
  func lanes(_ index: Int) -> SIMD8<Float> {
    unsafe UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self)
  }

  /// Writes eight floats from `index` on.
  @inline(__always)
  func set(_ index: Int, _ value: SIMD8<Float>) {
    unsafe UnsafeMutableRawPointer(self + index).storeBytes(of: value, as: SIMD8<Float>.self)
  }
}

/// Loops over vectors in one order on every machine. No fused operation, no reassociation.
///
/// Matrices of shape `(rows, width)` have a width that is a multiple of 8.
enum VectorMath {
  /// PReLU, then dropout: `a = (z > 0 ? z : slope · z) · mask`.
  ///
  /// `z` and `a` have the shape `(rows, width)`, the width a multiple of 16, and so have the
  /// factors in `mask`, which is empty for none; `slopes` is where the slopes stand in
  /// `parameters`.
  static func activate(
    _ z: [Float], parameters: [Float], slopes: Int, width: Int, rowCount: Int, mask: [Float],
    into a: inout [Float]
  ) {
    let count = rowCount * width
    precondition(width % 16 == 0)
    precondition(z.count >= count && a.count >= count && (mask.isEmpty || mask.count >= count))
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe z.withUnsafeBufferPointer { z in
        unsafe parameters.withUnsafeBufferPointer { p in
          unsafe mask.withUnsafeBufferPointer { factors in
            guard let p = p.baseAddress else { return }
            unsafe postern_prelu_f32(
              z.baseAddress, p + slopes, mask.isEmpty ? nil : factors.baseAddress, width, rowCount,
              a.baseAddress)
          }
        }
      }
    }
  }

  /// Multiplies the first `count` numbers, a multiple of 8, by those of `factors`.
  private static func multiply(_ x: inout [Float], by factors: [Float], count: Int) {
    precondition(count % 8 == 0 && x.count >= count && factors.count >= count)
    // SAFETY: the precondition covers every index.
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe factors.withUnsafeBufferPointer { factors in
        guard let x = x.baseAddress, let factors = factors.baseAddress else { return }
        var index = 0
        while index < count {
          unsafe x.set(index, x.lanes(index) * factors.lanes(index))
          index &+= 8
        }
      }
    }
  }

  /// The backward pass of ``activate(_:parameters:slopes:width:rowCount:mask:into:)``: turns the
  /// gradient of `a`, in place, into that of `z`, and writes the gradients of the slopes and, at
  /// `bias`, of what is added to every row of `z`.
  static func activateBackward(
    _ d: inout [Float], z: [Float], parameters: [Float], slopes: Int, bias: Int, width: Int,
    rowCount: Int, mask: [Float], gradient: inout [Float]
  ) {
    let count = rowCount * width
    precondition(width % 16 == 0)
    precondition(z.count >= count && d.count >= count && (mask.isEmpty || mask.count >= count))
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    precondition(gradient.count >= slopes + width && gradient.count >= bias + width)
    precondition(bias >= 0 && abs(slopes - bias) >= width)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe d.withUnsafeMutableBufferPointer { d in
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe parameters.withUnsafeBufferPointer { p in
            unsafe mask.withUnsafeBufferPointer { factors in
              guard let p = p.baseAddress, let g = g.baseAddress else { return }
              unsafe postern_prelu_backward_f32(
                d.baseAddress, z.baseAddress, p + slopes, mask.isEmpty ? nil : factors.baseAddress,
                width, rowCount, g + slopes, g + bias)
            }
          }
        }
      }
    }
  }

  /// `(z³ - linear · z) · scale` of the first `count` sums, a multiple of 8, then dropout.
  static func activate(
    _ z: [Float], _ polynomial: (linear: Float, scale: Float), count: Int, mask: [Float],
    into a: inout [Float]
  ) {
    precondition(count % 8 == 0 && z.count >= count && a.count >= count)
    let linear = SIMD8<Float>(repeating: polynomial.linear)
    // SAFETY: the precondition covers every index.
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe z.withUnsafeBufferPointer { z in
        guard let a = a.baseAddress, let z = z.baseAddress else { return }
        var index = 0
        while index < count {
          let value = unsafe z.lanes(index)
          unsafe a.set(index, (value * value * value - linear * value) * polynomial.scale)
          index &+= 8
        }
      }
    }
    if !mask.isEmpty { multiply(&a, by: mask, count: count) }
  }

  /// The backward pass of ``activate(_:_:count:mask:into:)``: turns the gradient of `a`, in place,
  /// into that of `z`.
  static func activateBackward(
    _ d: inout [Float], _ polynomial: (linear: Float, scale: Float), z: [Float], count: Int,
    mask: [Float]
  ) {
    precondition(count % 8 == 0 && z.count >= count && d.count >= count)
    if !mask.isEmpty { multiply(&d, by: mask, count: count) }
    let linear = SIMD8<Float>(repeating: polynomial.linear)
    // SAFETY: the precondition covers every index.
    unsafe d.withUnsafeMutableBufferPointer { d in
      unsafe z.withUnsafeBufferPointer { z in
        guard let d = d.baseAddress, let z = z.baseAddress else { return }
        var index = 0
        while index < count {
          let value = unsafe z.lanes(index)
          let slope = (value * value * 3 - linear) * polynomial.scale
          unsafe d.set(index, d.lanes(index) * slope)
          index &+= 8
        }
      }
    }
  }

  /// Sets the first `count` factors to 0 with probability `dropout`, in steps of 1/65536, else to
  /// `1 / (1 - dropout)`. `count` is a multiple of 4.
  static func drawMask(
    _ mask: inout [Float], count: Int, dropout: Float, random: inout RandomStream
  ) {
    precondition(dropout >= 0 && dropout < 1 && mask.count >= count && count % 4 == 0)
    let state = random.skip(count / 4)
    // SAFETY: the precondition covers what the kernel writes.
    unsafe mask.withUnsafeMutableBufferPointer { mask in
      unsafe postern_dropout_mask_f32(
        state, count, UInt32(dropout * 65536), 1 / (1 - dropout), mask.baseAddress)
    }
  }

  /// Writes the sum of each column of `d`, shape `(rows, width)`, to `gradient[offset...]`.
  static func columnSums(
    _ d: [Float], width: Int, rowCount: Int, into gradient: inout [Float], at offset: Int
  ) {
    precondition(width % 16 == 0 && d.count >= rowCount * width)
    precondition(offset >= 0 && gradient.count >= offset + width)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe gradient.withUnsafeMutableBufferPointer { g in
      unsafe d.withUnsafeBufferPointer { d in
        guard let g = g.baseAddress else { return }
        unsafe postern_column_sums_f32(d.baseAddress, width, rowCount, g + offset)
      }
    }
  }

  /// The sum of the squares, in double precision.
  static func squaredNorm(_ x: [Float]) -> Double {
    // SAFETY: the kernel reads as many numbers as there are.
    unsafe x.withUnsafeBufferPointer { x in
      unsafe postern_squared_norm_f32(x.baseAddress, x.count)
    }
  }

  /// Copies `rows` of a matrix, `width` numbers of four bytes each, to the front of `target`.
  static func gather<T: BitwiseCopyable>(
    _ rows: ArraySlice<Int32>, of matrix: [T], width: Int, into target: inout [T]
  ) {
    precondition(MemoryLayout<T>.stride == 4 && width >= 0)
    let rowCount = width > 0 ? matrix.count / width : 0
    for row in rows { precondition(row >= 0 && (Int(row) < rowCount || width == 0)) }
    if target.count < rows.count * width {
      guard let first = matrix.first else { return }
      target = [T](repeating: first, count: rows.count * width)
    }
    // SAFETY: every row was checked, and the target is large enough for all.
    unsafe rows.withUnsafeBufferPointer { rows in
      unsafe matrix.withUnsafeBytes { matrix in
        unsafe target.withUnsafeMutableBytes { target in
          unsafe postern_gather_rows(
            matrix.baseAddress, width, rows.baseAddress, rows.count, target.baseAddress)
        }
      }
    }
  }

  /// Multiplies row after row of `x`, shape `(rows, width)`, by the number in `factors`.
  static func scaleRows(_ x: inout [Float], width: Int, by factors: [Float]) {
    precondition(width % 8 == 0 && x.count >= factors.count * width)
    // SAFETY: the precondition covers every index.
    unsafe x.withUnsafeMutableBufferPointer { x in
      guard var row = x.baseAddress else { return }
      for factor in factors {
        for index in stride(from: 0, to: width, by: 8) {
          unsafe row.set(index, row.lanes(index) * factor)
        }
        unsafe row += width
      }
    }
  }

  /// The Euclidean distances of rows to the weights of a layer; shape `(rows, outputs)`.
  ///
  /// Squares are added in the order of the inputs.
  static func distances(
    to layer: LayerPlace, parameters: [Float], x: [Float], rowCount: Int, y: inout [Float]
  ) {
    let (inputs, outputs) = (layer.inputCount, layer.outputCount)
    precondition(outputs % 16 == 0 && layer.weights >= 0)
    precondition(parameters.count >= layer.weights + layer.weightCount)
    precondition(x.count >= rowCount * inputs && y.count >= rowCount * outputs)
    // SAFETY: the preconditions cover every index.
    unsafe y.withUnsafeMutableBufferPointer { y in
      unsafe x.withUnsafeBufferPointer { x in
        unsafe parameters.withUnsafeBufferPointer { p in
          guard let y = y.baseAddress, let x = x.baseAddress, let p = p.baseAddress else { return }
          for row in 0..<rowCount {
            for panel in 0..<outputs / 16 {
              let weights = unsafe p + layer.weights + panel * inputs * 16
              var low = SIMD8<Float>(repeating: 0)
              var high = low
              var input = 0
              while input < inputs {
                let value = unsafe SIMD8<Float>(repeating: x[row &* inputs &+ input])
                let first = unsafe value - weights.lanes(input &* 16)
                let second = unsafe value - weights.lanes(input &* 16 &+ 8)
                low += first * first
                high += second * second
                input &+= 1
              }
              unsafe y.set(row &* outputs &+ panel &* 16, low.squareRoot())
              unsafe y.set(row &* outputs &+ panel &* 16 &+ 8, high.squareRoot())
            }
          }
        }
      }
    }
  }
}

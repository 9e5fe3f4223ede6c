// VectorMath.swift: the loops over whole vectors: activation, dropout, sums, optimiser steps.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: these loops take most of the time of training and must become vector code.

/// Loops over vectors in one order on every machine. No fused operation, no reassociation.
enum VectorMath {
  /// PReLU, then dropout: `a = (z > 0 ? z : slope · z) · mask`.
  ///
  /// `z` and `a` have the shape `(rows, width)`, and so have the factors in `mask`, which is empty
  /// for none; `slopes` is where the slopes stand in `parameters`.
  static func activate(
    _ z: [Float], parameters: [Float], slopes: Int, width: Int, rowCount: Int, mask: [Float],
    into a: inout [Float]
  ) {
    let count = rowCount * width
    precondition(z.count >= count && a.count >= count && (mask.isEmpty || mask.count >= count))
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    // SAFETY: the preconditions cover every index.
    unsafe a.withUnsafeMutableBufferPointer { a in
      unsafe z.withUnsafeBufferPointer { z in
        unsafe parameters.withUnsafeBufferPointer { p in
          for row in 0..<rowCount {
            for output in 0..<width {
              let value = unsafe z[row * width + output]
              let negative = unsafe p[slopes + output] * value
              unsafe a[row * width + output] = value > 0 ? value : negative
            }
          }
        }
      }
      if !mask.isEmpty {
        unsafe mask.withUnsafeBufferPointer { mask in
          for index in 0..<count { unsafe a[index] = a[index] * mask[index] }
        }
      }
    }
  }

  /// The backward pass of ``activate(_:parameters:slopes:width:rowCount:mask:into:)``: turns the
  /// gradient of `a`, in place, into that of `z`, and writes the slopes' gradient.
  static func activateBackward(
    _ d: inout [Float], z: [Float], parameters: [Float], slopes: Int, width: Int, rowCount: Int,
    mask: [Float], gradient: inout [Float]
  ) {
    let count = rowCount * width
    precondition(z.count >= count && d.count >= count && (mask.isEmpty || mask.count >= count))
    precondition(slopes >= 0 && parameters.count >= slopes + width)
    precondition(gradient.count >= slopes + width)
    // SAFETY: the preconditions cover every index.
    unsafe d.withUnsafeMutableBufferPointer { d in
      if !mask.isEmpty {
        unsafe mask.withUnsafeBufferPointer { mask in
          for index in 0..<count { unsafe d[index] = d[index] * mask[index] }
        }
      }
      unsafe gradient.withUnsafeMutableBufferPointer { g in
        unsafe z.withUnsafeBufferPointer { z in
          unsafe parameters.withUnsafeBufferPointer { p in
            for output in 0..<width { unsafe g[slopes + output] = 0 }
            for row in 0..<rowCount {
              let base = row * width
              for output in 0..<width {
                let value = unsafe z[base + output]
                let slope = unsafe d[base + output] * min(value, 0)
                unsafe g[slopes + output] = g[slopes + output] + slope
              }
              for output in 0..<width {
                let factor: Float = unsafe z[base + output] > 0 ? 1 : p[slopes + output]
                unsafe d[base + output] = d[base + output] * factor
              }
            }
          }
        }
      }
    }
  }

  /// Sets the first `count` factors to 0 with probability `dropout`, in steps of 1/65536, else to
  /// `1 / (1 - dropout)`.
  static func drawMask(
    _ mask: inout [Float], count: Int, dropout: Float, random: inout RandomStream
  ) {
    precondition(dropout >= 0 && dropout < 1 && mask.count >= count)
    let limit = UInt64(dropout * 65536)
    let keep = 1 / (1 - dropout)
    // SAFETY: the index stays below `count`.
    unsafe mask.withUnsafeMutableBufferPointer { mask in
      var index = 0
      while index < count {
        var bits = random.next()
        for _ in 0..<min(4, count - index) {
          unsafe mask[index] = bits & 0xFFFF < limit ? 0 : keep
          bits >>= 16
          index += 1
        }
      }
    }
  }

  /// Writes the sum of each column of `d`, shape `(rows, width)`, to `gradient[offset...]`.
  static func columnSums(
    _ d: [Float], width: Int, rowCount: Int, into gradient: inout [Float], at offset: Int
  ) {
    precondition(d.count >= rowCount * width && offset >= 0 && gradient.count >= offset + width)
    // SAFETY: the preconditions cover every index.
    unsafe gradient.withUnsafeMutableBufferPointer { g in
      unsafe d.withUnsafeBufferPointer { d in
        for output in 0..<width { unsafe g[offset + output] = 0 }
        for row in 0..<rowCount {
          for output in 0..<width {
            unsafe g[offset + output] = g[offset + output] + d[row * width + output]
          }
        }
      }
    }
  }

  /// The sum of the squares, in double precision: eight chains, then the chains from the left.
  static func squaredNorm(_ x: [Float]) -> Double {
    var chains = SIMD8<Double>(repeating: 0)
    let whole = x.count / 8 * 8
    // SAFETY: indices stay below the count.
    unsafe x.withUnsafeBufferPointer { x in
      for start in stride(from: 0, to: whole, by: 8) {
        var values = SIMD8<Float>()
        for lane in 0..<8 { unsafe values[lane] = x[start + lane] }
        let wide = SIMD8<Double>(values)
        chains += wide * wide
      }
    }
    var sum = 0.0
    for lane in 0..<8 { sum += chains[lane] }
    for value in x[whole...] { sum += Double(value) * Double(value) }
    return sum
  }

  /// The constants of one AdamW step.
  struct AdamStep {
    /// The learning rate, divided by the first moment's bias correction.
    var rate: Float
    /// `1 - rate · weightDecay`, for parameters that decay.
    var keep: Float
    /// Multiplies gradients (norm clipping).
    var gradientScale: Float
    /// One over the second moment's bias correction.
    var secondCorrection: Float
    /// The share that the moving average keeps.
    var averageKeep: Float
    var beta1: Float = 0.9
    var beta2: Float = 0.999
    var epsilon: Float = 1e-8
  }

  /// One AdamW step [1] over `range`, and the moving average of the weights.
  ///
  /// [1]: https://arxiv.org/abs/1711.05101
  ///      "I. Loshchilov, F. Hutter. Decoupled weight decay regularization. ICLR 2019."
  static func adamW(
    _ range: Range<Int>, step: AdamStep, gradient: [Float], parameters: inout [Float],
    moments: inout Moments
  ) {
    precondition(range.lowerBound >= 0 && range.upperBound <= gradient.count)
    precondition(range.upperBound <= parameters.count && moments.count >= range.upperBound)
    let (g1, g2) = (1 - step.beta1, 1 - step.beta2)
    let averageGain = 1 - step.averageKeep
    // SAFETY: the preconditions cover every index.
    unsafe gradient.withUnsafeBufferPointer { gradient in
      unsafe parameters.withUnsafeMutableBufferPointer { p in
        unsafe moments.first.withUnsafeMutableBufferPointer { m in
          unsafe moments.second.withUnsafeMutableBufferPointer { v in
            unsafe moments.average.withUnsafeMutableBufferPointer { average in
              for i in range {
                let g = unsafe gradient[i] * step.gradientScale
                let first = unsafe step.beta1 * m[i] + g1 * g
                let second = unsafe step.beta2 * v[i] + g2 * (g * g)
                unsafe m[i] = first
                unsafe v[i] = second
                let root = (second * step.secondCorrection).squareRoot() + step.epsilon
                let value = unsafe p[i] * step.keep - step.rate * first / root
                unsafe p[i] = value
                unsafe average[i] = step.averageKeep * average[i] + averageGain * value
              }
            }
          }
        }
      }
    }
  }
}

/// What AdamW remembers of each parameter, and the moving average of the weights.
struct Moments {
  var first: [Float]
  var second: [Float]
  var average: [Float]
  var count: Int { average.count }

  init(parameters: [Float]) {
    first = [Float](repeating: 0, count: parameters.count)
    second = first
    average = parameters
  }
}

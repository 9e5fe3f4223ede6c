// AdamW.swift: one step of the optimiser over a parameter vector.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: it hands array memory to the kernels.

private import CPosternKernels

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

/// The constants of one AdamW step [1].
///
/// [1]: https://arxiv.org/abs/1711.05101
///      "I. Loshchilov, F. Hutter. Decoupled weight decay regularization. ICLR 2019."
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

  /// Moves the parameters in `range`, a multiple of 8 of them, and their moving average.
  func apply(
    to range: Range<Int>, gradient: [Float], parameters: inout [Float], moments: inout Moments
  ) {
    precondition(range.lowerBound >= 0 && range.count % 8 == 0)
    precondition(range.upperBound <= gradient.count && range.upperBound <= parameters.count)
    precondition(range.upperBound <= moments.count)
    // SAFETY: the preconditions cover what the kernel reads and writes.
    unsafe gradient.withUnsafeBufferPointer { gradient in
      unsafe parameters.withUnsafeMutableBufferPointer { p in
        unsafe moments.first.withUnsafeMutableBufferPointer { m in
          unsafe moments.second.withUnsafeMutableBufferPointer { v in
            unsafe moments.average.withUnsafeMutableBufferPointer { average in
              guard let gradient = gradient.baseAddress, let p = p.baseAddress,
                let m = m.baseAddress, let v = v.baseAddress, let average = average.baseAddress
              else { return }
              let first = range.lowerBound
              var step = constants
              unsafe postern_adamw_f32(
                &step, gradient + first, p + first, m + first, v + first, average + first,
                range.count)
            }
          }
        }
      }
    }
  }

  private var constants: postern_adamw {
    postern_adamw(
      rate: rate, keep: keep, gradient_scale: gradientScale,
      second_correction: secondCorrection, average_keep: averageKeep, beta1: beta1, beta2: beta2,
      epsilon: epsilon)
  }
}

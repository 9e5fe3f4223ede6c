// AdamW.swift: one step of the optimiser over a parameter vector.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: the loop runs over every parameter at every step of training.

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
    // SAFETY: the preconditions cover every index.
    unsafe gradient.withUnsafeBufferPointer { gradient in
      unsafe parameters.withUnsafeMutableBufferPointer { p in
        unsafe moments.first.withUnsafeMutableBufferPointer { m in
          unsafe moments.second.withUnsafeMutableBufferPointer { v in
            unsafe moments.average.withUnsafeMutableBufferPointer { average in
              guard let gradient = gradient.baseAddress, let p = p.baseAddress,
                let m = m.baseAddress, let v = v.baseAddress, let average = average.baseAddress
              else { return }
              unsafe apply(range, gradient, p, m, v, average)
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private func apply(
    _ range: Range<Int>, _ gradient: UnsafePointer<Float>, _ p: UnsafeMutablePointer<Float>,
    _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>,
    _ average: UnsafeMutablePointer<Float>
  ) {
    let (gain1, gain2, averageGain) = (1 - beta1, 1 - beta2, 1 - averageKeep)
    var index = range.lowerBound
    while index < range.upperBound {
      let g = unsafe gradient.lanes(index) * gradientScale
      let first = unsafe m.lanes(index) * beta1 + g * gain1
      let second = unsafe v.lanes(index) * beta2 + g * g * gain2
      unsafe m.set(index, first)
      unsafe v.set(index, second)
      let root = (second * secondCorrection).squareRoot() + epsilon
      let value = unsafe p.lanes(index) * keep - first * rate / root
      unsafe p.set(index, value)
      unsafe average.set(index, average.lanes(index) * averageKeep + value * averageGain)
      index &+= 8
    }
  }
}

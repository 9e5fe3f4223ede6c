// VectorMath+Softmax.swift: probabilities of logits, and the gradient back through them.
//
// Step: encoded rows → [router] → experts.
// This file says `unsafe`: with many experts these loops take much of the time of a router's step.

private import CPosternKernels
import PosternRuntime

extension VectorMath {
  /// The probabilities of rows of `count` logits at `temperature` and at 1, and the logarithms of
  /// the sums of the exponentials at 1; the index of each row's largest logit, the first at a tie.
  /// Matrices have rows of `stride` numbers.
  static func softmax(
    _ logits: [Float], stride: Int, count: Int, rowCount: Int, temperature: Float,
    sharp: inout [Float], soft: inout [Float], logSums: inout [Double], choices: inout [Int]
  ) {
    precondition(count > 0 && count <= stride && logits.count >= rowCount * stride)
    precondition(sharp.count >= rowCount * stride && soft.count >= rowCount * stride)
    precondition(logSums.count >= rowCount && choices.count >= rowCount)
    var exponentials = [Double](repeating: 0, count: count)
    // SAFETY: the preconditions cover every index.
    unsafe logits.withUnsafeBufferPointer { logits in
      unsafe sharp.withUnsafeMutableBufferPointer { sharp in
        unsafe soft.withUnsafeMutableBufferPointer { soft in
          unsafe exponentials.withUnsafeMutableBufferPointer { e in
            guard let logits = logits.baseAddress, let sharp = sharp.baseAddress,
              let soft = soft.baseAddress, let e = e.baseAddress
            else { return }
            for row in 0..<rowCount {
              let first = row &* stride
              var (largest, best) = unsafe (logits[first], 0)
              for index in 1..<max(count, 1) {
                let logit = unsafe logits[first &+ index]
                if logit > largest { (largest, best) = (logit, index) }
              }
              choices[row] = best
              unsafe postern_exponentials_f64(logits + first, largest, 1, count, e)
              let sum = unsafe probabilities(e, count, soft + first)
              logSums[row] = Double(largest) + Elementary.log(sum)
              guard temperature != 1 else {
                unsafe (sharp + first).update(from: soft + first, count: count)
                continue
              }
              unsafe postern_exponentials_f64(
                logits + first, largest, Double(temperature), count, e)
              _ = unsafe probabilities(e, count, sharp + first)
            }
          }
        }
      }
    }
  }

  /// Turns the gradient `g` by the logarithms of probabilities, in place, into that by the logits:
  /// `(g - p Σg) / temperature`, plus `pull` times the mean over the rows of `logSum p'`, where
  /// `p'` are the probabilities at temperature 1.
  static func softmaxBackward(
    _ g: inout [Float], stride: Int, count: Int, rowCount: Int, temperature: Float,
    sharp: [Float], soft: [Float], logSums: [Double], pull: Float
  ) {
    precondition(count <= stride && stride % 8 == 0 && g.count >= rowCount * stride)
    precondition(sharp.count >= rowCount * stride && soft.count >= rowCount * stride)
    // SAFETY: the preconditions cover every index; the last lanes of a row are not written back.
    unsafe g.withUnsafeMutableBufferPointer { g in
      unsafe sharp.withUnsafeBufferPointer { sharp in
        unsafe soft.withUnsafeBufferPointer { soft in
          guard let g = g.baseAddress, let sharp = sharp.baseAddress, let soft = soft.baseAddress
          else { return }
          for row in 0..<rowCount {
            let first = row &* stride
            var sum: Float = 0
            for index in first..<first &+ count { unsafe sum += g[index] }
            let pull = pull * Float(logSums[row]) / Float(rowCount)
            var index = 0
            while index < count {
              let at = first &+ index
              let moved = unsafe (g.lanes(at) - sharp.lanes(at) * sum) / temperature
              let value = unsafe moved + soft.lanes(at) * pull
              if index &+ 8 <= count {
                unsafe g.set(at, value)
              } else {
                for lane in 0..<count &- index { unsafe g[at &+ lane] = value[lane] }
              }
              index &+= 8
            }
          }
        }
      }
    }
  }

  /// Exponentials, rounded to float, over their sum, which is returned.
  @inline(__always)
  private static func probabilities(
    _ e: UnsafeMutablePointer<Double>, _ count: Int, _ p: UnsafeMutablePointer<Float>
  ) -> Double {
    var sum = 0.0
    for index in 0..<count { unsafe sum += e[index] }
    unsafe postern_shares_f32(e, sum, count, p)
    return sum
  }

  /// The exponentials of up to eight numbers of `x` from `first` on, less `largest`.
  static func exponentials(
    _ x: borrowing MutableSpan<Float>, first: Int, count: Int, largest: Float
  ) -> SIMD8<Double> {
    precondition(count <= 8 && first >= 0 && first + count <= x.count)
    var result = SIMD8<Double>(repeating: 0)
    // SAFETY: the precondition covers what the kernel reads; it writes eight numbers at most.
    unsafe x.withUnsafeBufferPointer { x in
      unsafe withUnsafeMutableBytes(of: &result) { result in
        guard let x = x.baseAddress else { return }
        unsafe postern_exponentials_f64(
          x + first, largest, 1, count, result.assumingMemoryBound(to: Double.self).baseAddress)
      }
    }
    return result
  }
}

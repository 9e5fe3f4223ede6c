// QuantisedWeights.swift: f32 weights to f16, int8 or int4, as the file stores them.
//
// Step: model value → [element types] → encoder.   Specification: formats/model.md, section 7.

internal import PosternFormat

/// Weights of one layer with what is needed to store them in fewer bits.
///
/// int8 has a scale for each output, the largest weight over 127; int4 one for each group of inputs
/// of each output, the largest over 7. Weights go to the nearest step, ties away from zero.
struct QuantisedWeights {
  let type: Expert.ElementType
  let isLookup: Bool
  let inputs: Int
  let outputs: Int
  /// Shape `(inputs, outputs)`.
  let weights: [Float]

  /// Inputs of an output that share a scale in int4.
  static let groupSize = 32

  private var paddedInputs: Int { isLookup ? inputs : Layout.pad(inputs, to: 4) }
  private var paddedOutputs: Int { Layout.pad(outputs, to: 16) }

  private func weight(_ input: Int, _ output: Int) -> Float {
    input < inputs && output < outputs ? weights[input * outputs + output] : 0
  }

  /// Appends weights and scales, each part padded to 64 bytes.
  func append(to writer: inout ByteWriter) {
    if type == .f16 {
      for (input, output) in elements() {
        let bits = halfBits(weight(input, output))
        writer.append(UInt8(truncatingIfNeeded: bits))
        writer.append(UInt8(truncatingIfNeeded: bits >> 8))
      }
      writer.pad(to: 64)
      return
    }
    let isNibble = type == .int4 && !isLookup
    let groupSize = isNibble ? Self.groupSize : max(paddedInputs, 1)
    let scales = scales(groupSize: groupSize, steps: isNibble ? 7 : 127)
    func step(_ input: Int, _ output: Int) -> Int {
      let scale = scales[input / groupSize * paddedOutputs + output]
      let limit: Float = isNibble ? 7 : 127
      guard scale > 0 else { return 0 }
      return Int(max(min((weight(input, output) / scale).rounded(), limit), -limit))
    }
    if isNibble {
      for panel in 0..<paddedOutputs / 16 {
        for pair in 0..<paddedInputs / 2 {
          for lane in 0..<16 {
            let low = step(2 * pair, panel * 16 + lane)
            let high = step(2 * pair + 1, panel * 16 + lane)
            writer.append(UInt8(truncatingIfNeeded: low & 15 | (high & 15) << 4))
          }
        }
      }
    } else {
      for (input, output) in elements() {
        writer.append(UInt8(truncatingIfNeeded: step(input, output)))
      }
    }
    writer.pad(to: 64)
    writer.append(scales)
  }

  /// Inputs and outputs in the order of the file, padding included; not for nibbles.
  private func elements() -> [(Int, Int)] {
    if isLookup {
      return (0..<inputs).flatMap { input in (0..<paddedOutputs).map { (input, $0) } }
    }
    // Four inputs of one output stand together in int8.
    let together = type == .int8 ? 4 : 1
    return (0..<paddedOutputs / 16).flatMap { panel in
      (0..<paddedInputs / together).flatMap { block in
        (0..<16).flatMap { lane in
          (0..<together).map { (block * together + $0, panel * 16 + lane) }
        }
      }
    }
  }

  /// Shape `(groups, padded outputs)`.
  private func scales(groupSize: Int, steps: Float) -> [Float] {
    let groups = (paddedInputs + groupSize - 1) / groupSize
    var scales = [Float](repeating: 0, count: groups * paddedOutputs)
    for input in 0..<inputs {
      for output in 0..<outputs {
        let index = input / groupSize * paddedOutputs + output
        scales[index] = max(scales[index], abs(weight(input, output)))
      }
    }
    // A scale too small to divide by stands for weights that do not matter.
    return scales.map { $0 / steps >= .leastNormalMagnitude ? $0 / steps : 0 }
  }
}

/// The bits of the nearest binary16, ties to even; infinity beyond its range.
package func halfBits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = bits & 0x7FFF_FFFF
  if magnitude >= 0x7F80_0000 { return sign | (magnitude > 0x7F80_0000 ? 0x7E00 : 0x7C00) }
  if magnitude < 0x3880_0000 {
    // Below 2^-14 steps are 2^-24: the nearest even one.
    let steps = (Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven)
    return sign | UInt16(steps)
  }
  // The exponents differ by 112; the lowest 13 bits are rounded off, which may carry.
  let rounded = magnitude + 0x0FFF + (magnitude >> 13 & 1)
  let half = rounded >> 13 - (112 << 10)
  return sign | (half >= 0x7C00 ? 0x7C00 : UInt16(half))
}

// ElementLayers.swift: layers whose weights are stored as f16, int8 or int4.
//
// Step: features → [layers] → outputs.   Specification: formats/model.md, sections 7 and 9.2.

package import PosternFormat

/// A layer of weights of any type, one weight at a time. Offsets count bytes of the expert.
package struct ElementLayer: Sendable {
  private let part: LayerLayout
  let type: ElementType
  /// Dense: shape `(outputs / 16, inputs, 16)` for floats, `(outputs / 16, inputs / 4, 16, 4)` for
  /// int8, nibbles `(outputs / 16, inputs / 2, 16)` for int4. Look-up: `(entries, outputs)`.
  let weights: Int
  /// Shape `(groups, outputs)`.
  let weightScale: Int
  let bias: Int
  /// PReLU slopes; none for a layer without them.
  let slopes: Int?
  /// Inputs, padded: a multiple of 4; the entries of a look-up layer.
  let inputs: Int
  /// Outputs, padded: a multiple of 16.
  let outputs: Int
  /// Inputs that share a scale (int4).
  let groupSize: Int

  package init(_ part: LayerLayout, _ shape: ExpertShape, hasSlopes: Bool = true) {
    self.part = part
    type = shape.elementType
    weights = part.weights
    weightScale = part.weightScale
    bias = part.bias
    slopes = hasSlopes && !part.isLast ? part.slopes : nil
    inputs = part.paddedInputs
    outputs = part.paddedOutputs
    groupSize = shape.groupSize
  }

  /// A weight as the float that it stands for: exactly, or for int8 and int4 times its scale.
  ///
  /// - Precondition: input (of a look-up: entry) and output are inside the layer or its padding.
  package func weight(_ bytes: Span<UInt8>, input: Int, output: Int) -> Float {
    part.isLookup
      ? tableWeight(bytes, entry: input, output: output)
      : denseWeight(bytes, input: input, output: output)
  }

  /// The weight from `input` to `output` of a dense layer.
  @inline(__always)
  func denseWeight(_ bytes: Span<UInt8>, input: Int, output: Int) -> Float {
    let (panel, lane) = (output / 16, output % 16)
    let element = (panel * inputs + input) * 16 + lane
    switch type {
    case .f32: return bytes.float(at: weights + 4 * element)
    case .f16: return halfFloat(bytes.uint16(at: weights + 2 * element))
    case .int8:
      let byte = weights + ((panel * (inputs / 4) + input / 4) * 16 + lane) * 4 + input % 4
      return exactFloat(signed(bytes[byte])) * bytes.float(at: weightScale + 4 * output)
    case .int4:
      let byte = bytes[weights + (panel * (inputs / 2) + input / 2) * 16 + lane]
      let nibble = input % 2 == 0 ? byte & 15 : byte &>> 4
      let number = Int32(nibble) - (nibble > 7 ? 16 : 0)
      let scale = weightScale + 4 * ((input / groupSize) * outputs + output)
      return exactFloat(number) * bytes.float(at: scale)
    }
  }

  /// An element of a look-up layer's table.
  @inline(__always)
  func tableWeight(_ bytes: Span<UInt8>, entry: Int, output: Int) -> Float {
    let element = entry * outputs + output
    switch type {
    case .f32: return bytes.float(at: weights + 4 * element)
    case .f16: return halfFloat(bytes.uint16(at: weights + 2 * element))
    case .int8, .int4:
      return exactFloat(signed(bytes[weights + element]))
        * bytes.float(at: weightScale + 4 * output)
    }
  }

  /// What becomes of an output's sum.
  func activated(_ z: Float, _ output: Int, _ bytes: Span<UInt8>) -> Float {
    guard let slopes else { return z }
    return z > 0 ? z : bytes.float(at: slopes + 4 * output) * z
  }
}

/// The two's complement that a byte holds.
@inline(__always)
private func signed(_ byte: UInt8) -> Int32 { (Int32(byte) ^ 0x80) &- 0x80 }

/// The float that is `number`, which is below 2^22 in magnitude: in the low bits of 1.5 · 2^23 it
/// stands for itself.
///
/// Not `Float(number)`: that initialiser is generic, and a microcontroller's build keeps what its
/// slowest path would allocate.
@inline(__always)
private func exactFloat(_ number: Int32) -> Float {
  Float(bitPattern: 0x4B40_0000 &+ UInt32(bitPattern: number)) - 0x1.8p23
}

/// The float nearest to `number`, ties to even: both halves are exact, so that the sum rounds once.
private func nearestFloat(_ number: Int32) -> Float {
  exactFloat(number &>> 16) * 65536 + exactFloat(number & 0xFFFF)
}

/// The number that the bits of a binary16 stand for, exactly. The bits are finite.
func halfFloat(_ bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) &<< 16
  let magnitude = UInt32(bits & 0x7FFF)
  // Exponents differ by 112. A subnormal half is its integer times 2^-24.
  if magnitude < 0x400 {
    let value = exactFloat(Int32(bitPattern: magnitude)) * 0x1p-24
    return Float(bitPattern: value.bitPattern | sign)
  }
  return Float(bitPattern: (magnitude &<< 13) &+ 0x3800_0000 | sign)
}

extension Session {
  /// A dense layer over rows. Section 9.2, `dense` and `dense, int8`.
  ///
  /// - Complexity: O(*rows* × *inputs* × *outputs*), no allocation.
  @_lifetime(self: copy self)
  mutating func runDense(_ layer: ElementLayer, _ bytes: Span<UInt8>, rows: RowBlock) {
    for row in 0..<rows.rows {
      let x = rows.x + row * rows.xStride
      let y = rows.y + row * rows.yStride
      if layer.type == .int8 {
        runInteger(layer, bytes, x: x, y: y)
        continue
      }
      let quarter = layer.inputs / 4
      for output in 0..<layer.outputs {
        var chains = InlineArray<4, Float>(repeating: 0)
        for run in 0..<4 {
          for k in run * quarter..<(run + 1) * quarter {
            chains[run] = fusedMultiplyAdd(
              memory[float: x + k], layer.denseWeight(bytes, input: k, output: output),
              chains[run])
          }
        }
        let sum = (chains[0] + chains[1]) + (chains[2] + chains[3])
        let z = sum + bytes.float(at: layer.bias + 4 * output)
        memory[float: y + output] = layer.activated(z, output, bytes)
      }
    }
  }

  /// One row of a dense int8 layer: the input is quantised, the sums are integers.
  @_lifetime(self: copy self)
  private mutating func runInteger(_ layer: ElementLayer, _ bytes: Span<UInt8>, x: Int, y: Int) {
    var largest: Float = 0
    var isFinite = true
    for k in 0..<layer.inputs {
      let size = memory[float: x + k].magnitude
      if !size.isFinite { isFinite = false }
      if size > largest { largest = size }
    }
    guard isFinite else {
      for output in 0..<layer.outputs { memory[float: y + output] = .nan }
      return
    }
    let inverse = 127 / largest
    let isZero = largest == 0 || !inverse.isFinite
    for panel in 0..<layer.outputs / 16 {
      var sums = InlineArray<16, Int32>(repeating: 0)
      for k in 0..<layer.inputs where !isZero {
        let q = quantised(memory[float: x + k] * inverse)
        let first = layer.weights + ((panel * (layer.inputs / 4) + k / 4) * 16) * 4 + k % 4
        for lane in 0..<16 {
          sums[lane] &+= q &* signed(bytes[first + 4 * lane])
        }
      }
      for lane in 0..<16 {
        let output = panel * 16 + lane
        let z = fusedMultiplyAdd(
          nearestFloat(sums[lane]) * (largest / 127),
          bytes.float(at: layer.weightScale + 4 * output),
          bytes.float(at: layer.bias + 4 * output))
        memory[float: y + output] = layer.activated(z, output, bytes)
      }
    }
  }

  /// A look-up layer over rows. Section 9.2, `lookup`.
  ///
  /// - Complexity: O(*rows* × *columns* × *outputs*), no allocation.
  @_lifetime(self: copy self)
  mutating func runLookup(
    _ layer: ElementLayer, columns: Int, _ bytes: Span<UInt8>, rows: LookupBlock
  ) {
    for row in 0..<rows.rows {
      let entries = rows.entries + row * rows.columnStride
      let fractions = rows.fractions + row * rows.columnStride
      let y = rows.y + row * rows.yStride
      for output in 0..<layer.outputs {
        var z = bytes.float(at: layer.bias + 4 * output)
        for column in 0..<columns {
          let fraction = memory[float: fractions + column]
          let below = Int(memory[entries + column])
          let low = layer.tableWeight(bytes, entry: below, output: output)
          let high =
            fraction > 0 ? layer.tableWeight(bytes, entry: below + 1, output: output) : low
          z = z + fusedMultiplyAdd(fraction, high - low, low)
        }
        memory[float: y + output] = layer.activated(z, output, bytes)
      }
    }
  }
}

/// `x`, at most about 127 in magnitude, to the nearest integer, ties to even, within -127...127.
private func quantised(_ x: Float) -> Int32 {
  // At 1.5 · 2^23 a float has no digits behind the point: adding rounds, and the low bits count.
  let magic: Float = 0x1.8p23
  let sum = max(min(x, 127), -127) + magic
  return Int32(bitPattern: sum.bitPattern) &- Int32(bitPattern: magic.bitPattern)
}

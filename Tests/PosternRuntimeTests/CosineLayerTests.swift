// CosineLayerTests.swift: cosine scores, against the kernels and against the formula.

import PosternRuntime
import Testing

@Suite struct CosineLayerTests {
  private struct Case {
    var layer: CosineLayer
    var rows: RowBlock
    var data = LayerCase()

    init(inputs: Int, children: Int, rows count: Int, kind: RandomFloats.Kind, seed: UInt64) {
      var random = RandomFloats(seed: seed)
      let outputs = (children + 15) / 16 * 16
      _ = data.addWeights([1])
      let panels = data.addWeights(random.floats(kind, count: inputs * outputs))
      let bias = data.addWeights(random.floats(kind, count: outputs))
      let scale = data.addWeights(
        random.floats(.ordinary, count: outputs).map { max($0.magnitude, 0x1p-149) })
      layer = CosineLayer(
        panels: panels, bias: bias, scale: scale, inputs: inputs, children: children)
      let x = data.addWords(random.floats(kind, count: count * (inputs + 3)).map(\.bitPattern))
      let y = data.addRoom(count * (outputs + 5))
      rows = RowBlock(x: x, xStride: inputs + 3, y: y, yStride: outputs + 5, rows: count)
    }
  }

  @Test(arguments: RandomFloats.Kind.allCases)
  func `the kernel has the bits of the reference`(kind: RandomFloats.Kind) {
    for inputs in stride(from: 4, through: 68, by: 16) {
      for children in [1, 15, 16, 17, 40] {
        let seed = UInt64(100 * inputs + children)
        let test = Case(inputs: inputs, children: children, rows: 9, kind: kind, seed: seed)
        let expected = test.data.memory { weights, memory in
          referenceCosine(test.layer, weights: weights, rows: test.rows, memory: &memory)
        }
        let found = test.data.memory { weights, memory in
          Kernels.cosine(test.layer, weights: weights, rows: test.rows, memory: &memory)
        }
        #expect(found == expected, "inputs: \(inputs) children: \(children) seed: \(seed)")
      }
    }
  }

  @Test func `a score is the product over the enlarged norm, and the bias`() {
    let test = Case(inputs: 24, children: 20, rows: 11, kind: .ordinary, seed: 6)
    let result = test.data.memory { weights, memory in
      Kernels.cosine(test.layer, weights: weights, rows: test.rows, memory: &memory)
    }
    func weight(_ offset: Int) -> Double {
      let bytes = test.data.weights[offset..<offset + 4]
      let bits = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return Double(Float(bitPattern: bits))
    }
    for row in 0..<11 {
      let first = test.rows.x + row * test.rows.xStride
      let x = (0..<24).map { Double(Float(bitPattern: test.data.memory[first + $0])) }
      let norm = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      for child in 0..<20 {
        var product = 0.0
        for k in 0..<24 {
          let element = (child / 16 * 24 + k) * 16 + child % 16
          product += x[k] * weight(test.layer.panels + 4 * element)
        }
        let expected =
          product / (norm + weight(test.layer.scale + 4 * child))
          + weight(test.layer.bias + 4 * child)
        let found = Float(bitPattern: result[test.rows.y + row * test.rows.yStride + child])
        #expect(abs(Double(found) - expected) < 1e-5)
      }
    }
  }

  /// Section 9.3: a norm beyond the largest number would make zeros of all products.
  @Test func `features without length score the bias, those that overflow nothing`() {
    var data = LayerCase()
    let layer = CosineLayer(
      panels: data.addWeights([Float](repeating: 0.5, count: 64)),
      bias: data.addWeights([Float](repeating: 0.25, count: 16)),
      scale: data.addWeights([Float](repeating: 1e-12, count: 16)), inputs: 4, children: 16)
    let x = data.addWords(
      ([0, -0.0, 0, 0, 0x1p64, 0, 0, 0, 0x1p63, 0, 0, 0] as [Float]).map(\.bitPattern))
    let y = data.addRoom(48)
    let rows = RowBlock(x: x, xStride: 4, y: y, yStride: 16, rows: 3)
    let result = data.memory { weights, memory in
      Kernels.cosine(layer, weights: weights, rows: rows, memory: &memory)
    }
    for child in 0..<16 {
      #expect(Float(bitPattern: result[y + child]) == 0.25)
      #expect(Float(bitPattern: result[y + 16 + child]).isNaN)
      #expect(Float(bitPattern: result[y + 32 + child]) == 0.75)
    }
  }
}

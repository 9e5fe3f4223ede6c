import PosternRuntime
import Testing

/// The definition against the sentence that it defines, worked out otherwise.
@Suite struct ReferenceLayersTests {
  /// Small integers are exact in any order, so integer arithmetic is the oracle: it finds a wrong
  /// weight, input, bias or slope, but not a wrong order.
  @Test(arguments: [(4, 16), (8, 48), (60, 32)])
  func `dense is the matrix product`(inputs: Int, outputs: Int) {
    var random = RandomFloats(seed: 10)
    func integers(_ count: Int) -> [Int] {
      (0..<count).map { _ in Int.random(in: -50...50, using: &random) }
    }
    let matrix = integers(inputs * outputs)  // (outputs, inputs)
    let (bias, slopes, x) = (integers(outputs), integers(outputs), integers(3 * inputs))
    var panels: [Float] = []
    for panel in 0..<outputs / 16 {
      for k in 0..<inputs {
        for lane in 0..<16 { panels.append(Float(matrix[(panel * 16 + lane) * inputs + k])) }
      }
    }
    var data = LayerCase()
    let layer = DenseLayer(
      panels: data.addWeights(panels), bias: data.addWeights(bias.map { Float($0) }),
      slopes: data.addWeights(slopes.map { Float($0) }), inputs: inputs, outputs: outputs)
    let start = data.addWords(x.map { Float($0).bitPattern })
    let y = data.addRoom(3 * outputs)
    let result = data.memory { weights, memory in
      referenceDense(
        layer, weights: weights,
        rows: RowBlock(x: start, xStride: inputs, y: y, yStride: outputs, rows: 3),
        memory: &memory)
    }
    for row in 0..<3 {
      for output in 0..<outputs {
        var z = bias[output]
        for k in 0..<inputs { z += x[row * inputs + k] * matrix[output * inputs + k] }
        if z <= 0 { z *= slopes[output] }
        #expect(Float(bitPattern: result[y + row * outputs + output]) == Float(z))
      }
    }
  }

  /// One row through a layer whose 16 outputs have the weights `w`.
  static func dense(x: [Float], w: [Float], bias: Float? = nil) -> Float {
    var data = LayerCase()
    let layer = DenseLayer(
      panels: data.addWeights(w.flatMap { [Float](repeating: $0, count: 16) }),
      bias: bias.map { data.addWeights([Float](repeating: $0, count: 16)) }, slopes: nil,
      inputs: x.count, outputs: 16)
    let start = data.addWords(x.map(\.bitPattern))
    let y = data.addRoom(16)
    let result = data.memory { weights, memory in
      referenceDense(
        layer, weights: weights, rows: RowBlock(x: start, xStride: 0, y: y, yStride: 0, rows: 1),
        memory: &memory)
    }
    return Float(bitPattern: result[y + 7])
  }

  @Test func `the order of a dense layer is the specified one`() {
    let big: Float = 0x1p24  // the next float is 2^24 + 2; a tie goes to the even one
    let one: [Float] = [1, 1, 1, 1]
    // (2^24 + 1) + (1 + 1): the first 1 is lost at a tie, the others count together.
    #expect(Self.dense(x: one, w: [big, 1, 1, 1]) == big + 2)
    // (1 + 1) + (1 + 2^24): the same from the other side.
    #expect(Self.dense(x: one, w: [1, 1, 1, big]) == big + 2)
    // The bias comes last: ((2^24 + 1) + 0) - 2^24.
    #expect(Self.dense(x: one, w: [big, 1, 0, 0], bias: -big) == 0)
    // A run is contiguous and ascending: 2^24 + 1 + 1 loses both, 1 + 1 + 2^24 neither.
    let three: [Float] = [1, 1, 1]
    let zeros = [Float](repeating: 0, count: 9)
    #expect(Self.dense(x: three + zeros, w: [big, 1, 1] + zeros) == big)
    #expect(Self.dense(x: three + zeros, w: [1, 1, big] + zeros) == big + 2)
    // The product is not rounded before it is added: (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24.
    let pair: [Float] = [-0x1.002p0, 0x1.001p0, 0, 0, 0, 0, 0, 0]
    #expect(Self.dense(x: pair, w: [1, 0x1.001p0, 0, 0, 0, 0, 0, 0]) == 0x1p-24)
  }

  @Test func `no chain starts at a negative zero`() {
    #expect(Self.dense(x: [0, 0, 0, 0], w: [-1, -1, -1, -1]).sign == .plus)
  }

  @Test func `lookup adds the entries, or what lies between two`() {
    var data = LayerCase()
    func lanes(_ value: Float) -> [Float] { (0..<16).map { value + Float($0) } }
    let layer = LookupLayer(
      table: data.addWeights(lanes(100) + lanes(200) + lanes(-1000) + lanes(3000)),
      bias: data.addWeights(lanes(1)), slopes: data.addWeights([Float](repeating: 0.5, count: 16)),
      entries: 4, columns: 2, outputs: 16)
    let quarter = Float(0.25).bitPattern
    let entries = data.addWords([0, 2, 1, 3])
    let fractions = data.addWords([quarter, 0, 0, 0])
    let y = data.addRoom(32)
    let result = data.memory { weights, memory in
      referenceLookup(
        layer, weights: weights,
        rows: LookupBlock(
          entries: entries, fractions: fractions, columnStride: 2, y: y, yStride: 16, rows: 2),
        memory: &memory)
    }
    for lane in 0..<16 {
      // 1 + 125 - 1000 = -874, three lanes' worth added, then the slope.
      let first = (-874 + 3 * Float(lane)) * 0.5
      #expect(Float(bitPattern: result[y + lane]) == first)
      #expect(Float(bitPattern: result[y + 16 + lane]) == 3201 + 3 * Float(lane))
    }
  }

  @Test func `distance is the bias less the scaled Euclidean distance`() {
    var data = LayerCase()
    // The points (o, 0, 0, 0, 0, 0, 0, 0) seen from (0, 0, 3, 0, 0, 4, 0, 12): 13 away and a
    // Pythagorean more.
    var panel = [Float](repeating: 0, count: 8 * 16)
    for o in 0..<16 { panel[o] = Float(o) }
    let layer = DistanceLayer(
      panels: data.addWeights(panel), bias: data.addWeights([Float](repeating: 10, count: 16)),
      scale: data.addWeights([Float](repeating: 2, count: 16)), inputs: 8, outputs: 16)
    let x = data.addWords(([0, 0, 3, 0, 0, 4, 0, 12] as [Float]).map(\.bitPattern))
    let y = data.addRoom(16)
    let rows = RowBlock(x: x, xStride: 8, y: y, yStride: 16, rows: 1)
    let result = data.memory { weights, memory in
      Kernels.distance(layer, weights: weights, rows: rows, memory: &memory)
    }
    for o in 0..<16 {
      // Twice a float is exact, so that only the difference is rounded.
      let distance = Float(169 + o * o).squareRoot()
      #expect(Float(bitPattern: result[y + o]) == 10 - 2 * distance)
    }
    #expect(Float(bitPattern: result[y]) == -16)
  }
}

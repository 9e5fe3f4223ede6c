import PosternRuntime
import Testing

/// Behind the door is C, which checks nothing: each of these would read or write beside the memory.
@Suite struct KernelPreconditionTests {
  /// One row of a layer of 16 outputs whose every place is exactly large enough, but for one
  /// change.
  static func dense(_ change: (inout DenseLayer, inout RowBlock) -> Void) {
    var layer = DenseLayer(panels: 0, bias: 512, slopes: 576, inputs: 8, outputs: 16)
    var rows = RowBlock(x: 0, xStride: 8, y: 16, yStride: 16, rows: 2)
    change(&layer, &rows)
    let weights = [UInt8](repeating: 0, count: 640)
    var memory = [UInt32](repeating: 0, count: 48)
    var words = memory.mutableSpan
    Kernels.dense(layer, weights: weights.span, rows: rows, memory: &words)
  }

  static func lookup(_ change: (inout LookupLayer, inout LookupBlock, inout [UInt32]) -> Void) {
    var layer = LookupLayer(
      table: 0, bias: 320, slopes: 384, entries: 5, columns: 2, outputs: 16)
    var rows = LookupBlock(entries: 0, fractions: 4, columnStride: 2, y: 8, yStride: 16, rows: 2)
    let half = Float(0.5).bitPattern
    var memory: [UInt32] = [4, 3, 0, 2] + [0, half, half, 0] + [UInt32](repeating: 0, count: 32)
    change(&layer, &rows, &memory)
    let weights = [UInt8](repeating: 0, count: 448)
    var words = memory.mutableSpan
    Kernels.lookup(layer, weights: weights.span, rows: rows, memory: &words)
  }

  @Test func `places that fit exactly are allowed`() {
    Self.dense { _, _ in }
    Self.lookup { _, _, _ in }
  }

  @Test func `a dense layer beside its weights traps`() async {
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.inputs = 6 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.inputs = -8 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.outputs = 8 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.panels = -4 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.panels = 132 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.panels = 2 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.bias = 580 } }
    await #expect(processExitsWith: .failure) { Self.dense { layer, _ in layer.slopes = 580 } }
    await #expect(processExitsWith: .failure) {
      Self.dense { layer, _ in layer.inputs = .max - 3 }
    }
  }

  @Test func `rows beside the memory trap`() async {
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.x = -1 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.x = 33 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.y = -1 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.y = 17 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.rows = 3 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.yStride = 17 } }
    await #expect(processExitsWith: .failure) { Self.dense { _, rows in rows.xStride = -1 } }
  }

  @Test func `a look-up beside its table traps`() async {
    await #expect(processExitsWith: .failure) {
      Self.lookup { layer, _, _ in layer.table = 4 * 33 }
    }
    await #expect(processExitsWith: .failure) { Self.lookup { layer, _, _ in layer.bias = 388 } }
    await #expect(processExitsWith: .failure) { Self.lookup { layer, _, _ in layer.slopes = 388 } }
    await #expect(processExitsWith: .failure) { Self.lookup { layer, _, _ in layer.entries = 4 } }
    await #expect(processExitsWith: .failure) { Self.lookup { _, rows, _ in rows.entries = 38 } }
    await #expect(processExitsWith: .failure) { Self.lookup { _, rows, _ in rows.fractions = 38 } }
    await #expect(processExitsWith: .failure) { Self.lookup { _, rows, _ in rows.y = 9 } }
    // An entry after the last; the last with a fraction; an entry whose next wraps around to 0.
    await #expect(processExitsWith: .failure) { Self.lookup { _, _, words in words[0] = 5 } }
    await #expect(processExitsWith: .failure) { Self.lookup { _, _, words in words[1] = 4 } }
    await #expect(processExitsWith: .failure) { Self.lookup { _, _, words in words[1] = .max } }
  }
}

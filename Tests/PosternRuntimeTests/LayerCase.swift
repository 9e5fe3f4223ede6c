// LayerCase.swift: a layer with its constants and rows, for comparing kernels.

import PosternRuntime

/// The constants of a layer as the bytes of a file, and a session's memory.
struct LayerCase {
  var weights: [UInt8] = []
  var memory: [UInt32] = []

  /// Adds `values` to the constants; returns their byte offset.
  mutating func addWeights(_ values: [Float]) -> Int {
    let offset = weights.count
    for value in values {
      let bits = value.bitPattern
      weights += [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) }
    }
    return offset
  }

  /// Adds words to the memory; returns the offset of the first.
  mutating func addWords(_ words: [UInt32]) -> Int {
    let offset = memory.count
    memory += words
    return offset
  }

  /// Adds words that no kernel may change to the memory.
  mutating func addRoom(_ count: Int) -> Int {
    addWords([UInt32](repeating: 0xABCD_1234, count: count))
  }

  /// The memory after `body`, the NaNs made equal.
  func memory(after body: (Span<UInt8>, inout MutableSpan<UInt32>) -> Void) -> [UInt32] {
    var copy = memory
    var span = copy.mutableSpan
    body(weights.span, &span)
    return copy.map { comparableBits(Float(bitPattern: $0)) }
  }
}

/// A dense layer over random rows; `activated` gives it bias and slopes.
struct DenseCase {
  var layer: DenseLayer
  var rows: RowBlock
  var data = LayerCase()

  init(
    inputs: Int, outputs: Int, rows count: Int, kind: RandomFloats.Kind, activated: Bool,
    seed: UInt64
  ) {
    var random = RandomFloats(seed: seed)
    // A word before the panels, so that they are aligned for floats and for nothing wider.
    _ = data.addWeights([1])
    let panels = data.addWeights(random.floats(kind, count: inputs * outputs))
    let bias = data.addWeights(random.floats(kind, count: outputs))
    let slopes = data.addWeights(random.floats(.ordinary, count: outputs))
    layer = DenseLayer(
      panels: panels, bias: activated ? bias : nil, slopes: activated ? slopes : nil,
      inputs: inputs, outputs: outputs)
    let (xStride, yStride) = (inputs + 3, outputs + 5)
    let x = data.addWords(random.floats(kind, count: count * xStride).map(\.bitPattern))
    let y = data.addRoom(count * yStride)
    rows = RowBlock(x: x, xStride: xStride, y: y, yStride: yStride, rows: count)
  }

  /// The first `count` rows of this case.
  func prefix(_ count: Int) -> RowBlock {
    var block = rows
    block.rows = count
    return block
  }

  func reference(_ count: Int) -> [UInt32] {
    data.memory { weights, memory in
      referenceDense(layer, weights: weights, rows: prefix(count), memory: &memory)
    }
  }

  func kernel(_ count: Int) -> [UInt32] {
    data.memory { weights, memory in
      Kernels.dense(layer, weights: weights, rows: prefix(count), memory: &memory)
    }
  }
}

/// A look-up layer over random rows.
struct LookupCase {
  var layer: LookupLayer
  var rows: LookupBlock
  var data = LayerCase()

  init(
    columns: Int, outputs: Int, rows count: Int, kind: RandomFloats.Kind, activated: Bool,
    seed: UInt64
  ) {
    var random = RandomFloats(seed: seed)
    let entries = 5 * columns + 1
    _ = data.addWeights([1])
    let table = data.addWeights(random.floats(kind, count: entries * outputs))
    let bias = data.addWeights(random.floats(kind, count: outputs))
    let slopes = data.addWeights(random.floats(.ordinary, count: outputs))
    layer = LookupLayer(
      table: table, bias: bias, slopes: activated ? slopes : nil, entries: entries,
      columns: columns, outputs: outputs)
    let stride = columns + 2
    var pairs: [UInt32] = []
    var fractions: [UInt32] = []
    for _ in 0..<count * stride {
      // A quarter of the fractions is 0: then the last entry may be named, which has no next.
      let fraction: Float = random.next() >> 62 == 0 ? 0 : abs(random.float(.ordinary)) * 0.5
      fractions.append(fraction.bitPattern)
      pairs.append(UInt32(random.next() % UInt64(fraction > 0 ? entries - 1 : entries)))
    }
    let first = data.addWords(pairs)
    let second = data.addWords(fractions)
    let y = data.addRoom(count * (outputs + 5))
    rows = LookupBlock(
      entries: first, fractions: second, columnStride: stride, y: y, yStride: outputs + 5,
      rows: count)
  }

  func prefix(_ count: Int) -> LookupBlock {
    var block = rows
    block.rows = count
    return block
  }

  func reference(_ count: Int) -> [UInt32] {
    data.memory { weights, memory in
      referenceLookup(layer, weights: weights, rows: prefix(count), memory: &memory)
    }
  }

  func kernel(_ count: Int) -> [UInt32] {
    data.memory { weights, memory in
      Kernels.lookup(layer, weights: weights, rows: prefix(count), memory: &memory)
    }
  }
}

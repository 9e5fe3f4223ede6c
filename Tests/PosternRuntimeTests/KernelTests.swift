import PosternRuntime
import Testing

/// Every set that the machine has against the reference: the same bits in the whole memory, so also
/// nothing written beside the outputs. Serialized, because each test chooses sets.
@Suite(.serialized) struct KernelTests {
  /// The sets of this machine, each in use while `body` runs.
  static func forEachSet(_ body: (KernelSet) -> Void) {
    let before = KernelSet.current
    for number in 0...Int32.max {
      guard let set = KernelSet(rawValue: number) else { break }
      if set.select() == set { body(set) }
    }
    before.select()
  }

  @Test(arguments: 0...17)
  func `dense has the bits of the reference for every small shape`(quarter: Int) {
    let inputs = 4 * quarter
    for outputs in [16, 32, 48, 64, 80] {
      for kind in RandomFloats.Kind.allCases {
        let seed = UInt64(1000 * inputs + outputs)
        let test = DenseCase(
          inputs: inputs, outputs: outputs, rows: 17, kind: kind,
          activated: (quarter + outputs / 16) % 2 == 0, seed: seed)
        let expected = test.reference(17)
        Self.forEachSet { set in
          for rows in kind == .ordinary ? 0...17 : 12...12 {
            let found = test.kernel(rows)
            let end = test.rows.y + rows * test.rows.yStride
            let isEqual =
              found[..<end] == expected[..<end]
              && found[end...].allSatisfy { $0 == 0xABCD_1234 }
            #expect(isEqual, "\(set) \(kind) outputs: \(outputs) rows: \(rows) seed: \(seed)")
          }
        }
      }
    }
  }

  @Test(arguments: 0..<12)
  func `dense has the bits of the reference for larger random shapes`(index: Int) {
    var random = RandomFloats(seed: UInt64(index))
    let inputs = 4 * Int.random(in: 1...64, using: &random)
    let outputs = 16 * Int.random(in: 1...17, using: &random)
    let rows = Int.random(in: 1...40, using: &random)
    let kind = RandomFloats.Kind.allCases[index % 5]
    let test = DenseCase(
      inputs: inputs, outputs: outputs, rows: rows, kind: kind, activated: index % 2 == 0,
      seed: UInt64(index))
    let expected = test.reference(rows)
    Self.forEachSet { set in
      #expect(test.kernel(rows) == expected, "\(set) \(inputs) x \(outputs) x \(rows), \(index)")
    }
  }

  @Test(arguments: [1, 2, 3, 6, 13])
  func `lookup has the bits of the reference`(columns: Int) {
    for outputs in stride(from: 16, through: 272, by: 16) {
      for kind in RandomFloats.Kind.allCases {
        let seed = UInt64(1000 * columns + outputs)
        let test = LookupCase(
          columns: columns, outputs: outputs, rows: 3, kind: kind,
          activated: outputs % 32 == 0, seed: seed)
        let expected = test.reference(3)
        Self.forEachSet { set in
          #expect(test.kernel(3) == expected, "\(set) \(kind) outputs: \(outputs) seed: \(seed)")
        }
      }
    }
  }

  @Test func `a batch has the bits of its rows`() {
    let test = DenseCase(
      inputs: 52, outputs: 112, rows: 31, kind: .ordinary, activated: true, seed: 8)
    Self.forEachSet { set in
      let batch = test.kernel(31)
      let single = test.data.memory { weights, memory in
        for row in 0..<31 {
          let rows = RowBlock(
            x: test.rows.x + row * test.rows.xStride, xStride: 0,
            y: test.rows.y + row * test.rows.yStride, yStride: 0, rows: 1)
          Kernels.dense(test.layer, weights: weights, rows: rows, memory: &memory)
        }
      }
      #expect(batch == single, "\(set)")
    }
  }

  /// A model read into any buffer must work, though kernels want floats at multiples of 4.
  @Test func `weights at an odd address have the same bits`() {
    let dense = DenseCase(
      inputs: 8, outputs: 32, rows: 3, kind: .ordinary, activated: true, seed: 9)
    let lookup = LookupCase(
      columns: 3, outputs: 32, rows: 3, kind: .ordinary, activated: true, seed: 9)
    for shift in 0..<4 {
      let padding = [UInt8](repeating: 0, count: shift)
      let a = dense.data.memory { weights, memory in
        let shifted = padding + dense.data.weights
        Kernels.dense(
          dense.layer, weights: shifted.span.extracting(shift...), rows: dense.rows,
          memory: &memory)
      }
      #expect(a == dense.reference(3))
      let b = lookup.data.memory { weights, memory in
        let shifted = padding + lookup.data.weights
        Kernels.lookup(
          lookup.layer, weights: shifted.span.extracting(shift...), rows: lookup.rows,
          memory: &memory)
      }
      #expect(b == lookup.reference(3))
    }
  }

  @Test func `a set that the machine lacks is not selected`() {
    let before = KernelSet.current
    #expect(KernelSet.portable.select() == .portable)
    #expect(KernelSet.current == .portable)
    #expect(before.select() == before)
    #expect(KernelSet.current == before)
  }

  @Test func `a set has the name that the environment uses`() {
    #expect(KernelSet.portable.name.description == "portable")
    #expect(KernelSet.avx2.name.description == "avx2")
    #expect(KernelSet.avx512.name.description == "avx512")
  }
}

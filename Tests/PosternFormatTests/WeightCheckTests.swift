// WeightCheckTests.swift: every place of a layer's weights, with what may not stand there.

import Testing

@testable import PosternFormat

struct WeightCheckTests {
  /// One layer, the first and last of its expert.
  private struct Layer {
    let type: ElementType
    let layout: LayerLayout

    init(_ type: ElementType, isLookup: Bool, inputs: Int, outputs: Int) {
      self.type = type
      var record = [UInt8](repeating: 0, count: Layout.shapeRecordByteCount)
      (record[0], record[1], record[4]) = (isLookup ? 1 : 0, type.rawValue, 32)
      let sizes = ModelSizes(featureCount: inputs, entryCount: inputs, outputCount: outputs)
      layout = ExpertShape(record.span, at: 0).firstLayout(sizes)
    }

    var size: Int { type == .f32 ? 4 : type == .f16 ? 2 : 1 }

    /// Where section 7 of the specification puts a weight, and whether in the high nibble.
    func place(_ input: Int, _ output: Int) -> (offset: Int, isHigh: Bool) {
      if layout.isLookup { return (size * (input * layout.paddedOutputs + output), false) }
      let (panel, lane, rows) = (output / 16, output % 16, layout.paddedInputs)
      switch type {
      case .f32, .f16: return (size * ((panel * rows + input) * 16 + lane), false)
      case .int8: return (((panel * rows / 4 + input / 4) * 16 + lane) * 4 + input % 4, false)
      case .int4: return ((panel * rows / 2 + input / 2) * 16 + lane, input % 2 == 1)
      }
    }

    /// What no weight may be, if there is anything.
    var unlawful: [UInt8]? {
      switch type {
      case .f32: [0, 0, 0x80, 0x7F]
      case .f16: [1, 0xFE]
      case .int8: [0x80]
      case .int4: layout.isLookup ? [0x80] : nil
      }
    }

    func check(_ offset: Int, _ bytes: [UInt8]) -> Int? {
      var section = [UInt8](repeating: 0, count: layout.end)
      for (index, byte) in bytes.enumerated() { section[offset + index] = byte }
      return WeightCheck(section.span, type, layout).firstInvalid()
    }
  }

  @Test(
    arguments: [ElementType.f32, .f16, .int8, .int4],
    [(1, 1), (5, 18), (6, 17), (7, 16), (8, 32), (70, 3)])
  func `padding is zero and numbers are lawful`(type: ElementType, shape: (Int, Int)) {
    for isLookup in [false, true] {
      let layer = Layer(type, isLookup: isLookup, inputs: shape.0, outputs: shape.1)
      for input in 0..<layer.layout.paddedInputs {
        for output in 0..<layer.layout.paddedOutputs {
          let (offset, isHigh) = layer.place(input, output)
          var one = [UInt8](repeating: 0, count: layer.size)
          one[layer.size - 1] = isHigh ? 0x10 : 1
          let isWeight = input < shape.0 && output < shape.1
          #expect(layer.check(offset, one) == (isWeight ? nil : offset))
          if let bytes = layer.unlawful { #expect(layer.check(offset, bytes) == offset) }
        }
      }
      let end = layer.place(layer.layout.paddedInputs - 1, layer.layout.paddedOutputs - 1).offset
      for offset in end + layer.size..<layer.layout.weightScale {
        #expect(layer.check(offset, [1]) == offset)
      }
    }
  }

  @Test func `a sweep says where, whatever is before and behind`() {
    let cases: [(Sweep, Int, [UInt8])] = [
      (.notFinite32, 4, [0, 0, 0x80, 0xFF]), (.notFinite16, 2, [0, 0x7C]), (.minus128, 1, [0x80]),
      (.nonzero, 1, [0x10]),
    ]
    for (sweep, size, value) in cases {
      // The largest of what is lawful, everywhere.
      let lawful: [UInt8] =
        size == 4
        ? [0xFF, 0xFF, 0x7F, 0xFF] : size == 2 ? [0xFF, 0xFB] : [sweep == .minus128 ? 0x81 : 0]
      for count in [1, 15, 16, 17, 63, 64, 65, 200] {
        for found in 0...count {
          var bytes: [UInt8] = []
          for index in 0..<count + 2 { bytes += index == found + 1 ? value : lawful }
          // Those outside of the range do not count.
          (bytes[0], bytes[bytes.count - 1]) = (0x80, 0x80)
          let offset = sweep.first(in: bytes.span, size..<size * (count + 1))
          #expect(offset == (found < count ? size * (found + 1) : nil))
        }
      }
    }
  }
}

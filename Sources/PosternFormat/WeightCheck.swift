// WeightCheck.swift: the weights of one layer, by element type.
//
// Specification: formats/model.md, sections 7 and 11 (R31).

/// Finds the first weight that is not lawful: not finite, -128, or not zero where padding stands.
struct WeightCheck: ~Escapable {
  private let bytes: Span<UInt8>
  private let type: ElementType
  private let layout: LayerLayout

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ type: ElementType, _ layout: LayerLayout) {
    self.bytes = bytes
    self.type = type
    self.layout = layout
  }

  /// The offset of the first unlawful byte or element, or nil.
  func firstInvalid() -> Int? {
    switch type {
    case .f32: firstInvalid(size: 4)
    case .f16: firstInvalid(size: 2)
    case .int8: firstInvalidBytes()
    case .int4: layout.isLookup ? firstInvalidBytes() : firstInvalidNibbles()
    }
  }

  /// Bytes of weights before the padding to 64.
  private func end(_ byteCount: Int) -> Int? {
    bytes.firstNonzero(in: layout.weights + byteCount..<layout.weightScale)
  }

  private func isPadding(input: Int, output: Int) -> Bool {
    input >= layout.inputs || output >= layout.outputs
  }

  /// f32 and f16: rows of 16 (dense) or of all outputs (look-up).
  private func firstInvalid(size: Int) -> Int? {
    let count = layout.paddedInputs * layout.paddedOutputs
    let width = layout.isLookup ? layout.paddedOutputs : 16
    var element = 0
    while element < count {
      if size == 4, let next = fullPanelEnd(from: element) {
        // Most weights are of panels without padding between them: these go in one sweep.
        let start = layout.weights + 4 * element
        if let offset = bytes.firstNotFinite(at: start, count: 16 * layout.inputs) { return offset }
        let padding = start + 64 * layout.inputs..<layout.weights + 4 * next
        if let offset = bytes.firstNonzero(in: padding) { return offset - offset % 4 }
        element = next
        continue
      }
      let line = element / width
      let input = layout.isLookup ? line : line % layout.paddedInputs
      let output = layout.isLookup ? 0 : line / layout.paddedInputs * 16
      for lane in 0..<width {
        let offset = layout.weights + size * (element + lane)
        let bits = size == 4 ? bytes.uint32(at: offset) : UInt32(bytes.uint16(at: offset)) &<< 16
        let exponent: UInt32 = size == 4 ? 0x7F80_0000 : 0x7C00_0000
        if bits & exponent == exponent { return offset }
        if bits != 0 && isPadding(input: input, output: output + lane) { return offset }
      }
      element += width
    }
    return end(size * count)
  }

  /// The element behind the panel that starts at `element`, if it is one of 16 outputs that are all
  /// there, so that only its last inputs are padding.
  private func fullPanelEnd(from element: Int) -> Int? {
    if layout.isLookup { return nil }
    let panel = 16 * layout.paddedInputs
    let isFull = element % panel == 0 && element / panel * 16 + 16 <= layout.outputs
    return isFull ? element + panel : nil
  }

  /// int8: dense `(panel, input / 4, 16, 4)`, look-up `(entry, output)`.
  private func firstInvalidBytes() -> Int? {
    let count = layout.paddedInputs * layout.paddedOutputs
    for element in 0..<count {
      let offset = layout.weights + element
      let value = bytes[offset]
      if value == 0 { continue }
      if value == 0x80 { return offset }
      var input = element / layout.paddedOutputs
      var output = element % layout.paddedOutputs
      if !layout.isLookup {
        let quad = element / 64
        input = quad % (layout.paddedInputs / 4) * 4 + element % 4
        output = quad / (layout.paddedInputs / 4) * 16 + element / 4 % 16
      }
      if isPadding(input: input, output: output) { return offset }
    }
    return end(count)
  }

  /// int4: `(panel, input / 2, 16)`, low nibble for even inputs.
  private func firstInvalidNibbles() -> Int? {
    let pairs = layout.paddedInputs / 2
    let count = pairs * layout.paddedOutputs
    for element in 0..<count {
      let offset = layout.weights + element
      let value = bytes[offset]
      if value == 0 { continue }
      let input = element / 16 % pairs * 2
      let output = element / 16 / pairs * 16 + element % 16
      if value & 0x0F != 0 && isPadding(input: input, output: output) { return offset }
      if value & 0xF0 != 0 && isPadding(input: input + 1, output: output) { return offset }
    }
    return end(count)
  }
}

// Panels.swift: the zeros that pad tensors to whole panels.
//
// Specification: formats/model.md, section 7.

/// Where padding of tensors is, and whether it is zero.
enum Panels {
  /// The offset of the first element of `(padded outputs / 16, padded inputs, 16)` f32 panels that
  /// stands for an input from `inputs` up or an output from `outputs` up and is not +0; or nil.
  static func firstNonzeroPadding(
    _ bytes: Span<UInt8>, at offset: Int, inputs: Int, outputs: Int
  ) -> Int? {
    let rows = Layout.pad(inputs, to: 4)
    for panel in 0..<Layout.pad(outputs, to: 16) / 16 {
      let lanes = min(16, outputs - panel * 16)
      let start = offset + 4 * 16 * panel * rows
      // Where all 16 outputs are there, padding is what stands behind the last input alone.
      for row in 0..<(lanes < 16 ? inputs : 0) {
        let line = start + 64 * row
        if let found = bytes.firstNonzero(in: line + 4 * lanes..<line + 64) { return found & ~3 }
      }
      if let found = bytes.firstNonzero(in: start + 64 * inputs..<start + 64 * rows) {
        return found & ~3
      }
    }
    return nil
  }

  /// The offset of the first f32 in consecutive vectors of `pad16(count)` that stands at `count` or
  /// beyond and is not +0; or nil. `vectors` is the size of all of them in bytes.
  static func firstNonzeroTail(
    _ bytes: Span<UInt8>, at offset: Int, count: Int, vectors: Int
  ) -> Int? {
    let stride = 4 * Layout.pad(count, to: 16)
    var start = offset
    while start < offset + vectors {
      if let found = bytes.firstNonzero(in: start + 4 * count..<start + stride) {
        return found & ~3
      }
      start += stride
    }
    return nil
  }
}

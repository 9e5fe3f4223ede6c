// WeightCheck.swift: the weights of one layer, by element type.
//
// Specification: formats/model.md, sections 7 and 11 (R31).

/// Finds a weight that is not lawful: not finite, -128, or not zero where padding stands.
///
/// Weights of all types are panels of lines, a line the weights of one to four inputs for each of
/// its outputs; a look-up table is one panel with a line for each entry.
struct WeightCheck: ~Escapable {
  private let bytes: Span<UInt8>
  private let layout: LayerLayout
  private let values: Sweep?
  /// Inputs of a line.
  private let inputsPerLine: Int
  /// Outputs of a line.
  private let lanes: Int
  /// Bytes of an output in a line.
  private let laneSize: Int
  /// Bytes of a number.
  private let size: Int

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ type: ElementType, _ layout: LayerLayout) {
    self.bytes = bytes
    self.layout = layout
    lanes = layout.isLookup ? layout.paddedOutputs : 16
    switch type {
    case .f32: (values, size, inputsPerLine, laneSize) = (.notFinite32, 4, 1, 4)
    case .f16: (values, size, inputsPerLine, laneSize) = (.notFinite16, 2, 1, 2)
    case .int8, .int4:
      size = 1
      inputsPerLine = layout.isLookup ? 1 : type == .int8 ? 4 : 2
      laneSize = inputsPerLine == 4 ? 4 : 1
      values = inputsPerLine == 2 ? nil : .minus128
    }
  }

  /// The offset of an unlawful number, or nil.
  func firstInvalid() -> Int? {
    let lineCount = layout.paddedInputs / inputsPerLine
    let panelSize = lineCount * lanes * laneSize
    var start = layout.weights
    for firstOutput in stride(from: 0, to: layout.paddedOutputs, by: lanes) {
      if let offset = values?.first(in: bytes, start..<start + panelSize)
        ?? firstPadding(panel: start, lineCount, used: min(lanes, layout.outputs - firstOutput))
      {
        return offset - (offset - start) % size
      }
      start += panelSize
    }
    return bytes.firstNonzero(in: start..<layout.weightScale)
  }

  /// The offset of a byte that is not zero where padding stands, in the panel at `start` with
  /// `used` outputs; or nil.
  private func firstPadding(panel start: Int, _ lineCount: Int, used: Int) -> Int? {
    let lineSize = lanes * laneSize
    // Outputs that are not there: the tail of each line.
    for line in 0..<(used < lanes ? lineCount : 0) {
      let end = start + (line + 1) * lineSize
      if let offset = bytes.firstNonzero(in: end - (lanes - used) * laneSize..<end) {
        return offset
      }
    }
    // Inputs that are not there: a part of one line, and the lines behind it.
    let wholeLines = layout.inputs / inputsPerLine
    let rest = layout.inputs % inputsPerLine
    let part = start + wholeLines * lineSize
    for lane in 0..<(rest > 0 ? lanes : 0) {
      let place = part + lane * laneSize
      if inputsPerLine == 2 {
        // The high nibble.
        if bytes[place] & 0xF0 != 0 { return place }
      } else if let offset = bytes.firstNonzero(in: place + rest..<place + laneSize) {
        return offset
      }
    }
    return bytes.firstNonzero(
      in: part + (rest > 0 ? lineSize : 0)..<start + lineCount * lineSize)
  }
}

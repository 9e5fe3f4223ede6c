// HeadView.swift: what turns outputs into values.
//
// Step: section → [head] → prediction.   Specification: formats/model.md, section 6.4.

/// The head section, read in place.
package struct HeadView: ~Escapable {
  package let bytes: Span<UInt8>

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// Multiplies the output.
  package func scale(_ output: Int) -> Float { field(output, 0) }
  /// Is added to the product.
  package func offset(_ output: Int) -> Float { field(output, 4) }
  /// The least value.
  package func low(_ output: Int) -> Float { field(output, 8) }
  /// The largest value.
  package func high(_ output: Int) -> Float { field(output, 12) }

  private func field(_ output: Int, _ offset: Int) -> Float {
    bytes.float(at: output * Layout.headRecordByteCount + offset)
  }

  /// Checks rule R27.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let size = header.outputCount * Layout.headRecordByteCount
    let kind = SectionKind.head.rawValue
    guard bytes.count == size else {
      throw FormatError(
        .invalidHead, kind: kind, at: 0, found: UInt64(wide: bytes.count),
        expected: UInt64(wide: size))
    }
    if let offset = bytes.firstNotFinite(at: 0, count: size / 4) {
      throw FormatError(
        .invalidHead, kind: kind, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
    let view = HeadView(bytes)
    for output in 0..<header.outputCount where view.low(output) > view.high(output) {
      throw FormatError(
        .invalidHead, kind: kind, at: output * Layout.headRecordByteCount + 8,
        found: UInt64(wide: view.low(output).bitPattern),
        expected: UInt64(wide: view.high(output).bitPattern))
    }
  }
}

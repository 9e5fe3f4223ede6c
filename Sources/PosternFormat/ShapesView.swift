// ShapesView.swift: the shapes of all experts.
//
// Step: section → [shapes] → experts.   Specification: formats/model.md, section 6.5.

/// The expert shapes section, read in place.
package struct ShapesView: ~Escapable {
  private let bytes: Span<UInt8>

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// The number of shapes, the shared expert's included.
  package var count: Int { bytes.count / Layout.shapeRecordByteCount }

  /// The shape of an expert; the shared expert's comes last.
  package func shape(_ index: Int) -> ExpertShape {
    ExpertShape(bytes, at: index * Layout.shapeRecordByteCount)
  }

  /// Whether an expert's first layer is a look-up.
  package var haveLookup: Bool {
    for index in 0..<count where shape(index).firstLayer == .lookup { return true }
    return false
  }

  /// The bytes of an expert's shape.
  @_lifetime(copy self)
  package func record(_ index: Int) -> Span<UInt8> {
    let start = index * Layout.shapeRecordByteCount
    return bytes.extracting(start..<start + Layout.shapeRecordByteCount)
  }

  /// Checks rule R28 but for the sizes in the directory.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let count = header.expertCount + (header.hasSharedExpert ? 1 : 0)
    let size = count * Layout.shapeRecordByteCount
    guard bytes.count == size else {
      throw error(at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: size))
    }
    for index in 0..<count { try checkRecord(bytes, index * Layout.shapeRecordByteCount) }
  }

  private static func error(
    at offset: Int, found: UInt64, expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      .invalidExpertShape, kind: SectionKind.expertShapes.rawValue, at: offset, found: found,
      expected: expected)
  }

  private static func checkRecord(_ bytes: Span<UInt8>, _ start: Int) throws(FormatError) {
    let most: InlineArray<4, UInt8> = [1, 3, UInt8(Limit.hiddenCount), 1]
    for field in 0..<4 where bytes[start + field] > most[field] {
      throw error(
        at: start + field, found: UInt64(wide: bytes[start + field]),
        expected: UInt64(wide: most[field]))
    }
    // Without hidden layers there is nothing to activate, and one way to say so.
    if bytes[start + 2] == 0 && bytes[start + 3] != 0 {
      throw error(at: start + 3, found: UInt64(wide: bytes[start + 3]))
    }
    let groupSize = UInt64(wide: bytes.uint32(at: start + 4))
    let isGrouped = bytes[start + 1] == ElementType.int4.rawValue
    let groupIsLawful =
      isGrouped
      ? groupSize >= 4 && groupSize % 4 == 0 && groupSize <= Limit.count : groupSize == 0
    if !groupIsLawful { throw error(at: start + 4, found: groupSize) }
    let hidden = Int(bytes[start + 2])
    for layer in 0..<Limit.hiddenCount {
      let width = UInt64(wide: bytes.uint32(at: start + 8 + 4 * layer))
      let isLawful = layer < hidden ? width >= 1 && width <= Limit.count : width == 0
      if !isLawful {
        throw error(
          at: start + 8 + 4 * layer, found: width, expected: layer < hidden ? Limit.count : 0)
      }
    }
    if let offset = bytes.firstNonzero(in: start + 56..<start + 64) {
      throw error(at: offset, found: UInt64(wide: bytes[offset]))
    }
  }
}

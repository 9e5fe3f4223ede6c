// TransformView+Validity.swift: rules R23 and R24.
//
// Specification: formats/model.md, sections 6.2 and 11.

extension TransformView {
  /// The largest magnitude of an edge, 2^100: no difference of two edges overflows.
  private static var edgeLimit: Float { 0x1p100 }

  /// Checks the transform section against the header and the checked schema.
  ///
  /// - Complexity: O(*bytes of the section*), no allocation.
  static func check(
    _ bytes: Span<UInt8>, _ header: Header, _ schema: borrowing SchemaView
  ) throws(FormatError) {
    let fixed = Layout.Transform.fixedByteCount
    guard bytes.count >= fixed else {
      throw error(
        .invalidTransformColumn, at: 0, found: UInt64(wide: bytes.count),
        expected: UInt64(wide: fixed))
    }
    try expect(bytes, at: 0, UInt64(wide: header.columnCount))
    try expect(bytes, at: 4, UInt64(wide: header.featureCount))
    let valueCount = bytes.count(at: 12)
    let size = record(header.columnCount) + 4 * valueCount
    guard size == bytes.count else {
      throw error(
        .invalidTransformColumn, at: 12, found: UInt64(wide: bytes.count),
        expected: UInt64(wide: size))
    }
    let view = TransformView(bytes)
    var sums = Sums()
    for index in 0..<header.columnCount {
      try checkRecord(bytes, index, schema, sums)
      let column = view.column(index)
      sums.features += column.featureCount
      sums.entries += column.entryCount
      sums.values = sums.values.plus(column.valueCount)
      guard sums.features <= Int(narrow: Limit.count), sums.entries <= Limit.entryCount else {
        throw error(
          .invalidTransformColumn, at: record(index) + 16, found: UInt64(wide: sums.entries),
          expected: UInt64(wide: Limit.entryCount))
      }
    }
    try expect(bytes, at: 4, UInt64(wide: sums.features))
    try expect(bytes, at: 8, UInt64(wide: sums.entries))
    try expect(bytes, at: 12, UInt64(wide: sums.values))
    if let offset = bytes.firstNotFinite(at: record(header.columnCount), count: valueCount) {
      throw error(.invalidTransformValue, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
    for index in 0..<header.columnCount { try checkValues(view, index) }
  }

  /// What the columns before add up to.
  private struct Sums {
    var features = 0
    var entries = 0
    var values = 0
  }

  private static func error(
    _ rule: FormatRule, at offset: Int, found: UInt64 = 0, expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      rule, kind: SectionKind.transform.rawValue, at: offset, found: found, expected: expected)
  }

  private static func expect(
    _ bytes: Span<UInt8>, at offset: Int, _ expected: UInt64
  ) throws(FormatError) {
    let found = UInt64(wide: bytes.uint32(at: offset))
    if found != expected {
      throw error(.invalidTransformColumn, at: offset, found: found, expected: expected)
    }
  }

  /// R23 for one record.
  private static func checkRecord(
    _ bytes: Span<UInt8>, _ index: Int, _ schema: borrowing SchemaView, _ sums: Sums
  ) throws(FormatError) {
    let start = record(index)
    let kind = schema.kind(ofColumn: index)
    guard bytes[start] == kind.rawValue else {
      throw error(
        .invalidTransformColumn, at: start, found: UInt64(wide: bytes[start]),
        expected: UInt64(wide: kind.rawValue))
    }
    let missing = bytes[start + 1]
    let unknown = bytes[start + 2]
    if missing > (kind == .ignored ? 0 : 2)
      || kind == .categorical && missing == 1 && unknown == 0
    {
      throw error(
        .invalidTransformColumn, at: start + 1, found: UInt64(wide: missing), expected: 2)
    }
    if unknown > (kind == .categorical ? 1 : 0) {
      throw error(.invalidTransformColumn, at: start + 2, found: UInt64(wide: unknown), expected: 1)
    }
    if let offset = bytes.firstNonzero(in: start + 3..<start + 4)
      ?? bytes.firstNonzero(in: start + 40..<start + 48)
    {
      throw error(.invalidTransformColumn, at: offset, found: UInt64(wide: bytes[offset]))
    }
    try expect(bytes, at: start + 4, UInt64(wide: sums.features))
    try expect(bytes, at: start + 12, UInt64(wide: sums.entries))
    try expect(bytes, at: start + 20, UInt64(wide: sums.values))
    let own = missing == 2 ? 1 : 0
    let values = bytes.count(at: start + 24)
    switch kind {
    case .ignored:
      for field in stride(from: 8, through: 24, by: 8) { try expect(bytes, at: start + field, 0) }
    case .numeric:
      guard values >= 2 && values <= Limit.edgeCount else {
        throw error(
          .invalidTransformColumn, at: start + 24, found: UInt64(wide: values),
          expected: UInt64(wide: Limit.edgeCount))
      }
      try expect(bytes, at: start + 8, UInt64(wide: 1 + own))
      try expect(bytes, at: start + 16, UInt64(wide: values + own))
    case .categorical:
      let entries = schema.categoryCount(ofColumn: index) + Int(unknown) + own
      guard entries >= 1 else {
        throw error(.invalidTransformColumn, at: start + 16, expected: 1)
      }
      try expect(bytes, at: start + 16, UInt64(wide: entries))
      let features = bytes.count(at: start + 8)
      guard features <= Int(narrow: Limit.count), entries.times(features) == values else {
        throw error(
          .invalidTransformColumn, at: start + 24, found: UInt64(wide: values),
          expected: UInt64(wide: entries) * UInt64(wide: features))
      }
    }
  }

  /// R24 for one column; the values are finite already.
  private static func checkValues(
    _ view: borrowing TransformView, _ index: Int
  ) throws(FormatError) {
    let column = view.column(index)
    let start = record(index)
    let bytes = view.bytes
    guard column.kind == .numeric else {
      guard let offset = bytes.firstNonzero(in: start + 28..<start + 40) else { return }
      throw error(.invalidTransformValue, at: offset, found: UInt64(wide: bytes[offset]))
    }
    for edge in 0..<column.valueCount {
      let value = view.value(column.firstValue + edge)
      let rises = edge == 0 || view.value(column.firstValue + edge - 1) < value
      if !rises || value.magnitude > edgeLimit {
        throw error(
          .invalidTransformValue, at: record(view.columnCount) + 4 * (column.firstValue + edge),
          found: UInt64(wide: value.bitPattern))
      }
    }
    let low = view.value(column.firstValue)
    let high = view.value(column.firstValue + column.valueCount - 1)
    if !(column.fill >= low && column.fill <= high) {
      throw error(
        .invalidTransformValue, at: start + 28, found: UInt64(wide: column.fill.bitPattern))
    }
    if let offset = bytes.firstNotFinite(at: start + 32, count: 2) {
      throw error(
        .invalidTransformValue, at: offset, found: UInt64(wide: bytes.uint32(at: offset)))
    }
  }
}

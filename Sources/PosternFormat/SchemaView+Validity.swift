// SchemaView+Validity.swift: rules R19 to R22.
//
// Specification: formats/model.md, sections 6.1 and 11.

extension SchemaView {
  /// Checks the schema section against the header.
  ///
  /// - Complexity: O(*bytes of the section*), no allocation.
  static func check(_ bytes: Span<UInt8>, _ header: Header) throws(FormatError) {
    let categoryCount = try checkSize(bytes, header)
    try checkColumns(bytes, header, categoryCount)
    let textCount = header.columnCount + categoryCount + targets(header) + classes(header)
    try checkTexts(bytes, header, textCount)
    let view = SchemaView(bytes)
    for column in 0..<header.columnCount {
      for code in 1..<max(1, view.categoryCount(ofColumn: column))
      where !isBefore(
        view.category(code - 1, ofColumn: column), view.category(code, ofColumn: column))
      {
        throw error(.unorderedCategories, at: record(column), found: UInt64(wide: code))
      }
    }
  }

  private static func targets(_ header: Header) -> Int {
    header.task == .regression ? header.outputCount : 1
  }

  private static func classes(_ header: Header) -> Int {
    switch header.task {
    case .regression: 0
    case .binary: 2
    case .multiclass: header.outputCount
    }
  }

  private static func record(_ column: Int) -> Int {
    Layout.Schema.fixedByteCount + column * Layout.Schema.recordByteCount
  }

  private static func error(
    _ rule: FormatRule, at offset: Int, found: UInt64 = 0, expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      rule, kind: SectionKind.schema.rawValue, at: offset, found: found, expected: expected)
  }

  /// R19. Returns the number of categories over all columns.
  private static func checkSize(
    _ bytes: Span<UInt8>, _ header: Header
  ) throws(FormatError) -> Int {
    let fixed = Layout.Schema.fixedByteCount
    guard bytes.count >= fixed else {
      throw error(
        .wrongSchemaSize, at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: fixed))
    }
    let expected: InlineArray<3, UInt64> = [
      UInt64(wide: header.columnCount), UInt64(wide: targets(header)),
      UInt64(wide: classes(header)),
    ]
    for field in 0..<3 where UInt64(wide: bytes.uint32(at: 4 * field)) != expected[field] {
      throw error(
        .wrongSchemaSize, at: 4 * field, found: UInt64(wide: bytes.uint32(at: 4 * field)),
        expected: expected[field])
    }
    if let offset = bytes.firstNonzero(in: 20..<fixed) {
      throw error(.wrongSchemaSize, at: offset, found: UInt64(wide: bytes[offset]))
    }
    let categoryCount = bytes.count(at: 12)
    let texts = header.columnCount + targets(header) + classes(header) + categoryCount
    let size = record(header.columnCount) + 4 * (texts + 1) + bytes.count(at: 16)
    guard size == bytes.count else {
      throw error(
        .wrongSchemaSize, at: 16, found: UInt64(wide: bytes.count), expected: UInt64(wide: size))
    }
    return categoryCount
  }

  /// R20.
  private static func checkColumns(
    _ bytes: Span<UInt8>, _ header: Header, _ categoryCount: Int
  ) throws(FormatError) {
    var first = 0
    for column in 0..<header.columnCount {
      let start = record(column)
      guard let kind = ColumnKind(rawValue: bytes[start]) else {
        throw error(.invalidSchemaColumn, at: start, found: UInt64(wide: bytes[start]), expected: 2)
      }
      if let offset = bytes.firstNonzero(in: start + 1..<start + 4)
        ?? bytes.firstNonzero(in: start + 12..<start + 16)
      {
        throw error(.invalidSchemaColumn, at: offset, found: UInt64(wide: bytes[offset]))
      }
      let stated = bytes.count(at: start + 4)
      if stated != first {
        throw error(
          .invalidSchemaColumn, at: start + 4, found: UInt64(wide: stated),
          expected: UInt64(wide: first))
      }
      let count = bytes.count(at: start + 8)
      let most = kind == .categorical ? Int(narrow: Limit.count) : 0
      if count > most {
        throw error(
          .invalidSchemaColumn, at: start + 8, found: UInt64(wide: count),
          expected: UInt64(wide: most))
      }
      first += count
    }
    if first != categoryCount {
      throw error(
        .invalidSchemaColumn, at: 12, found: UInt64(wide: categoryCount),
        expected: UInt64(wide: first))
    }
  }

  /// R21.
  private static func checkTexts(
    _ bytes: Span<UInt8>, _ header: Header, _ textCount: Int
  ) throws(FormatError) {
    let start = record(header.columnCount)
    var before = 0
    for number in 0...textCount {
      let offset = start + 4 * number
      let text = bytes.count(at: offset)
      let isLast = number == textCount
      let lawful =
        number == 0
        ? text == 0
        : text >= before && text - before <= Limit.textByteCount
          && (!isLast || text == bytes.count(at: 16))
      if !lawful {
        throw error(
          .invalidTextOffset, at: offset, found: UInt64(wide: text), expected: UInt64(wide: before))
      }
      before = text
    }
  }
}

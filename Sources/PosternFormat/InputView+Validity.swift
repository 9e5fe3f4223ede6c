// InputView+Validity.swift: rule R33.
//
// Specification: formats/model.md, sections 6.6 and 11.

extension InputView {
  /// Checks the input section against header, schema and head.
  ///
  /// - Complexity: O(*bytes of the section*), no allocation.
  static func check(
    _ bytes: Span<UInt8>, _ header: Header, _ schema: borrowing SchemaView,
    _ head: borrowing HeadView
  ) throws(FormatError) {
    try checkSize(bytes, header, schema)
    var uses = Uses()
    for column in 0..<header.columnCount {
      let isNumber = schema.kind(ofColumn: column) == .numeric
      try checkRecord(bytes, column, isNumber: isNumber, mayDerive: isNumber, &uses)
    }
    for target in 0..<schema.targetCount {
      let number = header.columnCount + target
      let isNumber = header.task == .regression
      try checkRecord(bytes, number, isNumber: isNumber, mayDerive: false, &uses)
      if isNumber { try checkAnswers(bytes, number, head, target) }
    }
    try checkSources(bytes, number: header.columnCount + schema.targetCount, uses)
    try checkTexts(bytes)
  }

  /// Sources and units that the records so far use. They are numbered by their first use, so that
  /// one pass finds those that nothing uses.
  private struct Uses {
    var sources = 0
    var units = 0
  }

  private static func error(
    at offset: Int, found: UInt64 = 0, expected: UInt64 = 0
  ) -> FormatError {
    FormatError(
      .invalidInput, kind: SectionKind.input.rawValue, at: offset, found: found,
      expected: expected)
  }

  /// Counts, reserved bytes and size.
  private static func checkSize(
    _ bytes: Span<UInt8>, _ header: Header, _ schema: borrowing SchemaView
  ) throws(FormatError) {
    let fixed = Layout.Input.fixedByteCount
    guard bytes.count >= fixed else {
      throw error(at: 0, found: UInt64(wide: bytes.count), expected: UInt64(wide: fixed))
    }
    let stated: InlineArray<2, Int> = [header.columnCount, schema.targetCount]
    for field in 0..<2 where bytes.count(at: 4 * field) != stated[field] {
      throw error(
        at: 4 * field, found: UInt64(wide: bytes.uint32(at: 4 * field)),
        expected: UInt64(wide: stated[field]))
    }
    for field in 2..<6 where UInt64(wide: bytes.uint32(at: 4 * field)) > Limit.count {
      throw error(
        at: 4 * field, found: UInt64(wide: bytes.uint32(at: 4 * field)), expected: Limit.count)
    }
    if let offset = bytes.firstNonzero(in: 28..<fixed) {
      throw error(at: offset, found: UInt64(wide: bytes[offset]))
    }
    let size = InputView(bytes).textsStart + bytes.count(at: 24)
    if size != bytes.count {
      throw error(at: 24, found: UInt64(wide: bytes.count), expected: UInt64(wide: size))
    }
  }

  private static func checkRecord(
    _ bytes: Span<UInt8>, _ number: Int, isNumber: Bool, mayDerive: Bool, _ uses: inout Uses
  ) throws(FormatError) {
    let start = record(number)
    if !isNumber {
      guard let offset = bytes.firstNonzero(in: start..<record(number + 1)) else { return }
      throw error(at: offset, found: UInt64(wide: bytes[offset]))
    }
    let origin = bytes.double(at: start)
    if !origin.isFinite || origin.bitPattern == (-0.0).bitPattern {
      throw error(at: start, found: origin.bitPattern)
    }
    let exponent = InputView(bytes).exponent(at: start)
    if exponent < -Limit.exponent || exponent > Limit.exponent {
      throw error(
        at: start + 8, found: UInt64(wide: bytes.uint32(at: start + 8)),
        expected: UInt64(wide: Limit.exponent))
    }
    let source = bytes.count(at: start + 12)
    let sourceMost = mayDerive ? min(uses.sources + 1, bytes.count(at: 8)) : 0
    if source > sourceMost {
      throw error(
        at: start + 12, found: UInt64(wide: source), expected: UInt64(wide: sourceMost))
    }
    uses.sources = max(uses.sources, source)
    let isPart = CalendarPart(rawValue: bytes[start + 16]) != nil
    if source == 0 ? bytes[start + 16] != 0 : !isPart {
      throw error(at: start + 16, found: UInt64(wide: bytes[start + 16]))
    }
    try checkText(bytes, start, isDerived: source > 0, &uses)
  }

  /// How the texts of a number are written. A derived column has a form instead.
  private static func checkText(
    _ bytes: Span<UInt8>, _ start: Int, isDerived: Bool, _ uses: inout Uses
  ) throws(FormatError) {
    let decimal = DecimalMark(rawValue: bytes[start + 17])
    if decimal == nil || isDerived && decimal != .point {
      throw error(at: start + 17, found: UInt64(wide: bytes[start + 17]), expected: 1)
    }
    let grouping = DigitGrouping(rawValue: bytes[start + 18])
    if grouping == nil || isDerived && grouping != DigitGrouping.none
      || grouping == .comma && decimal == .comma || grouping == .point && decimal == .point
    {
      throw error(at: start + 18, found: UInt64(wide: bytes[start + 18]), expected: 5)
    }
    if bytes[start + 19] != 0 {
      throw error(at: start + 19, found: UInt64(wide: bytes[start + 19]))
    }
    let unit = bytes.count(at: start + 20)
    let unitMost = isDerived ? 0 : min(uses.units + 1, bytes.count(at: 12))
    if unit > unitMost {
      throw error(at: start + 20, found: UInt64(wide: unit), expected: UInt64(wide: unitMost))
    }
    uses.units = max(uses.units, unit)
  }

  /// A prediction lies between those of the head's limits, so that these being finite suffices.
  private static func checkAnswers(
    _ bytes: Span<UInt8>, _ number: Int, _ head: borrowing HeadView, _ target: Int
  ) throws(FormatError) {
    let numbers = InputView(bytes).number(at: record(number))
    let low = numbers.prediction(head.low(target))
    let high = numbers.prediction(head.high(target))
    if !low.isFinite || !high.isFinite {
      throw error(
        at: record(number) + 8, found: UInt64(wide: bytes.uint32(at: record(number) + 8)))
    }
  }

  private static func checkSources(
    _ bytes: Span<UInt8>, number: Int, _ uses: Uses
  ) throws(FormatError) {
    let used: InlineArray<2, Int> = [uses.sources, uses.units]
    for field in 0..<2 where bytes.count(at: 8 + 4 * field) != used[field] {
      throw error(
        at: 8 + 4 * field, found: UInt64(wide: bytes.count(at: 8 + 4 * field)),
        expected: UInt64(wide: used[field]))
    }
    for source in 0..<uses.sources {
      let start = record(number) + source * Layout.Input.sourceByteCount
      if CalendarForm(rawValue: bytes[start]) == nil {
        throw error(at: start, found: UInt64(wide: bytes[start]), expected: 7)
      }
      if let offset = bytes.firstNonzero(in: start + 1..<start + Layout.Input.sourceByteCount) {
        throw error(at: offset, found: UInt64(wide: bytes[offset]))
      }
    }
  }

  /// Offsets; and units and tokens have no blank at their ends, where a text has none either once
  /// it is compared.
  private static func checkTexts(_ bytes: Span<UInt8>) throws(FormatError) {
    let view = InputView(bytes)
    let textCount = (view.textsStart - view.offsetsStart) / 4 - 1
    var before = 0
    for number in 0...textCount {
      let offset = view.offsetsStart + 4 * number
      let end = bytes.count(at: offset)
      let isFirst = number == 0
      let lawful =
        (isFirst ? end == 0 : end > before && end - before <= Limit.textByteCount)
        && (number < textCount || end == bytes.count(at: 24))
      if !lawful || view.textsStart + end > bytes.count {
        throw error(at: offset, found: UInt64(wide: end), expected: UInt64(wide: before))
      }
      if number > view.sourceCount {
        let (first, last) = (view.textsStart + before, view.textsStart + end - 1)
        if isBlank(bytes[first]) { throw error(at: first, found: UInt64(wide: bytes[first])) }
        if isBlank(bytes[last]) { throw error(at: last, found: UInt64(wide: bytes[last])) }
      }
      before = end
    }
  }
}

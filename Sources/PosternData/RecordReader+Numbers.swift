// RecordReader+Numbers.swift: numbers that are written in other ways, or need double precision.
//
// Step: fields → [numbers] → features.   Specification: formats/model.md, section 9.0.

package import PosternFormat

extension RecordReader {
  /// Whether a field has no value in a column of numbers.
  package func isMissingNumber(_ index: Int) -> Bool {
    isMissing(index)
      || (!options.missingNumbers.isEmpty && options.missingNumbers.contains(field(index)))
  }

  /// Whether a field is a number, true or false of a JSON object: numbers there have one form.
  package func isJSONLiteral(_ index: Int) -> Bool {
    options.format == .ndjson && !isAbsent(index) && !isJSONString(index)
  }

  /// The value of a row for the number in a field.
  ///
  /// - Returns: A finite number, or NaN for a missing value.
  /// - Throws: ``DataError/notNumber(_:name:text:)``, ``DataError/notFinite(_:name:text:)``.
  /// - Complexity: O(*length*), no allocation for numbers of usual length.
  package func number(
    _ index: Int, as reading: NumberReading
  ) throws(DataError) -> Float {
    if reading.isDirect || (!reading.isRelative && isJSONLiteral(index)) {
      return try number(index)
    }
    if !reading.isRelative { return try rewritten(index, reading.form) }
    let value = reading.relative(try double(index, form: reading.form))
    guard !value.isInfinite else {
      throw .notFinite(
        position(of: index), name: ShortText(header[index]), text: ShortText(field(index)))
    }
    return value
  }

  /// The number in a field in double precision.
  ///
  /// - Returns: A finite number, or NaN for a missing value.
  /// - Throws: ``DataError/notNumber(_:name:text:)``, ``DataError/notFinite(_:name:text:)``.
  /// - Complexity: As ``number(_:as:)``.
  package func double(_ index: Int, form: NumberForm) throws(DataError) -> Double {
    if isBinary { return Double(try number(index)) }
    if isMissingNumber(index) { return .nan }
    let text = field(index)
    let result: DoubleParse
    if form.isPlain || isJSONLiteral(index) {
      result = parseDouble(text)
    } else {
      var output = InlineArray<128, UInt8>(repeating: 0)
      let count = form.rewrite(text, to: &output)
      result = parseDouble(output.span.extracting(first: count))
    }
    switch result {
    case .number(let value): return isMissing(value, form) ? .nan : value
    case .overflow, .notFinite:
      throw .notFinite(position(of: index), name: ShortText(header[index]), text: ShortText(text))
    case .notNumber:
      throw .notNumber(position(of: index), name: ShortText(header[index]), text: ShortText(text))
    }
  }

  /// Whether a number in another form is one that means missing.
  private func isMissing(_ value: Double, _ form: NumberForm) -> Bool {
    !form.isPlain && (options.missing.contains(value) || options.missingNumbers.contains(value))
  }

  /// The number in a field of another form, rounded once to binary32.
  private func rewritten(_ index: Int, _ form: NumberForm) throws(DataError) -> Float {
    if isBinary { return try number(index) }
    if isMissingNumber(index) { return .nan }
    let text = field(index)
    var output = InlineArray<128, UInt8>(repeating: 0)
    let count = form.rewrite(text, to: &output)
    switch parseFloat(output.span.extracting(first: count)) {
    case .number(let value): return isMissing(Double(value), form) ? .nan : value
    case .overflow, .notFinite:
      throw .notFinite(position(of: index), name: ShortText(header[index]), text: ShortText(text))
    case .notNumber:
      throw .notNumber(position(of: index), name: ShortText(header[index]), text: ShortText(text))
    }
  }

  /// The date or time in a field.
  ///
  /// - Returns: Nil for a missing value.
  /// - Throws: ``DataError/notTime(_:name:text:)``.
  /// - Complexity: O(*length*), no allocation.
  package func time(
    _ index: Int, form: CalendarForm
  ) throws(DataError) -> CalendarTime? {
    if isMissingNumber(index) { return nil }
    guard let time = CalendarTime(field(index), form: form) else {
      throw .notTime(
        position(of: index), name: ShortText(header[index]), text: ShortText(field(index)))
    }
    return time
  }
}

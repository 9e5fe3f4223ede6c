// ColumnSummary.swift: what the values of a column are, from one reading of the table.
//
// Step: fields → [summary] → kinds of columns.

internal import PosternFormat

/// A value of the input that is worth showing, and where it stands.
package struct FieldSample: Equatable, Sendable {
  /// Where the value starts.
  package var position: TextPosition
  /// Its text.
  package var text: ShortText
}

/// Counts over the values of one column.
///
/// Every value counts, whatever its share: a column is numbers in some form only if all values are.
package struct ColumnSummary: Sendable {
  /// Distinct values are counted up to this number; one more means "more".
  package static let distinctCountLimit = 1 << 16
  /// Distinct numbers are counted up to this number.
  private static let distinctNumberLimit = 1000
  /// Integers of which it is known whether all are different.
  private static let integerCountLimit = 1 << 22

  /// The column's name.
  package let name: [UInt8]
  /// Values that are missing.
  package private(set) var missingCount = 0
  /// Where the first missing value stands, or should stand.
  package private(set) var firstMissing: TextPosition?
  /// Finite plain decimal numbers.
  package private(set) var numberCount = 0
  /// Numbers that are infinite, too large for double precision, or named `nan` while that is not
  /// "missing".
  package private(set) var notFiniteCount = 0
  /// The first of them.
  package private(set) var firstNotFinite: FieldSample?
  /// Values that are no plain numbers, markers left aside.
  package private(set) var textCount = 0
  /// The first of them.
  package private(set) var firstText: FieldSample?
  /// Values that are a number in another form: with marks or a unit.
  package private(set) var shapedCount = 0
  /// The first text that is no number in any form.
  package private(set) var firstUnshaped: FieldSample?
  /// Texts that consist of digits and marks, and are no number in any form.
  package private(set) var digitTextCount = 0
  /// Texts that have one number in them, with something around it that is no unit; and all texts
  /// with a fraction.
  package private(set) var wrappedCount = 0
  package private(set) var fractionTextCount = 0
  /// The forms in which all numbers so far are numbers.
  package private(set) var forms = NumberForms.all
  /// The unit that numbers have, and how many have it.
  package private(set) var unit: [UInt8] = []
  package private(set) var unitCount = 0
  /// Whether numbers have different units.
  package private(set) var hasSeveralUnits = false
  /// Numbers of digits between marks that could be thousands or a fraction: `1,234`.
  package private(set) var ambiguousCount = 0
  /// Numbers from 1,000 on without a mark.
  package private(set) var ungroupedCount = 0
  /// Texts of ``MissingTokens/markers``, and how often each stands there.
  package private(set) var markers: [(text: [UInt8], count: Int)] = []
  /// Where numbers lie.
  package private(set) var statistics = NumberStatistics()
  /// Different numbers, among those that are told apart, that are one in double precision.
  package private(set) var collapsedCount = 0
  private var values: Set<UInt64> = []
  /// Whether all plain numbers are integers.
  package private(set) var isIntegral = true
  /// Integers that double precision does not hold.
  package private(set) var wideIntegerCount = 0
  /// Integers with a zero in front, and the digits of the first and whether all have as many.
  package private(set) var paddedCount = 0
  private var integerWidth = 0
  private var isOneWidth = true
  /// The forms in which all values that are no plain numbers are dates, and all that are.
  package private(set) var textDates = CalendarForms.all
  package private(set) var numberDates = CalendarForms.all
  /// Distinct values that are no numbers, as far as ``distinctCount`` goes.
  package private(set) var distinctTextCount = 0
  /// Distinct texts that are no number in any form, and that are no date.
  package private(set) var strayTextCount = 0
  package private(set) var strayDateCount = 0
  /// Texts that are a date or time in some form.
  package private(set) var dateCount = 0
  /// The first text that is none, in a column that has some.
  package private(set) var firstUndated: FieldSample?
  /// Values that are written in more than one way, such as `1` and `1.0`.
  package private(set) var spellingCount = 0
  private var distinct = TextTable()
  private var spellings = TextTable()
  private var integers: Set<UInt64>? = []
  private var lastNumber: Double?
  private var isCounting = true
  private var scratch: [UInt8] = []

  /// Starts a summary. `missingCount` is the number of rows that passed before the column appeared.
  init(name: [UInt8], missingCount: Int = 0) {
    self.name = name
    self.missingCount = missingCount
  }

  /// Values that are missing in a column of numbers only.
  package var markerCount: Int { markers.reduce(0) { $0 + $1.count } }

  /// Different values among them.
  package var distinctMarkerCount: Int { markers.count }

  /// Values that are not missing, markers among them.
  package var presentCount: Int { numberCount + notFiniteCount + textCount + markerCount }

  /// Distinct values, `1` and `1.0` being one; at most ``distinctCountLimit`` + 1.
  package var distinctCount: Int { distinct.count }

  /// Whether there are more distinct values than were counted.
  package var hasMoreDistinct: Bool {
    textCount > 0
      ? distinct.count > Self.distinctCountLimit : distinct.count > Self.distinctNumberLimit
  }

  /// Whether all values are different integers; false where there are too many to tell.
  package var isAllDifferentIntegers: Bool {
    isIntegral && numberCount > 1 && textCount == 0 && notFiniteCount == 0 && integers != nil
  }

  /// Whether each number is the one before plus 1.
  package private(set) var isCounter = true

  /// Whether there are integers with zeros in front, all of one width.
  package var isPadded: Bool { paddedCount > 0 && isOneWidth && textCount == 0 }

  /// Whether the name is a number, or one of the first distinct values.
  var isNamedLikeValue: Bool {
    if case .number = parseFloat(name.span) { return true }
    return spellings.index(of: name.span) != nil
  }

  /// Adds the value of the current record.
  mutating func add(_ index: Int, of reader: borrowing RecordReader) {
    if reader.isMissing(index) {
      missingCount += 1
      if firstMissing == nil { firstMissing = reader.position(of: index) }
      return
    }
    let text = reader.field(index)
    let isNew = note(text)
    switch parseDouble(text) {
    case .number(let value):
      if isNew && !values.insert(value.bitPattern).inserted { collapsedCount += 1 }
      add(value, text, isLiteral: reader.isJSONLiteral(index))
    case .overflow, .notFinite:
      notFiniteCount += 1
      isCounter = false
      if firstNotFinite == nil {
        firstNotFinite = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
    case .notNumber:
      isCounter = false
      if MissingTokens.markers.contains(text) {
        addMarker(text)
        return
      }
      textCount += 1
      if isNew { distinctTextCount += 1 }
      if firstText == nil {
        firstText = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
      addText(text, index, reader, isNew: isNew)
    }
  }

  /// Counts distinct values and spellings.
  ///
  /// - Returns: Whether the value is new among those that are counted.
  private mutating func note(_ text: Span<UInt8>) -> Bool {
    guard isCounting else { return false }
    guard spellings.insert(text).isNew else { return false }
    // Taken out of the column, which is changed meanwhile.
    var key: [UInt8] = []
    swap(&key, &scratch)
    key.removeAll(keepingCapacity: true)
    appendCategoryKey(of: text, to: &key)
    let isNew = distinct.insert(key.span).isNew
    scratch = key
    if !isNew { spellingCount += 1 }
    let limit = textCount > 0 ? Self.distinctCountLimit : Self.distinctNumberLimit
    isCounting = distinct.count <= limit
    return isNew
  }

  private mutating func add(_ value: Double, _ text: Span<UInt8>, isLiteral: Bool) {
    numberCount += 1
    statistics.add(value)
    let isInteger = value == value.rounded(.towardZero)
    isIntegral = isIntegral && isInteger
    isCounter = isCounter && (lastNumber.map { value == $0 + 1 } ?? true)
    lastNumber = value
    if isInteger { addInteger(value, text) }
    if isInteger && hasDigitsOnly(trimmed(text)) {
      // Digits alone say nothing about marks.
      if value.magnitude >= 1000 { ungroupedCount += 1 }
    } else if !isLiteral && !forms.isSubset(of: .withPoint) {
      forms.formIntersection(NumberShape(text).forms)
    }
    if !numberDates.isEmpty { numberDates.keep(text) }
  }

  private mutating func addInteger(_ value: Double, _ text: Span<UInt8>) {
    let digits = trimmed(text)
    let isPlain = hasDigitsOnly(digits)
    if isPlain && value.magnitude > 0x1p53 { wideIntegerCount += 1 }
    if var known = integers.take() {
      let identity = value.magnitude > 0x1p53 ? hash(of: digits) : value.bitPattern
      if known.count < Self.integerCountLimit, known.insert(identity).inserted { integers = known }
    }
    guard isPlain else { return }
    if integerWidth == 0 { integerWidth = digits.count }
    isOneWidth = isOneWidth && digits.count == integerWidth
    if digits.count > 1 && digits[0] == 0x30 { paddedCount += 1 }
  }

  private mutating func addDate(
    _ text: Span<UInt8>, _ index: Int, _ reader: borrowing RecordReader, isNew: Bool
  ) {
    let isDate = CalendarForms.all.forms.contains { CalendarTime(text, form: $0) != nil }
    if isDate {
      dateCount += 1
    } else {
      if isNew { strayDateCount += 1 }
      if firstUndated == nil {
        firstUndated = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
    }
  }

  private mutating func addMarker(_ text: Span<UInt8>) {
    let text = trimmed(text).copied()
    if let place = markers.firstIndex(where: { $0.text == text }) {
      markers[place].count += 1
    } else {
      markers.append((text, 1))
    }
  }

  private mutating func addText(
    _ text: Span<UInt8>, _ index: Int, _ reader: borrowing RecordReader, isNew: Bool
  ) {
    if !textDates.isEmpty { textDates.keep(text) }
    // Most columns of texts have no date among the first of them.
    if dateCount > 0 || textCount < 100 { addDate(text, index, reader, isNew: isNew) }
    let shape = NumberShape(text)
    if shape.hasFraction { fractionTextCount += 1 }
    guard !shape.forms.isEmpty else {
      if shape.isWrapped { wrappedCount += 1 }
      if isNew { strayTextCount += 1 }
      if isDigitsAndMarks(text) { digitTextCount += 1 }
      if firstUnshaped == nil {
        firstUnshaped = FieldSample(position: reader.position(of: index), text: ShortText(text))
      }
      return
    }
    shapedCount += 1
    forms.formIntersection(shape.forms)
    let both: NumberForms = [NumberForms(.comma, .none), NumberForms(.point, .comma)]
    if shape.forms.isSuperset(of: both) && !shape.forms.contains(.plain) { ambiguousCount += 1 }
    if !shape.unit.isEmpty {
      let found = text.extracting(shape.unit)
      if unitCount == 0 { unit = found.copied() }
      hasSeveralUnits = hasSeveralUnits || !found.equals(unit.span)
      unitCount += 1
    }
  }
}

/// Whether a text has digits and nothing else; a minus in front is allowed.
private func hasDigitsOnly(_ text: Span<UInt8>) -> Bool {
  for index in text.indices where text[index] &- 0x30 >= 10 {
    guard index == 0 && text[index] == 0x2D else { return false }
  }
  return true
}

/// Whether a text has digits, and otherwise only what stands in numbers.
private func isDigitsAndMarks(_ text: Span<UInt8>) -> Bool {
  var hasDigit = false
  for index in text.indices {
    let byte = text[index]
    if byte &- 0x30 < 10 {
      hasDigit = true
    } else if ![0x2D, 0x2B, 0x2C, 0x2E, 0x20, 0x27, 0x5F].contains(byte) {
      return false
    }
  }
  return hasDigit
}

// ColumnSummary+Forms.swift: in which way the numbers or dates of a column are written.
//
// Step: summary → [kinds of columns] → table.

package import PosternFormat

extension ColumnSummary {
  /// The way in which all values are dates or times; nil if they are not.
  func calendarForm(_ wishes: ColumnWishes) throws(DataError) -> CalendarForm? {
    guard markerCount + numberCount + textCount > 0, notFiniteCount == 0 else { return nil }
    if textCount == 0 { return numberDateForm }
    let found = numberCount == 0 ? textDates : textDates.intersection(numberDates)
    if found.isEmpty { return nil }
    for form in [CalendarForm.yearMonthDay, .compact, .timeOfDay] where found.contains(form) {
      return form
    }
    let isEither = found.contains(.dayMonthYear) && found.contains(.monthDayYear)
    if let order = wishes.dayOrder, found.contains(order) { return order }
    if isEither, let firstText {
      throw .unclearColumn(
        firstText.position, name: ShortText(name), text: firstText.text, .ambiguousDates)
    }
    return found.contains(.dayMonthYear) ? .dayMonthYear : .monthDayYear
  }

  /// Numbers that are dates: YYYYMMDD of this century or the last, or seconds since 1970 in a
  /// column that is named after time.
  private var numberDateForm: CalendarForm? {
    let (low, high) = (statistics.minimum, statistics.maximum)
    guard numberCount > 1, low < high else { return nil }
    if isIntegral && numberDates.contains(.compact) && low >= 19_000_101 && high <= 21_001_231 {
      return .compact
    }
    let words: Set = [
      "time", "date", "datetime", "timestamp", "ts", "epoch", "unix", "when", "created", "updated",
      "modified", "at", "seconds", "ms", "millis",
    ]
    guard nameWords.contains(where: { words.contains($0) }) else { return nil }
    // From 1980 to 2100.
    if low >= 315_532_800 && high <= 4_102_444_800 { return .epochSeconds }
    if low >= 315_532_800_000 && high <= 4_102_444_800_000 { return .epochMilliseconds }
    return nil
  }

  /// The way in which all values are numbers, some of them not plain; nil if they are not.
  func numberForm(_ wishes: ColumnWishes) throws(DataError) -> NumberForm? {
    guard shapedCount == textCount, let firstText else { return nil }
    func unclear(_ problem: ColumnProblem) -> DataError {
      .unclearColumn(firstText.position, name: ShortText(name), text: firstText.text, problem)
    }
    if hasSeveralUnits {
      if wishes.kind == .numeric { throw unclear(.differentForms) }
      return nil
    }
    if unitCount > 0 && unitCount < numberCount + shapedCount && !wishes.units.contains(unit) {
      throw unclear(.partOfUnit(unit))
    }
    var fitting = forms.pairs
    if let decimal = wishes.decimal { fitting.removeAll { $0.decimal != decimal } }
    if let grouping = wishes.grouping { fitting.removeAll { $0.grouping != grouping } }
    guard let first = fitting.first else { throw unclear(.differentForms) }
    var chosen = first
    let hasBoth = fitting.contains { $0 == (.point, .comma) } && first == (.comma, .none)
    if hasBoth && wishes.decimal == nil && wishes.grouping == nil {
      if isGroupedFromThousandOn || wishes.likelyDecimal == .point {
        chosen = (.point, .comma)
      } else if wishes.likelyDecimal == nil {
        throw unclear(.ambiguousMarks)
      }
    }
    return NumberForm(decimal: chosen.decimal, grouping: chosen.grouping, unit: unit)
  }

  /// Whether every number has a mark if it is 1,000 or more, and some are less: fractions would not
  /// know that.
  private var isGroupedFromThousandOn: Bool {
    ungroupedCount == 0 && ambiguousCount > 4 && numberCount + shapedCount > ambiguousCount
      && isIntegral
  }

  /// The decimal mark that the column has for certain; nil if it tells none.
  package var certainDecimal: DecimalMark? {
    if textCount == 0 {
      return numberCount > 0 && !isIntegral && forms.isSubset(of: .withPoint) ? .point : nil
    }
    guard shapedCount == textCount, !hasSeveralUnits, !forms.isEmpty else { return nil }
    if forms.isSubset(of: .withPoint) { return .point }
    return forms.isDisjoint(with: .withPoint) ? .comma : nil
  }

  /// Refuses a few different texts among dates, and dates in several forms.
  func checkDates() throws(DataError) {
    guard dateCount > 0, let sample = firstUndated ?? firstText else { return }
    let isStray = (1...Self.strayTextLimit).contains(strayDateCount) && dateCount > strayDateCount
    guard isStray || (strayDateCount == 0 && dateCount == textCount) else { return }
    throw .unclearColumn(
      sample.position, name: ShortText(name), text: sample.text,
      strayDateCount == 0
        ? .differentDates
        : .textAmongDates(dateCount: dateCount, otherCount: textCount - dateCount))
  }

  /// Refuses numbers that are written in several ways, which are no identifiers.
  func checkNumbersInDisguise() throws(DataError) {
    guard shapedCount + wrappedCount == textCount, let firstText,
      fractionTextCount > 0 || (wrappedCount > 0 && numberCount > 0)
    else { return }
    throw .unclearColumn(
      firstText.position, name: ShortText(name), text: firstText.text, .differentForms)
  }

  /// Refuses a few different texts among numbers as measurements are.
  func checkStrayTexts() throws(DataError) {
    guard let stray = firstUnshaped, numberCount + shapedCount > 0 else { return }
    let isMeasured =
      !isIntegral || fractionTextCount > 0 || distinctCount - strayTextCount > Self.strayTextLimit
    let hasDigitTexts = digitTextCount > 0 && digitTextCount == textCount - shapedCount
    guard hasDigitTexts || (isMeasured && strayTextCount <= Self.strayTextLimit) else { return }
    // More of them cannot all be named as missing.
    if strayTextCount > Self.strayTextLimit {
      throw .unclearColumn(
        stray.position, name: ShortText(name), text: stray.text, .differentForms)
    }
    throw .textInNumericColumn(
      stray.position, name: ShortText(name), text: stray.text,
      numberCount: numberCount + shapedCount, textCount: textCount - shapedCount)
  }

  /// Refuses texts and infinite numbers, the first in the table first.
  func checkNumeric() throws(DataError) {
    let name = ShortText(name)
    if let firstText, !isEarlier(firstNotFinite, than: firstText) {
      throw .notNumber(firstText.position, name: name, text: firstText.text)
    }
    if let firstNotFinite {
      throw .notFinite(firstNotFinite.position, name: name, text: firstNotFinite.text)
    }
  }

  private func isEarlier(_ sample: FieldSample?, than other: FieldSample) -> Bool {
    guard let sample else { return false }
    return sample.position.line < other.position.line
  }
}

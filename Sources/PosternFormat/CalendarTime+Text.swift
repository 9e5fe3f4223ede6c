// CalendarTime+Text.swift: the text of a field to a time.
//
// Step: text → [time] → row.   Specification: formats/model.md, section 9.0.

extension CalendarTime {
  /// The time that a text says, spaces and tabs around it aside; nil for any other text, a date
  /// that the calendar does not have, and one outside the years 1 to 9999.
  ///
  /// - Complexity: O(`text.count`), no allocation.
  public init?(_ text: Span<UInt8>, form: CalendarForm) {
    var reader = CalendarReader(text)
    let time: CalendarTime? =
      switch form {
      case .yearMonthDay: reader.yearMonthDay()
      case .dayMonthYear: reader.dayMonthYear()
      case .monthDayYear: reader.monthDayYear()
      case .timeOfDay: reader.timeOfDay()
      case .epochSeconds: reader.epoch(unitsPerSecond: 1, fractionDigits: 9)
      case .epochMilliseconds: reader.epoch(unitsPerSecond: 1_000, fractionDigits: 6)
      case .compact: reader.compact()
      }
    guard let time, reader.isAtEnd else { return nil }
    self = time
  }
}

extension CalendarReader {
  @_lifetime(self: copy self)
  mutating func yearMonthDay() -> CalendarTime? {
    guard let year = number(4), let mark = mark(), let month = number(), take(mark),
      let day = number(), let date = CalendarDate(year: year, month: month, day: day)
    else { return nil }
    return time(on: date)
  }

  @_lifetime(self: copy self)
  mutating func dayMonthYear() -> CalendarTime? {
    if isLetter {
      guard name(.weekdays) != nil, gap() else { return nil }
    }
    guard let day = number() else { return nil }
    let mark = mark()
    let isSpaced = mark == nil && blanks()
    let isNamed = isLetter
    guard let month = isNamed ? name(.months) : number() else { return nil }
    if let mark {
      guard take(mark) else { return nil }
    } else {
      // Blanks stand on both sides of a name or on neither.
      guard isNamed, blanks() == isSpaced else { return nil }
    }
    guard let year = year(), let date = CalendarDate(year: year, month: month, day: day) else {
      return nil
    }
    return time(on: date)
  }

  @_lifetime(self: copy self)
  mutating func monthDayYear() -> CalendarTime? {
    let start = place
    if isLetter, name(.weekdays) != nil {
      guard gap() else { return nil }
    } else {
      place = start
    }
    let isNamed = isLetter
    guard let month = isNamed ? name(.months) : number() else { return nil }
    let mark = mark()
    if mark == nil {
      guard isNamed, blanks() else { return nil }
    }
    guard let day = number() else { return nil }
    if let mark {
      guard take(mark) else { return nil }
    } else {
      guard gap() else { return nil }
    }
    guard let year = year(), let date = CalendarDate(year: year, month: month, day: day) else {
      return nil
    }
    return time(on: date)
  }

  @_lifetime(self: copy self)
  mutating func timeOfDay() -> CalendarTime? {
    guard let clock = clock() else { return nil }
    return CalendarTime(day: 0, second: clock.second, offsetMinutes: clock.offset)
  }

  @_lifetime(self: copy self)
  mutating func compact() -> CalendarTime? {
    guard let year = number(4), let month = number(2), let day = number(2),
      let date = CalendarDate(year: year, month: month, day: day)
    else { return nil }
    if !isAtEnd && !isPoint {
      _ = take(letter: 0x74)
      guard let hour = number(2), let minute = number(2), let second = number(2),
        hour < 24, minute < 60, second < 60
      else { return nil }
      let seconds = Double(3_600 * hour + 60 * minute + second)
      guard !isPoint else { return zeroFraction() ? at(date, seconds, 0) : nil }
      guard let offset = offset() else { return nil }
      return at(date, seconds, offset)
    }
    guard zeroFraction() else { return nil }
    return at(date, 0, 0)
  }

  /// A decimal number without exponent, of which the fraction's first digits count.
  @_lifetime(self: copy self)
  mutating func epoch(unitsPerSecond: Double, fractionDigits: Int) -> CalendarTime? {
    let isNegative = take(0x2D)
    if !isNegative { _ = take(0x2B) }
    // At most 15 digits, so that the whole is exact.
    var whole = 0.0
    let start = place
    while let digit = digit(), place - start <= 15 { whole = whole * 10 + Double(digit) }
    guard place > start && place - start <= 15 else { return nil }
    var fraction = 0
    var fractionUnit = 1
    for _ in 0..<fractionDigits { fractionUnit *= 10 }
    if take(0x2E) {
      var unit = fractionUnit
      while let digit = digit() {
        unit /= 10
        fraction += digit * unit
      }
    }
    if isNegative {
      whole = -whole
      if fraction > 0 { (whole, fraction) = (whole - 1, fractionUnit - fraction) }
    }
    let unitsPerDay = CalendarTime.secondsOfDay * unitsPerSecond
    let days = CalendarTime.days
    guard whole >= Double(days.lowerBound) * unitsPerDay,
      whole < Double(days.upperBound + 1) * unitsPerDay
    else { return nil }
    // Both are integers below 2^53, so that the quotient is not rounded to another whole day.
    var day = Int(whole / unitsPerDay)
    var rest = whole - Double(day) * unitsPerDay
    if rest < 0 { (day, rest) = (day - 1, rest + unitsPerDay) }
    let second = (rest + Double(fraction) / Double(fractionUnit)) / unitsPerSecond
    return CalendarTime(day: day, second: second, offsetMinutes: 0)
  }
}

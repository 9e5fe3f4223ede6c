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

/// Reads the parts of a time, one after the other.
private struct CalendarReader: ~Escapable {
  private let text: Span<UInt8>
  private var place: Int
  private let end: Int

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) {
    self.text = text
    var end = text.count
    while end > 0 && isBlank(text[end - 1]) { end -= 1 }
    self.end = end
    place = 0
    _ = blanks()
  }

  var isAtEnd: Bool { place == end }

  // MARK: Forms

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

  // MARK: Parts

  /// What stands behind a date: nothing, or a time of day.
  @_lifetime(self: copy self)
  private mutating func time(on date: CalendarDate) -> CalendarTime? {
    if isAtEnd { return at(date, 0, 0) }
    if !take(letter: 0x74) {
      _ = take(0x2C)
      guard blanks() else { return nil }
    }
    guard let clock = clock() else { return nil }
    return at(date, clock.second, clock.offset)
  }

  private func at(_ date: CalendarDate, _ second: Double, _ offset: Int) -> CalendarTime {
    CalendarTime(day: date.daysSince1970, second: second, offsetMinutes: offset)
  }

  /// `h:mm`, then seconds, `AM` or `PM`, and the offset from UTC, where they stand.
  @_lifetime(self: copy self)
  private mutating func clock() -> (second: Double, offset: Int)? {
    guard var hour = number(), hour < 24, take(0x3A), let minute = number(2), minute < 60 else {
      return nil
    }
    var second = 0
    var nanoseconds = 0
    if take(0x3A) {
      guard let number = number(2), number < 60 else { return nil }
      second = number
      if take(0x2E) || take(0x2C) {
        guard let first = digit() else { return nil }
        nanoseconds = first * 100_000_000
        var unit = 100_000_000
        while let digit = digit() {
          unit /= 10
          nanoseconds += digit * unit
        }
      }
    }
    let start = place
    _ = blanks()
    let isMorning = take(letter: 0x61)
    if isMorning || take(letter: 0x70) {
      guard take(letter: 0x6D), hour >= 1, hour <= 12 else { return nil }
      hour = hour % 12 + (isMorning ? 0 : 12)
    } else {
      place = start
    }
    guard let offset = offset() else { return nil }
    let whole = Double(3_600 * hour + 60 * minute + second)
    return (whole + Double(nanoseconds) / 1_000_000_000, offset)
  }

  /// Minutes that the clock is ahead of UTC: `Z`, `UTC`, `GMT`, `+hh`, `+hhmm`, `+hh:mm`, or 0
  /// where nothing stands.
  @_lifetime(self: copy self)
  private mutating func offset() -> Int? {
    if isAtEnd { return 0 }
    _ = blanks()
    if isLetter { return name(.zones) == nil ? nil : 0 }
    let isBehind = take(0x2D)
    guard isBehind || take(0x2B), let hours = number(2), hours < 24 else { return nil }
    var minutes = 0
    if !isAtEnd {
      _ = take(0x3A)
      guard let number = number(2), number < 60 else { return nil }
      minutes = number
    }
    let offset = 60 * hours + minutes
    return isBehind ? -offset : offset
  }

  /// The year, of four digits, or of two: 69 to 99 of the last century, 00 to 68 of this one.
  @_lifetime(self: copy self)
  private mutating func year() -> Int? {
    let start = place
    guard let century = number(2) else { return nil }
    guard isDigit else { return century < 69 ? 2_000 + century : 1_900 + century }
    place = start
    return number(4)
  }

  /// A point and zeros, as tools write an integer of a column with gaps; true if nothing stands.
  @_lifetime(self: copy self)
  private mutating func zeroFraction() -> Bool {
    guard take(0x2E) else { return true }
    let start = place
    while place < end && text[place] == 0x30 { place += 1 }
    return place > start
  }

  /// The number of a word in a list of names, from 1 up; nil for any other word.
  @_lifetime(self: copy self)
  private mutating func name(_ names: CalendarNames) -> Int? {
    let start = place
    while isLetter { place += 1 }
    return names.number(of: text.extracting(start..<place))
  }

  // MARK: Characters

  private var isLetter: Bool { place < end && letter(text[place]) != nil }
  private var isDigit: Bool { place < end && text[place] &- 0x30 < 10 }
  private var isPoint: Bool { place < end && text[place] == 0x2E }

  /// One or more spaces and tabs.
  @_lifetime(self: copy self)
  private mutating func blanks() -> Bool {
    let start = place
    while place < end && isBlank(text[place]) { place += 1 }
    return place > start
  }

  /// A comma, blanks, or both.
  @_lifetime(self: copy self)
  private mutating func gap() -> Bool {
    let isComma = take(0x2C)
    return blanks() || isComma
  }

  @_lifetime(self: copy self)
  private mutating func take(_ byte: UInt8) -> Bool {
    guard place < end && text[place] == byte else { return false }
    place += 1
    return true
  }

  /// A letter in either case; `lower` is the small one.
  @_lifetime(self: copy self)
  private mutating func take(letter lower: UInt8) -> Bool {
    guard place < end && letter(text[place]) == lower else { return false }
    place += 1
    return true
  }

  /// What stands between the numbers of a date.
  @_lifetime(self: copy self)
  private mutating func mark() -> UInt8? {
    guard place < end else { return nil }
    let byte = text[place]
    guard byte == 0x2D || byte == 0x2E || byte == 0x2F else { return nil }
    place += 1
    return byte
  }

  @_lifetime(self: copy self)
  private mutating func digit() -> Int? {
    guard isDigit else { return nil }
    place += 1
    return Int(text[place - 1] &- 0x30)
  }

  /// A number of one digit or two, or of exactly `count`.
  @_lifetime(self: copy self)
  private mutating func number(_ count: Int? = nil) -> Int? {
    var value = 0
    for position in 0..<(count ?? 2) {
      guard let digit = digit() else { return count == nil && position == 1 ? value : nil }
      value = 10 * value + digit
    }
    return value
  }
}

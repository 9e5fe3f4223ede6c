// CalendarReader.swift: the parts of which a time is written.
//
// Step: text → [parts] → time.   Specification: formats/model.md, section 9.0.

/// Reads the parts of a time, one after the other.
struct CalendarReader: ~Escapable {
  let text: Span<UInt8>
  var place: Int
  let end: Int

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

  /// What stands behind a date: nothing, or a time of day.
  @_lifetime(self: copy self)
  mutating func time(on date: CalendarDate) -> CalendarTime? {
    if isAtEnd { return at(date, 0, 0) }
    if !take(letter: 0x74) {
      _ = take(0x2C)
      guard blanks() else { return nil }
    }
    guard let clock = clock() else { return nil }
    return at(date, clock.second, clock.offset)
  }

  func at(_ date: CalendarDate, _ second: Double, _ offset: Int) -> CalendarTime {
    CalendarTime(day: date.daysSince1970, second: second, offsetMinutes: offset)
  }

  /// `h:mm`, then seconds, `AM` or `PM`, and the offset from UTC, where they stand.
  @_lifetime(self: copy self)
  mutating func clock() -> (second: Double, offset: Int)? {
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
  mutating func offset() -> Int? {
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
  mutating func year() -> Int? {
    let start = place
    guard let century = number(2) else { return nil }
    guard isDigit else { return century < 69 ? 2_000 + century : 1_900 + century }
    place = start
    return number(4)
  }

  /// A point and zeros, as tools write an integer of a column with gaps; true if nothing stands.
  @_lifetime(self: copy self)
  mutating func zeroFraction() -> Bool {
    guard take(0x2E) else { return true }
    let start = place
    while place < end && text[place] == 0x30 { place += 1 }
    return place > start
  }

  /// The number of a word in a list of names, from 1 up; nil for any other word.
  @_lifetime(self: copy self)
  mutating func name(_ names: CalendarNames) -> Int? {
    let start = place
    while isLetter { place += 1 }
    return names.number(of: text.extracting(start..<place))
  }

  var isLetter: Bool { place < end && letter(text[place]) != nil }
  var isDigit: Bool { place < end && text[place] &- 0x30 < 10 }
  var isPoint: Bool { place < end && text[place] == 0x2E }

  /// One or more spaces and tabs.
  @_lifetime(self: copy self)
  mutating func blanks() -> Bool {
    let start = place
    while place < end && isBlank(text[place]) { place += 1 }
    return place > start
  }

  /// A comma, blanks, or both.
  @_lifetime(self: copy self)
  mutating func gap() -> Bool {
    let isComma = take(0x2C)
    return blanks() || isComma
  }

  @_lifetime(self: copy self)
  mutating func take(_ byte: UInt8) -> Bool {
    guard place < end && text[place] == byte else { return false }
    place += 1
    return true
  }

  /// A letter in either case; `lower` is the small one.
  @_lifetime(self: copy self)
  mutating func take(letter lower: UInt8) -> Bool {
    guard place < end && letter(text[place]) == lower else { return false }
    place += 1
    return true
  }

  /// What stands between the numbers of a date.
  @_lifetime(self: copy self)
  mutating func mark() -> UInt8? {
    guard place < end else { return nil }
    let byte = text[place]
    guard byte == 0x2D || byte == 0x2E || byte == 0x2F else { return nil }
    place += 1
    return byte
  }

  @_lifetime(self: copy self)
  mutating func digit() -> Int? {
    guard isDigit else { return nil }
    place += 1
    return Int(text[place - 1] &- 0x30)
  }

  /// A number of one digit or two, or of exactly `count`.
  @_lifetime(self: copy self)
  mutating func number(_ count: Int? = nil) -> Int? {
    var value = 0
    for position in 0..<(count ?? 2) {
      guard let digit = digit() else { return count == nil && position == 1 ? value : nil }
      value = 10 * value + digit
    }
    return value
  }
}

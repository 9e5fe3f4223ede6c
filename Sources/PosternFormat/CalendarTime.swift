// CalendarTime.swift: a date and a time of day, and the numbers that are made of them.
//
// Step: text → [time] → row.   Specification: formats/model.md, section 9.0.

/// How the times of a source are written. The number is the one in the file.
public enum CalendarForm: UInt8, Sendable {
  /// `2024-01-31`, `2024-01-31T17:04:05Z`.
  case yearMonthDay = 1
  /// `31.01.2024`, `31 Jan 2024 17:04`.
  case dayMonthYear = 2
  /// `1/31/2024 5:04 PM`, `Jan 31, 2024`.
  case monthDayYear = 3
  /// `17:04:05`.
  case timeOfDay = 4
  /// Seconds since 1970-01-01, UTC.
  case epochSeconds = 5
  /// Milliseconds since 1970-01-01, UTC.
  case epochMilliseconds = 6
  /// `20240131`, `20240131170405`.
  case compact = 7
}

/// A number that is made of a time. The number is the one in the file.
public enum CalendarPart: UInt8, Sendable {
  /// Days since 1970-01-01, UTC, with their fraction.
  case days = 1
  /// Hours since midnight, with their fraction: 0 or more, below 24.
  case hour = 2
  /// 1 for Monday to 7 for Sunday.
  case weekday = 3
  /// 1...12.
  case month = 4
  /// 1...366.
  case dayOfYear = 5
}

/// A time in the years 1 to 9999 of the proleptic Gregorian calendar.
///
/// The day and the second of the day are those of the clock that the time was read from.
public struct CalendarTime: Equatable, Sendable {
  /// Days since 1970-01-01; 0 for a time of day alone.
  public let day: Int
  /// Seconds since midnight: 0 or more, below 86,400.
  public let second: Double
  /// Minutes that the clock is ahead of UTC; 0 where the text does not say.
  public let offsetMinutes: Int

  /// Days of 0001-01-01 and 9999-12-31.
  static let days = -719_162...2_932_896
  static let secondsOfDay = 86_400.0

  /// - Precondition: The parts are in their ranges.
  init(day: Int, second: Double, offsetMinutes: Int) {
    precondition(CalendarTime.days.contains(day))
    precondition(second >= 0 && second < CalendarTime.secondsOfDay)
    self.day = day
    self.second = second
    self.offsetMinutes = offsetMinutes
  }

  /// The time of a number of seconds since 1970-01-01, UTC; nil outside the years 1 to 9999.
  ///
  /// - Complexity: O(1), no allocation.
  public init?(epochSeconds: Double) {
    let length = CalendarTime.secondsOfDay
    let first = Double(CalendarTime.days.lowerBound) * length
    let end = Double(CalendarTime.days.upperBound + 1) * length
    guard epochSeconds >= first && epochSeconds < end else { return nil }
    // The quotient may be rounded up to a whole day, and a tiny negative rest up to a whole one.
    var day = Int(epochSeconds / length)
    var rest = epochSeconds - Double(day) * length
    if rest < 0 { (day, rest) = (day - 1, rest + length) }
    if rest >= length { (day, rest) = (day + 1, 0) }
    self.init(day: day, second: rest, offsetMinutes: 0)
  }

  /// A part as a number. All but the days are those of the clock that the time was read from.
  ///
  /// - Complexity: O(1), no allocation.
  public func part(_ part: CalendarPart) -> Double {
    switch part {
    case .days:
      // The sum of the integers is exact.
      (Double(day) * CalendarTime.secondsOfDay - Double(60 * offsetMinutes) + second)
        / CalendarTime.secondsOfDay
    case .hour: second / 3_600
    case .weekday: Double((day - CalendarTime.firstMonday).remainder(of: 7) + 1)
    case .month: Double(CalendarDate(day: day).month)
    case .dayOfYear: Double(CalendarDate(day: day).dayOfYear)
    }
  }

  /// 1970-01-05.
  private static let firstMonday = 4
}

/// A day of the proleptic Gregorian calendar.
struct CalendarDate: Equatable {
  let year: Int
  let month: Int
  let day: Int

  /// The date of a number of days since 1970-01-01, in the years 1 to 9999.
  init(day: Int) {
    // Years are counted from March, so that the leap day is the last; 400 of them are an era.
    let since = day + CalendarDate.marchOfYearZero
    let dayOfEra = since.remainder(of: CalendarDate.daysOfEra)
    let era = (since - dayOfEra) / CalendarDate.daysOfEra
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    self.day = dayOfYear - (153 * month + 2) / 5 + 1
    self.month = month < 10 ? month + 3 : month - 9
    year = yearOfEra + era * 400 + (month < 10 ? 0 : 1)
  }

  /// The date with these numbers, or nil if the calendar has none in the years 1 to 9999.
  init?(year: Int, month: Int, day: Int) {
    guard year >= 1 && year <= 9_999 && month >= 1 && month <= 12 else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let isShort = month == 4 || month == 6 || month == 9 || month == 11
    let length = month == 2 ? (isLeap ? 29 : 28) : isShort ? 30 : 31
    guard day >= 1 && day <= length else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Days since 1970-01-01.
  var daysSince1970: Int {
    let year = month > 2 ? self.year : self.year - 1
    let month = month > 2 ? self.month - 3 : self.month + 9
    let yearOfEra = year % 400
    let dayOfYear = (153 * month + 2) / 5 + day - 1
    let dayOfEra = 365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return year / 400 * CalendarDate.daysOfEra + dayOfEra - CalendarDate.marchOfYearZero
  }

  /// 1...366.
  var dayOfYear: Int {
    let before = CalendarDate(year: year, month: 1, day: 1)?.daysSince1970 ?? 0
    return daysSince1970 - before + 1
  }

  private static let daysOfEra = 146_097
  /// Days from 0000-03-01 to 1970-01-01.
  private static let marchOfYearZero = 719_468
}

extension Int {
  /// What is left of a division by `divisor` that rounds down: in `0..<divisor`.
  fileprivate func remainder(of divisor: Int) -> Int {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }
}

// CalendarTimeTests.swift: texts and seconds to days, hours, weekdays.

import PosternFormat
import Testing

@Suite struct CalendarTimeTests {
  private func read(_ text: String, _ form: CalendarForm) -> CalendarTime? {
    let bytes = Array(text.utf8)
    return CalendarTime(bytes.span, form: form)
  }

  private func parts(_ time: CalendarTime) -> [Double] {
    [.days, .hour, .weekday, .month, .dayOfYear].map { (part: CalendarPart) in time.part(part) }
  }

  @Test(arguments: [
    ("2024-01-31", 19_753, 0), ("2024/1/31", 19_753, 0), ("2024.01.31", 19_753, 0),
    ("2024-01-31T17:04:05", 19_753, 61_445), (" 2024-01-31 \t17:04", 19_753, 61_440),
    ("2024-01-31t05:04:05 pm", 19_753, 61_445), ("2024-02-29 12:00AM", 19_782, 0),
    ("2024-02-29, 12:30 PM", 19_782, 45_000), ("1970-01-01", 0, 0), ("1969-12-31", -1, 0),
    ("0001-01-01", -719_162, 0), ("9999-12-31 23:59:59", 2_932_896, 86_399),
    ("1900-03-01", -25_508, 0), ("2000-02-29", 11_016, 0), ("2024-01-31 9:05", 19_753, 32_700),
  ])
  func `a date with the year first is read`(text: String, day: Int, second: Double) throws {
    let time = try #require(read(text, .yearMonthDay))
    #expect(time.day == day && time.second == second && time.offsetMinutes == 0)
  }

  @Test(arguments: [
    ("31.01.2024", CalendarForm.dayMonthYear), ("31/1/24", .dayMonthYear),
    ("31-01-2024", .dayMonthYear), ("31 Jan 2024", .dayMonthYear), ("31-jan-24", .dayMonthYear),
    ("31JAN2024", .dayMonthYear), ("31.January.2024", .dayMonthYear),
    ("Wed, 31 Jan 2024", .dayMonthYear), ("Wednesday 31 January 2024", .dayMonthYear),
    ("Monday,31/01/2024", .dayMonthYear), ("1/31/2024", .monthDayYear), ("01-31-24", .monthDayYear),
    ("Jan 31, 2024", .monthDayYear), ("January 31 2024", .monthDayYear),
    ("JAN-31-2024", .monthDayYear), ("Wed, Jan 31,2024", .monthDayYear),
    ("Wed 1/31/2024", .monthDayYear), ("20240131", .compact), ("20240131.0", .compact),
  ])
  func `a date in another order is read`(text: String, form: CalendarForm) throws {
    let time = try #require(read(text, form), "\(text)")
    #expect(time.day == 19_753 && time.second == 0, "\(text)")
  }

  @Test(arguments: [
    ("31.01.2024 17:04:05", CalendarForm.dayMonthYear), ("31 Jan 2024, 5:04:05 PM", .dayMonthYear),
    ("1/31/2024, 5:04:05 pm", .monthDayYear), ("Jan 31, 2024 17:04:05 UTC", .monthDayYear),
    ("20240131170405", .compact), ("20240131T170405Z", .compact), ("20240131170405.00", .compact),
    ("1706720645", .epochSeconds), ("1706720645.", .epochSeconds), ("+1706720645.0", .epochSeconds),
    ("1706720645000", .epochMilliseconds),
  ])
  func `a date with a time is read`(text: String, form: CalendarForm) throws {
    let time = try #require(read(text, form), "\(text)")
    #expect(time.day == 19_753 && time.second == 61_445 && time.offsetMinutes == 0, "\(text)")
  }

  @Test(arguments: [
    ("17:04", 61_440.0), ("7:04:05", 25_445.0), ("17:04:05.25", 61_445.25),
    ("17:04:05,5", 61_445.5), ("12:00 am", 0.0), ("12:00PM", 43_200.0), ("1:30 PM Z", 48_600.0),
    ("23:59:59.999999999999", 86_399.999999999),
  ])
  func `a time of day is read`(text: String, second: Double) throws {
    let time = try #require(read(text, .timeOfDay))
    #expect(time.day == 0 && time.second == second)
  }

  @Test(arguments: [
    ("Z", 0), (" utc", 0), ("GMT", 0), ("+01", 60), ("+0530", 330), (" -05:30", -330),
    ("-23:59", -1_439),
  ])
  func `an offset from UTC is read and shifts the days alone`(zone: String, offset: Int) throws {
    let time = try #require(read("2024-01-31T00:30:00" + zone, .yearMonthDay))
    #expect(time.offsetMinutes == offset)
    #expect(time.part(.days) == (19_753 * 86_400 + 1_800 - 60 * Double(offset)) / 86_400)
    #expect(time.part(.hour) == 0.5 && time.part(.weekday) == 3 && time.part(.month) == 1)
  }

  @Test(arguments: [
    ("2023-02-29", CalendarForm.yearMonthDay), ("1900-02-29", .yearMonthDay),
    ("2024-13-01", .yearMonthDay), ("2024-00-01", .yearMonthDay), ("2024-04-31", .yearMonthDay),
    ("2024-01/31", .yearMonthDay), ("24-01-31", .yearMonthDay), ("0000-01-01", .yearMonthDay),
    ("2024-01-31 ", .compact), ("2024-01-31T", .yearMonthDay), ("2024-01-31 24:00", .yearMonthDay),
    ("2024-01-31 17:60", .yearMonthDay), ("2024-01-31 17:04:60", .yearMonthDay),
    ("2024-01-31 17:04x", .yearMonthDay), ("2024-01-31 13:00 PM", .yearMonthDay),
    ("2024-01-31 0:10 AM", .yearMonthDay), ("2024-01-31 17:04+24", .yearMonthDay),
    ("2024-01-31 17:04+1", .yearMonthDay), ("2024-01-31+01", .yearMonthDay),
    ("2024-01-31 17:04 CET", .yearMonthDay), ("", .yearMonthDay), ("2024-01-31x", .yearMonthDay),
    ("2024-1", .yearMonthDay), ("2024-001-31", .yearMonthDay), ("17:4", .timeOfDay),
    ("17", .timeOfDay), ("17:04:05.", .timeOfDay), ("31.01.024", .dayMonthYear),
    ("31.Janu.2024", .dayMonthYear), ("31 1 2024", .dayMonthYear), ("31 Jan2024", .dayMonthYear),
    ("31-Jan 2024", .dayMonthYear), ("Foo 31 Jan 2024", .dayMonthYear),
    ("1/31/2024", .dayMonthYear), ("31/1/2024", .monthDayYear), ("Jan312024", .monthDayYear),
    ("2024131", .compact), ("202401311", .compact), ("2024013117040", .compact),
    ("20240131T1704", .compact), ("20240131.5", .compact), ("20240131.", .compact),
    ("", .epochSeconds), ("-", .epochSeconds), (".5", .epochSeconds), ("1e9", .epochSeconds),
    ("1706720645x", .epochSeconds), ("253402300800", .epochSeconds),
    ("-62135596801", .epochSeconds), ("0000001706720645", .epochSeconds),
    ("253402300800000", .epochMilliseconds),
  ])
  func `any other text is no time`(text: String, form: CalendarForm) {
    #expect(read(text, form) == nil, "\(text)")
  }

  @Test func `two digits are a year of this century or the last`() throws {
    let years = [("68", 2068), ("69", 1969), ("00", 2000), ("99", 1999)]
    for (text, year) in years {
      #expect(read("1.2.\(text)", .dayMonthYear) == read("\(year)-02-01", .yearMonthDay))
    }
  }

  /// Goal: the calendar is right on every day. Method: count from the first day to the last.
  @Test func `every day of the years 1 to 9999 has its parts`() throws {
    var day = -719_162
    var weekday = 1
    for year in 1...9_999 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      var dayOfYear = 1
      for month in 1...12 {
        let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
        for number in 1...length {
          let time = try #require(CalendarTime(epochSeconds: Double(day) * 86_400))
          guard
            time.day == day, time.second == 0,
            parts(time) == [
              Double(day), 0, Double(weekday), Double(month), Double(dayOfYear),
            ]
          else {
            Issue.record("\(year)-\(month)-\(number): \(time)")
            return
          }
          (day, weekday, dayOfYear) = (day + 1, weekday % 7 + 1, dayOfYear + 1)
        }
        let padded = String("000\(year)".suffix(4))
        #expect(read("\(padded)-\(month)-\(length)", .yearMonthDay)?.day == day - 1)
        #expect(read("\(padded)-\(month)-\(length + 1)", .yearMonthDay) == nil)
      }
    }
    #expect(CalendarTime(epochSeconds: Double(day) * 86_400) == nil)
  }

  @Test(arguments: [
    (-1.0, -1, 86_399.0), (-0.5, -1, 86_399.5), (86_399.75, 0, 86_399.75), (-0.0, 0, 0),
    (86_400, 1, 0), (-86_400, -1, 0), (-1e-20, 0, 0), (253_402_300_799.5, 2_932_896, 86_399.5),
    (-62_135_596_800, -719_162, 0), (86_399.99999999999, 0, 86_399.99999999999),
  ])
  func `seconds since 1970 are a day and a rest`(
    seconds: Double, day: Int, second: Double
  ) throws {
    let time = try #require(CalendarTime(epochSeconds: seconds))
    #expect(time.day == day && time.second == second)
  }

  @Test(arguments: [
    Double.nan, .infinity, -.infinity, 253_402_300_800, -62_135_596_800.5, 1e300,
  ])
  func `seconds outside the years 1 to 9999 are no time`(seconds: Double) {
    #expect(CalendarTime(epochSeconds: seconds) == nil)
  }

  @Test func `fractions of seconds count down before 1970 too`() throws {
    #expect(try #require(read("-0.25", .epochSeconds)).second == 86_399.75)
    #expect(try #require(read("-0.25", .epochSeconds)).day == -1)
    #expect(try #require(read("-86400.5", .epochSeconds)).day == -2)
    #expect(try #require(read("1500.5", .epochMilliseconds)).second == 1.5005)
    // Digits beyond the nanosecond do not count, and none makes a second more.
    let last = try #require(read("86399999.99999999999", .epochMilliseconds))
    #expect(last.day == 0 && last.second < 86_400)
  }
}

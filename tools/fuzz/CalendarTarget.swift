// CalendarTarget.swift: any bytes as a time of any form: no time, or a lawful one.
//
// The first byte of the input says the form; the rest is the text, and its first eight bytes are a
// number of seconds. A time is in the years 1 to 9999, its parts are in their ranges, and written as
// a date and a time of day it reads as the same.

import PosternFormat

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 0, let form = CalendarForm(rawValue: data[0] % 7 + 1) else { return 0 }
  let text = Span(_unsafeStart: data + 1, count: size - 1)
  let time = CalendarTime(text, form: form)
  if let time { check(time) }
  // Neither blanks around nor the case of letters make another time.
  var copy = Array(text.indices.map { text[$0] })
  for index in copy.indices where (0x41...0x5A).contains(copy[index]) { copy[index] |= 0x20 }
  copy = [0x20, 0x09] + copy + [0x09, 0x20]
  guard CalendarTime(copy.span, form: form) == time else { fatalError("blanks or case matter") }
  if size > 8 {
    var bits: UInt64 = 0
    for index in 0..<8 { bits = bits << 8 | UInt64(text[index]) }
    if let time = CalendarTime(epochSeconds: Double(bitPattern: bits)) { check(time) }
  }
  return 0
}

private func check(_ time: CalendarTime) {
  let ranges: [(CalendarPart, ClosedRange<Double>)] = [
    (.days, -719_163...2_932_898), (.hour, 0...24), (.weekday, 1...7), (.month, 1...12),
    (.dayOfYear, 1...366),
  ]
  for (part, range) in ranges where !range.contains(time.part(part)) {
    fatalError("\(part) is \(time.part(part)) of \(time)")
  }
  guard time.second >= 0, time.second < 86_400, abs(time.offsetMinutes) < 1_440 else {
    fatalError("\(time) is out of range")
  }
  guard let whole = CalendarTime(epochSeconds: Double(time.day) * 86_400), whole.day == time.day,
    whole.part(.weekday) == time.part(.weekday), whole.part(.month) == time.part(.month)
  else {
    fatalError("the day of \(time) is not the day of its seconds")
  }
  let again = iso(time)
  guard let read = CalendarTime(again.span, form: .yearMonthDay), read.day == time.day,
    read.second == time.second.rounded(.down), read.offsetMinutes == time.offsetMinutes
  else {
    fatalError("\(time) reads back otherwise")
  }
}

/// `yyyy-mm-ddThh:mm:ss+hh:mm`, seconds rounded down. The date is counted from the day of the year.
private func iso(_ time: CalendarTime) -> [UInt8] {
  var year = 1
  var rest = time.day + 719_162
  func length(_ year: Int) -> Int {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 366 : 365
  }
  year += rest / 146_097 * 400
  rest %= 146_097
  while rest >= length(year) { (rest, year) = (rest - length(year), year + 1) }
  guard rest + 1 == Int(time.part(.dayOfYear)) else { fatalError("day of the year of \(time)") }
  var month = 1
  let lengths = [31, length(year) - 337, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  while rest >= lengths[month - 1] { (rest, month) = (rest - lengths[month - 1], month + 1) }
  func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: count - text.count) + text
  }
  let second = Int(time.second)
  let offset = abs(time.offsetMinutes)
  let text =
    digits(year, 4) + "-" + digits(month, 2) + "-" + digits(rest + 1, 2) + "T"
    + digits(second / 3_600, 2) + ":" + digits(second / 60 % 60, 2) + ":" + digits(second % 60, 2)
    + (time.offsetMinutes < 0 ? "-" : "+") + digits(offset / 60, 2) + ":" + digits(offset % 60, 2)
  return Array(text.utf8)
}

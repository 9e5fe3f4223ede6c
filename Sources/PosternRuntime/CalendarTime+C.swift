// CalendarTime+C.swift: the parts of a time for a program in C.
//
// Step: text → [time] → row.   Specification: formats/model.md, section 9.0.
//
// The declarations for C are in postern_calendar.h, beside this file.

internal import PosternFormat

/// Writes the five parts of the time that a text says: days, hour, weekday, month, day of the year.
///
/// - Parameters:
///   - text: `byteCount` bytes; may be null if there are none.
///   - byteCount: Not negative.
///   - form: How the time is written, as in the file.
///   - parts: Five places, in the order of the parts' numbers.
/// - Returns: 1; 0 if the text is no time or the form is not known, and nothing is written.
/// - Complexity: O(`byteCount`), no allocation.
@c(postern_calendar_text)
public func calendarText(
  _ text: UnsafePointer<UInt8>?, _ byteCount: Int, _ form: UInt8,
  _ parts: UnsafeMutablePointer<Double>?
) -> Int32 {
  guard let form = CalendarForm(rawValue: form), let text = unsafe text, byteCount > 0 else {
    return 0
  }
  // SAFETY: the caller promises that `byteCount` bytes stand at `text`; they are not kept.
  let bytes = unsafe Span(_unsafeStart: text, count: byteCount)
  return unsafe write(CalendarTime(bytes, form: form), to: parts)
}

/// Writes the five parts of the time of a number of seconds since 1970-01-01, UTC.
///
/// - Parameters:
///   - seconds: In the years 1 to 9999.
///   - parts: As for ``calendarText(_:_:_:_:)``.
/// - Returns: 1; 0 outside those years, and nothing is written.
/// - Complexity: O(1), no allocation.
@c(postern_calendar_seconds)
public func calendarSeconds(_ seconds: Double, _ parts: UnsafeMutablePointer<Double>?) -> Int32 {
  unsafe write(CalendarTime(epochSeconds: seconds), to: parts)
}

private func write(_ time: CalendarTime?, to parts: UnsafeMutablePointer<Double>?) -> Int32 {
  guard let time, let parts = unsafe parts else { return 0 }
  for number in 0..<5 {
    guard let part = CalendarPart(rawValue: UInt8(number + 1)) else { return 0 }
    // SAFETY: the caller promises five places.
    unsafe parts[number] = time.part(part)
  }
  return 1
}

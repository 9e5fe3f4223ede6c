// Numbers.swift: numbers as people read them.

internal import PosternData

/// An integer with commas between groups of three digits.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return (number < 0 ? "-" : "") + result
}

/// A number with `places` digits behind the point, half away from zero.
func fixed(_ number: Double, places: Int) -> String {
  guard number.isFinite, number.magnitude < 1e15 else { return number.description }
  var power = 1.0
  for _ in 0..<places { power *= 10 }
  let scaled = (number.magnitude * power).rounded()
  let digits = String(Int(scaled))
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let sign = number < 0 && scaled > 0 ? "-" : ""
  guard places > 0 else { return sign + padded }
  return sign + padded.dropLast(places) + "." + padded.suffix(places)
}

/// A number with about `digits` significant digits.
func significant(_ number: Double, digits: Int = 4) -> String {
  guard number.isFinite, number != 0 else { return number == 0 ? "0" : number.description }
  var magnitude = number.magnitude
  guard magnitude >= 1e-4, magnitude < 1e15 else { return scientific(number, digits: digits) }
  var places = digits - 1
  while magnitude >= 10 {
    magnitude /= 10
    places -= 1
  }
  while magnitude < 1 {
    magnitude *= 10
    places += 1
  }
  return fixed(number, places: max(places, 0))
}

/// A number as `1.2e-7`, with `digits` significant digits.
private func scientific(_ number: Double, digits: Int) -> String {
  var magnitude = number.magnitude
  var exponent = 0
  while magnitude >= 10 {
    magnitude /= 10
    exponent += 1
  }
  while magnitude < 1 {
    magnitude *= 10
    exponent -= 1
  }
  let mantissa = fixed(magnitude, places: digits - 1)
  return (number < 0 ? "-" : "") + mantissa + "e\(exponent)"
}

/// A share as a percentage.
func percent(_ share: Double) -> String { fixed(100 * share, places: 1) + " %" }

/// A size, exactly, and rounded in parentheses where that helps.
func byteText(_ count: Int) -> String {
  let exact = grouped(count) + (count == 1 ? " byte" : " bytes")
  return count < 10_240 ? exact : exact + " (\(shortByteText(count)))"
}

/// A size, rounded.
func shortByteText(_ count: Int) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var value = Double(count)
  var unit = 0
  while value >= 1024 && unit + 1 < units.count {
    value /= 1024
    unit += 1
  }
  return (unit == 0 ? String(count) : fixed(value, places: value < 100 ? 1 : 0)) + " " + units[unit]
}

/// Seconds as `8.3 s`, `1 min 20 s` or `2 h 5 min`.
func durationText(_ seconds: Double) -> String {
  if seconds < 60 { return fixed(seconds, places: seconds < 10 ? 1 : 0) + " s" }
  let whole = Int(seconds.rounded())
  if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(whole / 3_600) h \(whole / 60 % 60) min"
}

/// Sixteen hexadecimal digits.
func hexadecimal(_ value: UInt64, digits: Int = 16) -> String {
  let text = String(value, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

/// Bytes as hexadecimal digits.
func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { hexadecimal(UInt64($0), digits: 2) }.joined()
}

/// The shortest text that reads back equal, in the unit of a column's text.
func shortest(_ number: Float, _ reading: NumberReading) -> String {
  var buffer = TextBuffer(capacity: 64)
  buffer.append(number, as: reading)
  return String(decoding: buffer.bytes.copied(), as: UTF8.self)
}

/// The shortest text that reads back equal.
func shortest(_ number: Double) -> String {
  var buffer = TextBuffer(capacity: 64)
  buffer.append(number)
  return String(decoding: buffer.bytes.copied(), as: UTF8.self)
}

/// A number that is mostly a Float's, with a Float's digits then.
func shortestSingle(_ number: Double) -> String {
  let single = Float(number)
  return Double(single) == number ? shortest(single) : shortest(number)
}

/// The shortest text that reads back equal, as predictions are written.
func shortest(_ number: Float) -> String {
  var buffer = TextBuffer(capacity: 64)
  buffer.append(number)
  return String(decoding: buffer.bytes.copied(), as: UTF8.self)
}

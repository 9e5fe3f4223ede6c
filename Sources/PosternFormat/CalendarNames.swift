// CalendarNames.swift: English names of months, weekdays and of UTC.
//
// Step: text → [names] → time.   Specification: formats/model.md, section 9.0.

/// Names that a time may hold, in any case of the letters.
enum CalendarNames {
  case months
  case weekdays
  case zones

  /// The number of a name, from 1 up; nil for any other word.
  func number(of word: Span<UInt8>) -> Int? {
    switch self {
    case .months: CalendarNames.month(word)
    case .weekdays: CalendarNames.weekday(word)
    case .zones: CalendarNames.zone(word)
    }
  }

  private static func month(_ word: Span<UInt8>) -> Int? {
    if word.isName(["j", "a", "n", "u", "a", "r", "y"], short: 3) { return 1 }
    if word.isName(["f", "e", "b", "r", "u", "a", "r", "y"], short: 3) { return 2 }
    if word.isName(["m", "a", "r", "c", "h"], short: 3) { return 3 }
    if word.isName(["a", "p", "r", "i", "l"], short: 3) { return 4 }
    if word.isName(["m", "a", "y"], short: 3) { return 5 }
    if word.isName(["j", "u", "n", "e"], short: 3) { return 6 }
    if word.isName(["j", "u", "l", "y"], short: 3) { return 7 }
    if word.isName(["a", "u", "g", "u", "s", "t"], short: 3) { return 8 }
    if word.isName(["s", "e", "p", "t", "e", "m", "b", "e", "r"], short: 3) { return 9 }
    if word.isName(["o", "c", "t", "o", "b", "e", "r"], short: 3) { return 10 }
    if word.isName(["n", "o", "v", "e", "m", "b", "e", "r"], short: 3) { return 11 }
    if word.isName(["d", "e", "c", "e", "m", "b", "e", "r"], short: 3) { return 12 }
    return word.isName(["s", "e", "p", "t"]) ? 9 : nil
  }

  private static func weekday(_ word: Span<UInt8>) -> Int? {
    if word.isName(["m", "o", "n", "d", "a", "y"], short: 3) { return 1 }
    if word.isName(["t", "u", "e", "s", "d", "a", "y"], short: 3) { return 2 }
    if word.isName(["w", "e", "d", "n", "e", "s", "d", "a", "y"], short: 3) { return 3 }
    if word.isName(["t", "h", "u", "r", "s", "d", "a", "y"], short: 3) { return 4 }
    if word.isName(["f", "r", "i", "d", "a", "y"], short: 3) { return 5 }
    if word.isName(["s", "a", "t", "u", "r", "d", "a", "y"], short: 3) { return 6 }
    if word.isName(["s", "u", "n", "d", "a", "y"], short: 3) { return 7 }
    return nil
  }

  private static func zone(_ word: Span<UInt8>) -> Int? {
    if word.isName(["z"]) { return 1 }
    if word.isName(["u", "t", "c"]) { return 2 }
    if word.isName(["g", "m", "t"]) { return 3 }
    return nil
  }
}

extension Span<UInt8> {
  /// Whether a word is `name`, which has small letters, or its first `short` letters.
  fileprivate func isName<let count: Int>(
    _ name: InlineArray<count, Unicode.Scalar>, short: Int = count
  ) -> Bool {
    guard self.count == count || self.count == short else { return false }
    for index in indices where letter(self[index]).map(Unicode.Scalar.init) != name[index] {
      return false
    }
    return true
  }
}

/// The small letter of an ASCII letter in either case; nil for any other byte.
func letter(_ byte: UInt8) -> UInt8? {
  let lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7A ? lower : nil
}

/// Whether a byte is a space or a tab.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

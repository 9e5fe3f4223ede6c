// CalendarForms.swift: in which ways a text can be read as a date or time.
//
// Step: fields → [summary] → kinds of columns.

package import PosternFormat

/// A set of ways in which dates and times are written.
package struct CalendarForms: Equatable, Sendable {
  private var bits: UInt8

  /// All forms that a text can have.
  package static let all = CalendarForms(
    [.yearMonthDay, .dayMonthYear, .monthDayYear, .timeOfDay, .compact])

  /// Creates a set.
  package init(_ forms: [CalendarForm]) { bits = forms.reduce(0) { $0 | 1 << $1.rawValue } }

  /// The forms in the set.
  package var forms: [CalendarForm] {
    (1...7).compactMap { bits & 1 << $0 == 0 ? nil : CalendarForm(rawValue: $0) }
  }

  /// Whether there is no form left.
  package var isEmpty: Bool { bits == 0 }

  /// Whether a form is in the set.
  package func contains(_ form: CalendarForm) -> Bool { bits & 1 << form.rawValue != 0 }

  /// Keeps the forms in which `text` is a time.
  mutating func keep(_ text: Span<UInt8>) {
    for form in forms where CalendarTime(text, form: form) == nil { bits &= ~(1 << form.rawValue) }
  }

  /// The forms in both sets.
  func intersection(_ other: CalendarForms) -> CalendarForms {
    var result = self
    result.bits &= other.bits
    return result
  }
}

// Messages+Values.swift: what is said about a value that is not written like the others.

internal import PosternData
internal import PosternFormat

extension Messages {
  /// A text where a number was expected.
  static func notNumber(
    _ text: ShortText, _ name: ShortText, _ forms: ValueForms?
  ) -> (text: String, help: String?) {
    let form = forms?.number(name) ?? NumberForm()
    let parts = words(form)
    let missing = missingWords(forms)
    return (
      "\(quoted(text)) in column \(quoted(name)), expected a number"
        + (parts.isEmpty ? "" : " with " + parts),
      form.isPlain
        ? missing + "; decimals have a point"
        : "numbers are written as \(quoted(example(form))) there; " + missing
    )
  }

  /// A text where a date or time was expected.
  static func notTime(
    _ text: ShortText, _ name: ShortText, _ forms: ValueForms?
  ) -> (text: String, help: String?) {
    (
      "\(quoted(text)) in column \(quoted(name)), expected "
        + (forms?.time(name)?.words ?? "a date or time as in training"),
      missingWords(forms)
    )
  }

  /// The texts that mean missing.
  private static func missingWords(_ forms: ValueForms?) -> String {
    // The usual texts are known by one of them.
    guard let forms, forms.tokens != MissingTokens.standard.texts else {
      return "a missing value is empty or `NA`"
    }
    if forms.tokens.isEmpty { return "a missing value is empty" }
    if forms.tokens.count == 1 { return "a missing value is empty or \(quoted(forms.tokens[0]))" }
    return "a missing value is empty or one of "
      + list(forms.tokens.map { quoted($0) }, limit: 8)
  }

  /// What the numbers of a form have that plain ones have not.
  private static func words(_ form: NumberForm) -> String {
    var parts: [String] = []
    if form.decimal == .comma { parts.append("a decimal comma") }
    if form.grouping != .none { parts.append("\(form.grouping.words) between thousands") }
    if !form.unit.isEmpty { parts.append("the unit \(quoted(form.unit))") }
    guard let last = parts.last, parts.count > 1 else { return parts.joined() }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// A number of this form.
  private static func example(_ form: NumberForm) -> [UInt8] {
    let unit = form.unit.isEmpty ? [] : [UInt8(ascii: " ")] + form.unit
    return Array("1".utf8) + Array(form.grouping.mark.utf8) + Array("234".utf8)
      + [form.decimal.byte, UInt8(ascii: "5")] + unit
  }
}

extension DigitGrouping {
  /// The mark as an option says it; empty for none.
  fileprivate var mark: String {
    ThousandsOption.allCases.first { $0.grouping == self }?.rawValue ?? ""
  }
}

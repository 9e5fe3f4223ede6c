// Messages+Text.swift: what is said about text that is no JSON, and about files that are no text.

internal import PosternData

extension Messages {
  /// What a line of JSON lacks.
  static func words(_ fault: JSONFault) -> String {
    switch fault {
    case .expectedObject: "expected a JSON object, which starts with `{`"
    case .expectedKey: "expected a key in quotes"
    case .expectedColon: "expected a colon"
    case .expectedCommaOrBrace: "expected a comma or `}`"
    case .expectedCommaOrBracket: "expected a comma or `]`"
    case .expectedValue: "expected a value"
    case .badNumber: "not a JSON number"
    case .notFinite: "JSON has no NaN and no infinity"
    case .badEscape: "not a JSON escape"
    case .unpairedSurrogate: "half of a surrogate pair, expected both"
    case .controlCharacter: "a control character in a string, expected an escape"
    case .unterminatedString: "the string is never closed"
    case .textAfterObject: "text behind the object, expected the end of the line"
    case .tooDeep: "nested more than 64 deep"
    }
  }
}

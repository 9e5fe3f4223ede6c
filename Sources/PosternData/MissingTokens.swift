// MissingTokens.swift: the texts that stand for a value that is not there.
//
// Step: fields → [missing?] → features.   Specification: formats/model.md, section 6.6.

/// Texts that mean "missing", compared without regard to ASCII case and to blanks around.
///
/// An empty field and one of blanks only are always missing. A token that is a number, such as
/// `-999`, also stands for every other text of that number (`-999.0`).
package struct MissingTokens: Sendable {
  /// Empty, `NA`, `N/A`, `NaN`, `null` and `None`.
  package static let standard = MissingTokens(["NA", "N/A", "NaN", "null", "None"])

  /// Texts that mean "missing" among numbers and hardly anything else there. In a column of
  /// numbers they are taken for that; among texts they may be categories.
  package static let markers = MissingTokens(
    [
      "?", "-", "--", "---", ".", "..", "nil", "<NA>", "NaT", "#N/A", "#NA", "n.a.", "n.d.", "\\N",
      "missing", "unknown", "undefined", "(null)", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?",
      "#NULL!", "-nan", "*",
    ])

  /// The texts as they were given, without blanks around.
  package let texts: [[UInt8]]
  /// The texts in lower case.
  private let tokens: [[UInt8]]
  /// Whether some token starts with this byte.
  private let isFirst: [Bool]
  /// The values of tokens that are numbers.
  private let numbers: [Double]
  /// Whether a token is itself a number, such as -999.
  var hasNumber: Bool { !numbers.isEmpty }

  /// Creates the set of `texts` and the empty text.
  package init(_ texts: [String]) { self.init(texts.map { Array($0.utf8) }) }

  /// Creates the set of `texts` and the empty text.
  package init(_ texts: [[UInt8]]) {
    var kept: [[UInt8]] = []
    var tokens: [[UInt8]] = []
    var isFirst = [Bool](repeating: false, count: 256)
    var numbers: [Double] = []
    for text in texts {
      let text = trimmed(text.span).copied()
      let token = text.map(lowercased)
      guard let first = token.first, !tokens.contains(token) else { continue }
      kept.append(text)
      tokens.append(token)
      isFirst[Int(first)] = true
      if case .number(let value) = parseDouble(token.span) { numbers.append(value) }
    }
    self.texts = kept
    self.tokens = tokens
    self.isFirst = isFirst
    self.numbers = numbers
  }

  /// Whether `text` stands for a missing value.
  ///
  /// - Returns: True also for empty text and for blanks.
  /// - Complexity: O(1) for most texts, no allocation.
  package func contains(_ text: Span<UInt8>) -> Bool {
    let text = trimmed(text)
    if text.isEmpty { return true }
    if isFirst[Int(lowercased(text[0]))] {
      for index in tokens.indices where isEqual(tokens[index], text) { return true }
    }
    guard hasNumber, case .number(let value) = parseDouble(text) else { return false }
    return contains(value)
  }

  /// Whether a token is this number.
  package func contains(_ value: Double) -> Bool { numbers.contains(value) }

  /// The values of tokens that are numbers, as binary rows have them.
  var floats: [Float] { numbers.map { Float($0) } }

  /// Whether there is no token but the empty text.
  package var isEmpty: Bool { tokens.isEmpty }

  /// Whether these are the texts of ``standard``.
  package var isStandard: Bool { tokens == MissingTokens.standard.tokens }

  private func isEqual(_ token: [UInt8], _ text: Span<UInt8>) -> Bool {
    guard token.count == text.count else { return false }
    for place in text.indices where lowercased(text[place]) != token[place] { return false }
    return true
  }
}

/// `text` without spaces and tabs at its ends.
@_lifetime(copy text)
func trimmed(_ text: Span<UInt8>) -> Span<UInt8> {
  var start = 0
  var end = text.count
  while start < end, isBlank(text[start]) { start += 1 }
  while end > start, isBlank(text[end - 1]) { end -= 1 }
  return text.extracting(start..<end)
}

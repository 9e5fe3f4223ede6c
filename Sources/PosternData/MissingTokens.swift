// MissingTokens.swift: the texts that stand for a value that is not there.
//
// Step: fields → [missing?] → features.

/// Texts that mean "missing", compared without regard to case and to blanks around.
///
/// An empty field and one of blanks only are always missing.
package struct MissingTokens: Sendable {
  /// Empty, `NA`, `N/A`, `NaN`, `null` and `None`.
  package static let standard = MissingTokens(["NA", "N/A", "NaN", "null", "None"])

  /// The texts in lower case, without blanks around.
  private let tokens: [[UInt8]]
  /// Whether some token starts with this byte.
  private let isFirst: [Bool]
  /// Whether a token is itself a number, such as -999.
  let hasNumber: Bool

  /// Creates the set of `texts` and the empty text.
  package init(_ texts: [String]) {
    var tokens: [[UInt8]] = []
    var isFirst = [Bool](repeating: false, count: 256)
    var hasNumber = false
    for text in texts {
      let bytes = Array(text.utf8)
      let token = trimmed(bytes.span).copied().map(lowercased)
      guard let first = token.first else { continue }
      tokens.append(token)
      isFirst[Int(first)] = true
      if case .number = parseFloat(token.span) { hasNumber = true }
    }
    self.tokens = tokens
    self.isFirst = isFirst
    self.hasNumber = hasNumber
  }

  /// Whether `text` stands for a missing value.
  ///
  /// - Returns: True also for empty text and for blanks.
  /// - Complexity: O(1) for most texts, no allocation.
  package func contains(_ text: Span<UInt8>) -> Bool {
    let text = trimmed(text)
    if text.isEmpty { return true }
    guard isFirst[Int(lowercased(text[0]))] else { return false }
    for index in tokens.indices where isEqual(tokens[index], text) { return true }
    return false
  }

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

// CategoryIdentity.swift: which texts are one category.
//
// Step: fields → [codes] → features.   Specification: formats/model.md, section 9.0.

/// Appends what a category is known by: texts with equal keys are one category or class.
///
/// Numbers are equal by value (`1`, `1.0` and `01`, `1e2` and `100`; all digits count), `true` and
/// `false` in any case, other texts by their bytes. Spaces and tabs around do not count.
///
/// - Complexity: O(*length*).
package func appendCategoryKey(of text: Span<UInt8>, to key: inout [UInt8]) {
  let text = trimmed(text)
  if text.equalsIgnoringCase(trueWord) || text.equalsIgnoringCase(falseWord) {
    for index in text.indices { key.append(lowercased(text[index])) }
    return
  }
  guard appendNumberKey(of: text, to: &key) else {
    for index in text.indices { key.append(text[index]) }
    return
  }
}

/// Appends significant digits and the power of ten behind them, if `text` is a decimal number.
private func appendNumberKey(of text: Span<UInt8>, to key: inout [UInt8]) -> Bool {
  var decimal = DecimalText()
  guard text.count > 0, decimal.scan(text) else { return false }
  let start = key.count
  if decimal.isNegative { key.append(0x2D) }
  let first = key.count
  var power = decimal.lastDigitExponent
  for index in decimal.digits where text[index] != 0x2E {
    if key.count > first || text[index] != 0x30 { key.append(text[index]) }
  }
  while key.count > first, key.last == 0x30 {
    key.removeLast()
    power += 1
  }
  if key.count == first {
    key.removeLast(key.count - start)
    key.append(0x30)
    return true
  }
  // No text of a category looks like this, because it would be a number itself.
  if power != 0 {
    key.append(0x65)
    key.append(contentsOf: String(power).utf8)
  }
  return true
}

/// A dictionary of categories, found by what they are known by.
package struct CategoryIndex: Sendable {
  private var texts = TextTable()
  private var codeOfText: [Int] = []
  private var keys = TextTable()
  /// For each key the category that has it.
  private var categoryOfKey: [Int] = []
  private var scratch: [UInt8] = []

  /// Creates an index of categories in the order of their codes.
  ///
  /// Of two with one key the first one is found by texts that are neither.
  package init(_ categories: [[UInt8]]) {
    for (code, category) in categories.enumerated() {
      if texts.insert(category.span).isNew { codeOfText.append(code) }
      var key: [UInt8] = []
      appendCategoryKey(of: category.span, to: &key)
      if keys.insert(key.span).isNew { categoryOfKey.append(code) }
    }
  }

  /// The code of `text`: of the category with the same bytes, else of the one with the same key;
  /// nil if there is none.
  package mutating func code(of text: Span<UInt8>) -> Int? {
    if let index = texts.index(of: text) { return codeOfText[index] }
    scratch.removeAll(keepingCapacity: true)
    appendCategoryKey(of: text, to: &scratch)
    return keys.index(of: scratch.span).map { categoryOfKey[$0] }
  }
}

// ASCII.
private let trueWord: InlineArray<4, UInt8> = [0x74, 0x72, 0x75, 0x65]
private let falseWord: InlineArray<5, UInt8> = [0x66, 0x61, 0x6C, 0x73, 0x65]

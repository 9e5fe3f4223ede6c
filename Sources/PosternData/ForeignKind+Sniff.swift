// ForeignKind+Sniff.swift: knows other kinds of files by their first bytes.
//
// Step: file → [bytes] → fields.

extension ForeignKind {
  /// The kind of file that starts with `start`, if it is one that cannot be a table.
  ///
  /// - Parameters:
  ///   - start: The first bytes of the input, as many as there are; 16 suffice.
  ///   - isJSON: Whether JSON is expected.
  /// - Returns: The kind, or nil if this may well be text.
  static func sniff(_ start: Span<UInt8>, expectingJSON isJSON: Bool) -> ForeignKind? {
    for (magic, kind) in magics where start.count >= magic.count {
      if start.extracting(first: magic.count).equals(magic.span) { return kind }
    }
    var index = 0
    while index < start.count, isBlank(start[index]) || start[index] == 0x0A || start[index] == 0x0D
    {
      index += 1
    }
    guard index < start.count else { return nil }
    let text = start.extracting(index...)
    if startsLikeMarkup(text) { return .html }
    if isJSON { return text[0] == 0x5B ? .jsonArray : nil }
    // A header whose first name starts with a brace and a quote is an object for certain.
    if text.count >= 2, text[0] == 0x7B || text[0] == 0x5B, text[1] == 0x22 || text[1] == 0x7B {
      return .json
    }
    return nil
  }

  private static func startsLikeMarkup(_ text: Span<UInt8>) -> Bool {
    let words: [[UInt8]] = [Array("<!doctype".utf8), Array("<html".utf8), Array("<?xml".utf8)]
    return words.contains { word in
      guard text.count >= word.count else { return false }
      for index in word.indices where lowercased(text[index]) != word[index] { return false }
      return true
    }
  }

  private static let magics: [([UInt8], ForeignKind)] = [
    ([0x1F, 0x8B], .gzip),
    ([0x50, 0x4B, 0x03, 0x04], .zip),
    ([0x28, 0xB5, 0x2F, 0xFD], .zstd),
    ([0x42, 0x5A, 0x68, 0x39], .bzip2),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .xz),
    (Array("PAR1".utf8), .parquet),
    (Array("ARROW1".utf8), .arrow),
    (Array("%PDF-".utf8), .pdf),
    (Array("SQLite format 3".utf8), .sqlite),
    ([0x93] + Array("NUMPY".utf8), .numpy),
    ([0xFF, 0xFE], .wideText),
    ([0xFE, 0xFF], .wideText),
    ([0x8F] + Array("MOE\r\n".utf8), .model),
  ]
}

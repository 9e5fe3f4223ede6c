// ForeignKind+Sniff.swift: knows other kinds of files by their first bytes.
//
// Step: file → [bytes] → fields.

extension ForeignKind {
  /// The kind of file that starts with `start`, if it is one that cannot be a table.
  ///
  /// - Parameters:
  ///   - start: The first bytes of the input, as many as there are.
  ///   - delimiter: What should stand between fields; nil if JSON is expected.
  /// - Returns: The kind, or nil if this may well be what is expected.
  static func sniff(_ start: Span<UInt8>, delimiter: UInt8?) -> ForeignKind? {
    for (magic, kind) in magics where start.count >= magic.count {
      guard start.extracting(first: magic.count).equals(magic.span) else { continue }
      return kind == .zip && isSpreadsheet(start) ? .spreadsheet : kind
    }
    let isJSON = delimiter == nil
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
    return delimiter.flatMap { ForeignText(start, delimiter: $0).kind }
  }

  /// Whether an archive starts with a part of a workbook.
  private static func isSpreadsheet(_ start: Span<UInt8>) -> Bool {
    let names = [
      "[Content_Types].xml", "xl/", "_rels/.rels", "docProps/", "mimetypeapplication/vnd",
    ]
    return names.contains { name in
      let name = Array(name.utf8)
      guard start.count >= 30 + name.count else { return false }
      return start.extracting(30..<30 + name.count).equals(name.span)
    }
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
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], .spreadsheet),
    ([0x50, 0x4B, 0x03, 0x04], .zip),
    ([0x28, 0xB5, 0x2F, 0xFD], .zstd),
    ([0x42, 0x5A, 0x68, 0x39], .bzip2),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], .xz),
    (Array("PAR1".utf8), .parquet),
    (Array("ARROW1".utf8), .arrow),
    (Array("FEA1".utf8), .arrow),
    (Array("%PDF-".utf8), .pdf),
    (Array("SQLite format 3".utf8), .sqlite),
    ([0x93] + Array("NUMPY".utf8), .numpy),
    ([0xFF, 0xFE], .wideText),
    ([0xFE, 0xFF], .wideText),
    ([0x8F] + Array("MOE\r\n".utf8), .model),
  ]
}

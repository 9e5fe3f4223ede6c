// ForeignText.swift: knows texts of other kinds by their first lines.
//
// Step: file → [bytes] → fields.

/// The first lines of a text, as far as they are whole.
struct ForeignText: ~Escapable {
  private let bytes: Span<UInt8>
  private let delimiter: UInt8
  private var lines: [Range<Int>] = []

  /// Lines that are looked at.
  private static let lineCount = 20

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, delimiter: UInt8) {
    self.bytes = bytes
    self.delimiter = delimiter
    var start = 0
    for index in bytes.indices where bytes[index] == 0x0A {
      var end = index
      while end > start, bytes[end - 1] == 0x0D || isBlank(bytes[end - 1]) { end -= 1 }
      if end > start { lines.append(start..<end) }
      start = index + 1
      if lines.count == Self.lineCount { break }
    }
  }

  /// What the text is, if it is certain that it is no table of this delimiter.
  var kind: ForeignKind? {
    guard let first = lines.first else { return nil }
    if let kind = comments(bytes[first.lowerBound]) { return kind }
    if isSparse { return .libsvm }
    if isAligned { return hasSingleBlanks ? .spaced : .aligned }
    return nil
  }

  /// Lines that start with `mark` before the table, or before the declarations of ARFF.
  private func comments(_ mark: UInt8) -> ForeignKind? {
    let isComment = mark == 0x23 || mark == 0x25
    let rest = lines.drop { isComment && bytes[$0.lowerBound] == mark }
    guard let next = rest.first else { return nil }
    if starts(next, "@relation") || starts(next, "@attribute") { return .arff }
    guard isComment, let last = lines.dropLast(rest.count).last else { return nil }
    let isHeader = delimiterCount(last) == delimiterCount(next) && delimiterCount(next) > 0
    if isHeader && last == lines.first && !isBlank(bytes[last.lowerBound + 1]) { return nil }
    return .comments(mark, holdHeader: isHeader)
  }

  private func starts(_ line: Range<Int>, _ word: String) -> Bool {
    var index = line.lowerBound
    for byte in word.utf8 {
      guard index < line.upperBound, lowercased(bytes[index]) == byte else { return false }
      index += 1
    }
    return true
  }

  private func delimiterCount(_ line: Range<Int>) -> Int {
    line.count { bytes[$0] == delimiter }
  }

  /// Whether each line is a number and then places with values, such as `1 3:0.5 7:1`.
  private var isSparse: Bool {
    var pairCount = 0
    for line in lines {
      let words = words(line)
      guard let label = words.first, isNumber(label) else { return false }
      for word in words.dropFirst() {
        guard let colon = word.first(where: { bytes[$0] == 0x3A }), colon > word.lowerBound,
          (word.lowerBound..<colon).allSatisfy({ bytes[$0] &- 0x30 < 10 }),
          isNumber(colon + 1..<word.upperBound)
        else { return false }
        pairCount += 1
      }
    }
    return pairCount > 0
  }

  private func isNumber(_ range: Range<Int>) -> Bool {
    if case .number = parseFloat(bytes.extracting(range)) { return true }
    return false
  }

  /// Whether columns stand between blanks: no line has a delimiter, and all have as many words, at
  /// least two, the first one perhaps one fewer.
  private var isAligned: Bool {
    guard delimiter != 0x20, lines.count >= 2, !lines.contains(where: { delimiterCount($0) > 0 })
    else { return false }
    // With another delimiter in the header it is that.
    let others: [UInt8] = [0x09, 0x3B, 0x7C]
    guard !lines[0].contains(where: { others.contains(bytes[$0]) }) else { return false }
    let header = words(lines[0]).count
    let row = words(lines[1]).count
    guard row >= 2, header == row || header == row - 1 else { return false }
    return lines.dropFirst().allSatisfy { words($0).count == row }
  }

  private var hasSingleBlanks: Bool {
    lines.allSatisfy { line in
      let words = words(line)
      guard words.first?.lowerBound == line.lowerBound else { return false }
      return zip(words, words.dropFirst()).allSatisfy {
        $1.lowerBound == $0.upperBound + 1 && bytes[$0.upperBound] == 0x20
      }
    }
  }

  /// Texts between blanks; what stands in quotes is one.
  private func words(_ line: Range<Int>) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    var isQuoted = false
    for index in line {
      if bytes[index] == 0x22 { isQuoted.toggle() }
      if isBlank(bytes[index]) && !isQuoted {
        if let first = start { words.append(first..<index) }
        start = nil
      } else {
        start = start ?? index
      }
    }
    if let first = start { words.append(first..<line.upperBound) }
    return words
  }
}

// TextPosition.swift: places in the input and short pieces of it, for messages.
//
// Step: bytes → [fields] → features.

/// A place in a text, as editors count.
package struct TextPosition: Equatable, Sendable {
  /// The physical line, from 1. Line ends inside quotes count.
  package var line: Int
  /// The character in the line, from 1. A byte that continues a UTF-8 sequence does not count.
  package var column: Int

  /// Creates a position.
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A copy of a text from the input, at most 64 bytes of it.
package struct ShortText: Equatable, Sendable, CustomStringConvertible {
  /// The most bytes that are kept.
  package static let byteCountLimit = 64

  /// The first bytes of the text, as they stood.
  package let bytes: [UInt8]
  /// Whether the text was longer.
  package let isCut: Bool

  /// Copies the beginning of `text`, whole UTF-8 sequences where it has them.
  package init(_ text: Span<UInt8>) {
    var count = text.count
    if count > Self.byteCountLimit {
      count = Self.byteCountLimit
      while count > Self.byteCountLimit - 4, isContinuation(text[count]) { count -= 1 }
    }
    bytes = text.extracting(first: count).copied()
    isCut = count < text.count
  }

  /// Copies the beginning of a name.
  package init(_ text: [UInt8]) { self.init(text.span) }

  /// The text fit for a terminal: control characters escaped, `…` where it was cut.
  package var description: String { printable(bytes.span) + (isCut ? "…" : "") }
}

/// A text from the input as a string that no terminal obeys.
///
/// - Returns: The text with control characters as `\n`, `\t`, `\r` or `\u{1b}` and invalid UTF-8 as
///   U+FFFD.
package func printable(_ text: Span<UInt8>) -> String {
  var result = ""
  for scalar in String(decoding: text.copied(), as: UTF8.self).unicodeScalars {
    switch scalar.value {
    case 0x0A: result += "\\n"
    case 0x0D: result += "\\r"
    case 0x09: result += "\\t"
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2028...0x2029, 0x2066...0x2069:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// Whether `text` is well-formed UTF-8.
func isValidUTF8(_ text: Span<UInt8>) -> Bool {
  var isASCII = true
  for index in text.indices { isASCII = isASCII && text[index] < 0x80 }
  if isASCII { return true }
  return String(validating: text.copied(), as: UTF8.self) != nil
}

/// Whether `byte` continues a UTF-8 sequence.
func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

extension Span<UInt8> {
  /// The bytes in an array.
  package func copied() -> [UInt8] {
    [UInt8](capacity: count) { output in
      for index in indices { output.append(self[index]) }
    }
  }

  /// Whether both have the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }
}

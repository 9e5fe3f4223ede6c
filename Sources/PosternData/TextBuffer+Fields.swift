// TextBuffer+Fields.swift: fields of delimited text and values of JSON.
//
// Step: predictions → [text] → file.

extension TextBuffer {
  /// Appends a field of delimited text, in quotes when it would not be read back otherwise.
  package mutating func append(csvField text: Span<UInt8>, delimiter: UInt8 = 0x2C) {
    var needsQuotes = false
    for index in text.indices {
      let byte = text[index]
      if byte == delimiter || byte == 0x22 || byte == 0x0A || byte == 0x0D { needsQuotes = true }
    }
    guard needsQuotes else {
      append(text)
      return
    }
    append(0x22 as UInt8)
    for index in text.indices {
      if text[index] == 0x22 { append(0x22 as UInt8) }
      append(text[index])
    }
    append(0x22 as UInt8)
  }

  /// Appends a JSON string in quotes, with escapes; invalid UTF-8 becomes U+FFFD.
  package mutating func append(jsonString text: Span<UInt8>) {
    append(0x22 as UInt8)
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte >= 0x80 {
        let length = sequenceLength(text, at: index)
        if length == 0 {
          append("\u{FFFD}")
        } else {
          append(text.extracting(index..<index + length))
        }
        index += max(length, 1)
        continue
      }
      appendEscaped(byte)
      index += 1
    }
    append(0x22 as UInt8)
  }

  /// Appends a JSON number, or `null` for a value that is not finite.
  package mutating func append(jsonNumber value: Float) {
    if value.isFinite { append(value) } else { append("null") }
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    let short: UInt8? =
      switch byte {
      case 0x22, 0x5C: byte
      case 0x08: 0x62
      case 0x09: 0x74
      case 0x0A: 0x6E
      case 0x0C: 0x66
      case 0x0D: 0x72
      default: nil
      }
    if let short {
      append(0x5C as UInt8)
      append(short)
    } else if byte < 0x20 {
      append("\\u00")
      append(0x30 + byte >> 4)
      append(hexDigit(byte & 0xF))
    } else {
      append(byte)
    }
  }

  private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}

/// The length of the UTF-8 sequence at `index`, whose first byte is not ASCII; 0 if it is none.
private func sequenceLength(_ text: Span<UInt8>, at index: Int) -> Int {
  let first = text[index]
  let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
  guard (0xC2...0xF4).contains(first), index + length <= text.count else { return 0 }
  for offset in 1..<length where !isContinuation(text[index + offset]) { return 0 }
  let second = text[index + 1]
  // Overlong forms, surrogates and numbers above U+10FFFF.
  switch first {
  case 0xE0 where second < 0xA0: return 0
  case 0xED where second > 0x9F: return 0
  case 0xF0 where second < 0x90: return 0
  case 0xF4 where second > 0x8F: return 0
  default: return length
  }
}

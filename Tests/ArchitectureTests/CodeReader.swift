// CodeReader.swift: takes comments and texts out of Swift code.

/// Reads Swift code, a byte at a time.
struct CodeReader {
  private let bytes: [UInt8]
  private var position = 0
  private var output: [UInt8] = []

  /// `text` without comments and string literals. Code inside interpolations stays, and so do the
  /// ends of lines.
  static func code(of text: String) -> String {
    var reader = CodeReader(bytes: Array(text.utf8))
    reader.readCode(until: nil)
    return String(decoding: reader.output, as: UTF8.self)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func starts(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    return String(decoding: bytes[position..<position + count], as: UTF8.self) == "\(text)"
  }

  private mutating func skip(_ count: Int) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { output.append(UInt8(ascii: "\n")) }
      position += 1
    }
  }

  /// Reads code up to the parenthesis that closes an interpolation, or to the end.
  private mutating func readCode(until close: UInt8?) {
    var depth = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "/") where starts("//"):
        while position < bytes.count && bytes[position] != UInt8(ascii: "\n") { position += 1 }
        continue
      case UInt8(ascii: "/") where starts("/*"):
        readComment()
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "#"):
        if readText() { continue }
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"):
        if close == byte && depth == 0 { return }
        depth -= 1
      default: break
      }
      output.append(byte)
      position += 1
    }
  }

  private mutating func readComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        skip(2)
      } else if starts("*/") {
        depth -= 1
        skip(2)
      } else {
        skip(1)
      }
    } while depth > 0 && position < bytes.count
  }

  /// Reads a string literal, of one line or several, raw or not. False if there is none.
  private mutating func readText() -> Bool {
    var start = position
    while start < bytes.count && bytes[start] == UInt8(ascii: "#") { start += 1 }
    guard start < bytes.count && bytes[start] == UInt8(ascii: "\"") else { return false }
    let pounds = [UInt8](repeating: UInt8(ascii: "#"), count: start - position)
    skip(pounds.count)
    let quotes = starts("\"\"\"") ? 3 : 1
    let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + pounds
    let escape = [UInt8(ascii: "\\")] + pounds
    skip(quotes)
    output.append(UInt8(ascii: "\""))
    while position < bytes.count && !bytes[position...].starts(with: end) {
      guard bytes[position...].starts(with: escape) else {
        skip(1)
        continue
      }
      skip(escape.count)
      if position < bytes.count && bytes[position] == UInt8(ascii: "(") {
        skip(1)
        readCode(until: UInt8(ascii: ")"))
      }
      skip(1)
    }
    skip(end.count)
    output.append(UInt8(ascii: "\""))
    return true
  }
}

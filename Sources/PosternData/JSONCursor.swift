// JSONCursor.swift: walks over the values of one line of JSON.
//
// Step: bytes → [fields] → features.

/// What is wrong with a JSON text, and at which offset.
struct JSONError: Error, Equatable {
  var fault: JSONFault
  var offset: Int
}

/// A place in a JSON text (RFC 8259) that moves over strings and values and checks them on the way.
struct JSONCursor: ~Escapable {
  /// A value, as far as a table is concerned.
  enum Value: Equatable {
    case null
    /// A string's content, or the text of a number, `true` or `false`.
    case text(Range<Int>, hasEscapes: Bool)
    /// An object or an array.
    case nested
    /// NaN or an infinity as many programs write it, which is no JSON.
    case notFinite
    /// No value, but what follows can be read.
    case bad(JSONFault, offset: Int)
  }

  /// A key and its value.
  struct Member {
    /// Where the key's content lies.
    var key: Range<Int>
    var hasEscapedKey: Bool
    /// Where the value starts.
    var start: Int
    var value: Value
  }

  /// The deepest that arrays and objects may be nested.
  static let depthLimit = 64

  private let bytes: Span<UInt8>
  /// The offset of the next byte.
  private(set) var offset: Int

  /// - Precondition: `offset <= bytes.count`. The text ends where `bytes` does.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The next byte that is no white space, or nil at the end.
  @_lifetime(self: copy self)
  mutating func peek() -> UInt8? {
    while offset < bytes.count {
      let byte = bytes[offset]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return byte }
      offset += 1
    }
    return nil
  }

  /// Passes over one punctuation character.
  @_lifetime(self: copy self)
  mutating func expect(_ byte: UInt8, else fault: JSONFault) throws(JSONError) {
    guard peek() == byte else { throw JSONError(fault: fault, offset: offset) }
    offset += 1
  }

  /// Passes over a key and the colon behind it.
  ///
  /// - Returns: Where the key's content lies, and whether it has escapes.
  @_lifetime(self: copy self)
  mutating func key() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
    try expect(0x22, else: .expectedKey)
    let content = try string()
    try expect(0x3A, else: .expectedColon)
    return content
  }

  /// Passes over a key and its value.
  @_lifetime(self: copy self)
  mutating func member() throws(JSONError) -> Member {
    let key = try key()
    _ = peek()
    let start = offset
    var value: Value
    do throws(JSONError) {
      value = try self.value()
    } catch {
      let isWord = error.fault == .badNumber || error.fault == .expectedValue
      guard isWord, error.offset == start, skipWord() else { throw error }
      value = .bad(error.fault, offset: error.offset)
    }
    return Member(key: key.range, hasEscapedKey: key.hasEscapes, start: start, value: value)
  }

  /// Passes over one value. `depth` is the number of arrays and objects around it.
  @_lifetime(self: copy self)
  mutating func value(depth: Int = 1) throws(JSONError) -> Value {
    switch peek() ?? 0 {
    case 0x22:
      offset += 1
      let content = try string()
      return .text(content.range, hasEscapes: content.hasEscapes)
    case 0x7B, 0x5B:
      guard depth < Self.depthLimit else { throw JSONError(fault: .tooDeep, offset: offset) }
      try skipNested(depth: depth + 1)
      return .nested
    case 0x6E:
      try literal([0x6E, 0x75, 0x6C, 0x6C])
      return .null
    case 0x74:
      let start = offset
      try literal([0x74, 0x72, 0x75, 0x65])
      return .text(start..<offset, hasEscapes: false)
    case 0x66:
      let start = offset
      try literal([0x66, 0x61, 0x6C, 0x73, 0x65])
      return .text(start..<offset, hasEscapes: false)
    case 0x4E where skip("NaN"), 0x49 where skip("Infinity"), 0x2D where skip("-Infinity"):
      return .notFinite
    case 0x2D, 0x30...0x39:
      return .text(try number(), hasEscapes: false)
    default:
      throw JSONError(fault: .expectedValue, offset: offset)
    }
  }

  /// Passes over an object or an array.
  @_lifetime(self: copy self)
  private mutating func skipNested(depth: Int) throws(JSONError) {
    let isObject = bytes[offset] == 0x7B
    let close: UInt8 = isObject ? 0x7D : 0x5D
    offset += 1
    if peek() == close {
      offset += 1
      return
    }
    while true {
      if isObject { _ = try key() }
      _ = try value(depth: depth)
      if peek() == close {
        offset += 1
        return
      }
      try expect(0x2C, else: isObject ? .expectedCommaOrBrace : .expectedCommaOrBracket)
    }
  }

  @_lifetime(self: copy self)
  private mutating func literal<let length: Int>(
    _ word: InlineArray<length, UInt8>
  ) throws(JSONError) {
    for index in 0..<length {
      guard offset + index < bytes.count, bytes[offset + index] == word[index] else {
        throw JSONError(fault: .expectedValue, offset: offset)
      }
    }
    offset += length
  }

  /// Passes over a word if it stands here.
  @_lifetime(self: copy self)
  private mutating func skip(_ word: String) -> Bool {
    var end = offset
    for byte in word.utf8 {
      guard end < bytes.count, bytes[end] == byte else { return false }
      end += 1
    }
    offset = end
    return true
  }

  /// Passes over what should have been a value, up to the comma or brace behind it.
  ///
  /// - Returns: Whether there is one before anything that opens or closes something else.
  @_lifetime(self: copy self)
  mutating func skipWord() -> Bool {
    var end = offset
    while end < bytes.count {
      switch bytes[end] {
      case 0x2C, 0x7D:
        offset = end
        return true
      case 0x22, 0x3A, 0x5B, 0x5D, 0x7B: return false
      default: end += 1
      }
    }
    return false
  }

  /// Passes over a number; the place of a fault is the start of the number.
  @_lifetime(self: copy self)
  private mutating func number() throws(JSONError) -> Range<Int> {
    let start = offset
    if bytes[offset] == 0x2D { offset += 1 }
    let isZero = offset < bytes.count && bytes[offset] == 0x30
    let digitCount = skipDigits()
    var isGood = digitCount > 0 && !(isZero && digitCount > 1)
    if offset < bytes.count, bytes[offset] == 0x2E {
      offset += 1
      isGood = skipDigits() > 0 && isGood
    }
    if offset < bytes.count, bytes[offset] | 0x20 == 0x65 {
      offset += 1
      if offset < bytes.count, bytes[offset] == 0x2B || bytes[offset] == 0x2D { offset += 1 }
      isGood = skipDigits() > 0 && isGood
    }
    if offset < bytes.count {
      // What goes on without a blank is one word, such as 0x10.
      let next = bytes[offset]
      let isLetter = lowercased(next) &- 0x61 < 26
      isGood = isGood && !isLetter && next &- 0x30 >= 10 && next != 0x2E && next != 0x2D
    }
    guard isGood else { throw JSONError(fault: .badNumber, offset: start) }
    return start..<offset
  }

  @_lifetime(self: copy self)
  private mutating func skipDigits() -> Int {
    let start = offset
    while offset < bytes.count, bytes[offset] &- 0x30 < 10 { offset += 1 }
    return offset - start
  }

  /// Passes over the rest of a string, whose opening quote has been passed.
  @_lifetime(self: copy self)
  private mutating func string() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
    let start = offset
    var hasEscapes = false
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte == 0x22 {
        offset += 1
        return (start..<offset - 1, hasEscapes)
      }
      guard byte >= 0x20 else { throw JSONError(fault: .controlCharacter, offset: offset) }
      if byte == 0x5C {
        hasEscapes = true
        offset += try JSONEscape(bytes, at: offset).length
      } else {
        offset += 1
      }
    }
    throw JSONError(fault: .unterminatedString, offset: start - 1)
  }
}

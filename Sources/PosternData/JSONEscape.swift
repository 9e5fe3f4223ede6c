// JSONEscape.swift: one escape sequence of a JSON string.
//
// Step: bytes → [fields] → features.

/// A backslash and what belongs to it; a surrogate pair is one escape of twelve bytes.
struct JSONEscape {
  /// The scalar that it stands for.
  let scalar: UInt32
  /// How many bytes of the text it takes.
  let length: Int

  /// Reads the escape whose backslash is at `offset`.
  init(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) {
    let kind = offset + 1 < bytes.count ? bytes[offset + 1] : 0
    if kind == 0x75 {
      let first = try Self.unit(bytes, at: offset)
      guard first & 0xF800 == 0xD800 else {
        self.init(scalar: first, length: 6)
        return
      }
      let next = offset + 6
      guard first < 0xDC00, next + 1 < bytes.count, bytes[next] == 0x5C, bytes[next + 1] == 0x75
      else { throw JSONError(fault: .unpairedSurrogate, offset: offset) }
      let second = try Self.unit(bytes, at: next)
      guard second & 0xFC00 == 0xDC00 else {
        throw JSONError(fault: .unpairedSurrogate, offset: offset)
      }
      self.init(scalar: 0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF), length: 12)
      return
    }
    let scalar: UInt32? =
      switch kind {
      case 0x22, 0x5C, 0x2F: UInt32(kind)
      case 0x62: 0x08
      case 0x66: 0x0C
      case 0x6E: 0x0A
      case 0x72: 0x0D
      case 0x74: 0x09
      default: nil
      }
    guard let scalar else { throw JSONError(fault: .badEscape, offset: offset) }
    self.init(scalar: scalar, length: 2)
  }

  private init(scalar: UInt32, length: Int) {
    self.scalar = scalar
    self.length = length
  }

  /// The four hexadecimal digits behind `\u`.
  private static func unit(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) -> UInt32 {
    guard offset + 6 <= bytes.count else { throw JSONError(fault: .badEscape, offset: offset) }
    var unit: UInt32 = 0
    for index in offset + 2..<offset + 6 {
      let byte = bytes[index]
      let letter = lowercased(byte) &- 0x61
      if byte &- 0x30 < 10 {
        unit = unit << 4 + UInt32(byte &- 0x30)
      } else if letter < 6 {
        unit = unit << 4 + UInt32(letter) + 10
      } else {
        throw JSONError(fault: .badEscape, offset: offset)
      }
    }
    return unit
  }

  /// Appends the scalar's UTF-8.
  func append(to output: inout [UInt8]) {
    switch scalar {
    case 0..<0x80:
      output.append(UInt8(truncatingIfNeeded: scalar))
    case 0x80..<0x800:
      output.append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      output.append(continuation(scalar))
    case 0x800..<0x10000:
      output.append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      output.append(continuation(scalar >> 6))
      output.append(continuation(scalar))
    default:
      output.append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      output.append(continuation(scalar >> 12))
      output.append(continuation(scalar >> 6))
      output.append(continuation(scalar))
    }
  }

  private func continuation(_ bits: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: 0x80 | bits & 0x3F)
  }
}

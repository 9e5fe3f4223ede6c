// FieldTable.swift: where the fields of the current record lie.
//
// Step: bytes → [fields] → features.

/// The place of one field, in bytes from the start of its record.
struct Field: Equatable {
  /// The first byte of the content, after an opening quote.
  var start: UInt32
  /// The end of the content; the top bit says that the content has escapes.
  private var endAndFlag: UInt32

  private static let flag: UInt32 = 1 << 31

  /// No value: a key that the object does not have.
  static let absent = Field(start: 0, endAndFlag: .max)
  /// No value: null.
  static let null = Field(start: 1, endAndFlag: .max)

  private init(start: UInt32, endAndFlag: UInt32) {
    self.start = start
    self.endAndFlag = endAndFlag
  }

  /// - Precondition: `start <= end < 2^31 - 1`, which the limit of a record's length ensures.
  @inline(__always)
  init(_ start: Int, _ end: Int, hasEscapes: Bool = false) {
    self.start = UInt32(truncatingIfNeeded: start)
    endAndFlag = UInt32(truncatingIfNeeded: end) | (hasEscapes ? Self.flag : 0)
  }

  var end: Int { Int(endAndFlag & ~Self.flag) }
  var hasEscapes: Bool { endAndFlag & Self.flag != 0 && !isAbsent }
  var isAbsent: Bool { endAndFlag == .max }
}

/// The content of a field that had to be rewritten.
struct UnescapedField {
  var field: Int
  /// Where the content lies in the scratch buffer.
  var range: Range<Int>
}

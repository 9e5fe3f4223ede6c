// TextKernels.swift: the door to the vectorised reading of delimited text. Says `unsafe`.
//
// Step: bytes → [fields, numbers] → features.

private import CPosternText

/// Delimited text with the processor's widest registers; see `postern_text.h`.
enum TextKernels {
  /// Whether the functions below may be called.
  static var isSupported: Bool { postern_text_is_supported() != 0 }

  /// As ``PlainIndex/index(_:from:to:_:fieldEnds:lineEnds:)``.
  static func index(
    _ buffer: [UInt8], from start: Int, to end: Int, _ delimiter: UInt8,
    fieldEnds: inout [UInt32], lineEnds: inout [UInt32]
  ) -> PlainIndex.Found {
    let room = PlainIndex.capacity + PlainIndex.slack
    precondition(start >= 0 && start <= end && end + PlainNumber.lookAhead <= buffer.count)
    precondition(fieldEnds.count >= room && lineEnds.count >= room)
    // SAFETY: 64 bytes behind `end` are in the buffer; the tables have room for the capacity and
    // the 64 entries of one step behind it.
    let found = unsafe postern_text_index(
      buffer, start, end, delimiter, &fieldEnds, &lineEnds, PlainIndex.capacity)
    return PlainIndex.Found(fieldCount: found.field_count, lineCount: found.line_count)
  }

  /// Reads the fields that end at `fieldEnds[first..<first + count]` as ``PlainNumber`` does, but
  /// for those of more than 15 bytes, which get NaN.
  ///
  /// The first field starts at `start`, at least 16; `values` has room for 8 more.
  @inline(__always)
  static func numbers(
    _ buffer: [UInt8], from start: Int, fieldEnds: [UInt32], first: Int, count: Int,
    values: inout [Float]
  ) {
    precondition(first >= 0 && count > 0 && first + count <= fieldEnds.count)
    precondition(start >= 16 && values.count >= count + 8)
    precondition(Int(fieldEnds[first]) >= start && fieldEnds[first + count - 1] < buffer.count)
    // SAFETY: fields end in ascending order between `start` and the last end, which is in the
    // buffer, and 16 bytes are before the first; `values` has room for whole groups of eight.
    unsafe postern_text_numbers(buffer, start, fieldEnds, first, count, &values)
  }
}

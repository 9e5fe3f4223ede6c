// Span+Fields.swift: little-endian fields out of borrowed bytes.
//
// Step: file → [fields] → reader.

extension Span<UInt8> {
  /// The little-endian integer at `offset`.
  ///
  /// - Precondition: `0 <= offset <= count - 2`. The validator has proved this for every offset
  ///   that comes from a file; a failure here is a programmer's error and traps.
  @inline(__always)
  package func uint16(at offset: Int) -> UInt16 {
    let field = extracting(offset..<offset + 2)
    return UInt16(field[0]) | UInt16(field[1]) &<< 8
  }

  /// The little-endian integer at `offset`. Compiles to one comparison and one load.
  @inline(__always)
  package func uint32(at offset: Int) -> UInt32 {
    let field = extracting(offset..<offset + 4)
    return UInt32(field[0]) | UInt32(field[1]) &<< 8 | UInt32(field[2]) &<< 16
      | UInt32(field[3]) &<< 24
  }

  /// The little-endian integer at `offset`.
  @inline(__always)
  package func uint64(at offset: Int) -> UInt64 {
    UInt64(wide: uint32(at: offset)) | UInt64(wide: uint32(at: offset + 4)) &<< 32
  }

  /// The binary32 number at `offset`.
  @inline(__always)
  package func float(at offset: Int) -> Float { Float(bitPattern: uint32(at: offset)) }

  /// The first offset in `range` whose byte is not zero, or nil.
  package func firstNonzero(in range: Range<Int>) -> Int? {
    let bytes = extracting(range)
    for index in bytes.indices where bytes[index] != 0 { return range.lowerBound + index }
    return nil
  }

  /// The offset of the first of `count` binary32 numbers at `offset` that is not finite, or nil.
  package func firstNotFinite(at offset: Int, count: Int) -> Int? {
    let bytes = extracting(offset..<offset + 4 * count)
    for index in 0..<count where bytes.uint32(at: 4 * index) & 0x7F80_0000 == 0x7F80_0000 {
      return offset + 4 * index
    }
    return nil
  }
}

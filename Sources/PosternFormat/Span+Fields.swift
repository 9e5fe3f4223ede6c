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
    // SAFETY: every eight bytes are a number, and the load checks that they are in the span.
    UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The binary32 number at `offset`.
  @inline(__always)
  package func float(at offset: Int) -> Float { Float(bitPattern: uint32(at: offset)) }
}

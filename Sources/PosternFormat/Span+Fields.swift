// Span+Fields.swift: little-endian fields out of borrowed bytes.
//
// Step: file → [fields] → reader.

extension Span<UInt8> {
  /// The little-endian integer at `offset`.
  ///
  /// - Precondition: `0 <= offset <= count - 2`. The validator has proved this for every offset
  ///   that comes from a file; a failure here is a programmer's error and traps.
  @inline(__always)
  package func uint16(at offset: Int) -> UInt16 { UInt16(littleEndian: field(at: offset)) }

  /// The little-endian integer at `offset`.
  @inline(__always)
  package func uint32(at offset: Int) -> UInt32 { UInt32(littleEndian: field(at: offset)) }

  /// The little-endian integer at `offset`.
  @inline(__always)
  package func uint64(at offset: Int) -> UInt64 { UInt64(littleEndian: field(at: offset)) }

  /// The bytes at `offset`, wherever they stand. Compiles to one comparison and one load; put
  /// together from single bytes, a checksum takes half as long again.
  @inline(__always)
  private func field<Field: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Field {
    // SAFETY: any bytes are an integer, and the load checks that they are in the span.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Field.self)
  }

  /// The binary32 number at `offset`.
  @inline(__always)
  package func float(at offset: Int) -> Float { Float(bitPattern: uint32(at: offset)) }

  /// The binary64 number at `offset`.
  @inline(__always)
  package func double(at offset: Int) -> Double { Double(bitPattern: uint64(at: offset)) }
}

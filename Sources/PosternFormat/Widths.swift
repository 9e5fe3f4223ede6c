// Widths.swift: integers of the file to integers of the machine, on 32-bit machines too.
//
// Step: fields → [widths] → reader.
//
// The standard library's generic conversions between 32 and 64 bits do not compile without
// allocations for 32-bit targets, and its checked ones trap; these neither allocate nor trap.

extension UInt64 {
  /// The same number, wider.
  @inline(__always)
  package init(wide value: UInt32) {
    #if _pointerBitWidth(_64)
      self.init(value)
    #else
      self.init(_truncatingBits: UInt(value))
    #endif
  }

  /// The same number, wider.
  @inline(__always)
  package init(wide value: UInt16) { self.init(wide: UInt32(value)) }

  /// The same number, wider.
  @inline(__always)
  package init(wide value: UInt8) { self.init(wide: UInt32(value)) }

  /// The same number, wider.
  ///
  /// - Precondition: `value` is not negative.
  @inline(__always)
  package init(wide value: Int) {
    precondition(value >= 0)
    self.init(_truncatingBits: UInt(bitPattern: value))
  }
}

extension Int {
  /// What sizes saturate at. Sums of a few of these do not overflow. On a 32-bit machine a lawful
  /// section may be as large; such a file is refused there.
  #if _pointerBitWidth(_64)
    package static let sizeCeiling = 0x4000_0000_0000
  #else
    package static let sizeCeiling = 0x1000_0000
  #endif

  /// The same number, or ``sizeCeiling`` for one that is larger: no lawful file has it.
  @inline(__always)
  package init(narrow value: UInt64) {
    let word = Int(bitPattern: value._lowWord)
    self = value > UInt64(wide: Int.sizeCeiling) ? Int.sizeCeiling : word
  }

  /// `self * other`, or ``sizeCeiling`` if that is larger. Neither is negative.
  @inline(__always)
  package func times(_ other: Int) -> Int {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows || product > Int.sizeCeiling ? Int.sizeCeiling : product
  }

  /// `self + other`, or ``sizeCeiling`` if that is larger. Neither is negative.
  @inline(__always)
  package func plus(_ other: Int) -> Int { Swift.min(self + other, Int.sizeCeiling) }
}

extension Span<UInt8> {
  /// The little-endian `u32` at `offset` as a count, or ``Int/sizeCeiling`` where that is smaller.
  @inline(__always)
  package func count(at offset: Int) -> Int { Int(narrow: UInt64(wide: uint32(at: offset))) }
}

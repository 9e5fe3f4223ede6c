// ByteWriter.swift: little-endian fields, one after the other.
//
// Step: model value → [bytes] → section.

/// Bytes that grow at the end.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: UInt8) { bytes.append(value) }

  mutating func append(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(_ value: UInt64) {
    append(UInt32(truncatingIfNeeded: value))
    append(UInt32(truncatingIfNeeded: value >> 32))
  }

  mutating func append(count: Int) { append(UInt32(truncatingIfNeeded: count)) }

  mutating func append(_ value: Float) { append(value.bitPattern) }

  mutating func append(_ values: [Float]) {
    bytes.reserveCapacity(bytes.count + 4 * values.count)
    for value in values { append(value) }
  }

  mutating func append(_ copied: Span<UInt8>) {
    for index in copied.indices { bytes.append(copied[index]) }
  }

  /// Appends where each text ends, with a 0 before the first, and then the texts.
  mutating func append(texts: [[UInt8]]) {
    var end = 0
    append(count: 0)
    for text in texts {
      end += text.count
      append(count: end)
    }
    for text in texts { bytes += text }
  }

  mutating func append(zeros count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Appends zeros up to a multiple of `multiple`.
  mutating func pad(to multiple: Int) {
    let rest = bytes.count % multiple
    if rest > 0 { append(zeros: multiple - rest) }
  }
}

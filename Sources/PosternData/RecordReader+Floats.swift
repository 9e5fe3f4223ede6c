// RecordReader+Floats.swift: records that are numbers already.
//
// Step: bytes → [numbers] → features.

extension RecordReader {
  /// Whether the records are binary: of their fields ``number(_:)`` is all there is, the line of a
  /// record is its number, and the column of a place is that of the table.
  package var isBinary: Bool { options.format == .floats }

  /// Takes the tokens that are numbers for missing values in some fields of binary rows.
  package mutating func expectMissing(in fields: [Int]) {
    let values = options.missing.floats + options.missingNumbers.floats
    missingFloats = values.isEmpty ? ([], []) : (fields, values)
  }

  /// Goes to the next row.
  mutating func advanceFloats(waiting: Bool) throws(DataError) -> Advance {
    let byteCount = 4 * header.count
    while end - scanner.position < byteCount {
      if isAtEnd {
        if end == scanner.position { return .end }
        throw .truncatedRow(
          line: nextLine, found: end - scanner.position, expected: byteCount)
      }
      scanner.beginRecord(at: scanner.position)
      guard try fillForRecord(waiting: waiting) else { return .starved }
    }
    scanner.pass(scanner.position..<scanner.position + byteCount, fieldCount: header.count)
    closeRecord()
    recordCount += 1
    hasNumbers = true
    RecordReader.readFloats(buffer, from: record.lowerBound, to: &numbers)
    for field in missingFloats.fields where missingFloats.values.contains(numbers[field]) {
      numbers[field] = .nan
    }
    return .record
  }

  private static func readFloats(_ buffer: [UInt8], from start: Int, to numbers: inout [Float]) {
    let bytes = buffer.span
    var numbers = numbers.mutableSpan
    for index in numbers.indices {
      let word = bytes.word(at: start &+ 4 &* index)
      numbers[index] = Float(bitPattern: UInt32(truncatingIfNeeded: word))
    }
  }
}

// RecordReader+Plain.swift: the short way from one record to the next.
//
// Step: bytes → [fields, numbers] → features.

extension RecordReader {
  /// Says that most fields will be asked for their numbers, so that these are read a record at a
  /// time. It changes no result, only how fast ``number(_:)`` gives it.
  package mutating func expectNumbers() {
    // A number may be a token that means "missing".
    guard case .delimited = options.format, !options.missing.hasNumber else { return }
    numbers = [Float](repeating: .nan, count: header.count + 8)
  }

  /// Goes to the next record if it lies in the buffer whole and no byte of it needs a second look.
  ///
  /// All is then as after ``advance(waiting:)``, which takes any record.
  ///
  /// - Returns: Whether it did.
  @inline(__always)
  mutating func advancePlain() -> Bool {
    isPlain = false
    guard !numbers.isEmpty, !isRecordOpen, !isDiscarding, scanner.position < end else {
      return false
    }
    // The LF of a CRLF is passed over at the start of the next record.
    var start = scanner.position
    if scanner.isAfterReturn && buffer[start] == 0x0A { start &+= 1 }
    guard start >= 16, start < end,
      let next = index.take(fields.count, from: start, to: end, in: buffer),
      next &- start <= options.recordByteCountLimit
    else { return false }
    scanner.pass(start..<next, fieldCount: fields.count)
    closeRecord()
    recordCount &+= 1
    isPlain = true
    readNumbers()
    return true
  }

  /// Reads all fields of the plain record as numbers.
  @inline(__always)
  private mutating func readNumbers() {
    let count = fields.count
    if index.isWide {
      TextKernels.numbers(
        buffer, from: record.lowerBound, fieldEnds: index.fieldEnds, first: index.first,
        count: count, values: &numbers)
    } else {
      RecordReader.readNumbers(
        buffer, from: record.lowerBound, fieldEnds: index.fieldEnds, first: index.first,
        count: count, values: &numbers)
    }
  }

  /// As ``TextKernels/numbers(_:from:fieldEnds:first:count:values:)``, for fields of any length.
  static func readNumbers(
    _ buffer: [UInt8], from start: Int, fieldEnds: [UInt32], first: Int, count: Int,
    values: inout [Float]
  ) {
    let bytes = buffer.span
    let ends = fieldEnds.span
    var numbers = values.mutableSpan
    var start = start
    for field in 0..<count {
      let end = Int(ends[first &+ field])
      let number = PlainNumber.read(bytes, at: start)
      numbers[field] = number.end == end ? number.value : .nan
      start = end &+ 1
    }
  }

  /// Writes the numbers of the current record to their places in a row, if they are at hand.
  ///
  /// - Parameters:
  ///   - inputs: Which field goes where.
  ///   - row: What is written may be nothing or something even if the answer is false.
  /// - Returns: Whether each of `inputs` was written as ``number(_:)`` would give it, none missing.
  /// - Complexity: O(*inputs*), no allocation.
  package func writeNumbers(_ inputs: [NumericInput], to row: inout MutableSpan<Float>) -> Bool {
    guard isPlain else { return false }
    let numbers = numbers.span
    var hasNaN = false
    for input in inputs {
      let number = numbers[Int(input.field)]
      row[Int(input.place)] = number
      hasNaN = hasNaN || number.isNaN
    }
    return !hasNaN
  }

  /// The place of a field of the plain record.
  func plainPlace(_ field: Int) -> Field {
    let place = index.first + field
    let start = field == 0 ? record.lowerBound : Int(index.fieldEnds[place - 1]) + 1
    return Field(start - record.lowerBound, Int(index.fieldEnds[place]) - record.lowerBound)
  }
}

/// A field with a number, and its place in a row.
package struct NumericInput: Sendable {
  let field: Int32
  let place: Int32

  /// - Parameters:
  ///   - field: The index of the column in the record.
  ///   - place: The index of the value in the row.
  package init(field: Int, place: Int) {
    self.field = Int32(field)
    self.place = Int32(place)
  }
}

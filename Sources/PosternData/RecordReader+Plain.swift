// RecordReader+Plain.swift: the short way from one record to the next.
//
// Step: bytes → [fields, numbers] → features.

extension RecordReader {
  /// Says that most fields will be asked for their numbers, so that these are read a record at a
  /// time. It changes no result, only how fast ``number(_:)`` gives it.
  package mutating func expectNumbers() {
    // A number may be a token that means "missing".
    guard !options.missing.hasNumber, !options.missingNumbers.hasNumber, !json.isDiscovering else {
      return
    }
    numbers = [Float](repeating: .nan, count: header.count + 8)
    json.expectsNumbers = options.format == .ndjson
  }

  /// Goes to the next record if it lies in the buffer whole and no byte of it needs a second look.
  ///
  /// All is then as after ``advance(waiting:)``, which takes any record.
  ///
  /// - Returns: Whether it did.
  @inline(__always)
  mutating func advancePlain() -> Bool {
    isPlain = false
    hasNumbers = false
    guard !numbers.isEmpty, !isRecordOpen, !isDiscarding, scanner.position < end else {
      return false
    }
    return switch options.format {
    case .delimited: advancePlainText()
    case .ndjson: advancePlainJSON()
    case .floats: false
    }
  }

  @inline(__always)
  private mutating func advancePlainText() -> Bool {
    // The LF of a CRLF is passed over at the start of the next record.
    var start = scanner.position
    if scanner.isAfterReturn && buffer[start] == 0x0A { start &+= 1 }
    guard start >= 16, start < end,
      let next = index.take(layout.fieldCount, from: start, to: end, in: buffer)
    else { return false }
    if layout.endsEmpty, !index.isLastEmpty { return false }
    guard passPlain(start..<next) else { return false }
    isPlain = true
    readNumbers()
    return true
  }

  private mutating func advancePlainJSON() -> Bool {
    let start = scanner.position
    guard json.template.isKnown,
      let next = json.template.read(
        buffer, from: start, to: end, fields: &fields, numbers: &numbers)
    else { return false }
    json.missCount = 0
    return passPlain(start..<next)
  }

  /// Makes a plain record the current one, unless it is too long.
  @inline(__always)
  private mutating func passPlain(_ range: Range<Int>) -> Bool {
    guard range.count <= options.recordByteCountLimit else { return false }
    scanner.pass(range, fieldCount: layout.fieldCount)
    closeRecord()
    recordCount &+= 1
    hasNumbers = true
    return true
  }

  /// Reads all fields of the plain record as numbers.
  @inline(__always)
  private mutating func readNumbers() {
    var start = record.lowerBound
    var count = layout.fieldCount
    if layout.leadCount > 0 {
      start = Int(index.fieldEnds[index.first]) &+ 1
      count &-= 1
    }
    // What stands behind a delimiter that ends the row is no column.
    if layout.endsEmpty { count &-= 1 }
    let first = index.first &+ layout.leadCount
    if index.isWide {
      TextKernels.numbers(
        buffer, from: start, fieldEnds: index.fieldEnds, first: first,
        count: count, values: &numbers)
    } else {
      RecordReader.readNumbers(
        buffer, from: start, fieldEnds: index.fieldEnds, first: first,
        count: count, values: &numbers)
    }
    // The kernel writes some places more than it is asked for.
    if count < header.count {
      for index in count..<header.count { numbers[index] = .nan }
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
  package mutating func writeNumbers(
    _ inputs: NumericInputs, to row: inout MutableSpan<Float>
  ) -> Bool {
    guard hasNumbers else { return false }
    return RecordReader.write(numbers, inputs, to: &row)
  }

  private static func write(
    _ numbers: [Float], _ inputs: NumericInputs, to row: inout MutableSpan<Float>
  ) -> Bool {
    let numbers = numbers.span
    var hasNaN = false
    if inputs.areInOrder {
      let numbers = numbers.extracting(first: inputs.list.count)
      var row = row._mutatingExtracting(first: inputs.list.count)
      for place in numbers.indices {
        row[place] = numbers[place]
        hasNaN = numbers[place].isNaN || hasNaN
      }
      return !hasNaN
    }
    for input in inputs.list {
      let number = numbers[Int(input.field)]
      row[Int(input.place)] = number
      hasNaN = hasNaN || number.isNaN
    }
    return !hasNaN
  }

  /// The place of a field of the plain record, counted with those that belong to no column.
  func plainPlace(_ field: Int) -> Field {
    let place = index.first + field
    let start = field == 0 ? record.lowerBound : Int(index.fieldEnds[place - 1]) + 1
    return Field(start - record.lowerBound, Int(index.fieldEnds[place]) - record.lowerBound)
  }
}

/// Which fields of a record are numbers of a row, and where.
package struct NumericInputs: Sendable {
  struct Input: Sendable {
    let field: Int32
    let place: Int32
  }

  private(set) var list: [Input] = []
  /// Whether input `i` is field `i` and goes to place `i`.
  private(set) var areInOrder = true

  /// Creates an empty list.
  package init() {}

  /// Adds an input.
  ///
  /// - Parameters:
  ///   - field: The index of the column in the record.
  ///   - place: The index of the value in the row.
  package mutating func append(field: Int, place: Int) {
    areInOrder = areInOrder && field == list.count && place == list.count
    list.append(Input(field: Int32(field), place: Int32(place)))
  }
}

// DataTarget.swift: any bytes as a table: records or an error with a place, however the bytes arrive.
//
// The first byte of the input says how to read the rest. Read whole and in pieces it must give the
// same records and errors, with numbers read ahead and without; a number must be the one that the C
// library reads, and read back equal.

import Glibc
import PosternData

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 1 else { return 0 }
  let text = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  let way = Int(data[0])
  let options = options(way)
  var pieces = options
  pieces.blockByteCount = 16 + way / 16
  let whole = records(text, options, blockByteCount: .max)
  // Other kinds of files are known by what the first read gives; a coprocess must not wait for more.
  if whole.first == .foreign { return 0 }
  guard whole == records(text, pieces, blockByteCount: 1 + way % 13) else {
    fatalError("the blocks change what is read")
  }
  guard whole == records(text, options, blockByteCount: .max, expectsNumbers: true),
    whole == records(text, pieces, blockByteCount: 1 + way % 97, expectsNumbers: true)
  else {
    fatalError("reading numbers ahead changes what is read")
  }
  checkNumber(text)
  return 0
}

/// What the first byte of an input means.
private func options(_ way: Int) -> RecordReader.Options {
  let names = [Array("a".utf8), Array("b".utf8)]
  var options =
    switch way % 8 {
    case 0: RecordReader.Options(format: .tsv)
    case 1: RecordReader.Options(format: .delimited(UInt8(ascii: ";")))
    case 2: RecordReader.Options(format: .csv, names: names)
    case 3, 4: RecordReader.Options(format: .ndjson)
    case 5: RecordReader.Options(format: .ndjson, names: names)
    case 6: RecordReader.Options(format: .delimited(UInt8(ascii: " ")))
    default: RecordReader.Options()
    }
  options.isHeaderless = way % 11 == 0
  options.hasQuotes = way % 5 != 0
  options.absentIsMissing = way % 7 == 0
  if way % 13 == 0 { options.encoding = .latin1 }
  if way % 3 == 0 { options.recordByteCountLimit = 64 }
  options.blockByteCount = 4096
  return options
}

/// What a reader gives: for a record its line and, for each field, its size or number.
private enum Item: Equatable {
  case record([UInt64])
  case error(DataError)
  case foreign
}

/// Every record and every error; after an error the line that a message would show.
private func records(
  _ text: [UInt8], _ options: RecordReader.Options, blockByteCount: Int,
  expectsNumbers: Bool = false
) -> [Item] {
  var result: [Item] = []
  do throws(DataError) {
    let source = ByteSource(bytes: text, blockByteCount: blockByteCount)
    var reader = try RecordReader(source, options: options)
    if expectsNumbers { reader.expectNumbers() }
    reader.expectText(in: Array(reader.header.indices.prefix(2)))
    while true {
      do throws(DataError) {
        guard try reader.next() else { break }
        var record = [UInt64(reader.line)]
        for index in reader.header.indices {
          let field = reader.field(index)
          record.append(reader.isMissing(index) ? .max : UInt64(field.count))
          checkNumber(Array(field.indices.map { field[$0] }))
          if let number = try? reader.number(index) { record.append(UInt64(number.bitPattern)) }
        }
        if let last = reader.header.indices.last {
          _ = reader.excerpt(at: reader.position(of: last))
        }
        result.append(.record(record))
      } catch {
        result.append(.error(error))
        for index in reader.header.indices where reader.isReadable(index) {
          _ = reader.field(index).count
        }
        if let excerpt = reader.excerpt(at: TextPosition(line: reader.line, column: 3)) {
          guard excerpt.caretOffset <= excerpt.text.count else { fatalError("a caret too far") }
        }
        if !error.isRowError { break }
      }
      guard result.count <= text.count + 1 else { fatalError("endless records") }
    }
  } catch {
    if case .notText = error { return [.foreign] }
    result.append(.error(error))
  }
  return result
}

/// A number must be what `strtof` makes of it, and its shortest text must read back equal.
private func checkNumber(_ text: [UInt8]) {
  let parsed = parseFloat(text.span)
  var expected: Float = 0
  var isWhole = false
  text.withUnsafeBufferPointer { bytes in
    let copy = Array(bytes.map(CChar.init(bitPattern:))) + [0]
    copy.withUnsafeBufferPointer { string in
      guard let start = string.baseAddress, !text.contains(0) else { return }
      var end: UnsafeMutablePointer<CChar>?
      expected = strtof(start, &end)
      while let byte = end?.pointee, byte == 0x20 || byte == 0x09 { end = end.map { $0 + 1 } }
      isWhole = end.map { UnsafePointer($0) == start + text.count } ?? false
    }
  }
  switch parsed {
  case .number(let value):
    guard isWhole, expected.bitPattern == value.bitPattern else {
      fatalError("\(value) is not \(expected)")
    }
    var output = [UInt8](repeating: 0, count: FloatText.byteCountLimit)
    var span = output.mutableSpan
    let count = FloatText.write(value, to: &span, at: 0)
    let again = parseFloat(output.span.extracting(0..<count))
    guard again == .number(value) else { fatalError("\(value) does not read back equal") }
  case .overflow:
    guard isWhole, expected.isInfinite else { fatalError("\(expected) is no overflow") }
  case .notFinite:
    guard isWhole, !expected.isFinite else { fatalError("\(expected) is finite") }
  case .notNumber:
    // The C library also reads hexadecimal numbers, other white space and `nan(...)`.
    let letters = text.contains { $0 == 0x78 || $0 == 0x58 || $0 == 0x28 || (0x0A...0x0D) ~= $0 }
    let isEmpty = text.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    guard !isWhole || letters || isEmpty else { fatalError("\(expected) is a number") }
  }
}

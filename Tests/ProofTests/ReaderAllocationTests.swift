// ReaderAllocationTests.swift: reading rows asks for no memory but that of the first few.

import CAllocationCounter
import PosternData
import Testing

/// Goal: a row costs no allocation, whatever the input's format. Method: the counter runs from the
/// two thousandth row to the last, over many blocks.
@Suite(.enabled(if: allocation_counter_works())) struct ReaderAllocationTests {
  static let rowCount = 20_000

  /// The bytes of a table of four columns.
  private func table(_ format: RecordReader.Format) -> [UInt8] {
    var bytes: [UInt8] = format == .csv ? Array("one,two,three,four\n".utf8) : []
    for row in 0..<Self.rowCount {
      let numbers = (0..<4).map { Float((row * 7919 + $0 * 104_729) % 20_011 - 10_000) / 128 }
      switch format {
      case .delimited: bytes += (numbers.map { "\($0)" }.joined(separator: ",") + "\n").utf8
      case .ndjson:
        let members = zip(["one", "two", "three", "four"], numbers).map { "\"\($0)\":\($1)" }
        bytes += "{\(members.joined(separator: ","))}\n".utf8
      case .floats:
        for number in numbers {
          for place in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(8 * place)))
          }
        }
      }
    }
    return bytes
  }

  @Test(arguments: [RecordReader.Format.csv, .ndjson, .floats], [true, false])
  func `rows are read without an allocation`(
    format: RecordReader.Format, expectsNumbers: Bool
  ) throws {
    var options = RecordReader.Options(format: format)
    if format != .csv { options.names = ["one", "two", "three", "four"].map { Array($0.utf8) } }
    let source = ByteSource(bytes: table(format), blockByteCount: 10_000)
    var reader = try RecordReader(source, options: options)
    if expectsNumbers { reader.expectNumbers() }
    var text = TextBuffer(capacity: 1024)
    var count = 0
    // The first rows also make the metadata of the types that are used.
    try read(&reader, upTo: 2_000, &count, &text)
    allocation_counter_start()
    try read(&reader, upTo: .max, &count, &text)
    let counts = allocation_counter_stop()
    #expect(count == Self.rowCount)
    #expect(counts.allocations == 0)
  }

  /// Reads rows and writes their numbers until there are `limit` of them.
  private func read(
    _ reader: inout RecordReader, upTo limit: Int, _ count: inout Int, _ text: inout TextBuffer
  ) throws {
    while count < limit, try reader.next() {
      text.removeAll()
      for column in 0..<4 { text.append(try reader.number(column)) }
      count += 1
    }
  }
}

import Testing

@testable import PosternData

/// Goal: no bytes make the reader trap, hang or depend on how they arrive. Method: random texts of
/// the characters that matter, read whole and in small pieces, must give one sequence of records
/// and errors.
@Suite struct AnyBytesTests {
  /// Records and errors of `bytes` as lines of text.
  private func outcomes(
    _ bytes: [UInt8], options: RecordReader.Options, blockByteCount: Int
  ) -> [String] {
    var result: [String] = []
    do throws(DataError) {
      let source = ByteSource(bytes: bytes, blockByteCount: blockByteCount)
      var reader = try RecordReader(source, options: options)
      while true {
        do throws(DataError) {
          guard try reader.next() else { break }
          var row: [[UInt8]] = []
          for index in reader.header.indices { row.append(reader.field(index).copied()) }
          result.append("\(reader.line) \(row)")
        } catch {
          result.append("\(error)")
          if !error.isRowError { break }
        }
        // Every record or error takes at least one byte.
        if result.count > bytes.count + 1 { return ["endless"] }
      }
    } catch {
      result.append("\(error)")
    }
    return result
  }

  private func check(
    alphabet: [[UInt8]], prefix: String, options: RecordReader.Options, seed: UInt64
  ) {
    var random = RandomPatterns(seed: seed)
    var small = options
    small.blockByteCount = 16
    for _ in 0..<3000 * LongTests.factor {
      var bytes = Array(prefix.utf8)
      for _ in 0..<random.next() % 40 {
        bytes += alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      let whole = outcomes(bytes, options: options, blockByteCount: .max)
      let piece = Int(random.next() % 9) + 1
      #expect(whole != ["endless"], "\(bytes)")
      #expect(whole == outcomes(bytes, options: small, blockByteCount: piece), "\(bytes) \(piece)")
    }
  }

  @Test func `delimited text does not depend on the blocks`() {
    let alphabet = ["\"", "\"", ",", ",", "\n", "\r", "\r\n", "a", "é", " ", "\0", "12345678"]
    check(
      alphabet: alphabet.map { Array($0.utf8) } + [[0xFF]], prefix: "a,b\n",
      options: RecordReader.Options(), seed: 37)
    check(
      alphabet: alphabet.map { Array($0.utf8) } + [[0xFF]], prefix: "",
      options: RecordReader.Options(), seed: 41)
  }

  @Test func `lines of JSON do not depend on the blocks`() {
    let alphabet = [
      "{", "}", "[", "]", ":", ",", "\"a\":", "\"b\":", "\"a\"", "1", "-2.5e1", "null", "true",
      "\n",
      "{\"a\":1}\n", "\"\\u00e9\"", "\\", "\"", " ", "{\"a\":\"x\",\"b\":[1,{}]}\n",
    ]
    let names = [Array("b".utf8), Array("a".utf8)]
    check(
      alphabet: alphabet.map { Array($0.utf8) }, prefix: "{\"a\":0}\n",
      options: RecordReader.Options(format: .ndjson, names: names), seed: 43)
    check(
      alphabet: alphabet.map { Array($0.utf8) }, prefix: "{\"a\":0}\n",
      options: RecordReader.Options(format: .ndjson), seed: 47)
  }

  @Test func `random bytes are read or refused`() {
    let bytes = (0...255).map { [UInt8($0)] }
    check(alphabet: bytes, prefix: "a\n", options: TableText.limited(to: 30), seed: 53)
    check(
      alphabet: bytes, prefix: "{", options: TableText.limited(to: 30, format: .ndjson), seed: 59)
  }
}

import Testing

@testable import PosternData

/// Goal: a quote that is open by mistake costs its line and nothing else.
@Suite struct QuoteTests {
  /// The lines of the records and, negative, those of the faulty ones.
  private func lines(
    _ text: String, options: RecordReader.Options = RecordReader.Options()
  ) throws -> [Int] {
    var results: [[Int]] = []
    for blockByteCount in [3, 1000] {
      var lines: [Int] = []
      var reader = try TableText.reader(text, options: options, blockByteCount: blockByteCount)
      while true {
        do throws(DataError) {
          guard try reader.next() else { break }
          lines.append(reader.line)
        } catch {
          #expect(error.isRowError)
          lines.append(-reader.line)
        }
      }
      results.append(lines)
    }
    #expect(results[0] == results[1])
    return results[0]
  }

  private func field(lines: Int) -> String {
    "\"" + String(repeating: "x\n", count: lines - 1) + "x\""
  }

  @Test(arguments: [2, 19, 20])
  func `a field may span 20 lines`(count: Int) throws {
    #expect(try lines("a,b\n1,\(field(lines: count))\n3,4\n") == [2, 2 + count])
    var reader = try TableText.reader("a,b\n1,\(field(lines: count))\n3,4\n")
    while try reader.next() {}
    #expect(reader.notices.lineEndRowCount == 1)
  }

  @Test func `a field that spans more lines is refused at its quote`() throws {
    let text = "a,b\n1,\(field(lines: 21))\n3,4\n"
    #expect(
      TableText.failure(text)
        == .quoteAcrossLines(TextPosition(line: 2, column: 3), .tooManyLines(limit: 20)))
    // The lines behind it are rows of their own, and the last of them ends with a quote.
    #expect(try lines(text).last == 23)
  }

  @Test func `a stray quote costs its own line`() throws {
    let rows = String(repeating: "1,2\n", count: 100)
    #expect(try lines("a,b\n\(rows)\"x,2\n\(rows)").filter { $0 < 0 } == [-102])
    #expect(try lines("a,b\n\(rows)1,\"x\n\(rows)").filter { $0 < 0 } == [-102])
    #expect(try lines("a,b\n\(rows)1,\"x").filter { $0 < 0 } == [-102])
    #expect(try lines("a,b\n\(rows)1,\"x\n1,2\n").suffix(2) == [-102, 103])
  }

  @Test func `quotes that make a row of the wrong size are refused at the first`() throws {
    let text = "a,b\n\"x,1\ny\",2,3\n4,5\n"
    #expect(
      TableText.failure(text)
        == .quoteAcrossLines(
          TextPosition(line: 2, column: 1), .wrongFieldCount(found: 3, expected: 2)))
    #expect(try lines(text) == [-2, -3, 4])
    let swallowed = "a,b\n1,\"x\n1,2\n1,6\" pipe\n4,5\n"
    #expect(
      TableText.failure(swallowed)
        == .quoteAcrossLines(TextPosition(line: 2, column: 3), .textAfterQuote(0x20)))
    #expect(try lines(swallowed) == [-2, 3, 4, 5])
  }

  @Test func `without quotes they are ordinary characters`() throws {
    var options = RecordReader.Options()
    options.hasQuotes = false
    let table = try TableText.read("a,\"b\"\n\"x,\"\"\ny\"z,\"2\n", options: options)
    #expect(table.header == ["a", "\"b\""])
    #expect(table.rows == [["\"x", "\"\""], ["y\"z", "\"2"]])
  }

  @Test func `what stands before a fault stays readable`() throws {
    for row in ["7,\"x", "7,\"x\"y", "7,\0", "7,1,2", "7"] {
      var reader = try TableText.reader("a,b\n\(row)\n" + String(repeating: "1,2\n", count: 30))
      #expect(throws: DataError.self) { _ = try reader.next() }
      let isReadable = [reader.isReadable(0), reader.isReadable(1)]
      #expect(isReadable == [true, false])
      #expect(TableText.row(reader)[0] == "7")
    }
  }
}

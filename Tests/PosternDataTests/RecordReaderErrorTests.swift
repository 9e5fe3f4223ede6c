import Testing

@testable import PosternData

@Suite struct RecordReaderErrorTests {
  private func name(_ text: String) -> ShortText { ShortText(Array(text.utf8)) }

  @Test(arguments: ["", "\n\n", "\r\n", "\u{FEFF}"])
  func `an input without a line is empty`(text: String) {
    #expect(TableText.failure(text) == .emptyInput)
  }

  @Test func `a ragged row says how many fields it has`() {
    #expect(TableText.failure("a,b\n1,2\n1,2,3\n") == .raggedRow(line: 3, found: 3, expected: 2))
    #expect(TableText.failure("a,b\n1\n") == .raggedRow(line: 2, found: 1, expected: 2))
    #expect(
      TableText.failure("a,b\n" + String(repeating: ",", count: 9999))
        == .raggedRow(line: 2, found: 10000, expected: 2))
  }

  @Test func `quotes that are never closed are shown where they open`() {
    #expect(
      TableText.failure("a,b\n1,2\n3,\"4\n5,6\n")
        == .unterminatedQuote(TextPosition(line: 3, column: 3)))
  }

  @Test func `text after a closing quote is refused`() {
    #expect(
      TableText.failure("a,b\n\"x\"y,2\n")
        == .textAfterQuote(TextPosition(line: 2, column: 4), found: 0x79))
  }

  @Test func `a zero byte is refused in and out of quotes`() {
    #expect(TableText.failure("a,b\n1,\0\n") == .zeroByte(TextPosition(line: 2, column: 3)))
    #expect(TableText.failure("a,b\n1,\"é\0\"\n") == .zeroByte(TextPosition(line: 2, column: 5)))
  }

  /// Goal: a line without end fails by name and takes no memory beyond the limit.
  @Test(arguments: [1, 7, 1000])
  func `a record beyond the limit is refused`(blockByteCount: Int) throws {
    let long = String(repeating: "x", count: 5000)
    for text in ["a,b\n1,2\n\(long),2\n3,4\n", "a,b\n1,2\n\"\(long)\",2\n3,4\n"] {
      var reader = try TableText.reader(
        text, options: TableText.limited(to: 100), blockByteCount: blockByteCount)
      #expect(try reader.next())
      #expect(throws: DataError.recordTooLong(line: 3, limit: 100)) { _ = try reader.next() }
      #expect(reader.buffer.count <= 140 + RecordReader.slack)
      #expect(try reader.next())
      #expect(TableText.row(reader) == ["3", "4"])
      #expect(reader.line == 4)
    }
  }

  @Test func `the limit itself is allowed`() throws {
    let options = TableText.limited(to: 100)
    let row = String(repeating: "x", count: 97) + ",2"
    #expect(try TableText.read("a,b\n\(row)\n", options: options).rows.count == 1)
    #expect(
      TableText.failure("a,b\nx\(row)\n", options: options) == .recordTooLong(line: 2, limit: 100))
  }

  @Test(arguments: [
    ("1,2,3", DataError.raggedRow(line: 3, found: 3, expected: 2)),
    ("\"x\"y,2", .textAfterQuote(TextPosition(line: 3, column: 4), found: 0x79)),
    ("\0,\"", .zeroByte(TextPosition(line: 3, column: 1))),
    ("1,\"2", .quoteAcrossLines(TextPosition(line: 3, column: 3), .tooManyLines(limit: 20))),
  ])
  func `reading goes on behind a faulty row`(row: String, error: DataError) throws {
    for blockByteCount in 1...20 {
      var reader = try TableText.reader(
        "a,b\n1,2\n\(row)\n" + String(repeating: "3,4\n", count: 30),
        blockByteCount: blockByteCount)
      #expect(try reader.next())
      #expect(throws: error) { _ = try reader.next() }
      #expect(error.isRowError)
      #expect(try reader.next())
      #expect(TableText.row(reader) == ["3", "4"])
      #expect(reader.line == 4)
      #expect(reader.recordCount == 2)
      for _ in 1..<30 { #expect(try reader.next()) }
      #expect(try !reader.next())
    }
  }

  @Test func `names in the header are not all empty and UTF-8`() throws {
    #expect(
      TableText.failure(" ,,\n") == .emptyName(TextPosition(line: 1, column: 1), column: 1))
    let latin: [UInt8] = [0x61, 0x2C, 0xE9, 0x0A]
    #expect(
      throws: DataError.invalidUTF8(
        TextPosition(line: 1, column: 3), text: ShortText([0xE9]))
    ) {
      _ = try RecordReader(ByteSource(bytes: latin)).header.count
    }
  }

  @Test(arguments: [("a;b", 0x3B), ("a\tb", 0x09), ("a|b|c", 0x7C)] as [(String, UInt8)])
  func `another delimiter in a header of one column is suspected`(header: String, suspected: UInt8)
  {
    #expect(
      TableText.failure(header + "\n1\n")
        == .wrongDelimiter(line: 1, expected: 0x2C, suspected: suspected))
    #expect(TableText.failure("\"\(header)\"\n1\n") == nil)
  }

  @Test(
    arguments: [
      ([0x1F, 0x8B, 0x07], .gzip), (Array("PK\u{3}\u{4}abc".utf8), .zip),
      (Array("PAR1abc".utf8), .parquet), (Array("  <!DOCTYPE html>".utf8), .html),
      ([0xFF, 0xFE, 0x61, 0x00], .wideText),
      ([0x8F, 0x4D, 0x4F, 0x45, 0x0D, 0x0A, 0x1A, 0x0A], .model), (Array("{\"a\": 1}".utf8), .json),
      (Array("SQLite format 3\0".utf8), .sqlite), (Array("[{\"a\": 1}]".utf8), .json),
    ] as [([UInt8], ForeignKind)])
  func `another kind of file is named`(bytes: [UInt8], kind: ForeignKind) {
    #expect(throws: DataError.notText(kind)) {
      _ = try RecordReader(ByteSource(bytes: bytes)).header.count
    }
  }

  @Test func `a directory and a file that is not there are system errors`() {
    #expect(throws: DataError.system(SystemError(call: "read", code: 21))) {
      _ = try RecordReader(ByteSource(path: "/")).header.count
    }
    #expect(throws: SystemError(call: "open", code: 2)) {
      _ = try ByteSource(path: "/no such file").isReady
    }
  }

  @Test func `numbers are read with their place`() throws {
    var reader = try TableText.reader("a,b\n1.5, NA \nx,\"é\",\n")
    #expect(try reader.next())
    #expect(try reader.number(0) == 1.5)
    #expect(try reader.number(1).isNaN)
    reader = try TableText.reader("é,b\n\"é\",1e99\n")
    #expect(try reader.next())
    #expect(
      throws: DataError.notNumber(
        TextPosition(line: 2, column: 2), name: name("é"), text: name("é"))
    ) { _ = try reader.number(0) }
    #expect(
      throws: DataError.notFinite(
        TextPosition(line: 2, column: 5), name: name("b"), text: name("1e99"))
    ) { _ = try reader.number(1) }
  }

  @Test func `an excerpt shows the line and points into it`() throws {
    var reader = try TableText.reader("a,b,c\n1,\"x\ny\",zäh\t!\nnext\n")
    #expect(try reader.next())
    #expect(reader.position(of: 2) == TextPosition(line: 3, column: 4))
    #expect(
      reader.excerpt(at: TextPosition(line: 3, column: 4))
        == Excerpt(text: "y\",zäh\\t!", caretOffset: 3))
    #expect(reader.excerpt(at: TextPosition(line: 2, column: 1))?.text == "1,\"x")
    #expect(reader.excerpt(at: TextPosition(line: 1, column: 1)) == nil)
  }

  @Test func `an excerpt of a huge line is a piece of it`() throws {
    let long = String(repeating: "ä", count: 10_000)
    var reader = try TableText.reader("a,b\n\(long),x\(long)\n")
    #expect(try reader.next())
    let found = reader.excerpt(at: reader.position(of: 1))
    let excerpt = try #require(found)
    #expect(excerpt.text.utf8.count < 120)
    #expect(excerpt.text.hasPrefix("…ä"))
    #expect(Array(excerpt.text)[excerpt.caretOffset] == "x")
  }
}

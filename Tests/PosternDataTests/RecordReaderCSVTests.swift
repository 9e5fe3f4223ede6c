import Testing

@testable import PosternData

@Suite struct RecordReaderCSVTests {
  private func rows(_ text: String) throws -> [[String]] { try TableText.read(text).rows }

  @Test func `a header and rows are read`() throws {
    let table = try TableText.read("a,b\n1,2\n3,4\n")
    #expect(table.header == ["a", "b"])
    #expect(table.rows == [["1", "2"], ["3", "4"]])
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `lines end with LF, CRLF or CR, the last one perhaps with nothing`(lineEnd: String) throws {
    let lines = ["a,b", "1,2", "3,4"]
    let expected = [["1", "2"], ["3", "4"]]
    #expect(try rows(lines.joined(separator: lineEnd)) == expected)
    #expect(try rows(lines.joined(separator: lineEnd) + lineEnd) == expected)
  }

  @Test func `quotes keep delimiters, line ends and doubled quotes`() throws {
    #expect(
      try rows("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"1\r\n2\",\"\"\n")
        == [["x,y", "say \"hi\""], ["1\r\n2", ""]])
    #expect(try rows("a,b\n\"\"\"\",\"\"\"\"\"\"\n") == [["\"", "\"\""]])
  }

  @Test func `a quote inside a plain field is an ordinary character`() throws {
    #expect(try rows("a,b\n5\" disk,x\"\"y\n") == [["5\" disk", "x\"\"y"]])
  }

  @Test func `a byte order mark is no part of the first name`() throws {
    #expect(try TableText.read("\u{FEFF}a,b\n1,2").header == ["a", "b"])
    #expect(try TableText.read("\u{FEFF}\"a\",b\n1,2").header == ["a", "b"])
    #expect(try TableText.read("\u{FEFF}a\n1", blockByteCount: 1).rows == [["1"]])
  }

  @Test func `tabs and other delimiters separate when asked`() throws {
    let tabs = try TableText.read("a\tb,c\n1\t2,5\n", options: .init(format: .tsv))
    #expect(tabs.header == ["a", "b,c"])
    #expect(tabs.rows == [["1", "2,5"]])
    #expect(
      try TableText.read("a;b\n1,5;\"2;0\"\n", options: .init(format: .delimited(0x3B))).rows
        == [["1,5", "2;0"]])
    #expect(
      try TableText.read("a|b\n1|2\n", options: .init(format: .delimited(0x7C))).rows == [
        ["1", "2"]
      ])
  }

  @Test func `blank lines are passed over and counted`() throws {
    var reader = try TableText.reader("\n\na,b\n\r\n1,2\n\n\n3\n")
    #expect(try reader.next())
    #expect(reader.line == 5)
    #expect(throws: DataError.raggedRow(line: 8, found: 1, expected: 2)) { _ = try reader.next() }
  }

  @Test func `a blank line in a table of one column is a missing value`() throws {
    #expect(try rows("a\n1\n\n3\n") == [["1"], [""], ["3"]])
  }

  @Test func `without a header the columns have the given names`() throws {
    let options = RecordReader.Options(names: [Array("x".utf8), Array("y".utf8)])
    let table = try TableText.read("1,2\n3,4", options: options)
    #expect(table.header == ["x", "y"])
    #expect(table.rows == [["1", "2"], ["3", "4"]])
    #expect(
      TableText.failure("1,2\n3", options: options)
        == .raggedRow(line: 2, found: 1, expected: 2))
  }

  @Test func `a header alone is a table without rows`() throws {
    #expect(try rows("a,b\n").isEmpty)
    #expect(try rows("a,b").isEmpty)
  }

  /// Goal: blocks may fall anywhere. Method: a text with every peculiarity, read in blocks of every
  /// size through a buffer of 32 bytes, gives the same records, lines and columns.
  @Test(arguments: 1...40)
  func `the fall of the blocks changes nothing`(blockByteCount: Int) throws {
    let text =
      "\u{FEFF}na\u{EF}me,\"b \"\"q\"\"\",c\r\n\r\n\"multi\r\nline, \"\"x\"\"\",2,\r\n"
      + "12345678,\"\",é\n"
      + "1,\"\(String(repeating: "long ", count: 30))\",3\r\"\r\",4,\"5\"\n,,\nlast,\"l\",\"\"\"\""
    var whole = try TableText.reader(text)
    var options = RecordReader.Options()
    options.blockByteCount = 16
    var parts = try TableText.reader(text, options: options, blockByteCount: blockByteCount)
    #expect(whole.header == parts.header)
    var count = 0
    while try whole.next() {
      #expect(try parts.next())
      #expect(TableText.row(whole) == TableText.row(parts))
      #expect(whole.line == parts.line)
      #expect(whole.position(of: 2) == parts.position(of: 2))
      count += 1
    }
    #expect(try !parts.next())
    #expect(count == 6)
  }

  /// Goal: a field that needs quotes survives being written and read. Method: random fields of the
  /// characters that matter.
  @Test func `what is written as CSV is read back`() throws {
    var random = RandomPatterns(seed: 23)
    let alphabet = Array("ab,\"\"\n\r é;".utf8)
    for _ in 0..<300 {
      var buffer = TextBuffer(capacity: 64)
      var written: [[UInt8]] = []
      buffer.append("x,y,z\n")
      for _ in 0..<3 {
        for column in 0..<3 {
          let field = (0..<random.next() % 9).map { _ in
            alphabet[Int(random.next() % UInt64(alphabet.count))]
          }
          if column > 0 { buffer.append(0x2C as UInt8) }
          buffer.append(csvField: field.span)
          written.append(field)
        }
        buffer.append(0x0A as UInt8)
      }
      var read: [[UInt8]] = []
      var reader = try RecordReader(ByteSource(bytes: buffer.bytes.copied()))
      while try reader.next() {
        for column in 0..<3 { read.append(reader.field(column).copied()) }
      }
      #expect(read == written)
    }
  }
}

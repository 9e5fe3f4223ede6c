import Testing

@testable import PosternData

@Suite struct RowLayoutTests {
  /// All rows, read in blocks of some size, with and without numbers read ahead.
  private func rows(
    _ text: String, options: RecordReader.Options = RecordReader.Options()
  ) throws -> [[String]] {
    let whole = try TableText.read(text, options: options).rows
    for blockByteCount in [1, 5, 17] {
      #expect(
        try TableText.read(text, options: options, blockByteCount: blockByteCount).rows == whole)
    }
    var reader = try TableText.reader(text, options: options)
    reader.expectNumbers()
    var numbers: [[Float]] = []
    while try reader.next() {
      var row: [Float] = []
      for index in reader.header.indices {
        row.append((try? reader.number(index)) ?? -1)
      }
      numbers.append(row)
    }
    #expect(
      numbers.map { $0.map { $0.isNaN ? "" : "\($0)" } }
        == whole.map { $0.map { $0.isEmpty ? "" : Float($0).map { "\($0)" } ?? "-1.0" } })
    return whole
  }

  private func notices(_ text: String) throws -> TableNotices {
    var reader = try TableText.reader(text)
    while try reader.next() {}
    return reader.notices
  }

  @Test func `columns without a name are read and noted`() throws {
    #expect(try rows(",a,b\n0,1,2\n1,3,4\n") == [["0", "1", "2"], ["1", "3", "4"]])
    #expect(try notices(",a, \n0,1,2\n").unnamedColumns == [1, 3])
    #expect(try notices("\"\",a\n0,1\n").unnamedColumns == [1])
  }

  @Test func `a delimiter may end the header, the rows or both`() throws {
    #expect(try rows("a,b,\n1,2,\n3,4,\n") == [["1", "2", ""], ["3", "4", ""]])
    #expect(try rows("a,b,\n1,2\n3,4\n") == [["1", "2", ""], ["3", "4", ""]])
    #expect(try rows("a,b\n1,2,\n3,4,\n") == [["1", "2"], ["3", "4"]])
    #expect(try rows("a,b\n1,2,\n3,4\n") == [["1", "2"], ["3", "4"]])
    // Of one column a blank line is a missing value, as in a table of one column.
    #expect(try rows("a,\n1\n\n2\n") == [["1", ""], ["", ""], ["2", ""]])
    #expect(
      TableText.failure("a,b\n1,2,\n3,4,5\n") == .raggedRow(line: 3, found: 3, expected: 3))
  }

  @Test func `looking for names of rows stays within the buffer`() throws {
    let rows = (0..<100).map { "r\($0),\($0)\n" }.joined()
    let options = TableText.limited(to: 64)
    let table = try TableText.read("a\n" + rows, options: options)
    #expect(table.rows == (0..<100).map { ["\($0)"] })
    #expect(
      try TableText.read("a\n" + rows, options: options, blockByteCount: 3).rows == table.rows)
  }

  /// A row that shows how rows differ may itself be faulty; that is decided once all the same.
  @Test func `rows differ from the header in one way only`() throws {
    let text = Array("a,b\n".utf8) + [0xE9] + Array(",2,\n1,2,3,\n4,5,\n".utf8)
    var reader = try RecordReader(ByteSource(bytes: text))
    reader.expectText(in: [0])
    #expect(throws: DataError.self) { _ = try reader.next() }
    #expect(throws: DataError.raggedRow(line: 3, found: 4, expected: 3)) { _ = try reader.next() }
    #expect(try reader.next())
    #expect(TableText.row(reader) == ["4", "5"])
  }

  @Test func `names of rows that the header does not count are passed over`() throws {
    let expected = [["1", "2"], ["3", "4"], ["5", "6"]]
    #expect(try rows("a b\n\"r1\" 1 2\n\"r2\" 3 4\n\"r3\" 5 6\n", options: spaces) == expected)
    #expect(try rows("a,b\n1,1.5,2\n2,3.5,4\n3,5,6.5\n")[2] == ["5", "6.5"])
    #expect(try rows("a,b\n0,1,2.5\n1,3,4.5\n2,5,6.5\n")[0] == ["1", "2.5"])
    #expect(try rows("a,b\n601,1,2.5\n602,3,4.5\n603,5,6\n")[0] == ["1", "2.5"])
    #expect(try rows("a,b\n\"601\",1,2\n\"603\",3,4\n\"604\",5,6\n") == expected)
    #expect(try rows("a,b\nx,1.5,2\ny,3.5,4\nz,5.5,6")[0] == ["1.5", "2"])
    #expect(try rows("a\tb\nx\t1\t2\ny\t3\t4\nz\t5\t6", options: .init(format: .tsv)) == expected)
    #expect(try rows("a,b\n\"1\",1,2") == [["1", "2"]])
    #expect(try notices("a,b\nx,1.5,2\ny,3.5,4\n").hasRowNames)
  }

  @Test(arguments: [
    "a,b\n1,5,2\n3,5,7\n", "a,b\n4,1,2\n5,3,4\n", "a,b\nx,1,2\nx,3,4\n", "a,b\n1,2,3\n",
    "a,b\nx,1,2\n3,4\n", "a,b\nx,1,2\ny,3,4,5\n", "a,b\nx,1,2,3\ny,1,2,3\n",
  ])
  func `one field too many without names of rows is refused`(text: String) {
    guard case .raggedRow(line: 2, _, expected: 2) = TableText.failure(text) else {
      Issue.record("\(text)")
      return
    }
  }

  @Test(arguments: [
    "id,a,b\n1,27,01,2460\n2,25,12,2470\n3,27,73,2480\n",
    "city,a,b\nn0,12,64,1654\nn1,13,05,1655\n", "date,a\n2024-01-01,12,64\n2024-01-02,13,9\n",
    "name,a\nSmith, Jo,1.5\nMiller, Ann,2.5\n", "a,b\n1,1,234.5\n2,3,456.5\n4,7,890.5\n",
    "name,a,b\n\"x\",12,05,7\n\"y\",13,64,8\n",
  ])
  func `a field that an unquoted delimiter explains is no name of a row`(text: String) {
    let count = text.prefix { $0 != "\n" }.split(separator: ",").count
    #expect(
      TableText.failure(text) == .raggedRow(line: 2, found: count + 1, expected: count))
  }

  @Test func `a column of texts that would hold numbers has no names of rows before it`() throws {
    var options = RecordReader.Options()
    options.textColumns = [Array("city".utf8)]
    let text = "city,a,b\n\"Berlin\",20,50.5,3000\n\"Paris\",21,50.5,3000\n"
    #expect(throws: DataError.raggedRow(line: 2, found: 4, expected: 3)) {
      try TableText.read(text, options: options)
    }
    #expect(try rows("city,a\n\"1\",Rome,2\n\"2\",Bern,4\n", options: options)[1] == ["Bern", "4"])
  }

  @Test func `a name that several columns have cannot be asked for`() throws {
    let reader = try TableText.reader("a,b,a,b,a\n")
    let repeated = reader.notices.repeatedNames
    #expect(repeated.map(\.columns) == [[1, 3, 5], [2, 4]])
    #expect(reader.namelessColumns == [0, 1, 2, 3, 4])
    #expect(
      throws: DataError.duplicateName(
        TextPosition(line: 1, column: 5), name: ShortText(Array("a".utf8)), first: 1, second: 3)
    ) {
      _ = try ColumnBinding(
        wanted: [Array("a".utf8)], in: reader.header, notices: reader.notices)
    }
  }

  @Test func `columns without a header are named by their places`() throws {
    var options = RecordReader.Options()
    options.isHeaderless = true
    let table = try TableText.read("\u{FEFF}1,x\n2,y\n", options: options)
    #expect(table.header == ["1", "2"])
    #expect(table.rows == [["1", "x"], ["2", "y"]])
  }

  @Test func `columns that are not there can be taken as missing`() throws {
    var reader = try TableText.reader("a,b\n1,2\n3,4\n")
    reader.addAbsent([Array("b".utf8), Array("c".utf8)])
    reader.expectNumbers()
    #expect(reader.header.count == 3)
    while try reader.next() {
      let isThere = reader.hasKey(2)
      #expect(!isThere)
      #expect(try reader.number(2).isNaN)
      #expect(try !reader.number(1).isNaN)
    }
  }

  private var spaces: RecordReader.Options { RecordReader.Options(format: .delimited(0x20)) }
}

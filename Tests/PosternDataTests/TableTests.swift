import PosternFormat
import Testing

@testable import PosternData

@Suite struct TableTests {
  private func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  private func plan(_ name: String, _ kind: ColumnPlan.Kind) -> ColumnPlan {
    ColumnPlan(name: Array(name.utf8), kind: kind)
  }

  private func table(
    _ text: String, _ plans: ColumnPlan..., format: RecordReader.Format = .csv
  ) throws -> Table {
    try Table(
      reading: TableInput(bytes: Array(text.utf8), options: .init(format: format)), columns: plans)
  }

  @Test func `columns are loaded by name, codes in the order of the bytes`() throws {
    let table = try table(
      "n,skip,c\n1.5,x,b\n,x,é\n-2,x,NA\n0,x,Z\n7,x,b\n", plan("c", .categorical),
      plan("n", .plain))
    #expect(table.rowCount == 5)
    #expect(table.lines == [2, 3, 4, 5, 6])
    // Not its own inverse: first met as b, é, Z.
    #expect(
      table.columns[0].values
        == .categorical(
          codes: [1, 2, Table.missingCode, 0, 1], categories: bytes("Z", "b", "é")))
    guard case .numeric(let numbers) = table.columns[1].values else {
      Issue.record("not numeric")
      return
    }
    #expect(numbers[0] == 1.5 && numbers[1].isNaN && numbers[2...] == [-2, 0, 7])
  }

  @Test func `texts that only look alike stay apart`() throws {
    // "é" as one scalar and as two.
    let table = try table("c,d\n\u{E9},1\ne\u{301},1\n", plan("c", .categorical))
    #expect(
      table.columns[0].values
        == .categorical(codes: [1, 0], categories: bytes("e\u{301}", "\u{E9}")))
  }

  @Test func `with a given dictionary an unknown text has the code behind the last`() throws {
    let table = try table("c,d\nb,1\nx,1\n,1\na,1\n", plan("c", .codes(bytes("a", "b"))))
    #expect(
      table.columns[0].values
        == .categorical(codes: [1, 2, Table.missingCode, 0], categories: bytes("a", "b")))
  }

  @Test func `numbers as texts are categories when planned so`() throws {
    #expect(
      try table("c\n10\n9\n10\n", plan("c", .categorical)).columns[0].values
        == .categorical(codes: [0, 1, 0], categories: bytes("10", "9")))
  }

  @Test func `JSON is loaded like delimited text`() throws {
    let csv = try table("a,b\n1,x\n,\n3,true\n", plan("a", .plain), plan("b", .categorical))
    let json = try table(
      "{\"b\":\"x\",\"a\":1}\n{\"z\":{},\"b\":null,\"a\":null}\n{\"a\":3,\"b\":true}\n",
      plan("a", .plain),
      plan("b", .categorical), format: .ndjson)
    #expect(json.columns[1] == csv.columns[1])
    #expect(json.rowCount == 3)
  }

  @Test func `missing columns are named`() {
    let error = DataError.missingColumns([
      MissingColumn(name: ShortText(bytes("b")[0]), suggestion: nil)
    ])
    #expect(throws: error) { try table("a\n1\n", plan("a", .plain), plan("b", .plain)) }
    let absent = DataError.absentKey(line: 1, name: ShortText(bytes("b")[0]), suggestion: nil)
    #expect(throws: absent) {
      try table("{\"a\":1}\n", plan("a", .plain), plan("b", .plain), format: .ndjson)
    }
  }

  @Test func `a text in a numeric column is refused with its place`() {
    #expect(
      throws: DataError.notNumber(
        TextPosition(line: 3, column: 3), name: ShortText(bytes("b")[0]),
        text: ShortText(bytes("x")[0]))
    ) { try table("a,b\n1,2\n1,x\n", plan("b", .plain)) }
  }

  @Test func `categories have limits`() {
    let long = String(repeating: "x", count: Table.categoryByteCountLimit)
    #expect(throws: Never.self) { try table("c\n\(long)\n", plan("c", .categorical)) }
    #expect(
      throws: DataError.textTooLong(
        TextPosition(line: 2, column: 1), name: ShortText(bytes("c")[0]),
        byteCount: long.utf8.count + 1, limit: long.utf8.count)
    ) { try table("c\n\(long)x\n", plan("c", .categorical)) }
    let limit = Table.categoryCountLimit
    let many = "c\n" + (0..<limit).map { "t\($0)\n" }.joined()
    #expect(throws: Never.self) { try table(many, plan("c", .categorical)) }
    #expect(
      throws: DataError.tooManyCategories(
        TextPosition(line: limit + 2, column: 1), name: ShortText(bytes("c")[0]), limit: limit)
    ) { try table(many + "one more\n", plan("c", .categorical)) }
  }

  @Test func `rows are removed from all columns`() throws {
    var table = try table(
      "a,b\n1,x\n2,y\n3,x\n", plan("a", .plain), plan("b", .categorical))
    table.removeRows(where: [false, true, false])
    #expect(table.rowCount == 2)
    #expect(table.lines == [2, 4])
    #expect(table.columns[0].values == .numeric([1, 3]))
    #expect(
      table.columns[1].values == .categorical(codes: [0, 0], categories: bytes("x", "y")))
  }

  @Test func `the ending of a name suggests the format`() {
    let formats = ["a.csv", "b.TSV", "c.jsonl", "d/e.ndjson", "f", "g.txt"].map {
      RecordReader.Format(path: $0)
    }
    #expect(formats == [.csv, .tsv, .ndjson, .ndjson, .csv, .csv])
  }
}

@Suite struct TextTableTests {
  @Test func `texts are numbered in order and found again`() {
    var table = TextTable()
    var random = RandomPatterns(seed: 31)
    var expected: [[UInt8]: Int] = [:]
    for _ in 0..<20_000 {
      let text = (0..<random.next() % 5).map { _ in UInt8(truncatingIfNeeded: random.next() % 7) }
      let known = expected[text]
      let found = table.index(of: text.span)
      #expect(found == known)
      let (index, isNew) = table.insert(text.span)
      #expect(isNew == (known == nil))
      #expect(index == known ?? expected.count)
      expected[text] = index
    }
    #expect(table.count == expected.count)
    for (index, text) in table.texts.enumerated() { #expect(expected[text] == index) }
  }
}

@Suite struct MissingTokensTests {
  private func isMissing(_ text: String) -> Bool {
    MissingTokens.standard.contains(Array(text.utf8).span)
  }

  @Test(arguments: ["", " ", "\t", "NA", "na", " NaN ", "NULL", "n/a", "None"])
  func `the usual marks are missing`(text: String) {
    #expect(isMissing(text))
  }

  @Test(arguments: ["?", "0", "NAN1", "nul", "-", "N A", "nada", "é"])
  func `other texts are not`(text: String) {
    #expect(!isMissing(text))
  }

  @Test func `the list is the caller's`() throws {
    var options = RecordReader.Options()
    options.missing = MissingTokens(["?", " -999 "])
    var reader = try TableText.reader("a,b,c\n-999,?,NA\n", options: options)
    #expect(try reader.next())
    #expect(try reader.number(0).isNaN)
    #expect(try reader.number(1).isNaN)
    #expect(throws: DataError.self) { _ = try reader.number(2) }
  }
}

extension ColumnPlan.Kind {
  /// Plain numbers, rounded once.
  static let plain = ColumnPlan.Kind.numeric(NumberForm(), .zero)
}

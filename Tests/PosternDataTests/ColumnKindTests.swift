import Testing

@testable import PosternData

@Suite struct ColumnKindTests {
  private func name(_ text: String) -> ShortText { ShortText(Array(text.utf8)) }

  private func summary(_ text: String, format: RecordReader.Format = .csv) throws -> TableSummary {
    try TableSummary(
      reading: TableInput(bytes: Array(text.utf8), options: .init(format: format)))
  }

  /// The verdict on a table of one column `x` with these values.
  private func verdict(_ values: [String], wanted: ColumnKind? = nil) throws -> ColumnVerdict {
    let text = "x,y\n" + values.map { $0 + ",0\n" }.joined()
    return try summary(text).columns[0].verdict(wanted: wanted)
  }

  @Test func `values are counted`() throws {
    let table = try summary("a,b\n1,x\nNA,\n-2.5,x\n1,y\n")
    #expect(table.rowCount == 4)
    let (a, b) = (table.columns[0], table.columns[1])
    #expect([a.numberCount, a.missingCount, a.textCount, a.distinctCount] == [3, 1, 0, 2])
    #expect([a.minimum, a.maximum] == [-2.5, 1])
    #expect(!a.isIntegral)
    #expect(a.firstMissing == TextPosition(line: 3, column: 1))
    #expect([b.numberCount, b.missingCount, b.textCount, b.distinctCount] == [0, 1, 3, 2])
    #expect(b.firstText == FieldSample(position: TextPosition(line: 2, column: 3), text: name("x")))
    #expect(table.index(of: Array("b".utf8)) == 1)
  }

  @Test func `numbers are numeric and texts categorical`() throws {
    #expect(try verdict(["1", "2.5", "NA", "-3e4"]) == .use(.numeric))
    #expect(try verdict(["red", "blue", "", "red"]) == .use(.categorical))
    #expect(try verdict(["1", "2", "three"]) == .use(.categorical))
    #expect(try verdict(["NA", "null", "none"]) == .allMissing)
  }

  @Test func `the user's word decides`() throws {
    #expect(try verdict(["1", "2"], wanted: .categorical) == .use(.categorical))
    #expect(try verdict(["1", "NaN"], wanted: .numeric) == .use(.numeric))
    #expect(try verdict(["NA", ""], wanted: .numeric) == .allMissing)
    let place = TextPosition(line: 3, column: 1)
    #expect(throws: DataError.notNumber(place, name: name("x"), text: name("two"))) {
      try verdict(["1", "two", "3"], wanted: .numeric)
    }
  }

  @Test func `one value everywhere is constant`() throws {
    #expect(try verdict(["5", "5", "5.0"]) == .constant(.numeric))
    #expect(try verdict(["a", "a"]) == .constant(.categorical))
    #expect(try verdict(["5", "", "5"]) == .use(.numeric))
  }

  /// One text in twenty values is a mistake, two in twenty are categories.
  @Test func `a rare text among numbers is a mistake`() throws {
    let numbers = (0..<19).map { "\($0 % 7)" }
    let place = TextPosition(line: 21, column: 1)
    #expect(
      throws: DataError.textInNumericColumn(
        place, name: name("x"), text: name("oops"), numberCount: 19, textCount: 1)
    ) { try verdict(numbers + ["oops"]) }
    #expect(try verdict(Array(numbers.dropFirst()) + ["oops"]) == .use(.categorical))
  }

  @Test func `one text among many different numbers is an unknown mark for missing`() throws {
    let numbers = (0..<21).map { "\($0)" }
    #expect(
      throws: DataError.textInNumericColumn(
        TextPosition(line: 2, column: 1), name: name("x"), text: name("?"), numberCount: 21,
        textCount: 5)
    ) { try verdict(Array(repeating: "?", count: 5) + numbers) }
    let few = (0..<60).map { "\($0 % 20)" }
    #expect(try verdict(Array(repeating: "?", count: 5) + few) == .use(.categorical))
  }

  @Test(arguments: ["inf", "1e99", "-Infinity"])
  func `an infinite number is refused with its place`(text: String) {
    #expect(
      throws: DataError.notFinite(
        TextPosition(line: 3, column: 1), name: name("x"), text: name(text))
    ) { try verdict(["1", text, "2"]) }
  }

  @Test func `texts that hardly repeat are identifiers`() throws {
    #expect(
      try verdict((0..<30).map { "id\($0 % 21)" }) == .identifierLike(distinctCount: 21))
    #expect(try verdict((0..<42).map { "id\($0 % 21)" }) == .use(.categorical))
    #expect(try verdict((0..<20).map { "id\($0)" }) == .use(.categorical))
    #expect(
      try verdict((0..<5000).map { "id\($0 % 1001)" }) == .identifierLike(distinctCount: 1001))
    #expect(try verdict((0..<5000).map { "id\($0 % 1000)" }) == .use(.categorical))
  }

  @Test func `keys that come late count as missing before`() throws {
    let table = try summary(
      "{\"a\":1}\n{\"a\":2,\"b\":\"x\",\"c\":[1]}\n{\"b\":\"y\"}\n", format: .ndjson)
    #expect(table.columns.map(\.name) == [Array("a".utf8), Array("b".utf8)])
    #expect(table.columns.map(\.missingCount) == [1, 1])
    #expect(table.nestedKeys == [Array("c".utf8)])
  }
}

import PosternFormat
import Testing

@testable import PosternData

@Suite struct ColumnKindTests {
  private func name(_ text: String) -> ShortText { ShortText(Array(text.utf8)) }

  private func summary(_ text: String, format: RecordReader.Format = .csv) throws -> TableSummary {
    try TableSummary(
      reading: TableInput(bytes: Array(text.utf8), options: .init(format: format)))
  }

  /// The verdict on a table of one column `x` with these values.
  private func verdict(
    _ values: [String], named name: String = "x", _ wishes: ColumnWishes = ColumnWishes()
  ) throws -> ColumnVerdict {
    let text = "\(name);y\n" + values.map { $0 + ";0\n" }.joined()
    return try summary(text, format: .delimited(0x3B)).columns[0].verdict(wishes)
  }

  private func wishes(
    kind: PosternData.ColumnKind? = nil, decimal: DecimalMark? = nil,
    grouping: DigitGrouping? = nil, units: [String] = [], dayOrder: CalendarForm? = nil,
    likely: DecimalMark? = nil
  ) -> ColumnWishes {
    var wishes = ColumnWishes()
    (wishes.kind, wishes.decimal, wishes.grouping) = (kind, decimal, grouping)
    (wishes.units, wishes.dayOrder) = (units.map { Array($0.utf8) }, dayOrder)
    wishes.likelyDecimal = likely
    return wishes
  }

  private let plain = ColumnVerdict.numbers(NumberForm())

  @Test func `values are counted`() throws {
    let table = try summary("a,b\n1,x\nNA,\n-2.5,x\n1,y\n")
    #expect(table.rowCount == 4)
    let (a, b) = (table.columns[0], table.columns[1])
    #expect([a.numberCount, a.missingCount, a.textCount, a.distinctCount] == [3, 1, 0, 2])
    #expect([a.statistics.minimum, a.statistics.maximum] == [-2.5, 1])
    #expect(!a.isIntegral)
    #expect(a.firstMissing == TextPosition(line: 3, column: 1))
    #expect([b.numberCount, b.missingCount, b.textCount, b.distinctCount] == [0, 1, 3, 2])
    #expect(b.firstText == FieldSample(position: TextPosition(line: 2, column: 3), text: name("x")))
    #expect(table.index(of: Array("b".utf8)) == 1)
  }

  @Test func `numbers are numeric and texts categorical`() throws {
    #expect(try verdict(["1", "2.5", "NA", "-3e4"]) == plain)
    #expect(try verdict(["red", "blue", "", "red"]) == .categories)
    #expect(try verdict(["1", "2", "three"]) == .categories)
    #expect(try verdict(["NA", "null", "none"]) == .allMissing)
    #expect(try verdict(["-", "?", ""]) == .allMissing)
  }

  @Test func `the user's word decides`() throws {
    #expect(try verdict(["1", "2"], wishes(kind: .categorical)) == .categories)
    #expect(try verdict(["2024-01-02", "2024-01-03"], wishes(kind: .categorical)) == .categories)
    #expect(try verdict(["1", "NaN"], wishes(kind: .numeric)) == plain)
    #expect(try verdict(["NA", ""], wishes(kind: .numeric)) == .allMissing)
    let place = TextPosition(line: 3, column: 1)
    #expect(throws: DataError.notNumber(place, name: name("x"), text: name("two"))) {
      try verdict(["1", "two", "3"], wishes(kind: .numeric))
    }
  }

  @Test func `one value everywhere is constant`() throws {
    #expect(try verdict(["5", "5", "5.0"]) == .constant(.numeric))
    #expect(try verdict(["a", "a"]) == .constant(.categorical))
    #expect(try verdict(["5", "", "5"]) == plain)
  }

  @Test(arguments: ["?", "-", "nil", "<NA>", "NaT", "#N/A", "n.a.", "."])
  func `a marker among numbers is a missing value at any share`(marker: String) throws {
    for count in [1, 5, 500] {
      let values = (0..<60).map { "\($0 % 7)" } + Array(repeating: marker, count: count)
      #expect(try verdict(values) == plain)
      #expect(try verdict(Array(values.reversed())) == plain)
    }
    // Among texts it may be a category.
    #expect(try verdict(["red", marker, "blue"]) == .categories)
  }

  /// It does not matter how many rows have a stray text, only how many different ones there are.
  @Test(arguments: [1, 30, 300])
  func `a stray text among measurements is a mistake at any share`(count: Int) {
    let numbers = (0..<60).map { "\($0).5" }
    #expect(
      throws: DataError.textInNumericColumn(
        TextPosition(line: 62, column: 1), name: name("x"), text: name("oops"), numberCount: 60,
        textCount: count)
    ) { try verdict(numbers + Array(repeating: "oops", count: count)) }
  }

  @Test func `codes that are partly numbers are categories or identifiers`() throws {
    #expect(try verdict((0..<60).map { $0 % 3 == 0 ? "A\($0 % 4)" : "\($0 % 5)" }) == .categories)
    let tickets = (0..<60).map { $0 % 2 == 0 ? "A/\($0 % 3) \($0)" : "\(1000 + $0)" }
    #expect(try verdict(tickets) == .identifierLike(distinctCount: 60))
  }

  @Test(arguments: ["inf", "1e999", "-Infinity"])
  func `an infinite number is refused with its place`(text: String) {
    #expect(
      throws: DataError.notFinite(
        TextPosition(line: 3, column: 1), name: name("x"), text: name(text))
    ) { try verdict(["1", text, "2"]) }
  }

  @Test func `texts that hardly repeat are identifiers`() throws {
    #expect(
      try verdict((0..<30).map { "id\($0 % 21)" }) == .identifierLike(distinctCount: 21))
    #expect(try verdict((0..<42).map { "id\($0 % 21)" }) == .categories)
    #expect(try verdict((0..<20).map { "id\($0)" }) == .categories)
    #expect(
      try verdict((0..<5000).map { "id\($0 % 1001)" }) == .identifierLike(distinctCount: 1001))
    #expect(try verdict((0..<5000).map { "id\($0 % 1000)" }) == .categories)
  }

  @Test func `marks of numbers are found by all values`() throws {
    let comma = NumberForm(decimal: .comma)
    #expect(try verdict(["1,5", "2,25", "3"]) == .numbers(comma))
    #expect(try verdict(["0,123", "4,567"]) == .numbers(comma))
    #expect(
      try verdict(["1.234,5", "12"]) == .numbers(NumberForm(decimal: .comma, grouping: .point)))
    #expect(try verdict(["1,234.5", "12"]) == .numbers(NumberForm(grouping: .comma)))
    #expect(try verdict(["1,234,567", "12"]) == .numbers(NumberForm(grouping: .comma)))
    #expect(try verdict(["12 345", "1"]) == .numbers(NumberForm(grouping: .space)))
    #expect(try verdict(["5 %", "7 %"]) == .numbers(NumberForm(unit: Array("%".utf8))))
    #expect(
      try verdict(["1,5 kg", "2 kg"])
        == .numbers(NumberForm(decimal: .comma, unit: Array("kg".utf8))))
  }

  @Test func `thousands are known by numbers below a thousand`() throws {
    let values = (0..<40).map { $0 % 4 == 0 ? "\(100 + $0)" : "\(1 + $0),\(100 + $0)" }
    #expect(try verdict(values) == .numbers(NumberForm(grouping: .comma)))
  }

  private func problem(_ values: [String], _ text: String, _ problem: ColumnProblem) {
    #expect(
      throws: DataError.unclearColumn(
        TextPosition(line: 2, column: 1), name: name("x"), text: name(text), problem)
    ) { try verdict(values) }
  }

  @Test func `what can be read in two ways is asked for`() throws {
    problem(["1,234", "5,678"], "1,234", .ambiguousMarks)
    problem(["1/2/2024", "3/4/2024"], "1/2/2024", .ambiguousDates)
    problem(["5 kg", "6", "7"], "5 kg", .partOfUnit(Array("kg".utf8)))
    problem(["1,234.5", "1.234,5"], "1,234.5", .differentForms)
    let marks = ["1,234", "5,678"]
    #expect(try verdict(marks, wishes(decimal: .comma)) == .numbers(NumberForm(decimal: .comma)))
    #expect(
      try verdict(marks, wishes(grouping: .comma)) == .numbers(NumberForm(grouping: .comma)))
    #expect(try verdict(marks, wishes(likely: .comma)) == .numbers(NumberForm(decimal: .comma)))
    #expect(
      try verdict(["5 kg", "6"], wishes(units: ["kg"]))
        == .numbers(NumberForm(unit: Array("kg".utf8))))
    let dates = ["1/2/2024", "3/4/2024"]
    #expect(try verdict(dates, wishes(dayOrder: .monthDayYear)) == .calendar(.monthDayYear))
  }

  @Test func `points group thousands where other columns have decimal commas`() throws {
    let values = ["1.234", "12.500"]
    #expect(try verdict(values) == plain)
    #expect(
      try verdict(values, wishes(likely: .comma))
        == .numbers(NumberForm(decimal: .comma, grouping: .point)))
    #expect(try verdict(["1.5", "12.500"], wishes(likely: .comma)) == plain)
  }

  @Test func `dates and times are known by their form`() throws {
    #expect(try verdict(["2024-01-31", "2024-02-01"]) == .calendar(.yearMonthDay))
    #expect(try verdict(["2024-01-31T10:00:00Z", ""]) == .calendar(.yearMonthDay))
    #expect(try verdict(["31/1/2024", "1/2/2024"]) == .calendar(.dayMonthYear))
    #expect(try verdict(["1/31/2024", "1/2/2024"]) == .calendar(.monthDayYear))
    #expect(try verdict(["10:30", "23:59:59"]) == .calendar(.timeOfDay))
    #expect(try verdict(["20240131", "20240201"]) == .calendar(.compact))
    #expect(try verdict(["20240131", "20240132"]) == plain)
    #expect(
      try verdict(["1700000000", "1700003600"], named: "created_at") == .calendar(.epochSeconds))
    #expect(
      try verdict(["1700000000000", "1700003600000"], named: "Timestamp")
        == .calendar(.epochMilliseconds))
    #expect(try verdict(["1700000000", "1700003600"], named: "price") == plain)
    #expect(try verdict(["2024-01-31", "soon"]) == .categories)
  }

  @Test func `different integers that look like identifiers are left out`() throws {
    let shuffled = (0..<50).map { "\(1000 + $0 * 37 % 50)" }
    #expect(try verdict(shuffled, named: "customer_id") == .numericIdentifier)
    #expect(try verdict(shuffled, named: "customerID") == .numericIdentifier)
    #expect(try verdict(shuffled, named: "load") == plain)
    #expect(try verdict((7..<60).map { "\($0)" }) == .numericIdentifier)
    #expect(try verdict((0..<50).map { "00\(100 + $0 * 7 % 50)" }) == .numericIdentifier)
    #expect(try verdict(shuffled, named: "id", wishes(kind: .numeric)) == plain)
    #expect(try verdict(shuffled + ["1000"], named: "id") == plain)
  }

  @Test func `keys that come late count as missing before`() throws {
    let table = try summary(
      "{\"a\":1}\n{\"a\":2,\"b\":\"x\",\"c\":[1]}\n{\"b\":\"y\"}\n", format: .ndjson)
    #expect(table.columns.map(\.name) == [Array("a".utf8), Array("b".utf8)])
    #expect(table.columns.map(\.missingCount) == [1, 1])
    #expect(table.nestedKeys == [Array("c".utf8)])
  }
}

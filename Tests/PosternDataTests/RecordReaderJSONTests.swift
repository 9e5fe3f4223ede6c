import Testing

@testable import PosternData

@Suite struct RecordReaderJSONTests {
  private func options(_ names: String...) -> RecordReader.Options {
    RecordReader.Options(
      format: .ndjson, names: names.isEmpty ? nil : names.map { Array($0.utf8) })
  }

  private func failure(_ text: String, _ names: String...) -> DataError? {
    var options = RecordReader.Options(
      format: .ndjson, names: names.isEmpty ? nil : names.map { Array($0.utf8) })
    options.absentIsMissing = true
    return TableText.failure(text, options: options)
  }

  /// Options by which an object may lack keys.
  private func tolerant(_ names: String...) -> RecordReader.Options {
    var options = RecordReader.Options(format: .ndjson, names: names.map { Array($0.utf8) })
    options.absentIsMissing = true
    return options
  }

  @Test func `wanted keys are read in any order and others ignored`() throws {
    let table = try TableText.read(
      "{\"a\": 1, \"b\": \"x\"}\n{\"z\":[1,{\"a\":2}],\"b\":true,\"a\":-2.5e3}\r\n\n  {\"b\":null,\"a\":null}",
      options: options("b", "a"))
    #expect(table.header == ["b", "a"])
    #expect(table.rows == [["x", "1"], ["true", "-2.5e3"], ["", ""]])
  }

  @Test func `null and a missing key are missing values`() throws {
    var reader = try TableText.reader(
      "{\"a\":null,\"b\":\"NA\",\"c\":0,\"e\":\"\"}", options: tolerant("a", "b", "c", "d", "e"))
    #expect(try reader.next())
    #expect((0..<5).map { reader.isMissing($0) } == [true, true, false, true, true])
    #expect((0..<5).map { reader.isAbsent($0) } == [true, false, false, true, false])
    #expect(try reader.number(3).isNaN)
    #expect(try reader.number(2) == 0)
  }

  @Test func `an empty object is a record without values`() throws {
    #expect(try TableText.read("{}\n{ }\n", options: tolerant("a")).rows == [[""], [""]])
  }

  @Test func `escapes in keys and strings are resolved`() throws {
    let table = try TableText.read(
      #"{"\u0061":"\"\\\/\b\f\n\r\t\u00e9\u20AC\uD83D\uDE00","b\n":"y","c":"plain"}"#,
      options: options("a", "b\n", "c"))
    #expect(table.rows == [["\"\\/\u{8}\u{C}\n\r\té€😀", "y", "plain"]])
  }

  @Test func `keys are discovered in the order of their first appearance`() throws {
    let table = try TableText.read(
      "{\"b\":1,\"deep\":{\"x\":1}}\n{\"a\":2,\"b\":3}\n{\"c\":null}\n", options: options())
    #expect(table.header == ["b", "a", "c"])
    var reader = try TableText.reader(
      "{\"b\":1,\"deep\":{\"x\":1}}\n{\"deep\":[],\"a\":1}", options: options())
    #expect(try reader.next())
    #expect(try reader.next())
    #expect(reader.nestedKeys == [Array("deep".utf8)])
    let isMissing = reader.isMissing(0)
    #expect(isMissing)
    #expect(TableText.row(reader) == ["", "1"])
  }

  @Test(arguments: 1...30)
  func `the fall of the blocks changes nothing`(blockByteCount: Int) throws {
    let text =
      "\u{FEFF}{\"a\":\"x\\n\",\"b\":1}\n\n{\"b\":\"\(String(repeating: "é", count: 50))\"}"
    var options = tolerant("a", "b")
    options.blockByteCount = 16
    let table = try TableText.read(text, options: options, blockByteCount: blockByteCount)
    #expect(table.rows == [["x\n", "1"], ["", String(repeating: "é", count: 50)]])
  }

  @Test(
    arguments: [
      ("1", 1, .expectedObject), ("{", 2, .expectedKey), ("{a:1}", 2, .expectedKey),
      ("{\"a\" 1}", 6, .expectedColon), ("{\"a\":}", 6, .expectedValue),
      ("{\"a\":1 \"b\":2}", 8, .expectedCommaOrBrace), ("{\"a\":1,}", 8, .expectedKey),
      ("{\"a\":[1 2]}", 9, .expectedCommaOrBracket), ("{\"a\":01}", 6, .badNumber),
      ("{\"a\":1.}", 6, .badNumber), ("{\"a\":.5}", 6, .expectedValue),
      ("{\"a\":-}", 6, .badNumber),
      ("{\"a\":1e}", 6, .badNumber), ("{\"a\":+1}", 6, .expectedValue),
      ("{\"a\":NaN}", 6, .notFinite),
      ("{\"a\":tru}", 6, .expectedValue), ("{\"a\":\"\\x\"}", 7, .badEscape),
      ("{\"a\":\"\\u12G4\"}", 7, .badEscape), ("{\"a\":\"\\uD83D\"}", 7, .unpairedSurrogate),
      ("{\"a\":\"\\uDE00\"}", 7, .unpairedSurrogate),
      ("{\"a\":\"\\uDE00\\uDE00\"}", 7, .unpairedSurrogate),
      ("{\"a\":\"\\uD83D\\u0041\"}", 7, .unpairedSurrogate),
      ("{\"a\":\"\t\"}", 7, .controlCharacter), ("{\"a\":\"x}", 6, .unterminatedString),
      ("{\"a\":1} x", 9, .textAfterObject), ("{\"a\":1}{}", 8, .textAfterObject),
      ("{\"é\":\"é\", \"a\":x}", 15, .expectedValue), ("{\"a\":1]", 7, .expectedCommaOrBrace),
    ] as [(String, Int, JSONFault)])
  func `a faulty object is refused where it is faulty`(line: String, column: Int, fault: JSONFault)
    throws
  {
    let error = DataError.json(TextPosition(line: 2, column: column), fault)
    #expect(error.isRowError)
    var reader = try TableText.reader("{}\n\(line)\n{\"a\":7}", options: tolerant("a"))
    #expect(try reader.next())
    #expect(throws: error) { _ = try reader.next() }
    #expect(try reader.next())
    #expect(TableText.row(reader) == ["7"])
    #expect(reader.line == 3)
  }

  @Test func `nested values are passed over to a depth of 64`() {
    func nested(_ depth: Int) -> String {
      "{\"z\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    #expect(failure(nested(63), "a") == nil)
    #expect(failure(nested(64), "a") == .json(TextPosition(line: 1, column: 69), .tooDeep))
    #expect(failure(nested(100_000), "a") == .json(TextPosition(line: 1, column: 69), .tooDeep))
  }

  @Test func `an object as the value of a column is refused`() {
    #expect(
      failure("{\"b\":1,\"a\":{\"x\":1}}", "a")
        == .nestedValue(TextPosition(line: 1, column: 12), name: ShortText(Array("a".utf8))))
  }

  @Test func `a column that stands twice is refused, even as null`() {
    let key = ShortText(Array("a".utf8))
    #expect(
      failure("{\"a\":1,\"a\":2}", "a") == .duplicateKey(TextPosition(line: 1, column: 9), key: key)
    )
    #expect(
      failure("{\"a\":null,\"\\u0061\":2}", "a")
        == .duplicateKey(TextPosition(line: 1, column: 12), key: key))
    #expect(failure("{\"z\":1,\"z\":2}", "a") == nil)
  }

  @Test func `numbers too large for a Float are errors with a place`() throws {
    var reader = try TableText.reader("{\"a\":1e999}", options: options("a"))
    #expect(try reader.next())
    #expect(
      throws: DataError.notFinite(
        TextPosition(line: 1, column: 6), name: ShortText(Array("a".utf8)),
        text: ShortText(Array("1e999".utf8)))
    ) { _ = try reader.number(0) }
  }

  @Test func `an array and an input without objects are named`() {
    #expect(failure(" [{\"a\":1}]", "a") == .notText(.jsonArray))
    for text in ["", "\n", " \r\n\n"] { #expect(failure(text, "a") == .emptyJSON) }
  }

  @Test func `a key that an object lacks is refused, with the one that was meant`() throws {
    let key = ShortText(Array("height".utf8))
    var reader = try TableText.reader(
      "{\"height\":1,\"id\":1}\n{\"Height\":2,\"id\":\"7\"}\n{}\n{\"id\":8,\"height\":null}",
      options: options("height", "id"))
    #expect(try reader.next())
    let meant = ShortText(Array("Height".utf8))
    #expect(throws: DataError.absentKey(line: 2, name: key, suggestion: meant)) {
      _ = try reader.next()
    }
    #expect(TableText.row(reader) == ["", "7"])
    #expect(throws: DataError.absentKey(line: 3, name: key, suggestion: nil)) {
      _ = try reader.next()
    }
    #expect(try reader.next())
    #expect(reader.line == 4)
  }

  @Test func `the last names may be optional`() throws {
    var options = options("a", "y")
    options.optionalNameCount = 1
    #expect(try TableText.read("{\"a\":1}", options: options).rows == [["1", ""]])
    #expect(
      TableText.failure("{\"y\":1}", options: options)
        == .absentKey(line: 1, name: ShortText(Array("a".utf8)), suggestion: nil))
  }

  /// Goal: whatever is wrong with one value, the identifier of the row can be named.
  @Test(arguments: [
    "[1]", "{\"x\":2}", "NaN", "-Infinity", "01", "+1", ".5", "None", "0x10", "1.5.2",
  ])
  func `a fault in one value leaves the others readable`(value: String) throws {
    for line in ["{\"id\":\"é1\",\"a\":\(value)}", "{\"a\":\(value),\"id\":\"é1\"}"] {
      var reader = try TableText.reader(line, options: options("a", "id"))
      #expect(throws: DataError.self) { _ = try reader.next() }
      #expect(TableText.row(reader) == ["", "é1"])
      let isReadable = [reader.isReadable(0), reader.isReadable(1)]
      #expect(isReadable == [false, true])
    }
  }

  @Test(arguments: ["[1,{}]", "NaN", "1e999", "{\"a\":Infinity}", "\"x\",\"z\":2"])
  func `a key that nobody wants may hold anything`(value: String) {
    #expect(failure("{\"z\":\(value),\"a\":1}", "a") == nil)
    #expect(failure("{\"z\":1,\"a\":1}\n{\"z\":\(value),\"a\":1}") == nil)
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity"])
  func `a number that JSON does not have is named`(value: String) {
    #expect(
      failure("{\"b\":1,\"a\":\(value)}", "a")
        == .json(TextPosition(line: 1, column: 12), .notFinite))
  }

  @Test func `a line beyond the limit is refused and passed over`() throws {
    var options = TableText.limited(to: 40, format: .ndjson)
    options.names = [Array("a".utf8)]
    let long = String(repeating: "x", count: 500)
    var reader = try TableText.reader("{\"a\":\"\(long)\"}\n{\"a\":2}\n", options: options)
    #expect(throws: DataError.recordTooLong(line: 1, limit: 40)) { _ = try reader.next() }
    #expect(try reader.next())
    #expect(TableText.row(reader) == ["2"])
    #expect(reader.line == 2)
  }

  @Test func `more keys than a table may have columns are refused`() throws {
    var text = "{"
    for index in 0...RecordReader.columnCountLimit {
      text += "\(index > 0 ? "," : "")\"k\(index)\":1"
    }
    let limit = RecordReader.columnCountLimit
    #expect(failure(text + "}") == .tooManyColumns(line: 1, limit: limit))
    let header = (0...limit).map { "k\($0)" }.joined(separator: ",")
    #expect(TableText.failure(header) == .tooManyColumns(line: 1, limit: limit))
  }

  /// Goal: what this module writes as JSON it reads. Method: random strings of the bytes that
  /// matter.
  @Test func `what is written as JSON is read back`() throws {
    var random = RandomPatterns(seed: 29)
    let alphabet = Array("ab\"\\/\u{8}\n\t\u{1}\u{7F}é€😀".unicodeScalars)
    for _ in 0..<500 {
      var text = String.UnicodeScalarView()
      for _ in 0..<random.next() % 12 {
        text.append(alphabet[Int(random.next() % UInt64(alphabet.count))])
      }
      var buffer = TextBuffer()
      buffer.append("{\"a\":")
      buffer.append(jsonString: Array(String(text).utf8).span)
      buffer.append("}")
      var reader = try RecordReader(
        ByteSource(bytes: buffer.bytes.copied()), options: options("a"))
      #expect(try reader.next())
      #expect(TableText.row(reader) == [String(text)])
    }
  }
}

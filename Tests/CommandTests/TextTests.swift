// TextTests.swift: numbers, JSON and options as text.

import Testing

@testable import postern

@Suite struct TextTests {
  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func `digits are grouped in threes`(number: Int, text: String) {
    #expect(grouped(number) == text)
  }

  @Test(
    arguments: [
      (0, "0"), (3.14159, "3.142"), (12_345.6, "12346"), (0.012345, "0.01235"), (-2.5, "-2.500"),
      (99.999, "100.00"),
    ] as [(Double, String)])
  func `about four digits are significant`(number: Double, text: String) {
    #expect(significant(number) == text)
  }

  @Test(arguments: [(0.25, "25.0 %"), (1, "100.0 %"), (0.0004, "0.0 %")] as [(Double, String)])
  func `a share is a percentage`(share: Double, text: String) {
    #expect(percent(share) == text)
  }

  @Test(
    arguments: [
      ("4096", 4096), ("64K", 65_536), ("64KiB", 65_536), ("1.5M", 1_572_864), ("2g", 2 << 30),
    ] as [(String, Int)])
  func `a size has a unit`(text: String, byteCount: Int) {
    #expect(ByteSize(argument: text)?.byteCount == byteCount)
  }

  @Test(arguments: ["", "K", "-1", "1T", "lots", "nan", "1e40"])
  func `what is no size is refused`(text: String) {
    #expect(ByteSize(argument: text) == nil)
  }

  @Test func `experts are listed by numbers and ranges`() throws {
    let list = try #require(ExpertList(argument: "0,3-5"))
    #expect((0..<8).filter(list.contains) == [0, 3, 4, 5])
    #expect(list.firstBeyond(5) == 5)
    #expect(list.firstBeyond(6) == nil)
    #expect(ExpertList(argument: "all")?.firstBeyond(1) == nil)
    for text in ["", "x", "5-3", "1-2-3", "-1", "1,,2"] {
      #expect(ExpertList(argument: text) == nil)
    }
  }

  @Test(
    arguments: [
      "null", "true", "-0.5e+10", "\"a\\\"\\n\\u0001é\"", "[1,2,[]]",
      "{\"a\":{\"b\":[null]},\"c\":\"\"}",
    ])
  func `JSON is read and written back`(text: String) {
    #expect(JSON(parsing: Array(text.utf8))?.compact == text)
  }

  @Test(
    arguments: [
      "", "nul", "01", "1.", "[1,]", "{\"a\"}", "{a:1}", "\"\u{1}\"", "\"\\x\"", "1 2",
      "\"\\ud800\"",
      String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
    ])
  func `what is no JSON is refused`(text: String) {
    #expect(JSON(parsing: Array(text.utf8)) == nil)
  }

  @Test func `members are sorted by name`() {
    let value = JSON(parsing: Array("{\"b\":1,\"a\":{\"d\":1,\"c\":2}}".utf8))
    #expect(value?.sorted.compact == "{\"a\":{\"c\":2,\"d\":1},\"b\":1}")
  }
}

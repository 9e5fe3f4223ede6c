import Testing

@testable import PosternData

@Suite struct ForeignTextTests {
  private func kind(_ text: String, delimiter: Character = ",") -> ForeignKind? {
    ForeignKind.sniff(Array(text.utf8).span, delimiter: delimiter.asciiValue)
  }

  @Test(
    arguments: [
      ("% by hand\n\n@RELATION iris\n@attribute a numeric\n", .arff),
      ("@relation r\n", .arff),
      ("1 3:0.5 7:1\n-1 1:2\n", .libsvm), ("1 3:0.5\n0\n", .libsvm),
      ("a b c\n1 2 3\n", .spaced), ("\"a\" \"b c\"\n\"1\" 1 2\n", .spaced),
      ("a  b\n1 2\n", .aligned), ("  a b\n  1 2\n", .aligned),
      ("# x\n# y\na,b\n1,2\n", .comments(0x23, holdHeader: false)),
      ("%x\na,b\n1,2\n", .comments(0x25, holdHeader: false)),
      ("# a,b\n1,2\n", .comments(0x23, holdHeader: true)),
      ("# made\n#a,b\n1,2\n", .comments(0x23, holdHeader: true)),
      ("FEA1....", .arrow),
    ] as [(String, ForeignKind)])
  func `a text of another kind is named`(text: String, kind: ForeignKind) {
    #expect(self.kind(text) == kind)
  }

  /// Goal: nothing that can be read is refused.
  @Test(arguments: [
    "", "a", "a,b\n1 2,3 4\n", "a b,c d\n1 2,3 4\n", "full name\nAnn\n", "full name\n",
    "\"a b\"\n\"c d\"\n", "#id,a\n1,2\n", "#id,a\n#1,2\n#2,3\n", "time\n12:30\n", "y\n1\n2\n",
    "a\n1:2\n", "@a,b\n1,2\n", "a\tb c\n1\t2 3\n",
  ])
  func `a table is none`(text: String) {
    #expect(kind(text) == nil)
    if text.contains("\t") { #expect(kind(text, delimiter: "\t") == nil) }
  }

  @Test func `blanks that are the delimiter are none`() {
    #expect(kind("a b\n1 2\n", delimiter: " ") == nil)
  }

  @Test func `a workbook is an archive with parts of one`() {
    let start = Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 26)
    let book = ForeignKind.sniff((start + Array("[Content_Types].xml".utf8)).span, delimiter: 0x2C)
    #expect(book == .spreadsheet)
    let archive = ForeignKind.sniff((start + Array("rows.csv".utf8)).span, delimiter: 0x2C)
    #expect(archive == .zip)
  }
}

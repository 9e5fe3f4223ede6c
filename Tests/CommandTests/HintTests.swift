// HintTests.swift: what a message says to do can be done.

import Foundation
import Testing

/// Goal: every option and command in a hint runs when it is pasted into bash. Method: inputs that
/// provoke the hints; what stands in backticks there is run: an option together with the command
/// that failed, anything else as it is.
@Suite struct HintTests {
  /// A command and the file that it reads.
  struct Case: Sendable, CustomTestStringConvertible {
    var line: String
    var file: String
    var bytes: [UInt8]
    /// What the message says, and does not say with the hint any more.
    var says: String
    var testDescription: String { line }

    init(_ line: String, _ text: String, _ file: String = "rows.csv", says: String) {
      self.init(line, bytes: Array(text.utf8), file, says: says)
    }

    init(_ line: String, bytes: [UInt8], _ file: String = "rows.csv", says: String) {
      (self.line, self.file, self.bytes, self.says) = (line, file, bytes, says)
    }
  }

  private static let model = "vectors/valid/binary.moe"
  private static let predict = "postern predict \(model) "
  private static let train = "postern train rows.csv --target y --epochs 1 --teachers 1 -o m.moe"
  private static let rows = (0..<30).map { "\($0),\($0 * 7 % 11),\($0 % 5).5\n" }.joined()
  private static let names = (0..<60).map { "t\($0),\($0 % 7),\($0 % 5).5\n" }.joined()
  private static let arff =
    "% c\n@relation r\n@attribute x0 numeric\n@ATTRIBUTE 'x1' numeric\n@attribute \"x2\" real\n"
    + "@data\n1,2,3\n"

  static let cases: [Case] = [
    Case(predict + "rows.csv", "x0;x1;x2\n1;2;3\n", says: "the header is one column"),
    Case(predict + "rows.csv", "x0\tx1\tx2\n1\t2\t3\n", says: "the header is one column"),
    Case(predict + "rows.csv", "x0 x1 x2\n1 2 3\n", says: "there are blanks"),
    Case(predict + "'my rows.txt'", " x0  x1  x2\n  1   2   3\n", "my rows.txt", says: "aligned"),
    Case(predict + "rows.csv", "# by\nx0,x1,x2\n1,2,3\n", says: "there are comments"),
    Case(predict + "rows.csv", "# x0,x1,x2\n1,2,3\n", says: "the header is a comment"),
    Case(predict + "\"it's.arff\"", arff, "it's.arff", says: "this is ARFF"),
    Case(predict + "rows.svm", "1 1:2 3:0.5\n0 2:1\n", "rows.svm", says: "LIBSVM"),
    Case(predict + "rows.csv", "{\"x0\":1,\"x1\":2,\"x2\":3}\n", says: "this is JSON"),
    Case(
      predict + "rows.csv", bytes: Array("x0,x1,x2,n".utf8) + [0xE9] + Array("\n1,2,3,4\n".utf8),
      says: "not UTF-8"),
    Case(
      predict + "rows.csv", bytes: [0xFF, 0xFE] + "x0,x1,x2\n1,2,3\n".utf8.flatMap { [$0, 0] },
      says: "this is UTF-16"),
    Case(predict + "rows.csv", "x0,x1,x2,n\n1,2,3,\"4\n", says: "never closed"),
    Case(predict + "rows.ndjson", "{\"x0\":1,\"x1\":2}\n", "rows.ndjson", says: "no key `x2`"),
    Case(predict + "rows.csv", "x0,x1\n1,2\n", says: "no column `x2`"),
    Case(predict + "rows.csv", "1,2,3\n4,5,6\n", says: "no columns"),
    Case(train, "a b,c,y\n\(rows)\"9,a\",1,2\n", says: "`9,a` in column"),
    Case(train, "a b,c,y\n\(rows)?*,1,2\n", says: "`?*` in column"),
    Case(train, "a b,c,y\n\(rows)-n/a-,1,2\n", says: "`-n/a-` in column"),
    Case(train, "a b,c,y\n\(rows)$HOME,1,2\n", says: "`$HOME` in column"),
    Case(train, "it's a b,c,y\n\(names)", says: "like an identifier"),
    Case("postern pack \(model) --raw 9 -o m.moe", "", says: "there is no expert 9"),
  ]

  @Test(arguments: cases)
  func `a hint can be pasted`(item: Case) throws {
    let scratch = try Scratch()
    func bash(_ line: String) throws -> CommandResult {
      try scratch.run("bash -s", input: Array(line.utf8))
    }
    try scratch.write(item.bytes, to: item.file)
    // Commands do not overwrite what the tests need, and shell patterns have something to match.
    try scratch.write([], to: "a")
    let errors = try bash(item.line).errors
    #expect(errors.contains(item.says), "\(errors)")
    let hints = HintTests.hints(errors)
    #expect(!hints.isEmpty, "\(errors)")
    for hint in hints {
      if hint.hasPrefix("--") {
        let result = try bash("\(item.line) \(hint)")
        #expect(result.status != 64, "\(hint)\n\(result)")
        #expect(!result.errors.contains(item.says), "\(hint)\n\(result)")
        continue
      }
      let result = try bash(hint)
      #expect(result.status == 0, "\(hint)\n\(result)")
      if let target = hint.range(of: " > ", options: .backwards), item.says != "LIBSVM" {
        // The new file is one that the command takes.
        let read = try bash(HintTests.predict + String(hint[target.upperBound...]))
        #expect(read.status == 0, "\(hint)\n\(read)")
      }
    }
  }

  /// The options with values and the commands in the hints of some messages.
  private static func hints(_ errors: String) -> [String] {
    errors.split(separator: "\n").filter { $0.hasPrefix("  help:") }.flatMap { help in
      help.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 && $0.element != "\"\"" && !$0.element.hasPrefix("{") }
        .map { String($0.element) }
        .filter { $0.contains(" ") || $0.hasPrefix("--no") }
    }
  }
}

// Transcript.swift: reads the files that say what commands must do.
//
// A transcript is a sentence, then sections that each start with a line `-- NAME --`:
//
//   -- file NAME --      a file to write first; `-- file NAME escaped --` knows \n \r \t \0 \\ \xNN
//   -- run --            a line for the shell
//   -- stdin --          what it reads; nothing without this section
//   -- stdout --         what it must print; nothing without this section
//   -- stderr --         what it must say; nothing without this section
//   -- exit --           its exit code; 0 without this section
//
// Runs follow each other in one folder. In an expected line `…` stands for any text.

import Foundation

/// One run of a command and what it must leave behind.
struct Step {
  var line: String
  var input: [UInt8] = []
  var expected = CommandResult(status: 0, output: "", errors: "")
}

/// A file of runs.
struct Transcript {
  var sentence = ""
  var files: [(name: String, bytes: [UInt8])] = []
  var steps: [Step] = []

  enum Fault: Error { case unknownSection(String), noRunBefore(String), badEscape(String) }

  init(_ text: String) throws {
    var section: String?
    var lines: [Substring] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("-- "), line.hasSuffix(" --") else {
        lines.append(line)
        continue
      }
      try end(section, lines)
      section = String(line.dropFirst(3).dropLast(3))
      lines = []
    }
    // Behind the last line end stands nothing.
    if lines.last == "" { lines.removeLast() }
    try end(section, lines)
  }

  private mutating func end(_ section: String?, _ lines: [Substring]) throws {
    let text = lines.map { $0 + "\n" }.joined()
    guard let section else {
      sentence = text.split(separator: "\n").joined(separator: " ")
      return
    }
    let words = section.split(separator: " ").map(String.init)
    switch words.first {
    case "file" where words.count >= 2:
      let bytes = words.last == "escaped" ? try Transcript.unescaped(text) : Array(text.utf8)
      files.append((words[1], bytes))
    case "run": steps.append(Step(line: text))
    case "stdin": try change(section) { $0.input = Array(text.utf8) }
    case "stdout": try change(section) { $0.expected.output = text }
    case "stderr": try change(section) { $0.expected.errors = text }
    case "exit":
      let code = Int32(text.split(separator: "\n").first ?? "")
      try change(section) { $0.expected.status = code ?? -1 }
    default: throw Fault.unknownSection(section)
    }
  }

  private mutating func change(_ section: String, _ body: (inout Step) -> Void) throws {
    guard !steps.isEmpty else { throw Fault.noRunBefore(section) }
    body(&steps[steps.count - 1])
  }

  /// The text without its line ends, `\n` and the like in their place.
  private static func unescaped(_ text: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8.filter { $0 != 0x0A })[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "n"): bytes.append(0x0A)
      case UInt8(ascii: "r"): bytes.append(0x0D)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "0"): bytes.append(0)
      case UInt8(ascii: "\\"): bytes.append(0x5C)
      case UInt8(ascii: "x"):
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        guard let value = UInt8(digits, radix: 16) else { throw Fault.badEscape(digits) }
        bytes.append(value)
        rest = rest.dropFirst(2)
      default: throw Fault.badEscape(text)
      }
    }
    return bytes
  }

  /// Whether `found` is `expected`, in which `…` stands for any text within a line.
  static func matches(_ found: String, _ expected: String) -> Bool {
    let foundLines = found.split(separator: "\n", omittingEmptySubsequences: false)
    let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
    guard foundLines.count == expectedLines.count else { return false }
    return zip(foundLines, expectedLines).allSatisfy { matchesLine($0, $1) }
  }

  private static func matchesLine(_ found: Substring, _ expected: Substring) -> Bool {
    let parts = expected.split(separator: "…", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return found == expected
    }
    guard found.hasPrefix(first) else { return false }
    var rest = found.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() {
      guard let range = rest.range(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}

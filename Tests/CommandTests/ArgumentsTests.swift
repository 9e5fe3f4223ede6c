// ArgumentsTests.swift: values that begin with a hyphen, and texts as words of the shell.

import PosternData
import Testing

@testable import postern

@Suite struct ArgumentsTests {
  @Test(arguments: [
    ("train a.csv --missing -999 -o m", "train a.csv --missing=-999 -o m"),
    ("train --missing -n/a-,NA --target -y1", "train --missing=-n/a-,NA --target=-y1"),
    ("train --missing -- a.csv", "train --missing=-- a.csv"),
    ("train --seed -1 --threads -2", "train --seed=-1 --threads=-2"),
    ("train --bins -.5", "train --bins=-.5"),
    ("train --missing --target y", "train --missing --target y"),
    ("train --missing -q", "train --missing -q"),
    ("train --missing=-9 -- --missing -9", "train --missing=-9 -- --missing -9"),
    ("predict m.moe - --missing -", "predict m.moe - --missing -"),
    ("predict m --explain 3", "predict m --explain=route 3"),
    ("plan m --explain", "plan m --explain"), ("predict --missing", "predict --missing"),
    ("predict m -o -", "predict m -o -"),
  ])
  func `a value that begins with a hyphen is bound to its option`(line: String, bound: String) {
    #expect(
      boundArguments(line.split(separator: " ").map(String.init)).joined(separator: " ") == bound)
  }

  private static let texts = [
    "a", "my col", "?", "*", "it's", "9,584.7", "-999", "--", "$HOME", "`date`", "a\\b", "\\N",
    "\\,", "a\\",
    "é", "\"", "a\nb", "\t", "!", "#N/A", "~", "{a,b}", "(x)", "a=b", ",",
  ]

  @Test(arguments: texts)
  func `a text in a message is one word of bash`(text: String) throws {
    let scratch = try Scratch()
    let line = "printf '%s' \(Messages.shellQuoted(text))"
    let result = try scratch.run("bash -s", input: Array(line.utf8))
    #expect(result.output == text)
    #expect(!Messages.shellQuoted(text).contains("`"))
  }

  @Test(arguments: texts)
  func `an option in a message has its value back`(text: String) throws {
    let scratch = try Scratch()
    let option = Messages.option("--missing", ShortText(Array(text.utf8)))
    let line = "printf '%s\\0' \(option.dropFirst().dropLast())"
    let result = try scratch.run("bash -s", input: Array(line.utf8))
    let words = result.output.split(separator: "\0").map(String.init)
    let bound = boundArguments(words)
    let value =
      bound.count == 2 ? bound[1] : String(bound[0].dropFirst("--missing=".count))
    #expect(columnNames([value]) == [Array(text.utf8)])
  }

  @Test func `a list is cut at commas without a backslash before them`() {
    let names = columnNames(["a,b\\,c", "d,,e", "x,y"], in: [Array("x,y".utf8)])
    #expect(names.map { String(decoding: $0, as: UTF8.self) } == ["a", "b,c", "d", "e", "x,y"])
  }

  @Test func `a number with separators is one text that means missing`() {
    #expect(
      missingTexts(["9,584.7", "NA,-9", "-1,234,567.0"]) == ["9,584.7", "NA", "-9", "-1,234,567.0"])
    #expect(
      missingTexts(["9,99", "9,999", "1,23.4", "9\\,999"]) == [
        "9", "99", "9", "999", "1", "23.4", "9,999",
      ])
  }

  @Test func `a new file never has the name of the old one`() {
    #expect(Messages.newName("a/b.arff", ".csv") == "a/b.csv")
    #expect(Messages.newName("a.b/c.csv", ".csv") == "a.b/c-new.csv")
    #expect(Messages.newName("c.csv.gz", "") == "c.csv")
    #expect(Messages.newName("c.csv", "-utf8.csv") == "c-utf8.csv")
    #expect(Messages.newName("c", "") == "c-new")
    #expect(Messages.newName(".c", ".csv") == ".c.csv")
  }
}

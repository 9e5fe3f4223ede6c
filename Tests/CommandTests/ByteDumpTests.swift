// ByteDumpTests.swift: the dump is the one of the specification.

import Foundation
import Testing

@Suite struct ByteDumpTests {
  /// Appendix A was made by the second reader, from the text alone.
  @Test func `the dump of the smallest model is appendix A`() throws {
    let file = Scratch.repository.appendingPathComponent("formats/model.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let appendix = try #require(text.components(separatedBy: "## Appendix A.").last)
    let expected = try #require(appendix.components(separatedBy: "```\n").dropFirst().first)
    let scratch = try Scratch()
    let result = try scratch.run("postern inspect vectors/valid/smallest.moe --bytes")
    #expect(result.status == 0)
    #expect(result.output == expected)
  }

  /// Goal: no byte of any file is left out or shown twice. Method: offsets and sizes of the lines.
  @Test(arguments: [
    "ancillary", "int4-groups", "two-levels-mixed", "zstd", "texts", "page-aligned",
    "input-numbers", "input-times",
  ])
  func `the lines of a dump follow each other without a gap`(name: String) throws {
    let scratch = try Scratch()
    let result = try scratch.run("postern inspect vectors/valid/\(name).moe --bytes")
    let offsets = result.output.split(separator: "\n").compactMap { line -> Int? in
      let parts = line.split(separator: "|")
      return parts.count > 2 ? Int(parts[0].filter { $0 != " " }, radix: 16) : nil
    }
    #expect(offsets.first == 0)
    #expect(offsets == offsets.sorted())
    #expect(Set(offsets).count == offsets.count)
    let size = try scratch.read("vectors/valid/\(name).moe").count
    #expect(try #require(offsets.last) < size)
  }
}

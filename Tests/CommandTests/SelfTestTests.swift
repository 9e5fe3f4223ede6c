// SelfTestTests.swift: models whose ancillary sections or names say something odd.

import Foundation
import PosternPackaging
import TestModels
import Testing

@Suite struct SelfTestTests {
  /// The bytes of section 8.5 for one row of the model's columns: zeros, expert 0, and values.
  private func section(columns: Int, outputs: Int, values: UInt32) -> [UInt8] {
    var bytes: [UInt8] = [1, 0, 0, 0] + [UInt8](repeating: 0, count: 12 + 4 * columns + 4)
    for _ in 0..<outputs {
      for shift in stride(from: 0, to: 32, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: values >> UInt32(shift)))
      }
    }
    return bytes
  }

  @Test func `a self-test with other bits ends with 1`() throws {
    var model = TestModels.mixed(expertCount: 1)
    model.ancillary.selfTest = section(
      columns: model.columns.count, outputs: model.outputCount, values: 0x4049_0FDB)
    let scratch = try Scratch()
    try scratch.write(try model.encoded(profile: .map), to: "m.moe")
    let result = try scratch.run("postern verify m.moe")
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("m.moe: the self-test differs\n"))
    #expect(result.output.contains("1 self-test row, 1 with other bits on portable: 0\n"))
    let json = try scratch.run("postern verify m.moe --json")
    #expect(json.status == 1)
    #expect(json.output.contains("\"selfTestDifferences\": [0]"))
  }

  /// No checksum finds a histogram that was written with absurd counts.
  @Test func `a histogram whose sum overflows is shown without shares`() throws {
    var model = TestModels.mixed(expertCount: 2)
    model.ancillary.routingHistogram = [.max, 2]
    let scratch = try Scratch()
    try scratch.write(try model.encoded(profile: .map), to: "m.moe")
    for options in ["", "--json", "--bytes"] {
      #expect(try scratch.run("postern inspect m.moe \(options)").status == 0)
    }
  }

  @Test func `two columns of one name cannot be bound by name`() throws {
    var model = TestModels.mixed(expertCount: 1)
    model.columns[1].name = model.columns[0].name
    let scratch = try Scratch()
    try scratch.write(try model.encoded(profile: .map), to: "m.moe")
    let result = try scratch.run("postern predict m.moe", input: Array("a\n1\n".utf8))
    #expect(result.status == 76)
    #expect(result.errors.contains("columns 1 and 2 of the model are both named"))
    #expect(result.errors.contains("  help: say `--no-header`"))
  }
}

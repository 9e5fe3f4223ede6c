// VectorTests.swift: the command against the golden vectors of the specification.
//
// Goal: what `postern predict` prints are the bits of the vectors, which a second implementation
// wrote; what the vectors call invalid is refused by the name of the rule.

import Foundation
import PosternFormat
import Testing

@Suite struct VectorTests {
  private static let folder = Scratch.repository.appendingPathComponent("formats/vectors")

  private static func names(_ kind: String, ending: String) -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent(kind).path)
    return (files ?? []).filter { $0.hasSuffix(ending) }.map {
      kind + "/" + $0.dropLast(ending.count)
    }
    .sorted()
  }

  static let tables = names("valid", ending: ".csv") + names("boundary", ending: ".csv")
  static let invalid = names("invalid", ending: ".moe")

  @Test func `there are vectors`() {
    #expect(VectorTests.tables.count > 40)
    #expect(VectorTests.invalid.count > 200)
  }

  private func lines(_ name: String) throws -> [Substring] {
    let file = VectorTests.folder.appendingPathComponent(name)
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
  }

  @Test(arguments: tables)
  func `predictions from text have the bits of the vector`(name: String) throws {
    let scratch = try Scratch()
    let model = "vectors/\(name).moe"
    let options = "--on-error null --explain --out ndjson -q"
    let result = try scratch.run("postern predict \(model) vectors/\(name).csv \(options)")
    if result.status == 76 {
      // Weights of other types than f32 are refused by name until the runtime computes with them.
      #expect(result.errors.contains("has weights of type"))
      return
    }
    let expected = try lines(name + ".expected")
    let found = result.output.split(separator: "\n")
    #expect(result.status == (expected.contains { $0.hasPrefix("refused") } ? 1 : 0))
    #expect(found.count == expected.count)
    // Models with an input section answer in binary64.
    let answers = (try? lines(name + ".predictions")) ?? []
    let exponents = try targetExponents(name)
    for (number, (line, wanted)) in zip(found, expected).enumerated() {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      if wanted.hasPrefix("refused") {
        #expect(object["expert"] is NSNull)
        continue
      }
      let words = wanted.split(separator: " ")
      #expect(object["expert"] as? Int == Int(words[0]))
      // A class is a text; its logits are not printed.
      let values = object.filter { $0.key.hasPrefix("prediction") && $0.value is NSNumber }
      if !answers.isEmpty {
        let answer = answers[number].split(separator: " ").compactMap { UInt64($0, radix: 16) }
        let printed = numbers(in: line)
        #expect(printed.count == answer.count)
        for (output, pair) in zip(printed, answer).enumerated() {
          // No digit is printed that the binary32 value of the head does not carry.
          let value = Float(bitPattern: UInt32(words[output + 1], radix: 16) ?? 0)
          let step =
            Double(value.ulp) * Double(sign: .plus, exponent: exponents[output], significand: 1)
          let expected = Double(bitPattern: pair.1)
          #expect(abs(pair.0 - expected) <= step / 2 + expected.ulp, "\(line)")
        }
        continue
      }
      guard values.count == words.count - 1 else { continue }
      let bits = words.dropFirst().compactMap { UInt32($0, radix: 16) }
      let printed = numbers(in: line).map { Float($0) }
      #expect(printed.map(\.bitPattern) == bits, "\(line)")
    }
  }

  /// The exponents of the targets of a model's input section.
  private func targetExponents(_ name: String) throws -> [Int] {
    let file = VectorTests.folder.appendingPathComponent(name + ".moe")
    let bytes = [UInt8](try Data(contentsOf: file))
    let model = try ModelView(validating: bytes.span)
    var exponents: [Int] = []
    guard let input = model.input else { return [] }
    for target in 0..<model.schema.targetCount {
      exponents.append(input.exponent(ofTarget: target))
    }
    return exponents
  }

  /// Those whose rows of binary32 are what the data says, too: without origins.
  static let rows = (names("valid", ending: ".rows") + names("boundary", ending: ".rows"))
    .filter { !valued.contains($0) }
  static let valued = names("valid", ending: ".values") + names("boundary", ending: ".values")

  /// Binary in, binary out: not even a decimal text lies between a row and its answer.
  @Test(arguments: rows)
  func `predictions from binary rows have the bits of the vector`(name: String) throws {
    let scratch = try Scratch()
    var bytes: [UInt8] = []
    let file = Scratch.repository.appendingPathComponent("formats/vectors/\(name).moe")
    let model = [UInt8](try Data(contentsOf: file))
    let schema = try ModelView(validating: model.span).schema
    for row in try lines(name + ".rows") {
      // Columns that the model ignores have no place in a row.
      for (column, word) in row.split(separator: " ").enumerated()
      where schema.kind(ofColumn: column) != .ignored {
        let bits = try #require(UInt32(word, radix: 16))
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: bits >> UInt32(8 * $0)) }
      }
    }
    try scratch.write(bytes, to: "rows.f32")
    let result = try scratch.run(
      "postern predict vectors/\(name).moe rows.f32 -o out.f32 --on-error null -q")
    let expected = try lines(name + ".expected")
    #expect(result.status == (expected.contains { $0.hasPrefix("refused") } ? 1 : 0))
    let found = try scratch.read("out.f32")
    let width = found.count / 4 / expected.count
    #expect(found.count == 4 * width * expected.count)
    for (row, line) in expected.enumerated() {
      let values = (0..<width).map { value in
        let first = 4 * (row * width + value)
        return (0..<4).reduce(UInt32(0)) { $0 | UInt32(found[first + $1]) << UInt32(8 * $1) }
      }
      if line.hasPrefix("refused") {
        #expect(values.allSatisfy { Float(bitPattern: $0).isNaN })
        continue
      }
      // A regression gives its values; else there are the logits, and the class is written.
      let bits = line.split(separator: " ").dropFirst().compactMap { UInt32($0, radix: 16) }
      let logits = bits.map(Float.init(bitPattern:))
      let best = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
      let label = logits.count == 1 ? (logits[0] > 0 ? 1 : 0) : best
      #expect(values == bits || values == [Float(label).bitPattern], "row \(row)")
    }
  }

  /// The numbers of the predictions in a line of JSON, in their order.
  private func numbers(in line: Substring) -> [Double] {
    let part = line.components(separatedBy: ",\"expert\"")[0]
    return part.split(separator: ",").compactMap { member in
      member.split(separator: ":").last.flatMap { Double($0.filter { $0 != "}" }) }
    }
  }

  @Test(arguments: invalid)
  func `an invalid file is refused by the name of its rule`(name: String) throws {
    let scratch = try Scratch()
    let result = try scratch.run("postern verify vectors/\(name).moe --json")
    #expect(result.status == 76)
    #expect(result.errors.hasPrefix("error: vectors/\(name).moe: "))
    #expect(result.errors.contains("\n  help: "))
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let problem = try #require(report["problem"] as? [String: Any])
    let wanted = try lines(name + ".error")[0].split(separator: " ").map(String.init)
    #expect(problem["rule"] as? String == wanted[0])
    #expect(problem["kind"] as? Int == Int(wanted[1]))
    #expect(problem["index"] as? Int == Int(wanted[2]))
    #expect(report["good"] as? Bool == false)
  }
}

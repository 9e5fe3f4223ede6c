// GoldenVectorTests.swift: the vectors of the specification, predicted to the bit.

import Foundation
import PosternFormat
import PosternRuntime
import Testing

/// Goal: the runtime gives the bits that a second implementation, written from the specification
/// alone, gave. Method: every vector whose experts are raw, row by row and in batches.
@Suite struct GoldenVectorTests {
  static let names = Vectors.names("valid") + Vectors.names("boundary")

  @Test(arguments: names, [1, 2, 3, 64, 65, 1000])
  func `a golden vector predicts its bits in batches of any size`(
    name: String, capacity: Int
  ) throws {
    let vector = try Vectors.load(name)
    let model = try ModelView(validating: vector.bytes.span)
    var words = [UInt32](
      repeating: 0xFFFF_FFFF,
      count: model.header.workspaceByteCount(rowCapacity: capacity) / 4)
    guard Vectors.isRaw(model) else { return }
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: capacity, workspace: workspace)
    var answers: [String] = []
    var first = 0
    while first < vector.rows.count {
      let count = min(capacity, vector.rows.count - first)
      for slot in 0..<count {
        let row = vector.rows[first + slot]
        session.load(row.span, at: slot)
      }
      try session.predictRaw(count: count)
      for slot in 0..<count { answers.append(Vectors.answer(session, slot)) }
      first += count
    }
    #expect(answers == vector.expected)
  }

  @Test(arguments: Vectors.names("valid", ending: ".explain"))
  func `margin, runner-up and probabilities have their bits`(name: String) throws {
    let vector = try Vectors.load(name)
    let expected = try Vectors.lines(name, ".explain")
    let model = try ModelView(validating: vector.bytes.span)
    let isRaw = Vectors.isRaw(model)
    try #require(isRaw)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 8) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 8, workspace: workspace)
    for (number, row) in vector.rows.enumerated() {
      session.load(row.span, at: 0)
      try session.predictRaw(count: 1, explaining: true)
      #expect(Vectors.explanation(&session) == expected[number], "row \(number)")
    }
  }
}

/// The files of `formats/vectors`.
enum Vectors {
  struct Vector {
    var bytes: [UInt8]
    var rows: [[Float]]
    var expected: [String]
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "formats/vectors")

  static func names(_ group: String, ending: String = ".expected") -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: group).path)
    return (files ?? []).filter { $0.hasSuffix(ending) }
      .map { "\(group)/\($0.dropLast(ending.count))" }.sorted()
  }

  static func lines(_ name: String, _ ending: String) throws -> [String] {
    let path = folder.appending(path: name).path + ending
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  static func load(_ name: String) throws -> Vector {
    let path = folder.appending(path: name).path
    let rows = try lines(name, ".rows").map {
      $0.split(separator: " ").map { Float(bitPattern: UInt32($0, radix: 16) ?? 0) }
    }
    return Vector(
      bytes: [UInt8](try Data(contentsOf: URL(filePath: path + ".moe"))), rows: rows,
      expected: try lines(name, ".expected"))
  }

  static func isRaw(_ model: borrowing ModelView) -> Bool {
    for expert in 0..<model.expertSectionCount {
      if model.expertEntry(expert).encoding != .raw { return false }
    }
    return true
  }

  /// A line in the form of `.expected`.
  static func answer(_ session: borrowing Session, _ slot: Int) -> String {
    if let refusal = session.status(slot).refusal {
      return switch refusal {
      case .missingValue: "refused missing value"
      case .infiniteValue: "refused infinite value"
      case .invalidCode: "refused invalid code"
      case .unknownCategory: "refused unknown category"
      case .overflow: "refused overflow"
      }
    }
    var line = String(session.expert(slot))
    for output in 0..<session.model.header.outputCount {
      line += " " + bits(session.value(slot, output: output))
    }
    return line
  }

  /// A line in the form of `.explain` for the row in slot 0.
  static func explanation(_ session: inout Session) -> String {
    if session.status(0).refusal != nil { return answer(session, 0) }
    var line = "\(session.expert(0)) \(bits(session.margin(0)))"
    line += session.runnerUp(0).map { " \($0)" } ?? " -"
    let header = session.model.header
    if header.task == .regression { return line }
    var probabilities = [Float](
      repeating: 0, count: header.task == .binary ? 2 : header.outputCount)
    var span = probabilities.mutableSpan
    session.probabilities(0, into: &span)
    return line + " :" + probabilities.map { " " + bits($0) }.joined()
  }

  private static func bits(_ value: Float) -> String {
    let digits = String(value.bitPattern, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

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

  @Test(arguments: Vectors.names("valid", ending: ".values") + ["boundary/input-limits"])
  func `values in binary64 give the bits of the rows`(name: String) throws {
    let vector = try Vectors.load(name)
    let model = try ModelView(validating: vector.bytes.span)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 1, workspace: workspace)
    let isRegression = model.header.task == .regression
    let predictions = isRegression ? try Vectors.lines(name, ".predictions") : []
    for (number, line) in try Vectors.lines(name, ".values").enumerated() {
      let row = line.split(separator: " ").map { Double(bitPattern: UInt64($0, radix: 16) ?? 0) }
      session.load(binary64: row.span, at: 0)
      try session.predictRaw(count: 1)
      #expect(Vectors.answer(session, 0) == vector.expected[number], "row \(number)")
      if isRegression {
        #expect(Vectors.predictions(session) == predictions[number], "row \(number)")
      }
    }
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

  /// A line in the form of `.predictions` for the row in slot 0.
  static func predictions(_ session: borrowing Session) -> String {
    if session.status(0).refusal != nil { return answer(session, 0) }
    var bits: [String] = []
    for output in 0..<session.model.header.outputCount {
      let digits = String(session.prediction(0, output: output).bitPattern, radix: 16)
      bits.append(String(repeating: "0", count: 16 - digits.count) + digits)
    }
    return bits.joined(separator: " ")
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

/// Goal: times are read as section 9.0 says. Method: the texts of the vectors, each with the number
/// that the second implementation gave.
@Suite struct GoldenTimeTests {
  @Test(arguments: Vectors.names("valid", ending: ".texts"))
  func `a text that is a time gives its bits`(name: String) throws {
    let bytes = try Vectors.load(name).bytes
    let model = try ModelView(validating: bytes.span)
    guard let input = model.input else { return }
    for line in try Vectors.lines(name, ".texts") {
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      let column = try #require(Int(words[0]))
      // Markers of missing numbers are the reader's, who knows them.
      guard let source = input.source(ofColumn: column), let part = input.part(ofColumn: column),
        words[1] != "7fc00000"
      else { continue }
      let text = Array(words[2].utf8)
      let time = CalendarTime(text.span, form: input.sourceForm(source))
      let number = input.number(ofColumn: column)
      let value = time.map { number.rowValue($0.part(part)).bitPattern }
      #expect(value == UInt32(words[1], radix: 16), "\(line)")
    }
  }
}

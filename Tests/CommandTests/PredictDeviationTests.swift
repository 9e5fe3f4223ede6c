// PredictDeviationTests.swift: what `predict --deviation` says of errors is what they are.

import Foundation
import PosternPackaging
import TestModels
import Testing

@Suite struct PredictDeviationTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Two groups of rows that lie apart, each with a law and normal noise of its own: 0.2 and 0.6.
  private func table(rowCount: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var text = "x,y\n"
    for row in 0..<rowCount {
      let x = Double.random(in: 0...1, using: &generator) + (row % 2 == 0 ? -2 : 1)
      let radius = sqrt(-2 * log(Double.random(in: 1e-12...1, using: &generator)))
      let normal = radius * cos(2 * Double.pi * Double.random(in: 0...1, using: &generator))
      let y = x < 0 ? x - 2 + 0.2 * normal : 2 + 0.6 * normal
      text += "\(Float(x)),\(Float(y))\n"
    }
    return Array(text.utf8)
  }

  private func objects(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  /// Goal: the column is an uncertainty. Method: a model trained by the command says it of fresh
  /// rows whose noise is known.
  @Test func `two thirds of fresh rows lie within the deviation that the command prints`() throws {
    try scratch.write(table(rowCount: 2000, seed: 1), to: "rows.csv")
    try scratch.write(table(rowCount: 4000, seed: 2), to: "fresh.csv")
    let trained = try scratch.run(
      "postern train rows.csv --target y --experts 2 --epochs 20 --teachers 1 --hidden 16 "
        + "--threads 2 -q -o m.moe")
    #expect(trained.status == 0, "\(trained.errors)")
    let result = try scratch.run(
      "postern predict m.moe fresh.csv --keep x,y --deviation --explain --out ndjson -q")
    #expect(result.status == 0, "\(result.errors)")
    let rows = try objects(result.output)
    #expect(rows.count == 4000)
    var within = 0
    var seen: [Int: Set<Double>] = [:]
    // Deviations over the noise that the row was made with.
    var ratios: Set<Double> = []
    for row in rows {
      let x = try #require((row["x"] as? String).flatMap(Double.init))
      let truth = try #require((row["y"] as? String).flatMap(Double.init))
      let value = try #require(row["prediction"] as? Double)
      let deviation = try #require(row["deviation"] as? Double)
      if abs(value - truth) <= deviation { within += 1 }
      seen[try #require(row["expert"] as? Int), default: []].insert(deviation)
      ratios.insert(deviation / (x < 0 ? 0.2 : 0.6))
    }
    #expect(ratios.allSatisfy { abs($0 - 1) < 0.15 }, "\(ratios)")
    #expect(abs(Double(within) / 4000 - 0.6827) < 0.03, "\(within)")
    #expect(seen.count == 2 && seen.values.allSatisfy { $0.count == 1 }, "\(seen)")
  }

  /// Two targets, so that each column is named after its own and holds its own.
  private func described() -> ModelDescription {
    var model = TestModels.mixed(seed: 12)
    model.ancillary.deviations = (0..<8).map { Float($0) + 0.5 }
    return model
  }

  @Test func `each target has the deviation of the row's expert in all formats`() throws {
    try scratch.write(try described().encoded(profile: .ship), to: "m.moe")
    let categories = ["blue", "green", "red", "violet"]
    var text = "a,b,c,e\n"
    for row in TestModels.rows(60) {
      text += "\(row[0]),\(row[1].isNaN ? "" : "\(row[1])"),\(categories[Int(row[2])]),\(row[4])\n"
    }
    try scratch.write(Array((text + "1e99,0,red,0\n").utf8), to: "rows.csv")
    func predict(_ format: String) throws -> [Substring] {
      let result = try scratch.run(
        "postern predict m.moe rows.csv --deviation --explain --on-error null -q --out \(format)")
      #expect(result.status == 1, "\(result.errors)")
      return result.output.split(separator: "\n")
    }
    let names = [
      "prediction.y", "prediction.z", "deviation.y", "deviation.z", "expert", "margin", "runner_up",
    ]
    let comma = try predict("csv")
    #expect(comma[0] == names.joined(separator: ","))
    #expect(comma.last == ",,,,,,")
    let tab = try predict("tsv")
    #expect(tab.map { $0.replacingOccurrences(of: "\t", with: ",") } == comma.map(String.init))
    let rows = try objects(try predict("ndjson").joined(separator: "\n"))
    #expect(rows.count == 61 && rows[60]["deviation.y"] is NSNull)
    var experts: Set<Int> = []
    for (line, row) in zip(comma.dropFirst(), rows).prefix(60) {
      let expert = try #require(row["expert"] as? Int)
      experts.insert(expert)
      #expect(row["deviation.y"] as? Double == 2 * Double(expert) + 0.5)
      #expect(row["deviation.z"] as? Double == 2 * Double(expert) + 1.5)
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(fields[2] == "\(2 * expert).5" && fields[3] == "\(2 * expert + 1).5")
    }
    #expect(experts.count > 2)
    // The other columns are what they are without it.
    let plain = try scratch.run("postern predict m.moe rows.csv --on-error null -q")
    let first = comma.map { $0.split(separator: ",", omittingEmptySubsequences: false).prefix(2) }
    #expect(
      first.map { $0.joined(separator: ",") + "\n" }.joined() == plain.output)
  }

  /// The rows are a pipe that nobody writes to: whoever wanted one would wait.
  @Test func `a file that cannot say it is refused before any row is read`() throws {
    func refusal(_ model: String) throws -> CommandResult {
      try scratch.run(
        "rm -f pipe && mkfifo pipe && "
          + "timeout 60 postern predict \(model) pipe --deviation -o out.csv")
    }
    try scratch.write(try TestModels.mixed(seed: 1).encoded(profile: .ship), to: "none.moe")
    try scratch.write(
      try TestModels.mixed(task: .binary, seed: 1).encoded(profile: .ship), to: "classes.moe")
    for (model, words) in [
      ("none.moe", "the file does not say how far its experts are off"),
      ("classes.moe", "`--deviation` is for numbers, and this model predicts classes"),
    ] {
      let result = try refusal(model)
      #expect(result.status == 64)
      #expect(result.errors.contains(words) && result.errors.contains("help: "), "\(result.errors)")
    }
    let damaged = try refusal("vectors/invalid/R32-deviations-short.moe")
    #expect(damaged.status == 76, "\(damaged.errors)")
    #expect(!scratch.exists("out.csv"))
  }
}

// TypingTests.swift: columns as people write them, from training to predictions.

import Foundation
import Testing

/// Goal: a table means the same however its numbers, dates and classes are written. Method: the
/// same rows are written twice; models of both answer alike, and what they answer has the digits
/// that the numbers carry.
@Suite struct TypingTests {
  private let scratch: Scratch
  private let quick = "--target y --epochs 3 --teachers 1 --experts 1 --threads 1 -q"

  init() throws { scratch = try Scratch() }

  /// Trains on the columns `a` and `y` of 300 rows and predicts the first ten of them.
  private func predictions(
    _ name: String, a: (Int) -> String, y: (Int) -> String, options: String = ""
  ) throws -> [String] {
    let rows = (0..<300).map { "\(a($0))\t\(y($0))\n" }
    try scratch.write(Array(("a\ty\n" + rows.joined()).utf8), to: "\(name).tsv")
    let train = try scratch.run("postern train \(name).tsv \(quick) \(options) -o \(name).moe")
    #expect(train.status == 0, "\(train.errors)")
    let predict = try scratch.run("head -11 \(name).tsv | postern predict \(name).moe --in tsv -q")
    #expect(predict.status == 0, "\(predict.errors)")
    return predict.output.split(separator: "\n").dropFirst().map(String.init)
  }

  private func number(_ row: Int) -> Double { Double(row * 37 % 300) / 4 + 1000 }
  private func target(_ row: Int) -> String { "\(number(row) * 2 + Double(row % 3))" }

  @Test func `numbers in other forms are the numbers that they are`() throws {
    let plain = try predictions("plain", a: { "\(number($0))" }, y: target)
    func comma(_ row: Int) -> String { "\(number(row))".replacing(".", with: ",") }
    func grouped(_ row: Int) -> String {
      let text = "\(number(row))"
      return text.prefix(1) + "'" + text.dropFirst()
    }
    #expect(try predictions("comma", a: comma, y: target) == plain)
    #expect(try predictions("unit", a: { "\(number($0)) kg" }, y: target) == plain)
    #expect(try predictions("grouped", a: grouped, y: target) == plain)
    #expect(try predictions("both", a: { comma($0) + " €" }, y: target) == plain)
  }

  @Test(arguments: [1_700_000_000.0, 1e12, -4e9])
  func `a far target keeps its digits`(offset: Double) throws {
    let near = try predictions("near", a: { "\(number($0))" }, y: target)
    let far = try predictions(
      "far", a: { "\(number($0))" },
      y: { "\(offset + (Double(target($0)) ?? 0))".replacing(".0", with: "") })
    for (near, far) in zip(near, far) {
      let difference = try #require(Double(far)) - offset - (try #require(Double(near)))
      #expect(difference.magnitude < 1, "\(far) of \(near)")
      // Of a difference of some thousands binary32 carries four digits behind the point, and of
      // smaller ones more.
      #expect((far.split(separator: ".").dropFirst().first?.count ?? 0) <= 8, "\(far)")
    }
    #expect(Set(far).count > 5)
  }

  @Test func `explanations of far columns add up to the last digit`() throws {
    _ = try predictions("far", a: { "\(1e12 + number($0))" }, y: target)
    let result = try scratch.run("postern predict far.moe far.tsv --explain=1 -q --out ndjson")
    for line in result.output.split(separator: "\n").prefix(100) {
      let row = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let explanation = try #require(row["explain"] as? [String: Any])
      let term = try #require((explanation["terms"] as? [[String: Any]])?.first)
      let slope = try #require(term["slope"] as? Double)
      let value = try #require(term["value"] as? Double)
      let intercept = try #require(explanation["intercept"] as? Double)
      let prediction = try #require(row["prediction"] as? Double)
      let largest = max((slope * value).magnitude, intercept.magnitude, prediction.magnitude)
      #expect((intercept + slope * value - prediction).magnitude <= 4 * largest.ulp, "\(line)")
      #expect(value > 1e12)
    }
  }

  @Test func `a date becomes columns of its own`() throws {
    func date(_ row: Int) -> String { "2024-01-\(10 + row % 15) \(10 + row % 12):00" }
    _ = try predictions("date", a: date, y: { "\($0 % 12)" }, options: "--task regression")
    let inspect = try scratch.run("postern inspect date.moe").output
    for part in ["a.days", "a.hour", "a.weekday"] { #expect(inspect.contains(part), "\(inspect)") }
    let wrong = try scratch.run("printf 'a\\nsoon\\n' | postern predict date.moe")
    #expect(wrong.status == 65)
    #expect(wrong.errors.contains("`soon` in column `a`"), "\(wrong.errors)")
  }

  @Test func `what means missing is kept in the file`() throws {
    _ = try predictions(
      "missing", a: { $0 % 4 == 0 ? "-999" : "\(number($0))" }, y: target,
      options: "--missing -999")
    let answers = try scratch.run(
      "printf 'a\\n-999\\n-999.0\\n\\n-998\\n' | postern predict missing.moe -q"
    ).output.split(separator: "\n")
    #expect(answers[1] == answers[2] && answers[2] == answers[3])
    #expect(answers[4] != answers[3])
  }

  @Test func `one class is one class however it is written`() throws {
    let spellings = ["1", "1.0", "01", "0", "0.0", "+0"]
    _ = try predictions(
      "class", a: { "\(number($0))" }, y: { spellings[$0 % 6] })
    let inspect = try scratch.run("postern inspect class.moe").output
    #expect(inspect.contains("classification of `y` into `0`, `1`"), "\(inspect)")
    let routes = try scratch.run("postern routes class.moe class.tsv")
    #expect(!routes.errors.contains("does not know"), "\(routes.errors)")
  }

  @Test(arguments: ["1,5", "id"])
  func `a class for each row is refused before training`(kind: String) throws {
    let rows = (0..<300).map { "\($0 % 7),\(kind == "id" ? "n\($0)" : "\"x\($0),5\"")\n" }
    try scratch.write(Array(("a,y\n" + rows.joined()).utf8), to: "ids.csv")
    let train = try scratch.run("postern train ids.csv --target y -o m.moe")
    #expect(train.status == 65)
    #expect(train.errors.contains("nearly one class for each row"), "\(train.errors)")
  }
}

// BudgetElementTests.swift: a planned model has the element type that makes the most of the budget.

import Foundation
import PosternPackaging
import PosternTrainer
import Testing

@testable import postern

/// A table of two numbers and their product.
enum BudgetTable {
  static var table: TrainingTable {
    let a = (0..<400).map { Float($0 % 37) / 7 }
    let b = (0..<400).map { Float($0 % 53) / 9 }
    return TrainingTable(
      columns: [
        .init(name: Array("a".utf8), values: .numeric(a)),
        .init(name: Array("b".utf8), values: .numeric(b)),
      ],
      target: .regression(names: [Array("y".utf8)], values: [zip(a, b).map { $0 * $1 }]),
      rowCount: 400)
  }

  static func plan(_ budget: String) throws -> BudgetPlan {
    try BudgetPlan(
      table, budget: try Budget(budget), rowCapacity: 1, seed: 1, kind: .linear)
  }
}

@Suite struct BudgetElementTests {
  /// The file of an untrained model of a candidate, without the texts that vary.
  private func bareByteCount(_ candidate: BudgetCandidate) throws -> Int {
    var options = TrainingOptions()
    options.binCount = candidate.binCount
    var model = try ModelOutline(BudgetTable.table, options: options)
      .description(expertCount: candidate.expertCount, widths: candidate.widths)
    for expert in model.experts.indices {
      model.experts[expert].elementType = candidate.elementType
    }
    return try model.encoded(profile: .map).count
  }

  @Test(arguments: ["flash=12K", "flash=24K", "flash=32K,ram=2K", "flash=10K,macs=1K"])
  func `every candidate of every type is within the budget, text and self-test included`(
    text: String
  ) throws {
    let plan = try BudgetTable.plan(text)
    let budget = try Budget(text)
    // A self-test has at most eight rows of two columns, an expert and an answer; two sections
    // need two entries of the directory and padding.
    let selfTestByteCount = 16 + 4 * 4 * 8
    for candidate in plan.candidates {
      #expect(budget.overruns(candidate.sizes).isEmpty)
      let bare = try bareByteCount(candidate)
      #expect(candidate.sizes.fileByteCount >= bare + plan.provenanceByteCount)
      #expect(
        candidate.sizes.fileByteCount <= bare + plan.provenanceByteCount + selfTestByteCount + 4
          * 64)
    }
    #expect(Set(plan.candidates.map(\.elementType)).count > 1)
  }

  @Test(arguments: ["flash=12K", "flash=24K", "flash=48K,macs=2K"])
  func `a shape that fits in more bits is not proposed in fewer`(text: String) throws {
    let plan = try BudgetTable.plan(text)
    for candidate in plan.candidates where candidate.elementType != .f32 {
      for wider in Expert.ElementType.byBits where wider.bitCount > candidate.elementType.bitCount {
        var same = candidate
        same.elementType = wider
        let added = try bareByteCount(same) - bareByteCount(candidate)
        var sizes = candidate.sizes
        sizes.fileByteCount += added
        // Types differ in flash alone here: these budgets leave memory free.
        #expect(!plan.budget.overruns(sizes).isEmpty)
      }
    }
  }

  @Test func `where flash is free weights stay in f32`() throws {
    let plan = try BudgetTable.plan("macs=300")
    #expect(plan.candidates.allSatisfy { $0.elementType == .f32 })
    #expect(plan.chosen?.elementType == .f32)
  }

  @Test func `int8 is chosen where f32 has no room for the better network`() throws {
    let plan = try BudgetTable.plan("flash=12K")
    let chosen = try #require(plan.chosen)
    #expect(chosen.elementType == .int8)
    let plain = plan.candidates.filter { $0.elementType == .f32 }
    #expect(!plain.isEmpty)
    #expect(plain.allSatisfy { $0.promise < chosen.promise })
  }

  /// `L P²` to the power of -1/40, and more by the part that rounding adds to the error.
  @Test(arguments: ["flash=6K", "flash=12K", "flash=24K", "flash=64K", "ram=900B", "macs=300"])
  func `the least error by the rule is proposed`(text: String) throws {
    let plan = try BudgetTable.plan(text)
    func error(_ candidate: BudgetCandidate) throws -> Double {
      var inputs = 2 * (1 + log2(Double(candidate.binCount)))
      var count = 0.0
      for width in candidate.widths + [1] {
        count += (inputs + 1) * Double(width)
        inputs = Double(width)
      }
      return pow(Double(candidate.expertCount) * count * count, -1 / 40)
        * (1 + candidate.elementType.roundingLoss)
    }
    let chosen = try #require(plan.chosen)
    let least = try error(chosen)
    for candidate in plan.candidates {
      #expect(try error(candidate) >= least * (1 - 1e-9))
    }
  }

  @Test func `the type is in text and in JSON`() throws {
    let plan = try BudgetTable.plan("flash=12K")
    let chosen = try #require(plan.chosen)
    #expect(chosen.json.pretty().contains("\"elementType\": \"\(chosen.elementType)\""))
    let line = plan.text(name: "t.csv").split(separator: "\n").first { $0.contains(">") }
    #expect(line?.contains(" \(chosen.elementType) ") == true)
  }

  @Test func `a rounding that costs more than 1 % is told`() throws {
    var options = TrainingOptions()
    options.expertCount = 1
    options.epochCount = 1
    options.teacherCount = 1
    var report = try Trainer.train(BudgetTable.table, options: options).report
    report.score = 1.02
    func result() -> BudgetResult {
      BudgetResult(
        name: "m.moe", sizes: BudgetSizes(fileByteCount: 1, ramByteCount: 1, rowMacCount: 1),
        elementType: .int4, report: report)
    }
    #expect(result().warning == nil)
    report.unroundedScore = 1
    #expect(result().warning?.text.contains("RMSE is 1.020 in int4, 2.0 % worse") == true)
    report.score = 1.009
    #expect(result().warning == nil)
    report.metric = .accuracy
    report.score = 0.95
    #expect(result().warning?.text.contains("5.0 % worse than") == true)
    report.score = 1
    #expect(result().warning == nil && result().roundingLoss == 0)
  }

  /// Rows of a curved law, from a fixed sequence.
  private func rows(_ count: Int, seed: UInt32) -> [(a: Double, b: Double, y: Double)] {
    var state = seed
    func next() -> Double {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Double(state >> 8) / Double(1 << 24)
    }
    return (0..<count).map { _ in
      let (a, b) = (next() * 6 - 3, next() * 6 - 3)
      return (a, b, (sin(2 * a) * b + a).rounded(toPlaces: 4))
    }
  }

  @Test func `a model trained within 24 KiB is in int8, fits, and scores what is told`() throws {
    let scratch = try Scratch()
    for (name, count, seed) in [("t.csv", 900, UInt32(1)), ("v.csv", 300, 2)] {
      let lines = rows(count, seed: seed).map { "\($0.a),\($0.b),\($0.y)\n" }
      try scratch.write(Array(("a,b,y\n" + lines.joined()).utf8), to: name)
    }
    let run = try scratch.run(
      "postern plan --budget flash=24K t.csv --valid v.csv --target y --epochs 3 -o m.moe --json")
    #expect(run.status == 0, "\(run.errors)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let chosen = try #require(report["chosen"] as? [String: Any])
    let trained = try #require(report["trained"] as? [String: Any])
    #expect(report["rowCount"] as? Int == 900)
    let type = try #require(chosen["elementType"] as? String)
    #expect(type == "int8" && trained["elementType"] as? String == type)
    let byteCount = try scratch.read("m.moe").count
    #expect(byteCount <= 24 * 1024 && trained["fileByteCount"] as? Int == byteCount)
    let inspected = try scratch.run("postern inspect m.moe --json")
    let model = try #require(
      try JSONSerialization.jsonObject(with: Data(inspected.output.utf8)) as? [String: Any])
    let experts = try #require(model["experts"] as? [[String: Any]])
    #expect(experts.count == chosen["experts"] as? Int)
    #expect(experts.allSatisfy { $0["elementType"] as? String == type })
    #expect(try scratch.run("postern verify m.moe").status == 0)
    // The score is what the file answers.
    let scores = try #require(trained["scores"] as? [String: Any])
    let told = try #require(scores["model"] as? Double)
    let answers = try scratch.run("postern predict m.moe v.csv").output
      .split(separator: "\n").dropFirst().compactMap { Double($0.split(separator: ",")[0]) }
    let truth = rows(300, seed: 2).map(\.y)
    #expect(answers.count == truth.count)
    let squares = zip(answers, truth).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
    #expect(abs((squares / 300).squareRoot() - told) < 1e-5 * told)
    let before = try #require(scores["unrounded"] as? Double)
    let loss = try #require(trained["roundingLoss"] as? Double)
    #expect(abs(loss - (told - before) / before) < 1e-9)
    #expect(run.errors.contains("worse than") == (loss > 0.01))
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let unit = pow(10, Double(places))
    return (self * unit).rounded() / unit
  }
}

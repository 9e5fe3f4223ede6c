// RoutesTests.swift: a report on routes says what the predictions say.

import Foundation
import PosternPackaging
import TestModels
import Testing

/// Goal: every figure of `postern routes --json` is right. Method: `postern predict` answers the
/// same rows one by one, and each figure is computed again from these answers, by the formula.
@Suite struct RoutesTests {
  private struct Row {
    var values: [Float]
    var truth: Float
    var expert = 0
    var margin = 0.0
    var prediction: Float = 0
  }

  private let scratch: Scratch
  private let histogram: [UInt64] = [50, 10, 0, 40]

  init() throws { scratch = try Scratch() }

  /// Four experts, one output; the third is never chosen.
  private func model() -> ModelDescription {
    var model = TestModels.mixed(expertCount: 4, seed: 21)
    model.targetNames = [Array("y".utf8)]
    model.head.removeLast()
    for expert in model.experts.indices {
      let last = model.experts[expert].layers.count - 1
      var layer = model.experts[expert].layers[last]
      layer.weights = stride(from: 0, to: layer.weights.count, by: 2).map { layer.weights[$0] }
      layer.bias.removeLast()
      model.experts[expert].layers[last] = layer
    }
    if case .flat(var node) = model.router {
      node.bias[2] = -100
      model.router = .flat(node)
    }
    model.ancillary.routingHistogram = histogram
    return model
  }

  /// The same with a router that prefers what the first one likes least: of two experts, the other.
  private func opposite(_ model: ModelDescription) -> ModelDescription {
    var model = model
    if case .flat(var node) = model.router {
      node.weights = node.weights.map { -$0 }
      node.bias = node.bias.map { -$0 }
      model.router = .flat(node)
    }
    return model
  }

  private func text(_ rows: [Row]) -> [UInt8] {
    let categories = ["blue", "green", "red", "violet"]
    var text = "e,a,b,c,y\n"
    for row in rows {
      let b = row.values[1].isNaN ? "" : row.values[1].description
      let truth = row.truth.isNaN ? "" : row.truth.description
      text += "\(row.values[4]),\(row.values[0]),\(b),\(categories[Int(row.values[2])]),\(truth)\n"
    }
    return Array(text.utf8)
  }

  private func answered(_ model: ModelDescription, _ rows: [Row]) throws -> [Row] {
    try scratch.write(try model.encoded(profile: .ship), to: "m.moe")
    try scratch.write(text(rows), to: "rows.csv")
    let result = try scratch.run("postern predict m.moe rows.csv --explain -q --out ndjson")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == rows.count)
    return try zip(rows, lines).map { row, line in
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      var row = row
      row.expert = try #require(object["expert"] as? Int)
      row.margin = (object["margin"] as? Double) ?? .infinity
      row.prediction = Float(try #require(object["prediction"] as? Double))
      return row
    }
  }

  private func report(_ options: String = "") throws -> [String: Any] {
    let result = try scratch.run("postern routes m.moe rows.csv --json -q \(options)")
    #expect(result.status == 0, "\(result.errors)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
  }

  private func rows(_ count: Int) -> [Row] {
    var generator = SeededGenerator(seed: 77)
    return TestModels.rows(count).enumerated().map { number, values in
      Row(values: values, truth: number % 7 == 3 ? .nan : 3 * generator.float())
    }
  }

  private func near(_ found: Any?, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
    guard let found = found as? Double else { return false }
    return abs(found - expected) <= tolerance * max(1, abs(expected))
  }

  @Test func `traffic, balance and drift follow from the answers`() throws {
    let rows = try answered(model(), rows(500))
    let report = try report("--batch 64")
    let counts = (0..<4).map { expert in rows.count { $0.expert == expert } }
    #expect(counts[2] == 0 && counts.filter { $0 > 0 }.count == 3)
    let experts = try #require(report["experts"] as? [[String: Any]])
    #expect(experts.compactMap { $0["rowCount"] as? Int } == counts)
    #expect(report["idleExperts"] as? [Int] == [2])
    #expect(report["idleInTraining"] as? [Int] == [2])
    let shares = counts.map { Double($0) / 500 }
    let deviation = sqrt(shares.map { ($0 - 0.25) * ($0 - 0.25) }.reduce(0, +) / 4)
    let entropy = -shares.filter { $0 > 0 }.map { $0 * log($0) }.reduce(0, +)
    let balance = try #require(report["balance"] as? [String: Any])
    #expect(near(balance["coefficientOfVariation"], deviation / 0.25))
    #expect(near(balance["entropy"], entropy))
    #expect(near(balance["entropyShare"], entropy / log(4)))
    #expect(near(balance["effectiveCount"], exp(entropy)))
    // The third expert has no row on either side and says nothing.
    var index = 0.0
    var chiSquare = 0.0
    for expert in [0, 1, 3] {
      let p = (Double(counts[expert]) + 0.5) / 501.5
      let q = (Double(histogram[expert]) + 0.5) / 101.5
      index += (p - q) * (log(p) - log(q))
      // Observed less expected, over expected, in both samples.
      let pooled = (Double(counts[expert]) + Double(histogram[expert])) / 600
      for (found, total) in [(Double(counts[expert]), 500.0), (Double(histogram[expert]), 100.0)] {
        chiSquare += (found - total * pooled) * (found - total * pooled) / (total * pooled)
      }
    }
    let drift = try #require(report["drift"] as? [String: Any])
    #expect(near(drift["populationStabilityIndex"], index))
    #expect(near(drift["chiSquare"], chiSquare))
    #expect(drift["degreesOfFreedom"] as? Int == 2)
  }

  @Test func `each margin is in its bin`() throws {
    let rows = try answered(model(), rows(300))
    let margins = try #require(try report()["margins"] as? [String: Any])
    let bins = try #require(margins["bins"] as? [[String: Any]])
    for bin in bins {
      let from = try #require(bin["from"] as? Double)
      let to = try #require(bin["to"] as? Double)
      #expect(abs(to / from - 2.0.squareRoot()) < 1e-12)
      #expect(bin["count"] as? Int == rows.count { $0.margin >= from && $0.margin < to })
    }
    #expect(bins.compactMap { $0["count"] as? Int }.reduce(0, +) == 300)
    let median = try #require(margins["median"] as? Double)
    let below = Double(rows.count { $0.margin < median }) / 300
    #expect(abs(below - 0.5) < 0.1)
  }

  @Test func `scores follow from the answers`() throws {
    let rows = try answered(model(), rows(400))
    let report = try report()
    func error(_ rows: [Row]) -> Double {
      let known = rows.filter { !$0.truth.isNaN }
      let squares = known.map { pow(Double($0.prediction) - Double($0.truth), 2) }
      return sqrt(squares.reduce(0, +) / Double(known.count))
    }
    let all = try #require((report["scores"] as? [[String: Any]])?.first)
    #expect(near(all["score"], error(rows)))
    #expect(all["rowCount"] as? Int == rows.count { !$0.truth.isNaN })
    let experts = try #require(report["experts"] as? [[String: Any]])
    for expert in [0, 1, 3] {
      let score = try #require((experts[expert]["scores"] as? [[String: Any]])?.first)
      #expect(near(score["score"], error(rows.filter { $0.expert == expert })))
    }
  }

  /// With two experts the runner-up is the one that the opposite router chooses.
  @Test func `the runner-up's score is that of the opposite router`() throws {
    var two = model()
    two.experts = Array(two.experts.prefix(2))
    two.ancillary.routingHistogram = []
    if case .flat(let node) = two.router {
      two.router = .flat(
        RouterNode(
          kind: .affine, weights: Array(node.weights.prefix(2 * two.featureCount)),
          bias: Array(node.bias.prefix(2))))
    }
    let rows = rows(300)
    _ = try answered(two, rows)
    let here = try #require((try report()["scores"] as? [[String: Any]])?.first)
    _ = try answered(opposite(two), rows)
    let there = try #require((try report()["scores"] as? [[String: Any]])?.first)
    let own = try #require(here["score"] as? Double)
    let other = try #require(there["score"] as? Double)
    #expect(own != other)
    #expect(near(here["runnerUp"], other))
    #expect(near(there["runnerUp"], own))
    #expect(near(here["dropTop1"], other - own))
  }

  @Test func `what separates an expert's rows follows from the rows`() throws {
    let rows = try answered(model(), rows(400))
    let report = try report("--top 9")
    let experts = try #require(report["experts"] as? [[String: Any]])
    var means = 0
    var shares = 0
    for expert in [0, 1, 3] {
      let own = rows.filter { $0.expert == expert }
      let rest = rows.filter { $0.expert != expert }
      let separations = try #require(experts[expert]["separations"] as? [[String: Any]])
      let effects = separations.compactMap { ($0["effect"] as? Double).map(abs) }
      #expect(effects == effects.sorted(by: >) && effects.allSatisfy { $0 >= 0.2 })
      for separation in separations {
        let place = ["a": 0, "b": 1, "c": 2, "e": 4][separation["column"] as? String ?? ""] ?? 3
        if separation["kind"] as? String == "mean" {
          let (mean, squares, count) = moments(own, place)
          let (restMean, restSquares, restCount) = moments(rest, place)
          #expect(near(separation["value"], mean) && near(separation["rest"], restMean))
          let pooled = sqrt((squares + restSquares) / (count + restCount - 2))
          #expect(near(separation["effect"], (mean - restMean) / pooled))
          means += 1
        } else {
          let names = ["blue": 0, "green": 1, "red": 2, "unknown": 3]
          let kind = separation["kind"] as? String
          let code = names[separation["category"] as? String ?? kind ?? ""]
          func share(_ rows: [Row]) -> Double {
            let hits = rows.count { row in
              kind == "missing" ? row.values[1].isNaN : Int(row.values[2]) == code
            }
            return Double(hits) / Double(rows.count)
          }
          #expect(near(separation["value"], share(own)) && near(separation["rest"], share(rest)))
          let effect = 2 * asin(sqrt(share(own))) - 2 * asin(sqrt(share(rest)))
          #expect(near(separation["effect"], effect))
          shares += 1
        }
      }
    }
    #expect(means >= 3 && shares >= 1)
  }

  private func moments(_ rows: [Row], _ place: Int) -> (Double, Double, Double) {
    let values = rows.map { Double($0.values[place]) }.filter { !$0.isNaN }
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +), Double(values.count))
  }

  @Test func `an idle expert is shouted by routes and by inspect`() throws {
    _ = try answered(model(), rows(100))
    let routes = try scratch.run("postern routes m.moe rows.csv")
    #expect(
      routes.errors.contains("warning: m.moe: expert 2 is idle: no row here and none in training"))
    #expect(routes.output.contains("WARNING: expert 2 is idle"))
    #expect(routes.output.contains("IDLE, and in training"))
    let inspect = try scratch.run("postern inspect m.moe")
    #expect(inspect.status == 0)
    #expect(inspect.errors == "warning: m.moe: expert 2 answered for no training row\n")
    #expect(inspect.output.contains("WARNING: expert 2 answered for no training row\n"))
    #expect(inspect.output.contains("IDLE"))
    #expect(try scratch.run("postern inspect m.moe --json").output.contains("\"idleExperts\": [2]"))
  }

  /// The page is one file that takes its place whole, and no name in it is markup.
  @Test func `the page holds names as text`() throws {
    var model = model()
    model.columns[0].name = Array("<script>alert(1)</script>".utf8)
    model.targetNames = [Array("\"><img src=x>'&".utf8)]
    try scratch.write(try model.encoded(profile: .ship), to: "m.moe")
    let rows = rows(50).map { row in row.values.map { $0.isNaN ? "" : $0.description } }
    let lines = rows.map {
      "\($0[0]),\($0[1]),\(["blue", "red"][Int(Float($0[2]) ?? 0) % 2]),\($0[4])\n"
    }
    try scratch.write(Array(lines.joined().utf8), to: "rows.csv")
    let result = try scratch.run("postern routes m.moe rows.csv --no-header -q --html page.html")
    #expect(result.status == 0, "\(result.errors)")
    let page = String(decoding: try scratch.read("page.html"), as: UTF8.self)
    #expect(!page.contains("<script") && !page.contains("<img"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("&quot;&gt;&lt;img src=x&gt;&#39;&amp;"))
    for word in ["http:", "https:", "url(", "@import", "src=\"", "href="] {
      #expect(!page.contains(word), "\(word)")
    }
    let direct = try scratch.run("postern routes m.moe rows.csv --no-header -q --html -")
    #expect(direct.output == page)
  }
}

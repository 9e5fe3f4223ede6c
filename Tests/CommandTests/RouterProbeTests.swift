// RouterProbeTests.swift: joint top-1 and distances to prototypes, against their formulas.

import Foundation
import PosternPackaging
import TestModels
import Testing

/// Goal: what `postern routes` says of the router beyond its choices is right. Method: features,
/// scores, softmax and distances are written down once more here, in double precision, from the
/// model's description.
@Suite struct RouterProbeTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private static let sizes = [3, 1, 4]

  private static func node(
    _ kind: RouterNode.Kind, _ children: Int, _ generator: inout SeededGenerator
  ) -> RouterNode {
    let scale = kind == .affine ? [] : (0..<children).map { _ in 1.5 + generator.float() }
    return RouterNode(
      kind: kind, weights: generator.floats(children * 7), bias: generator.floats(children),
      scale: scale)
  }

  /// Eight experts in three groups.
  private static func twoLevels(
    _ outer: RouterNode.Kind, _ inner: RouterNode.Kind
  ) -> ModelDescription {
    var generator = SeededGenerator(seed: 31)
    var model = TestModels.mixed(expertCount: 8, seed: 30)
    model.router = .twoLevel(
      outer: node(outer, 3, &generator), inner: sizes.map { node(inner, $0, &generator) })
    return model
  }

  private static func flat() -> ModelDescription {
    var generator = SeededGenerator(seed: 32)
    var model = TestModels.mixed(expertCount: 20, seed: 30)
    model.router = .flat(node(.distance, 20, &generator))
    return model
  }

  /// The features of a row of `TestModels`.
  private func features(_ row: [Float]) -> [Double] {
    func number(_ value: Float, _ most: Float) -> Double { Double(min(max(value, -most), most)) }
    let code = Int(row[2])
    return [
      (number(row[0], 2) - Double(Float(0.1))) * 1.5, row[1].isNaN ? 0.25 : number(row[1], 1),
      row[1].isNaN ? 1 : 0, code == 0 ? 1 : 0, code == 1 ? 1 : 0, code == 2 ? 1 : 0,
      number(row[4], 2) * 0.5,
    ]
  }

  private func distances(_ node: RouterNode, _ x: [Double]) -> [Double] {
    node.bias.indices.map { child in
      let squares = x.indices.map { pow(x[$0] - Double(node.weights[child * 7 + $0]), 2) }
      return sqrt(squares.reduce(0, +))
    }
  }

  /// Section 9.3.
  private func scores(_ node: RouterNode, _ x: [Double]) -> [Double] {
    let norm = sqrt(x.map { $0 * $0 }.reduce(0, +))
    let distances = distances(node, x)
    return node.bias.indices.map { child in
      let product = x.indices.map { x[$0] * Double(node.weights[child * 7 + $0]) }.reduce(0, +)
      let bias = Double(node.bias[child])
      switch node.kind {
      case .affine: return product + bias
      case .distance: return bias - Double(node.scale[child]) * distances[child]
      case .cosine: return product / (norm + Double(node.scale[child])) + bias
      }
    }
  }

  private func softmax(_ scores: [Double]) -> [Double] {
    let sum = scores.map { exp($0) }.reduce(0, +)
    return scores.map { exp($0) / sum }
  }

  /// The experts that `postern predict` chose, and what `postern routes` reports.
  private func served(
    _ model: ModelDescription, _ rows: [[Float]]
  ) throws -> (experts: [Int], report: [String: Any]) {
    try scratch.write(try model.encoded(profile: .ship), to: "m.moe")
    let categories = ["blue", "green", "red", "violet"]
    var text = "a,b,c,e\n"
    for row in rows {
      text += "\(row[0]),\(row[1].isNaN ? "" : "\(row[1])"),\(categories[Int(row[2])]),\(row[4])\n"
    }
    try scratch.write(Array(text.utf8), to: "rows.csv")
    let answers = try scratch.run(
      "postern predict m.moe rows.csv -q --explain | awk -F, 'NR > 1 { print $3 }'")
    let result = try scratch.run("postern routes m.moe rows.csv --json -q --batch 64")
    #expect(result.status == 0, "\(result.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return (
      answers.output.split(separator: "\n").compactMap { Int($0) },
      try #require(report as? [String: Any])
    )
  }

  private static let kinds: [(RouterNode.Kind, RouterNode.Kind)] = [
    (.affine, .affine), (.affine, .distance), (.distance, .affine), (.distance, .distance),
    (.cosine, .distance), (.cosine, .cosine),
  ]

  @Test(arguments: kinds.indices)
  func `greedy and joint top-1 are told apart as their formulas do`(index: Int) throws {
    let model = RouterProbeTests.twoLevels(
      RouterProbeTests.kinds[index].0, RouterProbeTests.kinds[index].1)
    guard case .twoLevel(let outer, let inner) = model.router else { return }
    let rows = TestModels.rows(500, seed: UInt64(index))
    let (experts, report) = try served(model, rows)
    var others = 0
    for (row, expert) in zip(rows, experts) {
      let x = features(row)
      let groups = softmax(scores(outer, x))
      let inGroups = inner.map { softmax(scores($0, x)) }
      let joint = groups.indices.flatMap { group in inGroups[group].map { groups[group] * $0 } }
      let first = groups.indices.max { groups[$0] < groups[$1] } ?? 0
      let second = inGroups[first].indices.max { inGroups[first][$0] < inGroups[first][$1] } ?? 0
      #expect(expert == RouterProbeTests.sizes[..<first].reduce(0, +) + second)
      let most = joint.indices.max { joint[$0] < joint[$1] } ?? 0
      if most != expert { others += 1 }
    }
    #expect(experts.count == 500 && others > 10)
    let found = try #require(report["jointTop1"] as? [String: Any])
    #expect(found["rowCount"] as? Int == 500)
    #expect(found["otherCount"] as? Int == others)
    #expect(found["otherShare"] as? Double == Double(others) / 500)
    let text = try scratch.run("postern routes m.moe rows.csv -q --html page.html").output
    let words = "for \(others) of 500 rows ("
    #expect(text.contains("  " + words))
    #expect(String(decoding: try scratch.read("page.html"), as: UTF8.self).contains(words))
  }

  /// The mean is exact; the quantile is right within its bin, half an octave.
  private func expect(
    _ found: Any?, _ level: String, _ distances: [Double], _ comment: Comment
  ) throws {
    let all = try #require(found as? [[String: Any]])
    guard !distances.isEmpty else {
      #expect(!all.contains { $0["level"] as? String == level }, comment)
      return
    }
    let one = try #require(all.first { $0["level"] as? String == level }, comment)
    #expect(one["rowCount"] as? Int == distances.count, comment)
    let mean = distances.reduce(0, +) / Double(distances.count)
    let foundMean = try #require(one["mean"] as? Double)
    #expect(abs(foundMean - mean) < 1e-6 * mean, comment)
    let rank = Int((0.99 * Double(distances.count)).rounded(.up)) - 1
    let quantile = try #require(one["ninetyNineHundredths"] as? Double)
    let ratio = quantile / distances.sorted()[rank]
    #expect(ratio < 2.0.squareRoot() && ratio > 0.5.squareRoot(), comment)
  }

  @Test(arguments: kinds.indices)
  func `distances to the chosen prototypes are those of the formula`(index: Int) throws {
    let model = RouterProbeTests.twoLevels(
      RouterProbeTests.kinds[index].0, RouterProbeTests.kinds[index].1)
    guard case .twoLevel(let outer, let inner) = model.router else { return }
    let rows = TestModels.rows(500, seed: 40)
    let (experts, report) = try served(model, rows)
    var toGroups: [Double] = []
    var toExperts: [Double] = []
    for (row, expert) in zip(rows, experts) {
      let group = expert < 3 ? 0 : expert < 4 ? 1 : 2
      let x = features(row)
      if outer.kind == .distance { toGroups.append(distances(outer, x)[group]) }
      if inner[group].kind == .distance {
        toExperts.append(distances(inner[group], x)[expert - [0, 3, 4][group]])
      }
    }
    try expect(report["prototypeDistances"], "group", toGroups, "groups")
    try expect(report["prototypeDistances"], "expert", toExperts, "experts")
  }

  @Test func `a router of one level has distances and no joint choice`() throws {
    let model = RouterProbeTests.flat()
    guard case .flat(let node) = model.router else { return }
    let rows = TestModels.rows(700, seed: 41)
    let (experts, report) = try served(model, rows)
    let found = zip(rows, experts).map { distances(node, features($0))[$1] }
    try expect(report["prototypeDistances"], "expert", found, "experts")
    #expect(report["jointTop1"] is NSNull && Set(experts).contains { $0 > 15 })
    let text = try scratch.run("postern routes m.moe rows.csv -q").output
    #expect(text.contains("mean to the chosen expert's prototype"))
    // A router without prototypes has no such figures.
    let (_, other) = try served(TestModels.mixed(seed: 1), rows)
    #expect((other["prototypeDistances"] as? [Any])?.isEmpty == true)
    #expect(!(try scratch.run("postern routes m.moe rows.csv -q").output.contains("DISTANCES")))
  }
}

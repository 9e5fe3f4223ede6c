// RouteAlarmTests.swift: rows that are not like the training rows raise an alarm, others do not.

import Foundation
import TestModels
import Testing

@testable import postern

@Suite struct RouteAlarmTests {
  /// Upper 0.1 % and 5 % points from printed tables, and what lies between.
  @Test func `tails are those of printed tables and of counting`() {
    let points: [(Int, Double, Double)] = [
      (1, 10.828, 0.001), (2, 13.816, 0.001), (3, 16.266, 0.001), (7, 24.322, 0.001),
      (10, 29.588, 0.001), (30, 59.703, 0.001), (100, 149.449, 0.001), (1, 3.841, 0.05),
      (4, 9.488, 0.05), (9, 16.919, 0.05), (100, 124.342, 0.05), (1, 0.4549, 0.5),
      (10, 9.342, 0.5),
    ]
    for (degrees, statistic, share) in points {
      let found = chiSquareTail(statistic, degreesOfFreedom: degrees)
      #expect(abs(found / share - 1) < 2e-3, "\(degrees), \(statistic): \(found)")
    }
    #expect(chiSquareTail(0, degreesOfFreedom: 3) == 1)
    #expect(chiSquareTail(5, degreesOfFreedom: 0) == 1)
    #expect(chiSquareTail(1e12, degreesOfFreedom: 5) == 0)
    // At least 8 of 10 throws of a coin, and 2 of 2 rows with probability 1/501.
    #expect(abs(binomialTail(8, of: 10, share: 0.5) - 56.0 / 1024) < 1e-12)
    #expect(abs(binomialTail(2, of: 2, share: 1.0 / 501) * 251_001 - 1) < 1e-9)
    #expect(abs(binomialTail(1, of: 1e12, share: 1e-13) - (1 - exp(-0.1))) < 1e-6)
    #expect(binomialTail(3, of: 10, share: 0.5) == 1)
    // Half of the distribution is over a point two thirds below its degrees of freedom.
    for degrees in [4000, 4001, 65_535] {
      let middle = chiSquareTail(Double(degrees) - 2.0 / 3, degreesOfFreedom: degrees)
      #expect(abs(middle - 0.5) < 1e-4, "\(degrees): \(middle)")
    }
  }

  /// Draws `count` experts with probabilities in proportion to `weights`.
  private func draws(
    _ count: Int, _ weights: [Double], _ generator: inout SeededGenerator
  ) -> [Int] {
    let total = weights.reduce(0, +)
    var counts = [Int](repeating: 0, count: weights.count)
    for _ in 0..<count {
      var place = Double.random(in: 0..<total, using: &generator)
      var expert = 0
      while expert + 1 < weights.count, place >= weights[expert] {
        place -= weights[expert]
        expert += 1
      }
      counts[expert] += 1
    }
    return counts
  }

  /// Most experts expect less than one of these rows, so that chance alone makes both measures
  /// large; an alarm by the statistic of all experts would be raised for some of these streams.
  @Test func `few rows of many rare experts raise no alarm by chance`() throws {
    var generator = SeededGenerator(seed: 5)
    var plainAlarms = 0
    var alarms = 0
    for _ in 0..<400 {
      let weights = (0..<32).map { _ in pow(Double.random(in: 0...1, using: &generator), 6) }
      let training = draws(2000, weights, &generator).map(UInt64.init)
      for rows in [10, 30, 60] {
        let drift = try #require(
          RouteDrift(draws(rows, weights, &generator), training: training))
        let plain = chiSquareTail(drift.chiSquare, degreesOfFreedom: drift.degreesOfFreedom)
        if drift.stabilityIndex >= 0.25 && plain < 0.001 { plainAlarms += 1 }
        if drift.isAlarm { alarms += 1 }
      }
    }
    #expect(alarms <= 4, "\(alarms)")
    #expect(plainAlarms > 12, "\(plainAlarms)")
  }

  @Test func `few rows of one rare expert do raise it`() throws {
    let drift = try #require(RouteDrift([0, 40, 0], training: [5000, 150, 30]))
    #expect(drift.isAlarm)
    // Two of ten rows where training had none of 5,000; two of four where it had one of five.
    let unseen = try #require(RouteDrift([8, 0, 2], training: [4000, 1000, 0]))
    #expect(unseen.isAlarm)
    let chance = try #require(RouteDrift([2, 2, 0], training: [5000, 1500, 300]))
    #expect(chance.stabilityIndex >= 0.25 && !chance.isAlarm)
    // No index to speak of, but no chance either.
    let slight = try #require(RouteDrift([52_000, 48_000], training: [50_000, 50_000]))
    #expect(slight.probability < 1e-10 && slight.stabilityIndex < 0.1 && !slight.isAlarm)
  }

  /// Four clusters, one of them twice as frequent; `drift` of the rows are in the last one instead.
  private func table(rowCount: Int, seed: UInt64, drift: Double) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var text = "x,z,y\n"
    for _ in 0..<rowCount {
      let moved = Double.random(in: 0..<1, using: &generator) < drift
      let cluster = moved ? 3 : [0, 0, 1, 2, 3][Int.random(in: 0..<5, using: &generator)]
      let x = 6 * Float(cluster % 2) + generator.float() + generator.float()
      let z = 6 * Float(cluster / 2) + generator.float() + generator.float()
      let y = [x, -x, z, 3 - 2 * z][cluster] + 0.1 * generator.float()
      text += "\(x),\(z),\(y)\n"
    }
    return Array(text.utf8)
  }

  /// Goal: an alarm that can be believed. Method: a model trained by the command hears fresh rows
  /// of the same kind, 20 times, and then rows of which more and more are in one cluster.
  @Test(arguments: ["laplace", "linear/prototype"])
  func `drift raises the alarm and fresh rows of the same kind do not`(router: String) throws {
    let scratch = try Scratch()
    try scratch.write(table(rowCount: 2000, seed: 1, drift: 0), to: "rows.csv")
    let trained = try scratch.run(
      "postern train rows.csv --target y --router \(router) "
        + "--experts \(router.contains("/") ? "2x2" : "4") --epochs 6 --teachers 1 --hidden 8 "
        + "--threads 2 -q -o m.moe")
    #expect(trained.status == 0, "\(trained.errors)")
    func drift(_ seed: UInt64, _ rowCount: Int, _ share: Double) throws -> [String: Any] {
      try scratch.write(table(rowCount: rowCount, seed: seed, drift: share), to: "new.csv")
      let result = try scratch.run("postern routes m.moe new.csv --json")
      #expect(result.status == 0, "\(result.errors)")
      let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let drift = try #require((report as? [String: Any])?["drift"] as? [String: Any])
      #expect(result.errors.contains("do not look like training") == (drift["alarm"] as? Bool))
      return drift
    }
    for seed in UInt64(10)..<30 {
      let drift = try drift(seed, seed % 2 == 0 ? 1000 : 60, 0)
      #expect(drift["alarm"] as? Bool == false, "\(seed): \(drift)")
    }
    let text = try scratch.run("postern routes m.moe new.csv -q --html page.html").output
    #expect(text.contains("\n  no alarm: by their routes the rows look like training ("))
    #expect(
      !String(decoding: try scratch.read("page.html"), as: UTF8.self).contains("role=\"alert\""))
    for seed in UInt64(30)..<35 {
      #expect(try drift(seed, 1000, 0.5)["alarm"] as? Bool == true)
      #expect(try drift(seed, 60, 0.9)["alarm"] as? Bool == true)
    }
    let alarm = try scratch.run("postern routes m.moe new.csv --html page.html")
    #expect(alarm.status == 0)
    #expect(alarm.errors.contains("warning: new.csv: the rows do not look like training: "))
    #expect(alarm.output.contains("\n  ALARM: the rows do not look like training: "))
    let page = String(decoding: try scratch.read("page.html"), as: UTF8.self)
    #expect(page.contains("role=\"alert\">The rows do not look like training: "))
  }
}

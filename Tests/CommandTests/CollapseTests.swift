// CollapseTests.swift: an expert without traffic cannot be overlooked.

import Foundation
import Testing

/// Two different rows, over and over, are too few for four experts: two are left without any. Every
/// command that could tell does.
@Suite struct CollapseTests {
  @Test func `train, inspect and routes shout idle experts`() throws {
    let scratch = try Scratch()
    let rows = (0..<200).map { "\($0 % 2),\($0 % 2 * 3)\n" }
    try scratch.write(Array(("x,y\n" + rows.joined()).utf8), to: "two.csv")
    let options = "--target y --task regression --experts 4 --teachers 1 --epochs 1"
    let train = try scratch.run("postern train two.csv \(options) -o m.moe --json")
    #expect(train.status == 0, "\(train.errors)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(train.output.utf8)) as? [String: Any])
    let traffic = try #require(report["expertRowCounts"] as? [Int])
    let idle = traffic.indices.filter { traffic[$0] == 0 }
    #expect(idle.count == 2)
    let inspect = try scratch.run("postern inspect m.moe")
    let routes = try scratch.run("postern routes m.moe two.csv")
    for expert in idle {
      #expect(
        train.errors.contains("warning: two.csv: expert \(expert) answers for no training row"))
      #expect(train.output.contains("expert \(expert) answers for no training row"))
    }
    let names = "experts \(idle[0]), \(idle[1])"
    #expect(inspect.errors.contains("warning: m.moe: \(names) answered for no training row\n"))
    #expect(inspect.output.contains("WARNING: \(names) answered for no training row\n"))
    #expect(routes.errors.contains("warning: m.moe: \(names) are idle: no row here and none in"))
    #expect(routes.errors.contains("help: train again with fewer experts: `--experts 2`"))
    #expect(routes.output.contains("WARNING: \(names) are idle"))
  }
}

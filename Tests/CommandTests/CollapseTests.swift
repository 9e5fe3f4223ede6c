// CollapseTests.swift: an expert without traffic cannot be overlooked.

import Foundation
import Testing

/// Two different rows, over and over, are too few for four experts: some are left without any.
@Suite struct CollapseTests {
  private let scratch: Scratch
  private let options = "--target y --task regression --experts 4 --teachers 1 --epochs 1"

  init() throws {
    scratch = try Scratch()
    let rows = (0..<200).map { "\($0 % 2),\($0 % 2 * 3)\n" }
    try scratch.write(Array(("x,y\n" + rows.joined()).utf8), to: "two.csv")
  }

  private func trained(_ options: String) throws -> (result: CommandResult, traffic: [Int]) {
    let train = try scratch.run("postern train two.csv \(options) -o m.moe --json")
    #expect(train.status == 0, "\(train.errors)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(train.output.utf8)) as? [String: Any])
    return (train, try #require(report["expertRowCounts"] as? [Int]))
  }

  @Test func `experts without training rows are not in the file`() throws {
    for method in ["", " --method soft-to-hard"] {
      let (_, traffic) = try trained(options + method)
      #expect(!traffic.contains(0), "\(method): \(traffic)")
    }
  }

  /// Where outputs are scaled by the gate an idle expert has a part in every answer and stays.
  @Test func `train, inspect and routes warn about idle experts that stay`() throws {
    let (train, traffic) = try trained(options + " --method switch")
    let idle = traffic.indices.filter { traffic[$0] == 0 }
    try #require(!idle.isEmpty)
    let inspect = try scratch.run("postern inspect m.moe")
    let routes = try scratch.run("postern routes m.moe two.csv")
    for expert in idle {
      #expect(
        train.errors.contains("warning: two.csv: expert \(expert) answers for no training row"))
      #expect(train.output.contains("expert \(expert) answers for no training row"))
    }
    let names = idle.map(String.init).joined(separator: ", ")
    #expect(inspect.errors.contains("\(names) answered for no training row\n"))
    #expect(inspect.output.contains("\(names) answered for no training row\n"))
    #expect(routes.errors.contains("idle: no row here and none in"))
    #expect(routes.output.contains("idle"))
  }
}

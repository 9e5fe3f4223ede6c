// RoutesVectorTests.swift: every golden vector has a report on its routes.

import Foundation
import Testing

@Suite struct RoutesVectorTests {
  private static let folder = Scratch.repository.appendingPathComponent("formats/vectors/valid")

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".csv") }.map { String($0.dropLast(4)) }.sorted()
  }()

  /// The vector's file says which expert answers each row, or that the row is refused.
  @Test(arguments: names)
  func `traffic is what the vector says`(name: String) throws {
    let scratch = try Scratch()
    let files = "vectors/valid/\(name).moe vectors/valid/\(name).csv"
    let result = try scratch.run(
      "postern routes \(files) --json -q --on-error skip --html page.html")
    if result.status == 76 {
      #expect(result.errors.contains("has weights of type"))
      return
    }
    let file = RoutesVectorTests.folder.appendingPathComponent(name + ".expected")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let experts = lines.compactMap { $0.hasPrefix("refused") ? nil : $0.split(separator: " ")[0] }
    #expect(result.status == (experts.count < lines.count ? 1 : 0), "\(result.errors)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report["rowCount"] as? Int == experts.count)
    #expect(report["rejectedCount"] as? Int == lines.count - experts.count)
    let traffic = try #require(report["experts"] as? [[String: Any]])
    for (index, expert) in traffic.enumerated() {
      #expect(expert["rowCount"] as? Int == experts.count { Int($0) == index })
    }
    let page = String(decoding: try scratch.read("page.html"), as: UTF8.self)
    #expect(page.hasPrefix("<!doctype html>\n") && page.hasSuffix("</html>\n"))
    #expect(page.components(separatedBy: "<tr data-expert=").count == min(traffic.count, 128) + 1)
  }
}

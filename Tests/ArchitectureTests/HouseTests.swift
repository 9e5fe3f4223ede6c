// HouseTests.swift: what stands at the top of the repository, and what the package declares.

import Foundation
import Testing

@Suite struct HouseTests {
  /// What may stand at the top; names that start with a dot belong to tools.
  static let top: Set<String> = [
    "Package.swift", "Package.resolved", "README.md", "LICENSE", "Sources", "Tests", "formats",
    "tools",
  ]

  static func strangers(_ names: [String]) -> [String] {
    names.filter { !$0.hasPrefix(".") && !top.contains($0) }
  }

  @Test func `the top of the repository has eight doors`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Repository.top.path)
    #expect(Self.strangers(names) == [])
    #expect(Self.strangers(["Sources", ".ci", "scratch.swift"]) == ["scratch.swift"])
  }

  /// The targets of a manifest with the dependencies they declare, from its text.
  static func declared(_ manifest: String) -> [String: Set<String>] {
    var targets: [String: Set<String>] = [:]
    for part in manifest.split(separator: "arget(").dropFirst() {
      let texts = part.split(separator: "\"", omittingEmptySubsequences: false)
      guard texts.count > 1 else { continue }
      let list = part.split(separator: "dependencies: [").dropFirst().first ?? ""
      let names = list.prefix { $0 != "]" }.split(separator: "\"", omittingEmptySubsequences: false)
      let odd = names.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
      targets[String(texts[1])] = Set(odd).subtracting(["swift-argument-parser"])
    }
    return targets
  }

  @Test func `the manifest declares the arrows and no more`() throws {
    let manifest = try String(
      contentsOf: Repository.top.appending(path: "Package.swift"), encoding: .utf8)
    let declared = Self.declared(manifest)
    for (module, allowed) in Arrows.allowed {
      #expect(declared[module]?.isSubset(of: allowed) == true, "\(module)")
    }
    let planted = #".target(name: "PosternFormat", dependencies: ["PosternRuntime"])"#
    #expect(Self.declared(planted) == ["PosternFormat": ["PosternRuntime"]])
  }

  /// Tests in a folder that the manifest does not name would never run.
  @Test func `every test file belongs to a declared target`() throws {
    let manifest = try String(
      contentsOf: Repository.top.appending(path: "Package.swift"), encoding: .utf8)
    let targets = Set(Self.declared(manifest).keys)
    for name in targets where name.hasSuffix("Tests") {
      #expect(Repository.tests.contains { $0.module == name }, "\(name)")
    }
    for file in Repository.tests { #expect(targets.contains(file.module), "\(file.path)") }
  }
}

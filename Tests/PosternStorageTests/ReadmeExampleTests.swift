// ReadmeExampleTests.swift: the example of README.md, compiled and run.

import Foundation
import PosternFormat
import PosternPackaging
import PosternRuntime
import PosternStorage
import TestModels
import Testing

@Suite struct ReadmeExampleTests {
  @Test(arguments: Profile.allCases)
  func `the example predicts from a file`(profile: Profile) throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).moe").path
    try replaceFile(at: path, with: try TestModels.mixed().encoded(profile: profile))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let row = TestModels.rows(1)[0].map { Double($0) }
    let value = try #require(try predictOne(row, model: path))
    #expect(value.isFinite)
    #expect(try predictOne([.infinity] + row.dropFirst(), model: path) == nil)
  }

  /// Goal: README.md shows this code and no other. Method: its block stands in this file, word by
  /// word.
  @Test func `the example is the one that readers see`() throws {
    let here = URL(filePath: #filePath)
    let readme = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "README.md")
    let text = try String(contentsOf: readme, encoding: .utf8)
    let block = try #require(
      text.components(separatedBy: "```swift\n").dropFirst().first?
        .components(separatedBy: "\n```").first)
    let function = try #require(block.range(of: "/// The first target")).lowerBound
    let source = try String(contentsOf: here, encoding: .utf8)
    #expect(source.contains(block[function...]))
  }
}

/// The first target's prediction for one row, or nil if the row cannot be answered.
func predictOne(_ row: [Double], model path: String) throws -> Double? {
  let file = try MappedFile(path: path)
  let model = try ModelView(validating: file.bytes)

  // All memory is the caller's, and its size is known before.
  var words = [UInt32](repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
  var slots = [UInt32](repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
  let workspace = words.mutableSpan
  let cache = slots.mutableSpan
  var predictor = try Predictor(
    model: model, rowCapacity: 1, workspace: workspace, cache: cache)

  // From here on nothing allocates. An expert is checked when it is first used, or decoded again.
  predictor.session.load(binary64: row.span, at: 0)
  try predictor.predict(count: 1)
  guard predictor.session.status(0).refusal == nil else { return nil }
  return predictor.session.prediction(0, output: 0)
}

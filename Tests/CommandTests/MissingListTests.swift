// MissingListTests.swift: one list of texts that mean missing, wherever it is told.

import Foundation
import PosternData
import Testing

@Suite struct MissingListTests {
  private func text(_ path: String) throws -> String {
    let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: top.appendingPathComponent(path), encoding: .utf8)
      .replacing("`", with: "").replacing("\n", with: " ").replacing("  ", with: " ")
  }

  @Test func `README, help and the specification have one list`() throws {
    let tokens = MissingTokens.standard.texts.map { String(decoding: $0, as: UTF8.self) }
    let list = tokens.joined(separator: ", ")
    let ended = tokens.dropLast().joined(separator: ", ") + " and " + (tokens.last ?? "")
    #expect(try text("README.md").contains(list))
    #expect(try text("formats/model.md").contains(ended))
    let scratch = try Scratch()
    for command in ["train", "predict", "update", "routes"] {
      let help = try scratch.run("postern \(command) --help").output
      let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(words.contains(list), "\(command)")
    }
  }
}

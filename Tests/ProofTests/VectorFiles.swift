// VectorFiles.swift: the golden vectors of the format, by group.

import Foundation

/// The files of `formats/vectors`.
enum VectorFiles {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "formats/vectors")

  /// The names of a group's models, without their ending.
  static func names(_ group: String) -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: group).path)
    return (files ?? []).filter { $0.hasSuffix(".moe") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// The bytes of a model.
  static func bytes(_ group: String, _ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: "\(group)/\(name).moe")))
  }

  /// The words of the file that says which rule an invalid model breaks.
  static func error(_ name: String) throws -> [String] {
    let file = folder.appending(path: "invalid/\(name).error")
    return try String(contentsOf: file, encoding: .utf8).split { $0 == " " || $0 == "\n" }
      .map(String.init)
  }
}

// GoldenVectors.swift: the valid golden vectors of the format.

import Foundation

enum GoldenVectors {
  /// Vectors with weights that are not f32.
  static let quantised: Set<String> = [
    "cube-elements", "f16", "int4", "int4-groups", "int8", "int8-edges", "mixed-elements",
    "planes2", "zstd-int8",
  ]

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "formats/vectors/valid")

  /// The names and bytes of all of them, in the order of their names.
  static func valid() throws -> [(name: String, file: [UInt8])] {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return try files.filter { $0.hasSuffix(".moe") }.sorted().map {
      ($0.dropLast(4).description, [UInt8](try Data(contentsOf: folder.appending(path: $0))))
    }
  }
}

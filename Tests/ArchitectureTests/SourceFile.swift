// SourceFile.swift: the files of this repository, as text.

import Foundation

/// A file of the repository.
struct SourceFile: Sendable {
  /// The path from the top of the repository.
  let path: String
  /// The whole text.
  let text: String
  /// The text without comments and without what string literals say; its lines are those of `text`.
  let code: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    code = CodeReader.code(of: text)
  }

  /// The folder below `Sources` or `Tests`: a module's name.
  var module: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The names and numbers of the code, with the operators that stand right behind them.
  var words: [Substring] {
    code.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "!" || $0 == "@") }
  }
}

/// What is in the repository.
enum Repository {
  static let top = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift and C file below `folder`, by path.
  static func files(in folder: String, endings: [String] = [".swift"]) -> [SourceFile] {
    let base = top.appending(path: folder)
    let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
    return (names ?? []).sorted().compactMap { name in
      guard endings.contains(where: name.hasSuffix),
        let text = try? String(contentsOf: base.appending(path: name), encoding: .utf8)
      else { return nil }
      return SourceFile(path: "\(folder)/\(name)", text: text)
    }
  }

  static let sources = files(in: "Sources")
  static let tests = files(in: "Tests")
}

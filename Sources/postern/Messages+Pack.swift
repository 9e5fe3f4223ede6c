// Messages+Pack.swift: what is said about models that are written.

internal import PosternFormat
internal import PosternPackaging

extension Messages {
  static let binaryOnTerminal = Message(
    "", "a model is binary and standard output is a terminal",
    help: "name a file with `-o`, or pipe it on")

  static func noSuchExpert(_ option: String, _ expert: Int, _ count: Int, in name: String)
    -> Message
  {
    Message(
      option, "there is no expert \(expert) in \(name), expected 0 to \(count - 1)",
      help: "`postern inspect \(shellQuoted(name))` lists them")
  }

  static func rawAndCompressed(_ expert: Int) -> Message {
    Message(
      "", "expert \(expert) is in `--raw` and in `--zstd`, expected one of them",
      help: "name it once")
  }

  static func packed(before: Int, after: Int, _ path: String) -> Message {
    Message(name(ofOutput: path), "\(byteText(after)), before \(byteText(before))")
  }

  static func name(ofOutput path: String) -> String { path == "-" ? "stdout" : shown(path) }

  /// A model value that cannot become a file.
  static func packaging(_ error: PackagingError, _ name: String) -> Message {
    switch error {
    case .unlawful(let rule):
      Message(
        name, "the model breaks rule R\(rule.rule.rawValue) of the format",
        help: "a limit of formats/model.md, section 4, is exceeded; use fewer columns or experts")
    case .wrongElementCount(let part, let index, let found, let expected):
      Message(
        name,
        "\(part.rawValue) \(index) has \(grouped(found)) numbers, expected \(grouped(expected))")
    case .compression(let words): Message(name, "zstd failed: \(shown(words))")
    }
  }

  /// A model whose weights were rounded before.
  static func alreadyRounded(_ type: Expert.ElementType, _ name: String) -> Message {
    Message(
      name, "experts have weights of type \(type), expected f32",
      help: "round from the model as it was trained: rounding twice loses more")
  }

  /// A model that has no value to be rounded.
  static func cannotBeRounded(_ error: ModelDecodingError, _ name: String) -> Message {
    switch error {
    case .unlawful(let rule):
      Message(name, "the model breaks rule R\(rule.rule.rawValue) of the format")
    case .sectionWithoutPlace(let kind):
      Message(
        name, "section kind \(kind) says something about weights that rounding would make untrue",
        help: "round before you sign or add sections")
    case .otherMinorVersion(let minor):
      Message(
        name, "format 1.\(minor), expected 1.0", help: "get a newer postern")
    }
  }
}

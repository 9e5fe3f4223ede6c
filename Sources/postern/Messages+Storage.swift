// Messages+Storage.swift: what is said about files that cannot be mapped or replaced.

internal import PosternStorage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension Messages {
  /// A model whose file was written while it was in use.
  static func changedInPlace(_ name: String) -> CommandFailure {
    CommandFailure(
      .refusedModel,
      Message(
        name, "the file was changed in place while it was in use",
        help: "write a new model to another name and rename it to this one, as `mv` does: who has"
          + " the old one open keeps it"))
  }

  /// A model file that cannot be mapped.
  static func unreadable(_ error: StorageError, _ name: String) -> CommandFailure {
    switch error {
    case .system(_, _, let code): return unreadable(name, code)
    case .notARegularFile:
      return CommandFailure(
        .noInput,
        Message(
          name, "this is a folder, a pipe or a device, expected a file",
          help: "name a file; `-` reads a model from standard input"))
    case .changedWhileRead: return changedInPlace(name)
    }
  }

  /// An output that would take the place of something that is read, or of another output.
  static func sameFile(_ output: NamedPath, _ other: NamedPath) -> Message {
    Message(
      shown(output.path), "`\(output.role)` would replace \(other.role), which is the same file",
      help: "name another file for `\(output.role)`; nothing was written")
  }

  /// An output file that cannot be made.
  static func unwritable(_ error: StorageError, _ name: String) -> CommandFailure {
    switch error {
    case .system(_, _, let code): outputFailure(name, code)
    case .notARegularFile: outputFailure(name, EISDIR)
    case .changedWhileRead: outputFailure(name, EBUSY)
    }
  }
}

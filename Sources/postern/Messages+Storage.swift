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
    }
  }

  /// An output file that cannot be made.
  static func unwritable(_ error: StorageError, _ name: String) -> CommandFailure {
    switch error {
    case .system(_, _, let code): outputFailure(name, code)
    case .notARegularFile: outputFailure(name, EISDIR)
    }
  }
}

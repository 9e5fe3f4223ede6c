// StorageError.swift: what the system said no to.

/// A file that could not be read or written.
public enum StorageError: Error, Equatable, Sendable {
  /// A system call failed on `path`; `code` is `errno` after it.
  case system(call: String, path: String, code: CInt)
  /// `path` is a directory, a device or something else that cannot be mapped.
  case notARegularFile(path: String)
  /// `path` was written or cut short while it was opened.
  case changedWhileRead(path: String)
}

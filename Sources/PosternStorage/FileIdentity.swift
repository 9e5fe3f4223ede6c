// FileIdentity.swift: whether two paths mean one file.
//
// Step: paths → [check] → files. Says `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a path means: a file that there is, or the place of one that there is not yet.
public struct FileIdentity: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64
  /// The name in a folder, if the file is not there.
  private let name: String?

  /// Looks at `path`, links followed.
  ///
  /// - Returns: Nil for what no writing can lose: a device, a pipe, a terminal; and for a place in
  ///   a folder that is not there.
  public init?(path: String) {
    var status = stat()
    // SAFETY: the strings live for the calls, and `stat` fills one structure.
    if unsafe stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else { return nil }
      name = nil
    } else {
      let slash = path.lastIndex(of: "/")
      let folder = slash.map { String(path[...$0]) } ?? "."
      guard unsafe stat(folder, &status) == 0 else { return nil }
      name = String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...])
    }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }
}

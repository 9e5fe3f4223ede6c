// FileWatch.swift: whether an open file was changed. Says `unsafe`.
//
// Step: file → [stamp] → whoever has it mapped.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What became of a file since it was looked at last.
public enum FileChange: Sendable {
  /// Nothing that could be seen, or a name more or less: the file was renamed over or removed, and
  /// goes on as it was for whoever has it open.
  case none
  /// Its permissions or its name; or its bytes, and then somebody set the time back. Bytes of a map
  /// are to be checked again.
  case properties
  /// Its bytes.
  case contents
}

/// What the system says of a file, so that a change can be seen.
struct FileStamp: Equatable, Sendable {
  /// What changes with the bytes.
  struct Data: Equatable, Sendable {
    var device: UInt64
    var inode: UInt64
    var byteCount: Int
    /// Nanoseconds since 1970.
    var modified: Int64
  }

  var data: Data
  /// Of the bytes, the names or the permissions: nanoseconds since 1970, set by the system alone.
  var changed: Int64
  var linkCount: UInt64

  /// Looks at an open file. Nil if the system refuses.
  init?(descriptor: CInt) {
    var status = stat()
    // SAFETY: the call fills one structure.
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let (modification, change) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modification, change) = (status.st_mtim, status.st_ctim)
    #endif
    data = Data(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
      byteCount: Int(status.st_size), modified: FileStamp.nanoseconds(modification))
    changed = FileStamp.nanoseconds(change)
    linkCount = UInt64(status.st_nlink)
  }

  static func nanoseconds(_ time: timespec) -> Int64 {
    let (seconds, overflows) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    return overflows ? .max : seconds &+ Int64(time.tv_nsec)
  }

  /// How long a change could still have the same time as the last one; 0 or less: no more.
  ///
  /// A time in the future is another machine's, and nothing is known of its ticks.
  func nanosecondsToSettle(at now: Int64) -> Int64 {
    let second: Int64 = 1_000_000_000
    let isWhole = changed % second == 0 && data.modified % second == 0
    guard changed <= now else { return 0 }
    return (isWhole ? 2 * second : second / 50) - (now - changed)
  }
}

/// Looks at an open file again and again.
///
/// A value of its own for each thread. It is of use while the file is open.
public struct FileWatch: Sendable {
  private let descriptor: CInt
  private var stamp: FileStamp

  init(_ file: borrowing InputFile, _ stamp: FileStamp) {
    descriptor = file.descriptor
    self.stamp = stamp
  }

  /// What became of the file since the last call, or since it was opened.
  ///
  /// The system sets a file's size and time before it writes bytes: what was read from a map before
  /// a call that says `none` is what the file held when it was opened.
  ///
  /// - Returns: `contents` again and again once it was said.
  /// - Complexity: One system call.
  public mutating func look() -> FileChange {
    guard let now = FileStamp(descriptor: descriptor), now.data == stamp.data else {
      return .contents
    }
    defer { stamp = now }
    return now.changed == stamp.changed || now.linkCount != stamp.linkCount ? .none : .properties
  }
}

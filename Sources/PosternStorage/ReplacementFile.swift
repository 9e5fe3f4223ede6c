// ReplacementFile.swift: a file that takes another's place when it is complete.
//
// Step: bytes → [file]. Says `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is written bit by bit and takes its place only when it is committed. What stood
/// there before stays until then, and for good if anything fails or the value just ends.
///
/// The bytes go to a temporary file in the same folder. A symbolic link is followed, so that the
/// file that it names is replaced; an existing file keeps its permissions. A device or a named pipe
/// cannot be replaced and is written as the bytes come.
public struct ReplacementFile: ~Copyable {
  /// Where to write; open until the value ends.
  public let descriptor: CInt
  private let path: String
  /// The file to replace, links followed.
  private let target: String
  /// Where the bytes are until they are committed. A program that a signal may end removes it then.
  /// Nil for a device or pipe.
  public let temporaryPath: String?

  /// Starts to write what is to stand at `path`.
  ///
  /// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
  public init(path: String) throws(StorageError) {
    var status = stat()
    var mode: mode_t = 0o666
    var target = path
    var isReplaced = true
    // SAFETY: the strings live for the calls, and `stat` fills one structure.
    if unsafe stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw .system(call: "open", path: path, code: EISDIR)
      }
      isReplaced = status.st_mode & S_IFMT == S_IFREG
      mode = status.st_mode & 0o7777
      if isReplaced { target = ReplacementFile.resolved(path) }
    }
    let (descriptor, temporaryPath): (CInt, String?) =
      isReplaced
      ? ReplacementFile.createBeside(target, mode)
      : (unsafe open(path, O_WRONLY | O_CLOEXEC), nil)
    guard descriptor >= 0 else { throw .system(call: "open", path: path, code: errno) }
    self.descriptor = descriptor
    self.temporaryPath = temporaryPath
    self.path = path
    self.target = target
  }

  /// Makes a new file in the folder of `target`, under a name that nothing has: a process that was
  /// killed can have left the one with this number.
  ///
  /// - Returns: A descriptor, or -1 with `errno`, and the path.
  private static func createBeside(_ target: String, _ mode: mode_t) -> (CInt, String) {
    var path = "\(target).tmp\(getpid())"
    var descriptor: CInt = -1
    for number in 0..<1_000 {
      if number > 0 { path = "\(target).tmp\(getpid())-\(number)" }
      // SAFETY: the string lives for the call.
      descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    return (descriptor, path)
  }

  /// Tries whether a file could stand at `path`, and leaves everything as it was.
  ///
  /// - Throws: ``StorageError``, as the initializer. Devices and pipes are not tried.
  public static func check(path: String) throws(StorageError) {
    var status = stat()
    // SAFETY: the string lives for the call, and `stat` fills one structure.
    if unsafe stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      return
    }
    _ = try ReplacementFile(path: path)
  }

  /// Puts the bytes written so far in their place.
  ///
  /// They are flushed to the disk (`fsync`) first, the folder after the rename.
  ///
  /// - Throws: ``StorageError``; the temporary file is gone then.
  public consuming func commit() throws(StorageError) {
    guard let temporaryPath else { return }
    guard fsync(descriptor) == 0 else { throw .system(call: "fsync", path: path, code: errno) }
    guard unsafe rename(temporaryPath, target) == 0 else {
      throw .system(call: "rename", path: path, code: errno)
    }
    ReplacementFile.flushFolder(of: target)
  }

  deinit {
    _ = close(descriptor)
    // After a commit there is nothing of that name any more.
    if let temporaryPath { _ = unsafe unlink(temporaryPath) }
  }

  /// Writes all of `bytes`.
  ///
  /// - Throws: ``StorageError`` with `errno`.
  public func write(_ bytes: Span<UInt8>) throws(StorageError) {
    var offset = 0
    while offset < bytes.count {
      // SAFETY: the pointer is into `bytes`, used during the call only, with the count that is
      // left.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
        return unsafe writeOnce(descriptor, rest)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(call: "write", path: path, code: errno) }
      offset += count
    }
  }

  /// The path behind symbolic links, or `path` itself if it cannot be found out.
  private static func resolved(_ path: String) -> String {
    // SAFETY: the result is nil or a string that `realpath` allocated, copied and freed here.
    guard let real = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// A rename survives a power cut only once its folder is on the disk. A file system that cannot
  /// flush folders has done what it can.
  private static func flushFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    // SAFETY: the string lives for the call.
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }
}

/// `write`, in a function of its own because the name is also a method's here.
private func writeOnce(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
  // SAFETY: address and size come from the same buffer.
  unsafe write(descriptor, bytes.baseAddress, bytes.count)
}

// AtomicFile.swift: replaces a file whole or not at all.
//
// Step: bytes → [file]. Says `unsafe`.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes `bytes` to `path`. What stood there before stays until the new bytes are safely on disk,
/// and stays for good if anything fails.
///
/// A temporary file in the same folder is written, flushed to the disk (`fsync`) and renamed; then
/// the folder is flushed. A symbolic link at `path` is followed, so that the file that it names is
/// replaced. An existing file keeps its permissions.
///
/// - Throws: ``StorageError`` with the name of the call that failed and its `errno`. The temporary
///   file is gone then.
public func replaceFile(at path: String, with bytes: [UInt8]) throws(StorageError) {
  let target = resolved(path)
  var status = stat()
  var mode: mode_t = 0o666
  if unsafe stat(target, &status) == 0 {
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notARegularFile(path: path) }
    mode = status.st_mode & 0o7777
  }
  let temporary = "\(target).tmp\(getpid())"
  let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
  guard descriptor >= 0 else { throw .system(call: "open", path: path, code: errno) }
  do throws(StorageError) {
    defer { _ = close(descriptor) }
    try writeAll(bytes, to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw .system(call: "fsync", path: path, code: errno) }
  } catch {
    _ = unsafe unlink(temporary)
    throw error
  }
  guard unsafe rename(temporary, target) == 0 else {
    let code = errno
    _ = unsafe unlink(temporary)
    throw .system(call: "rename", path: path, code: code)
  }
  flushFolder(of: target)
}

private func writeAll(_ bytes: [UInt8], to descriptor: CInt, _ path: String) throws(StorageError) {
  var offset = 0
  while offset < bytes.count {
    // SAFETY: the pointer is into `bytes`, used during the call only, with the count that is left.
    let count = unsafe bytes.withUnsafeBytes { buffer in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
      return unsafe write(descriptor, rest.baseAddress, rest.count)
    }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw .system(call: "write", path: path, code: errno) }
    offset += count
  }
}

/// The path behind symbolic links, or `path` itself where there is nothing yet.
private func resolved(_ path: String) -> String {
  guard let real = unsafe realpath(path, nil) else { return path }
  defer { unsafe free(real) }
  return unsafe String(cString: real)
}

/// A rename survives a power cut only once its folder is on the disk. A file system that cannot
/// flush folders has done what it can.
private func flushFolder(of path: String) {
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  _ = fsync(descriptor)
  _ = close(descriptor)
}

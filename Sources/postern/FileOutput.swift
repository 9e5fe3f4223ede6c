// FileOutput.swift: writes a file, whole or not at all.
//
// Step: model or page → bytes → [file].

internal import PosternData
internal import PosternStorage

/// Writes bytes to `path`; `-` is standard output.
///
/// - Throws: ``CommandFailure``. What stood at `path` is still there then.
func writeFile(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
  if path == "-" {
    var buffer = TextBuffer(capacity: bytes.count)
    buffer.append(bytes.span)
    do throws(OutputError) {
      try buffer.flush(to: 1)
    } catch {
      switch error {
      case .closedPipe: return
      case .failed(let error): throw Messages.outputFailure("stdout", error.code)
      }
    }
    return
  }
  do throws(StorageError) {
    try replaceFile(at: path, with: bytes)
  } catch {
    throw Messages.unwritable(error, Messages.shown(path))
  }
}

/// A model on a terminal would only confuse it.
func refuseBinaryOnTerminal(_ path: String) throws(CommandFailure) {
  if path == "-" && Terminal.isTerminal(1) {
    throw CommandFailure(.usage, Messages.binaryOnTerminal)
  }
}

/// Says now, not after all the work, that a file cannot be written.
func checkWritable(_ path: String) throws(CommandFailure) {
  if path == "-" { return }
  do throws(StorageError) {
    try ReplacementFile.check(path: path)
  } catch {
    throw Messages.unwritable(error, Messages.shown(path))
  }
}

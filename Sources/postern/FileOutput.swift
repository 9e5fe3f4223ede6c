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
  let file = try startFile(path)
  do throws(StorageError) {
    try file.write(bytes.span)
  } catch {
    throw Messages.unwritable(error, Messages.shown(path))
  }
  try finish(file, path)
}

/// Starts to write what is to stand at `path`, which is not `-`. Until ``finish(_:_:)`` nothing
/// stands there, and a signal that ends the process leaves nothing behind.
func startFile(_ path: String) throws(CommandFailure) -> ReplacementFile {
  do throws(StorageError) {
    return try Signals.holdingEnds { () throws(StorageError) in
      let file = try ReplacementFile(path: path)
      Signals.removeAtEnd(file.temporaryPath)
      return file
    }
  } catch {
    throw Messages.unwritable(error, Messages.shown(path))
  }
}

/// Puts a file of ``startFile(_:)`` in its place.
func finish(_ file: consuming ReplacementFile, _ path: String) throws(CommandFailure) {
  do throws(StorageError) {
    try file.commit()
  } catch {
    throw Messages.unwritable(error, Messages.shown(path))
  }
  Signals.removeAtEnd(nil)
}

/// A model on a terminal would only confuse it.
func refuseBinaryOnTerminal(_ path: String) throws(CommandFailure) {
  if path == "-" && Terminal.isTerminal(1) {
    throw CommandFailure(.usage, Messages.binaryOnTerminal)
  }
}

/// A path of the command line and what it is there.
struct NamedPath {
  /// As it stands in a message: `-o`, or what is read.
  var role: String
  var path: String

  init(_ role: String, _ path: String) {
    self.role = role
    self.path = path
  }

  /// Only where there is a path.
  init?(_ role: String, _ path: String?) {
    guard let path else { return nil }
    self.init(role, path)
  }
}

/// Says now, not after all the work, that an output cannot be written, or that it is a file that is
/// read, or another output.
///
/// - Parameters:
///   - outputs: What is written.
///   - inputs: What is read and must be there afterwards.
/// - Throws: ``CommandFailure``; nothing was written then.
func checkOutputs(
  _ outputs: [NamedPath?], inputs: [NamedPath?] = []
) throws(CommandFailure) {
  var taken = inputs.compactMap(\.self)
  for output in outputs.compactMap(\.self) where output.path != "-" {
    let identity = FileIdentity(path: output.path)
    if let identity,
      let other = taken.first(where: {
        $0.path != "-" && FileIdentity(path: $0.path) == identity
      })
    {
      throw CommandFailure(.usage, Messages.sameFile(output, other))
    }
    do throws(StorageError) {
      try Signals.holdingEnds { () throws(StorageError) in
        try ReplacementFile.check(path: output.path)
      }
    } catch {
      throw Messages.unwritable(error, Messages.shown(output.path))
    }
    taken.append(output)
  }
}

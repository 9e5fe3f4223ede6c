// ModelFile.swift: opens the model that a command is about.
//
// Step: path → [model] → command.

internal import PosternData
internal import PosternFormat
internal import PosternStorage

/// Maps the file at `path`, checks it and lends it to `body`.
///
/// - Parameters:
///   - path: A path, or `-` for standard input, which is read into memory.
///   - body: Borrows the model.
/// - Returns: What `body` returns.
/// - Throws: ``CommandFailure`` for a file that cannot be read or is refused; what `body` throws.
func withModel<Result>(at path: String, _ body: (ModelView) throws -> Result) throws -> Result {
  try withModelBytes(at: path) { bytes in
    let model: ModelView
    do throws(FormatError) {
      model = try ModelView(validating: bytes)
    } catch {
      throw Messages.refused(error, in: Messages.name(ofInput: path), bytes: bytes)
    }
    return try body(model)
  }
}

/// Lends the bytes of the file at `path` to `body`, unchecked.
func withModelBytes<Result>(
  at path: String, _ body: (Span<UInt8>) throws -> Result
) throws -> Result {
  let name = Messages.name(ofInput: path)
  if path == "-" {
    let bytes: [UInt8]
    do throws(DataError) {
      var source = ByteSource(descriptor: 0)
      bytes = try source.readAll()
    } catch {
      throw Messages.data(error, in: name)
    }
    return try body(bytes.span)
  }
  let file: MappedFile
  do throws(StorageError) {
    file = try MappedFile(path: path)
  } catch {
    throw Messages.unreadable(error, name)
  }
  return try body(file.bytes)
}

/// XXH64 of a file's bytes, or nil for what is not a regular file that can be read.
func digestOfFile(at path: String) -> UInt64? {
  do throws(StorageError) {
    let file = try MappedFile(path: path)
    return xxh64(file.bytes)
  } catch {
    return nil
  }
}

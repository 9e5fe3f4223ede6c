// ModelFile.swift: opens the model that a command is about.
//
// Step: path → [model] → command.

internal import PosternData
internal import PosternFormat
internal import PosternStorage

/// Says whether the file of a model was written since it was opened.
///
/// What was read from the model before a call that returns nil is what the file held when it was
/// opened. A value of its own for each thread.
struct ModelWatch: Sendable {
  private let name: String
  /// Nil for a model from standard input, which is in memory.
  private var file: FileWatch?

  fileprivate init(_ name: String, _ file: FileWatch?) {
    self.name = name
    self.file = file
  }

  /// Looks whether the file was written.
  ///
  /// - Parameter model: The model of the file; nil if it was refused.
  /// - Returns: What to end with because it was, or nil.
  /// - Complexity: One system call. O(*bytes*) in the rare case that only the system's own time of
  ///   the file is another one.
  mutating func failure(_ model: ModelView?) -> CommandFailure? {
    if Signals.isMapCut { return Messages.changedInPlace(name) }
    switch file?.look() {
    case nil, .some(.none): return nil
    case .contents: return Messages.changedInPlace(name)
    case .properties:
      guard let model, !model.hasExpertsAsChecked else { return nil }
      return Messages.changedInPlace(name)
    }
  }

  /// Throws what ``failure(_:)`` returns.
  mutating func check(_ model: ModelView) throws(CommandFailure) {
    if let failure = failure(model) { throw failure }
  }
}

extension ModelView {
  /// Whether the raw experts, which may stand in a map, are what the directory, which is a copy,
  /// says. Others are checked whenever they are decoded.
  fileprivate var hasExpertsAsChecked: Bool {
    (0..<expertSectionCount).allSatisfy { expert in
      !isRaw(expert) || xxh64(storedExpert(expert)) == expertEntry(expert).checksum
    }
  }
}

/// Opens the file at `path`, checks it and lends it to `body`.
///
/// - Parameters:
///   - path: A path, or `-` for standard input, which is read into memory.
///   - body: Borrows the model. Writes nothing: its result is of use only if the file did not
///     change meanwhile.
/// - Returns: What `body` returns.
/// - Throws: ``CommandFailure`` for a file that cannot be read, is refused or was changed; what
///   `body` throws.
func withModel<Result>(at path: String, _ body: (ModelView) throws -> Result) throws -> Result {
  try withWatchedModel(at: path) { model, watch in
    var watch = watch
    let result = try body(model)
    try watch.check(model)
    return result
  }
}

/// As ``withModel(at:_:)`` for a `body` that writes: it asks the watch before it does.
func withWatchedModel<Result>(
  at path: String, _ body: (ModelView, ModelWatch) throws -> Result
) throws -> Result {
  try withModelBytes(at: path) { bytes, watch in
    let model: ModelView
    do throws(FormatError) {
      model = try ModelView(validating: bytes)
    } catch {
      throw Messages.refused(error, in: Messages.name(ofInput: path), bytes: bytes)
    }
    return try body(model, watch)
  }
}

/// Lends the bytes of the file at `path` to `body`, unchecked.
///
/// - Throws: ``CommandFailure``: a failure of `body`'s on a file that changed is the change's.
func withModelBytes<Result>(
  at path: String, _ body: (Span<UInt8>, ModelWatch) throws -> Result
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
    return try body(bytes.span, ModelWatch(name, nil))
  }
  let file: MappedFile
  do throws(StorageError) {
    file = try MappedFile(path: path)
  } catch {
    throw Messages.unreadable(error, name)
  }
  Signals.catchCuts(of: file.bytes)
  defer { Signals.forgetMap() }
  var watch = ModelWatch(name, file.watch)
  do {
    return try body(file.bytes, watch)
  } catch let failure as CommandFailure {
    throw watch.failure(nil) ?? failure
  }
}

/// XXH64 of a file's bytes, or nil for what is not a regular file that can be read, or is written
/// meanwhile.
func digestOfFile(at path: String) -> UInt64? {
  do throws(StorageError) {
    let file = try MappedFile(path: path)
    Signals.catchCuts(of: file.bytes)
    defer { Signals.forgetMap() }
    var watch = ModelWatch(path, file.watch)
    let digest = xxh64(file.bytes)
    return watch.failure(nil) == nil ? digest : nil
  } catch {
    return nil
  }
}

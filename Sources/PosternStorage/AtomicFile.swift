// AtomicFile.swift: replaces a file whole or not at all.
//
// Step: bytes → [file].

/// Writes `bytes` to `path`. What stood there before stays until the new bytes are safely on disk,
/// and stays for good if anything fails.
///
/// See ``ReplacementFile`` for links, permissions and devices.
///
/// - Throws: ``StorageError`` with the name of the call that failed and its `errno`.
public func replaceFile(at path: String, with bytes: [UInt8]) throws(StorageError) {
  let file = try ReplacementFile(path: path)
  try file.write(bytes.span)
  try file.commit()
}

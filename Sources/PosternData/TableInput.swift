// TableInput.swift: a table that can be read more than once.
//
// Step: file → [table] → trainer.

/// Where a table is and how it is written.
package struct TableInput: Sendable {
  private enum Origin: Sendable {
    case path(String)
    case bytes([UInt8])
  }

  private let origin: Origin
  /// How to read it.
  package var options: RecordReader.Options

  /// A file, opened anew for each reading.
  package init(path: String, options: RecordReader.Options = RecordReader.Options()) {
    origin = .path(path)
    self.options = options
  }

  /// Bytes in memory: what came from a pipe, which cannot be read twice.
  package init(bytes: [UInt8], options: RecordReader.Options = RecordReader.Options()) {
    origin = .bytes(bytes)
    self.options = options
  }

  /// Starts to read from the beginning.
  ///
  /// - Returns: A reader before its first record.
  /// - Throws: ``DataError`` of the system, of an empty or foreign input, of a faulty header.
  package func open() throws(DataError) -> RecordReader {
    switch origin {
    case .bytes(let bytes):
      return try RecordReader(ByteSource(bytes: bytes), options: options)
    case .path(let path):
      let source: ByteSource
      do {
        source = try ByteSource(path: path)
      } catch {
        throw .system(error)
      }
      return try RecordReader(source, options: options)
    }
  }
}

extension RecordReader.Format {
  /// The format that the ending of a file's name suggests, whatever its case.
  ///
  /// - Returns: `tsv` for `.tsv` and `.tab`, `ndjson` for `.ndjson`, `.jsonl` and `.json`, else
  ///   `csv`.
  package init(path: String) {
    let ending = withoutCompression(path).split(separator: ".").last.map { $0.lowercased() }
    switch ending {
    case "tsv", "tab": self = .tsv
    case "ndjson", "jsonl", "json": self = .ndjson
    default: self = .csv
    }
  }
}

/// The name of a file without an ending that says how it is compressed.
package func withoutCompression(_ path: String) -> String {
  for ending in [".gz", ".gzip", ".zst", ".zstd"] where path.lowercased().hasSuffix(ending) {
    return String(path.dropLast(ending.count))
  }
  return path
}

// Messages+Foreign.swift: names a file that was given as a model and is none.

extension Messages {
  /// What the file is and what to do, or nil if it may be a damaged model.
  static func foreignModel(_ bytes: Span<UInt8>) -> (text: String, help: String?)? {
    if bytes.isEmpty {
      return ("the file is empty, expected a model", "postern train writes one")
    }
    let signature: [UInt8] = [0x8F, 0x4D, 0x4F, 0x45, 0x0D, 0x0A, 0x1A, 0x0A]
    if starts(bytes, signature) { return nil }
    if starts(bytes, Array(signature[..<4])), bytes.count >= 8 {
      return (
        "the line ends in the signature were rewritten, as a transfer in text mode does",
        "copy or download it again in binary mode"
      )
    }
    for (magic, kind, help) in magics where starts(bytes, magic) {
      return ("this is \(kind), expected a model", help)
    }
    if bytes.count > 9, bytes[8] == UInt8(ascii: "{"), bytes[7] == 0, bytes[6] == 0 {
      return (
        "this is a safetensors file, expected a model", "only models of postern train run here"
      )
    }
    return text(bytes)
  }

  private static let magics: [(magic: [UInt8], name: String, help: String)] = [
    ([0x1F, 0x8B], "a gzip archive", "unpack it first with gunzip"),
    ([0x50, 0x4B, 0x03, 0x04], "a zip archive", "unpack it first with unzip"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a zstd-compressed file", "unpack it first with zstd"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz archive", "unpack it first with xz"),
    ([0x42, 0x5A, 0x68], "a bzip2 archive", "unpack it first with bzip2"),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file", "only models of postern train run here"),
    (Array("GGUF".utf8), "a GGUF file", "only models of postern train run here"),
    (Array("TFL3".utf8), "a LiteRT model", "only models of postern train run here"),
    (Array("PAR1".utf8), "a Parquet file", "the model comes first, then the data"),
    (Array("%PDF".utf8), "a PDF", "is this the right file?"),
    ([0x7F, 0x45, 0x4C, 0x46], "a program", "is this the right file?"),
    ([0x80, 0x04], "a Python pickle", "only models of postern train run here"),
    (
      Array("version https://git-lfs".utf8), "a Git LFS pointer",
      "fetch the file with `git lfs pull`"
    ),
  ]

  /// Names text by how it starts.
  private static func text(_ bytes: Span<UInt8>) -> (text: String, help: String?)? {
    let start = bytes.extracting(first: min(bytes.count, 512))
    for index in start.indices {
      let byte = start[index]
      if byte < 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09 { return nil }
    }
    var index = 0
    while index < start.count, start[index] <= 0x20 { index += 1 }
    guard index < start.count else {
      return ("there are only blanks in the file, expected a model", "is this the right file?")
    }
    switch start[index] {
    case UInt8(ascii: "<"):
      return ("this is a web page, expected a model", "was the download an error message?")
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      return ("this is JSON, expected a model", "the model comes first, then the data")
    default:
      return (
        "this is text, a table perhaps, expected a model",
        "the model comes first, then the data"
      )
    }
  }

  private static func starts(_ bytes: Span<UInt8>, _ magic: [UInt8]) -> Bool {
    guard bytes.count >= magic.count else { return false }
    for index in magic.indices where bytes[index] != magic[index] { return false }
    return true
  }
}

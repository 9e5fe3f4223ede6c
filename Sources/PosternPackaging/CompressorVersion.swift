// CompressorVersion.swift: which zstd compresses.

internal import CZstd

/// The version of the zstd library in use, as `1.5.4`.
public var compressorVersion: String {
  let number = ZSTD_versionNumber()
  return "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
}

// Version.swift: what `postern --version` prints.

internal import PosternFormat
internal import PosternPackaging
internal import PosternRuntime

/// The version of the command and of what it is made of.
enum Version {
  /// The version of the command.
  static let number = "0.1.0"

  /// Command, format, instruction set, zstd.
  static var text: String {
    """
    postern \(number)
    model format \(Layout.versionMajor).\(Layout.versionMinor) (reads every \(Layout.versionMajor).x)
    kernels \(KernelSet.current.name)
    zstd \(compressorVersion)
    """
  }
}

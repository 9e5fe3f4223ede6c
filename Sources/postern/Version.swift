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
    let major = Layout.versionMajor
    return """
      postern \(number)
      model format \(major).\(Layout.versionMinor) (reads every \(major).x)
      kernels \(KernelSet.current.name)
      zstd \(compressorVersion)
      """
  }
}

// PackagingError.swift: why a model value cannot become a file.

public import PosternFormat

/// Why a model cannot become the bytes of a file.
public enum PackagingError: Error, Equatable, Sendable {
  /// The bytes that were made break a rule of the format: a part of the description has the wrong
  /// size or an unlawful value, or a limit is exceeded.
  case unlawful(FormatError)
  /// A tensor of the description has the wrong number of elements.
  case wrongElementCount(part: Part, index: Int, found: Int, expected: Int)
  /// The compressor failed; the text is its own.
  case compression(String)

  /// A part of a description.
  public enum Part: String, Sendable {
    case router
    case expert
    case sharedExpert = "shared expert"
    case names
    case routerParameters = "router parameters"
    case deviations
    case input
  }
}

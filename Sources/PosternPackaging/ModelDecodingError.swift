// ModelDecodingError.swift: why a file cannot become a model value.
//
// Step: file → [decoder] → model value.

public import PosternFormat

/// Why a valid file has no model value that says the same.
public enum ModelDecodingError: Error, Equatable, Sendable {
  /// An expert or an ancillary section is damaged.
  case unlawful(FormatError)
  /// The file has a section that a description has no place for: an ancillary kind that it does
  /// not hold, one of a size that its kind does not have, or a compressed one.
  case sectionWithoutPlace(kind: UInt32)
  /// A minor version that this library does not give to a file with these sections.
  case otherMinorVersion(UInt16)
}

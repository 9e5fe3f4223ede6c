// FormatError.swift: why a sequence of bytes is not a model file.
//
// Specification: formats/model.md, section 11.

/// The rules of section 11, The number is the rule's. A reader
/// checks them in the order of their numbers, R33 between R29 and R30.
public enum FormatRule: UInt8, Sendable {
  case truncated = 1
  case wrongSignature = 2
  case unsupportedVersion = 3
  case wrongFileSize = 4
  case wrongHeaderSize = 5
  case damagedDirectory = 6
  case nonzeroReservedByte = 7
  case countOutOfRange = 8
  case invalidHeaderValue = 9
  case invalidEntry = 10
  case unknownCriticalSection = 11
  case wrongEntryFlags = 12
  case sectionOutOfOrder = 13
  case missingSection = 14
  case misplacedSection = 15
  case wrongSectionSize = 16
  case nonzeroPadding = 17
  case damagedSection = 18
  case wrongSchemaSize = 19
  case invalidSchemaColumn = 20
  case invalidTextOffset = 21
  case unorderedCategories = 22
  case invalidTransformColumn = 23
  case invalidTransformValue = 24
  case invalidRouterNode = 25
  case invalidRouterValue = 26
  case invalidHead = 27
  case invalidExpertShape = 28
  case wrongWorkspaceSize = 29
  case damagedExpert = 30
  case invalidExpertValue = 31
  case invalidAncillaryValue = 32
  case invalidInput = 33
}

/// The rule that a file breaks, where, and the numbers that broke it.
public struct FormatError: Error, Equatable, Sendable {
  /// The rule that is broken.
  public let rule: FormatRule
  /// The kind of the section, as in the file; 0 for header, directory and padding.
  public let kind: UInt32
  /// The section's index.
  public let index: UInt32
  /// Bytes from the start of the section; from the start of the file where `kind` is 0.
  public let offset: UInt64
  /// The number that stands there, or the one computed from what stands there.
  public let found: UInt64
  /// The number that the rule asks for, or the largest it allows; 0 where there is none.
  public let expected: UInt64

  /// Creates an error in the header, the directory or the bytes between sections.
  package init(_ rule: FormatRule, at offset: Int, found: UInt64 = 0, expected: UInt64 = 0) {
    self.init(rule, kind: 0, index: 0, at: offset, found: found, expected: expected)
  }

  /// Creates an error in a section.
  package init(
    _ rule: FormatRule, kind: UInt32, index: UInt32 = 0, at offset: Int, found: UInt64 = 0,
    expected: UInt64 = 0
  ) {
    self.rule = rule
    self.kind = kind
    self.index = index
    self.offset = UInt64(wide: offset)
    self.found = found
    self.expected = expected
  }
}

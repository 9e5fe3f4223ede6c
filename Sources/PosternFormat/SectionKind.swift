// SectionKind.swift: the sections that this version knows.
//
// Specification: formats/model.md, sections 5.2 and 6.

/// What a section holds. The number is the one in the file.
public enum SectionKind: UInt32, Sendable {
  case schema = 1
  case transform = 2
  case router = 3
  case head = 4
  case expertShapes = 5
  case sharedExpert = 6
  case expert = 7
  case input = 9
  case routerParameters = 32
  case modelCard = 33
  case provenance = 34
  case routingHistogram = 35
  case selfTest = 36
  case signature = 37
  case deviations = 38

  /// Whether a reader that does not know the kind must refuse the file.
  public var isCritical: Bool { rawValue < SectionKind.routerParameters.rawValue }
  /// Whether the section holds an expert's weights: compressible, checked at first use.
  public var isExpert: Bool { self == .expert || self == .sharedExpert }
  /// Whether every row needs the section, so that it is checked when the file is opened.
  public var isAlwaysRead: Bool {
    rawValue <= SectionKind.expertShapes.rawValue || self == .input
  }
}

/// How a section's bytes are stored. Section 5.2.
public enum Encoding: UInt8, Sendable {
  case raw = 0
  case zstd = 1
  case planes4Zstd = 2
  case planes2Zstd = 3

  /// The number of byte planes, 1 when the bytes keep their order.
  public var planeCount: Int {
    switch self {
    case .raw, .zstd: 1
    case .planes4Zstd: 4
    case .planes2Zstd: 2
    }
  }
}

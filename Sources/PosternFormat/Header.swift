// Header.swift: the counts of a model, from the first 128 bytes.
//
// Step: file → [header] → reader.   Specification: formats/model.md, section 5.

/// What is predicted.
public enum Task: UInt8, Sendable {
  case regression = 0
  case binary = 1
  case multiclass = 2
}

/// What the routed expert's outputs are multiplied by. The number is the one in the file.
public enum GateScale: UInt8, Sendable {
  case none = 0
  /// The softmax value of the chosen expert.
  case probability = 1
  /// The chosen expert's score as it is.
  case score = 2
}

/// The counts and sizes of a model file's header.
public struct Header: Equatable, Sendable {
  /// The minor version of the file.
  public let versionMinor: UInt16
  /// Sections in the directory.
  public let sectionCount: Int
  /// Routed experts, 1...65,536.
  public let expertCount: Int
  /// Values in a row, 1...65,536.
  public let columnCount: Int
  /// Features that the transform makes of a row, 1...65,536.
  public let featureCount: Int
  /// Outputs of an expert, 1...65,536.
  public let outputCount: Int
  /// What is predicted.
  public let task: Task
  /// What the routed expert's outputs are multiplied by.
  public let gateScale: GateScale
  /// Whether an expert is added for every row.
  public let hasSharedExpert: Bool
  /// Groups of a two-level router; 0 for a flat one.
  public let groupCount: Int
  /// Bytes of workspace whatever the capacity.
  public let sessionByteCount: Int
  /// Bytes of workspace for each row of capacity.
  public let rowByteCount: Int
  /// Bytes of workspace for each row of a block.
  public let blockRowByteCount: Int
  /// Bytes of the largest expert that is stored compressed, once decoded; 0 without one.
  public let cacheByteCount: Int

  /// The bytes of workspace that a session for `rowCapacity` rows at a time takes; not one less
  /// does.
  ///
  /// - Precondition: `rowCapacity` is in `1...1 << 30`.
  public func workspaceByteCount(rowCapacity: Int) -> Int {
    precondition(rowCapacity >= 1 && rowCapacity <= 1 &<< 30)
    return sessionByteCount + rowCapacity * rowByteCount
      + min(rowCapacity, Layout.blockRowCount) * blockRowByteCount
  }

  /// Checks rules R1 to R9, the directory's checksum among them.
  init(validating bytes: Span<UInt8>) throws(FormatError) {
    sectionCount = try Header.checkFrame(bytes)
    typealias Field = Layout.Header
    if bytes[Field.reservedByte] != 0 {
      throw FormatError(.nonzeroReservedByte, at: Field.reservedByte)
    }
    if let offset = bytes.firstNonzero(in: Field.reservedWord..<Field.sessionByteCount)
      ?? bytes.firstNonzero(in: Field.reservedTail..<Layout.headerByteCount)
    {
      throw FormatError(.nonzeroReservedByte, at: offset, found: UInt64(wide: bytes[offset]))
    }
    expertCount = try Header.count(bytes, at: Field.expertCount, least: 1)
    columnCount = try Header.count(bytes, at: Field.columnCount, least: 1)
    featureCount = try Header.count(bytes, at: Field.featureCount, least: 1)
    outputCount = try Header.count(bytes, at: Field.outputCount, least: 1)
    groupCount = try Header.count(bytes, at: Field.groupCount, least: 0)
    guard let task = Task(rawValue: bytes[Field.task]) else {
      throw Header.invalid(bytes, Field.task, most: 2)
    }
    guard let gateScale = GateScale(rawValue: bytes[Field.gateScale]) else {
      throw Header.invalid(bytes, Field.gateScale, most: 2)
    }
    if bytes[Field.sharedExpert] > 1 { throw Header.invalid(bytes, Field.sharedExpert, most: 1) }
    self.task = task
    self.gateScale = gateScale
    hasSharedExpert = bytes[Field.sharedExpert] == 1
    versionMinor = bytes.uint16(at: Field.versionMinor)
    if task == .binary && outputCount != 1 || task == .multiclass && outputCount < 2 {
      throw FormatError(
        .invalidHeaderValue, at: Field.outputCount, found: UInt64(wide: outputCount),
        expected: task == .binary ? 1 : 2)
    }
    if groupCount > expertCount {
      throw FormatError(
        .invalidHeaderValue, at: Field.groupCount, found: UInt64(wide: groupCount),
        expected: UInt64(wide: expertCount))
    }
    sessionByteCount = Int(narrow: bytes.uint64(at: Field.sessionByteCount))
    rowByteCount = Int(narrow: bytes.uint64(at: Field.rowByteCount))
    blockRowByteCount = Int(narrow: bytes.uint64(at: Field.blockRowByteCount))
    cacheByteCount = Int(narrow: bytes.uint64(at: Field.cacheByteCount))
  }

  /// Checks rules R1 to R6 and returns the number of sections.
  private static func checkFrame(_ bytes: Span<UInt8>) throws(FormatError) -> Int {
    typealias Field = Layout.Header
    try require(bytes, Layout.signature.count)
    for index in Layout.signature.indices where bytes[index] != Layout.signature[index] {
      throw FormatError(
        .wrongSignature, at: index, found: UInt64(wide: bytes[index]),
        expected: UInt64(wide: Layout.signature[index]))
    }
    try require(bytes, Field.headerByteCount)
    let version = bytes.uint16(at: Field.versionMajor)
    if version != Layout.versionMajor {
      throw FormatError(
        .unsupportedVersion, at: Field.versionMajor, found: UInt64(wide: version),
        expected: UInt64(wide: Layout.versionMajor))
    }
    try require(bytes, Layout.headerByteCount)
    let size = bytes.uint64(at: Field.fileByteCount)
    let least = UInt64(wide: Layout.headerByteCount + Layout.checksumByteCount)
    if size != UInt64(wide: bytes.count) || size < least || size > Limit.fileByteCount {
      throw FormatError(
        .wrongFileSize, at: Field.fileByteCount, found: size, expected: UInt64(wide: bytes.count))
    }
    let headerSize = bytes.uint32(at: Field.headerByteCount)
    if headerSize != Layout.headerByteCount {
      throw FormatError(
        .wrongHeaderSize, at: Field.headerByteCount, found: UInt64(wide: headerSize),
        expected: UInt64(wide: Layout.headerByteCount))
    }
    let sections = UInt64(wide: bytes.uint32(at: Field.sectionCount))
    if sections < Limit.sectionCountLeast || sections > Limit.sectionCount {
      throw FormatError(
        .damagedDirectory, at: Field.sectionCount, found: sections, expected: Limit.sectionCount)
    }
    let end = Layout.headerByteCount + Int(narrow: sections) * Layout.entryByteCount
    try require(bytes, end + Layout.checksumByteCount)
    let computed = xxh64(bytes.extracting(0..<end))
    let stated = bytes.uint64(at: end)
    if computed != stated {
      throw FormatError(.damagedDirectory, at: end, found: computed, expected: stated)
    }
    return Int(narrow: sections)
  }

  private static func require(_ bytes: Span<UInt8>, _ needed: Int) throws(FormatError) {
    if bytes.count < needed {
      throw FormatError(
        .truncated, at: bytes.count, found: UInt64(wide: bytes.count),
        expected: UInt64(wide: needed))
    }
  }

  private static func count(
    _ bytes: Span<UInt8>, at offset: Int, least: UInt64
  ) throws(FormatError) -> Int {
    let found = UInt64(wide: bytes.uint32(at: offset))
    if found < least || found > Limit.count {
      throw FormatError(.countOutOfRange, at: offset, found: found, expected: Limit.count)
    }
    return Int(narrow: found)
  }

  private static func invalid(_ bytes: Span<UInt8>, _ offset: Int, most: UInt64) -> FormatError {
    FormatError(
      .invalidHeaderValue, at: offset, found: UInt64(wide: bytes[offset]), expected: most)
  }
}

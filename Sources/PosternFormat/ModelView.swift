// ModelView.swift: a model read in place from borrowed bytes.
//
// Step: file → [reader] → runtime.   Specification: formats/model.md, sections 5 to 11.

/// A model, read in place from the bytes of its file.
///
/// Creating a view checks every rule but those of single experts, which are checked when an expert
/// is first used (``checkExpert(_:decoded:)``), so that opening a file reads no expert. The view
/// owns nothing and allocates nothing; the compiler keeps it from outliving the bytes.
public struct ModelView: ~Escapable, Sendable {
  /// The whole file.
  public let bytes: Span<UInt8>
  /// The counts and sizes of the model.
  public let header: Header
  /// Where the input stands; empty without one.
  private let inputRange: Range<Int>

  /// Checks rules R1 to R29 and R33 and borrows `bytes`.
  ///
  /// - Parameter bytes: A whole file.
  /// - Throws: The first rule that is broken, with the numbers that broke it.
  /// - Complexity: O(*sections* + bytes of what every row needs), no allocation.
  @_lifetime(copy bytes)
  public init(validating bytes: Span<UInt8>) throws(FormatError) {
    let header = try Header(validating: bytes)
    try Directory.check(bytes, header)
    try SchemaView.check(ModelView.section(bytes, .schema), header)
    let schema = SchemaView(ModelView.section(bytes, .schema))
    try TransformView.check(ModelView.section(bytes, .transform), header, schema)
    try RouterView.check(ModelView.section(bytes, .router), header)
    try HeadView.check(ModelView.section(bytes, .head), header)
    try ShapesView.check(ModelView.section(bytes, .expertShapes), header)
    self.bytes = bytes
    self.header = header
    inputRange = Directory.input(bytes, header)
    try checkExpertSizes()
    try checkWorkspace()
    if !inputRange.isEmpty {
      try InputView.check(bytes.extracting(inputRange), header, schema, head)
    }
  }

  /// The stored bytes of one of the sections that every row needs: entry `kind - 1`.
  @_lifetime(copy bytes)
  private static func section(_ bytes: Span<UInt8>, _ kind: SectionKind) -> Span<UInt8> {
    let entry = SectionEntry(bytes, at: Directory.entryOffset(Int(kind.rawValue) - 1))
    return bytes.extracting(entry.range)
  }

  /// The directory entry at `number`, in `0..<header.sectionCount`.
  public func entry(_ number: Int) -> SectionEntry {
    precondition(number >= 0 && number < header.sectionCount)
    return SectionEntry(bytes, at: Directory.entryOffset(number))
  }

  /// The directory entry of a section, or nil if the file has none.
  public func entry(_ kind: SectionKind) -> SectionEntry? {
    for number in 0..<header.sectionCount {
      let entry = entry(number)
      if entry.rawKind == kind.rawValue { return entry }
      if entry.rawKind > kind.rawValue { return nil }
    }
    return nil
  }

  /// Experts with a section of their own: the routed ones, and behind them the shared one.
  public var expertSectionCount: Int { header.expertCount + (header.hasSharedExpert ? 1 : 0) }

  /// The directory entry of an expert; `expertCount` names the shared one.
  public func expertEntry(_ expert: Int) -> SectionEntry { entry(entryNumber(ofExpert: expert)) }

  func entryNumber(ofExpert expert: Int) -> Int {
    precondition(expert >= 0 && expert < expertSectionCount)
    return expert == header.expertCount ? 5 : Directory.firstExpert(header) + expert
  }

  /// The bytes of an expert as they are stored.
  @_lifetime(copy self)
  public func storedExpert(_ expert: Int) -> Span<UInt8> {
    // Only what is needed of the entry: this stands on the way of every row.
    let entry = Directory.entryOffset(entryNumber(ofExpert: expert))
    let start = Int(narrow: bytes.uint64(at: entry + Layout.Entry.offset))
    let count = Int(narrow: bytes.uint64(at: entry + Layout.Entry.storedByteCount))
    return bytes.extracting(start..<start + count)
  }

  /// Where the first expert's line in the directory is.
  package var expertEntryOffset: Int { Directory.entryOffset(Directory.firstExpert(header)) }

  /// Where one of the sections that every row needs is.
  package func offset(of kind: SectionKind) -> Int {
    Int(narrow: entry(Int(kind.rawValue) - 1).offset)
  }

  /// Whether an expert is stored as the runtime reads it.
  public func isRaw(_ expert: Int) -> Bool {
    let entry = Directory.entryOffset(entryNumber(ofExpert: expert))
    return bytes[entry + Layout.Entry.encoding] == Encoding.raw.rawValue
  }

  /// The layers of an expert; `expertCount` names the shared one.
  public func shape(ofExpert expert: Int) -> ExpertShape { shapes.shape(expert) }

  /// The names of columns, targets, classes and categories.
  public var schema: SchemaView {
    @_lifetime(copy self)
    get { SchemaView(ModelView.section(bytes, .schema)) }
  }

  /// How texts become the numbers of a row and values become answers, or nil if the file does not
  /// say so: then a row's numbers and the answers are what stands in the text.
  ///
  /// - Complexity: O(1), no allocation.
  public var input: InputView? {
    @_lifetime(copy self)
    get {
      inputRange.isEmpty ? nil : InputView(bytes.extracting(inputRange))
    }
  }

  /// How a row becomes features.
  package var transform: TransformView {
    @_lifetime(copy self)
    get { TransformView(ModelView.section(bytes, .transform)) }
  }

  /// What chooses the expert.
  package var router: RouterView {
    @_lifetime(copy self)
    get { RouterView(ModelView.section(bytes, .router), featureCount: header.featureCount) }
  }

  /// What turns outputs into values.
  package var head: HeadView {
    @_lifetime(copy self)
    get { HeadView(ModelView.section(bytes, .head)) }
  }

  /// The shapes of all experts.
  package var shapes: ShapesView {
    @_lifetime(copy self)
    get { ShapesView(ModelView.section(bytes, .expertShapes)) }
  }

  /// The counts that sizes of experts depend on.
  package var sizes: ModelSizes {
    ModelSizes(
      featureCount: header.featureCount, entryCount: transform.entryCount,
      outputCount: header.outputCount)
  }

  /// R28: what the directory says of an expert's size is what its shape says.
  private func checkExpertSizes() throws(FormatError) {
    let sizes = sizes
    let shapes = shapes
    for expert in 0..<expertSectionCount {
      let entry = expertEntry(expert)
      // A size at the ceiling is larger than this machine reckons with, whatever the entry says.
      let byteCount = shapes.shape(expert).byteCount(sizes)
      let expected = UInt64(wide: byteCount)
      if entry.decodedByteCount != expected || byteCount >= Int.sizeCeiling {
        throw FormatError(
          .invalidExpertShape, kind: SectionKind.expertShapes.rawValue,
          at: expert * Layout.shapeRecordByteCount, found: entry.decodedByteCount,
          expected: expected)
      }
    }
  }

  /// R29.
  private func checkWorkspace() throws(FormatError) {
    let workspace = WorkspaceLayout(self)
    let expected: InlineArray<4, Int> = [
      4 * workspace.fixedWordCount, 4 * workspace.rowWordCount, 4 * workspace.blockRowWordCount,
      cacheByteCountNeeded,
    ]
    for field in 0..<4 {
      let offset = Layout.Header.sessionByteCount + 8 * field
      let found = bytes.uint64(at: offset)
      if found != UInt64(wide: expected[field]) {
        throw FormatError(
          .wrongWorkspaceSize, at: offset, found: found, expected: UInt64(wide: expected[field]))
      }
    }
  }

  private var cacheByteCountNeeded: Int {
    var most = 0
    for expert in 0..<expertSectionCount {
      let entry = expertEntry(expert)
      if entry.encoding != .raw { most = max(most, Int(narrow: entry.decodedByteCount)) }
    }
    return most
  }
}

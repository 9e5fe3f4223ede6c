// AncillarySection.swift: the sections that change no prediction.
//
// Specification: formats/model.md, section 8. A section whose checksum is wrong says nothing.

internal import PosternData
internal import PosternFormat

/// Reads ancillary sections, which may hold anything.
enum AncillarySection {
  /// The decoded bytes of a section, or nil if the file has none or it is damaged.
  ///
  /// Ancillary sections are written raw; a compressed one is not looked into.
  static func bytes(_ model: ModelView, _ kind: SectionKind) -> [UInt8]? {
    guard let entry = model.entry(kind), entry.encoding == .raw else { return nil }
    let bytes = model.bytes.extracting(entry.range)
    return xxh64(bytes) == entry.checksum ? bytes.copied() : nil
  }

  /// A section that holds JSON.
  static func json(_ model: ModelView, _ kind: SectionKind) -> JSON? {
    bytes(model, kind).flatMap { JSON(parsing: $0) }
  }

  /// The texts that meant missing in training, if they were not the usual ones.
  static func missingTokens(_ model: ModelView) -> [String]? {
    guard case .array(let tokens)? = json(model, .provenance)?["options"]?["missing"] else {
      return nil
    }
    return tokens.compactMap(\.string)
  }

  /// Training rows for each expert.
  static func histogram(_ model: ModelView) -> [UInt64]? {
    guard let bytes = bytes(model, .routingHistogram),
      bytes.count == 8 * model.header.expertCount
    else { return nil }
    return (0..<model.header.expertCount).map { bytes.span.uint64(at: 8 * $0) }
  }

  /// What the router was trained as; nil if the file does not say so or breaks a rule there.
  static func trainedRouter(_ model: ModelView) -> TrainedRouter? {
    guard let view = try? model.routerParameters() else { return nil }
    return TrainedRouter(
      outer: view.outerKind, inner: view.innerKind, temperature: view.temperature,
      tau1: view.tau1, tau2: view.tau2)
  }

  /// For each expert the standard deviation of its errors for each target, in the target's unit;
  /// nil if the file does not say so or breaks a rule there.
  static func deviations(_ model: ModelView) -> [[Double]]? {
    guard let view = try? model.deviations() else { return nil }
    let targets = ModelInput(model).targets
    return (0..<model.header.expertCount).map { expert in
      targets.indices.map {
        targets[$0].difference(Double(view.deviation(ofExpert: expert, output: $0)))
      }
    }
  }

  /// The public key of the signature. That it is there does not mean that it is right.
  static func publicKey(_ model: ModelView) -> [UInt8]? {
    guard let bytes = bytes(model, .signature), bytes.count >= 112 else { return nil }
    return Array(bytes[16..<48])
  }
}

/// What a router was trained as. Section 8.1.
struct TrainedRouter {
  var outer: RouterKind
  var inner: RouterKind?
  var temperature: Float
  var tau1: Float
  var tau2: Float

  /// The kinds as `Laplace` or `linear over cosine`.
  var name: String {
    inner.map { TrainedRouter.word(outer) + " over " + TrainedRouter.word($0) }
      ?? TrainedRouter.word(outer)
  }

  /// Kinds, tau and temperature; what is as usual is left out.
  var text: String {
    var text = name
    if tau1 != 0 || tau2 != 0 { text += ", tau \(shortest(tau1)) and \(shortest(tau2))" }
    if temperature != 1 { text += ", temperature \(shortest(temperature))" }
    return text
  }

  private static func word(_ kind: RouterKind) -> String {
    switch kind {
    case .linear: "linear"
    case .laplace: "Laplace"
    case .cosine: "cosine"
    case .perturbedCosine: "perturbed cosine"
    case .prototype: "prototype"
    }
  }
}

/// Rows with their answers, to be replayed. Section 8.5.
struct SelfTest {
  let rowCount: Int
  private let columnCount: Int
  private let outputCount: Int
  private let bytes: [UInt8]

  /// Reads the section; nil if there is none or its size is wrong.
  init?(_ model: ModelView) {
    guard let bytes = AncillarySection.bytes(model, .selfTest), bytes.count >= 16 else {
      return nil
    }
    rowCount = Int(bytes.span.uint32(at: 0))
    columnCount = model.header.columnCount
    outputCount = model.header.outputCount
    self.bytes = bytes
    guard bytes.count == 16 + rowCount * rowByteCount else { return nil }
  }

  private var rowByteCount: Int { 4 * (columnCount + 1 + outputCount) }

  /// The values of a row as the runtime takes them.
  func row(_ index: Int) -> [Float] {
    (0..<columnCount).map { bytes.span.float(at: 16 + index * rowByteCount + 4 * $0) }
  }

  /// The expert that answers for a row.
  func expert(_ index: Int) -> Int {
    Int(bytes.span.uint32(at: 16 + index * rowByteCount + 4 * columnCount))
  }

  /// The bits of a row's values.
  func valueBits(_ index: Int) -> [UInt32] {
    let start = 16 + index * rowByteCount + 4 * (columnCount + 1)
    return (0..<outputCount).map { bytes.span.uint32(at: start + 4 * $0) }
  }
}

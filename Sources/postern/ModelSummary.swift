// ModelSummary.swift: what a model file says, as plain values for reports.
//
// Step: model → [summary] → inspect, plan, verify.

internal import PosternData
internal import PosternFormat
internal import PosternStorage

/// One input of a model.
struct ColumnSummaryOfModel {
  var name: [UInt8]
  var kind: PosternFormat.ColumnKind
  /// What a missing value does: refused, filled, or an entry of its own.
  var missingPolicy: UInt8
  /// What an unknown category does: refused, or an entry of its own.
  var unknownPolicy: UInt8
  /// Numeric: the value that stands in for a missing one, the limits, the number of bins; the
  /// numbers are those of the text.
  var fill: Float = 0
  var low: Float = 0
  var high: Float = 0
  /// How the numbers are written, and what is taken off them.
  var reading = NumberReading()
  /// What the column is a part of: the name of a column with dates, and the part.
  var source: (name: [UInt8], form: CalendarForm, part: CalendarPart)?
  var binCount = 0
  var categories: [[UInt8]] = []

  init(_ model: ModelView, _ index: Int) {
    let record = model.transform.column(index)
    name = model.schema.columnName(index).copied()
    kind = model.schema.kind(ofColumn: index)
    missingPolicy = record.missingPolicy
    unknownPolicy = record.unknownPolicy
    if kind == .numeric {
      fill = record.fill
      low = model.transform.value(record.firstValue)
      high = model.transform.value(record.firstValue + record.valueCount - 1)
      binCount = record.valueCount - 1
    }
    let input = ModelInput(model)
    reading = input.columns[index].reading
    if let part = input.columns[index].part {
      let origin = input.sources[part.source]
      source = (origin.name, origin.form, part.part)
    }
    for code in 0..<model.schema.categoryCount(ofColumn: index) {
      categories.append(model.schema.category(code, ofColumn: index).copied())
    }
  }

  /// The word for what a missing value does.
  var missingWord: String { ["refuse", "fill", "own"][Int(min(missingPolicy, 2))] }
  /// The word for what an unknown category does.
  var unknownWord: String { unknownPolicy == 0 ? "refuse" : "own" }
  /// The word for the kind.
  var kindWord: String {
    switch kind {
    case .numeric: "numeric"
    case .categorical: "categorical"
    case .ignored: "ignored"
    }
  }
}

/// One expert of a model.
struct ExpertSummary {
  /// Nil for the shared one.
  var index: Int?
  var firstLayer: FirstLayer
  /// Outputs of each layer, the last included.
  var widths: [Int]
  var elementType: ElementType
  /// What hidden layers do to their sums.
  var activation: Activation
  var entry: SectionEntry
  /// Multiplications and additions for one row.
  var macCount: Int
  /// Training rows that it answered for, if the file says so.
  var rowCount: UInt64?
  /// The standard deviation of its errors for each target, if the file says so.
  var deviations: [Double]?

  init(_ model: ModelView, _ expert: Int) {
    let shape = model.shape(ofExpert: expert)
    index = expert == model.header.expertCount ? nil : expert
    firstLayer = shape.firstLayer
    elementType = shape.elementType
    activation = shape.activation
    entry = model.expertEntry(expert)
    widths = []
    for layer in 0..<shape.hiddenCount { widths.append(shape.width(ofHiddenLayer: layer)) }
    widths.append(model.header.outputCount)
    // A look-up layer adds two table rows for each column instead of one product for each input.
    var inputs =
      firstLayer == .lookup ? 2 * model.transform.usedColumnCount : model.header.featureCount
    macCount = 0
    for width in widths {
      macCount += inputs * width
      inputs = width
    }
  }

  /// The layers as `look-up 64-64-1`, with the activation if it is not the usual one.
  var shapeText: String {
    let first = firstLayer == .lookup ? "look-up " : "dense "
    let last = activation == .cube ? ", cubes" : ""
    return first + widths.map(String.init).joined(separator: "-") + last
  }
  /// The encoding as a word.
  var encodingWord: String { encodingName(entry.encoding) }
}

/// The word for an encoding.
func encodingName(_ encoding: PosternFormat.Encoding) -> String {
  switch encoding {
  case .raw: "raw"
  case .zstd: "zstd"
  case .planes4Zstd: "planes4+zstd"
  case .planes2Zstd: "planes2+zstd"
  }
}

/// The word for a task.
func taskName(_ task: PosternFormat.Task) -> String {
  switch task {
  case .regression: "regression"
  case .binary: "binary"
  case .multiclass: "multiclass"
  }
}

/// What a model file says about itself.
struct ModelSummary {
  var header: Header
  var byteCount: Int
  var columns: [ColumnSummaryOfModel] = []
  var targets: [[UInt8]] = []
  var classes: [[UInt8]] = []
  var experts: [ExpertSummary] = []
  var sharedExpert: ExpertSummary?
  /// The kinds of the router's nodes: outer, then inner if there are groups.
  var routerKinds: [RouterNodeKind] = []
  /// What the router was trained as, if the file says so.
  var trainedRouter: TrainedRouter?
  var sections: [SectionEntry] = []
  var card: JSON?
  var provenance: JSON?
  var selfTestRowCount: Int?
  var publicKey: [UInt8]?

  /// Reads everything but weights.
  init(_ model: ModelView) {
    header = model.header
    byteCount = model.bytes.count
    for column in 0..<header.columnCount { columns.append(ColumnSummaryOfModel(model, column)) }
    for target in 0..<model.schema.targetCount {
      targets.append(model.schema.targetName(target).copied())
    }
    for index in 0..<model.schema.classCount {
      classes.append(model.schema.className(index).copied())
    }
    for number in 0..<header.sectionCount { sections.append(model.entry(number)) }
    for expert in 0..<header.expertCount { experts.append(ExpertSummary(model, expert)) }
    if header.hasSharedExpert { sharedExpert = ExpertSummary(model, header.expertCount) }
    let router = model.router
    routerKinds.append(router.root.kind)
    if header.groupCount > 0 { routerKinds.append(router.inner(0).kind) }
    readAncillary(model)
  }

  private mutating func readAncillary(_ model: ModelView) {
    if let counts = AncillarySection.histogram(model) {
      for expert in experts.indices { experts[expert].rowCount = counts[expert] }
    }
    if let deviations = AncillarySection.deviations(model) {
      for expert in experts.indices { experts[expert].deviations = deviations[expert] }
    }
    card = AncillarySection.json(model, .modelCard)
    provenance = AncillarySection.json(model, .provenance)
    selfTestRowCount = SelfTest(model)?.rowCount
    trainedRouter = AncillarySection.trainedRouter(model)
    publicKey = AncillarySection.publicKey(model)
  }

  /// Rows of training data, if the file says how many each expert answered for; nil where the sum
  /// overflows, for then no share of it has a meaning.
  var trainingRowCount: UInt64? {
    var total: UInt64 = 0
    for expert in experts {
      guard let count = expert.rowCount else { return nil }
      let (sum, overflows) = total.addingReportingOverflow(count)
      if overflows { return nil }
      total = sum
    }
    return total
  }

  /// Experts that answered for no training row, if the file says how many each answered for: the
  /// router never chooses them.
  var idleExperts: [Int] { experts.filter { $0.rowCount == 0 }.compactMap(\.index) }

  /// Bytes that are read when the file is opened: everything but experts and what is looked at on
  /// request.
  var openingByteCount: Int {
    let directory =
      Layout.headerByteCount + sections.count * Layout.entryByteCount + Layout.checksumByteCount
    // One stretch from the start of the file, and the input, which stands behind the experts.
    let isFirst = { (entry: SectionEntry) in entry.kind?.isAlwaysRead == true && entry.rawKind < 6 }
    let stretch = sections.filter(isFirst).map { Int($0.offset + $0.storedByteCount) }.max()
    let input = sections.first { $0.kind == .input }.map { Int($0.storedByteCount) }
    return (stretch ?? directory) + (input ?? 0)
  }

  /// Bytes of the largest expert once decoded.
  var largestExpertByteCount: Int {
    let all = experts + (sharedExpert.map { [$0] } ?? [])
    return all.map { Int($0.entry.decodedByteCount) }.max() ?? 0
  }
}

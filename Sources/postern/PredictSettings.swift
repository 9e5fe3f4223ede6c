// PredictSettings.swift: what `postern predict` is to do, and the short way to know it.
//
// Step: [arguments] → run.

internal import PosternData
internal import PosternFormat

/// How rows are read and answered: the values of ``RowOptions``.
struct RowSettings: Equatable {
  var inputFormat: RowFormat?
  var delimiter: Delimiter?
  var noHeader = false
  var onError = ErrorPolicy.stop
  var unknownCategory = UnknownCategoryPolicy.use
  var missing: [String] = []
  var absent = AbsentPolicy.error
  var quote = QuoteStyle.double
  var encoding = EncodingName.utf8
  var cache: ByteSize?
  var batch: Int?
  var quiet = false

  /// What is wrong with the values together, in the words of a usage error.
  var complaint: String? {
    if let batch, !(1...1 << 20).contains(batch) {
      return "--batch is \(batch), expected 1 to \(1 << 20)"
    }
    if noHeader && inputFormat == .ndjson {
      return "--no-header is for csv and tsv, the input is ndjson"
    }
    if let inputFormat, delimiter != nil, inputFormat == .ndjson || inputFormat == .f32 {
      return "--delimiter is for csv and tsv, the input is \(inputFormat)"
    }
    return nil
  }

  /// One input for both would be read twice.
  static func complaint(model: String, file: String?) -> String? {
    model == "-" && (file == nil || file == "-")
      ? "model and rows cannot both come from standard input" : nil
  }
}

/// The values of ``PredictCommand``.
struct PredictSettings: Equatable {
  var model = ""
  var file: String?
  var output = "-"
  var outputFormat: RowFormat?
  var id: String?
  var keep: [String] = []
  var proba = false
  var explain: ExplainOption?
  var deviation = false
  var threads = 1
  var rows = RowSettings()

  /// The format of the answers.
  var format: RowFormat { outputFormat ?? RowFormat(path: output) }

  /// What is wrong with the values together, in the words of a usage error.
  var complaint: String? {
    if !(1...1024).contains(threads) { return "--threads is \(threads), expected 1 to 1024" }
    if case .terms(let count) = explain, !(1...Int(Limit.count)).contains(count) {
      return "--explain is \(count), expected 1 to \(Limit.count)"
    }
    if format == .f32 && (explain != nil || id != nil || !keep.isEmpty) {
      return "--explain, --id and --keep are for csv, tsv and ndjson, the output is f32"
    }
    return rows.complaint ?? RowSettings.complaint(model: model, file: file)
  }
}

extension PredictSettings {
  /// Reads the arguments behind `predict` if they are of the plainest kind.
  ///
  /// The argument parser asks the types of a command for their options when it runs, and in that
  /// time a small model answers a thousand rows. What this reads it reads as the parser does; for
  /// everything else, mistakes and questions for help among it, there is the parser.
  init?(plain arguments: ArraySlice<String>) {
    var places: [String] = []
    var seen: Set<String> = []
    var rest = arguments
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("-"), argument != "-" else {
        if argument.isEmpty { return nil }
        places.append(argument)
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      let isList = name == "--keep" || name == "--missing"
      guard isList || seen.insert(name).inserted else { return nil }
      if parts.count == 1 && setFlag(name) { continue }
      guard name.hasPrefix("--") || parts.count == 1 else { return nil }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else { return nil }
      guard !value.isEmpty, !value.hasPrefix("-") || value == "-", set(name, to: value) else {
        return nil
      }
    }
    guard let model = places.first, places.count <= 2 else { return nil }
    self.model = model
    if places.count == 2 { file = places[1] }
    if complaint != nil { return nil }
  }

  private mutating func setFlag(_ name: String) -> Bool {
    switch name {
    case "--proba": proba = true
    case "--deviation": deviation = true
    case "--no-header": rows.noHeader = true
    case "--quiet", "-q": rows.quiet = true
    default: return false
    }
    return true
  }

  private mutating func set(_ name: String, to value: String) -> Bool {
    switch name {
    case "--output", "-o": output = value
    case "--id": id = value
    case "--keep": keep.append(value)
    case "--missing": rows.missing.append(value)
    case "--out": return assign(RowFormat(rawValue: value), to: &outputFormat)
    case "--in": return assign(RowFormat(rawValue: value), to: &rows.inputFormat)
    case "--explain": return assign(ExplainOption(argument: value), to: &explain)
    case "--delimiter": return assign(Delimiter(argument: value), to: &rows.delimiter)
    case "--cache": return assign(ByteSize(argument: value), to: &rows.cache)
    case "--batch": return assign(Int(value), to: &rows.batch)
    case "--threads":
      guard let count = Int(value) else { return false }
      threads = count
    case "--on-error":
      guard let policy = ErrorPolicy(rawValue: value) else { return false }
      rows.onError = policy
    case "--unknown-category":
      guard let policy = UnknownCategoryPolicy(rawValue: value) else { return false }
      rows.unknownCategory = policy
    case "--absent":
      guard let policy = AbsentPolicy(rawValue: value) else { return false }
      rows.absent = policy
    case "--encoding":
      guard let encoding = EncodingName(rawValue: value) else { return false }
      rows.encoding = encoding
    case "--quote":
      guard let quote = QuoteStyle(rawValue: value) else { return false }
      rows.quote = quote
    default: return false
    }
    return true
  }

  private func assign<Value>(_ value: Value?, to place: inout Value?) -> Bool {
    place = value
    return value != nil
  }
}

extension PredictSettings {
  /// Answers the rows.
  ///
  /// - Returns: Whether rows were rejected.
  /// - Throws: ``CommandFailure``.
  func run() throws -> ExitStatus {
    let input = file ?? "-"
    if file == nil && Terminal.isTerminal(0) {
      throw CommandFailure(.usage, Messages.noRowsFromTerminal(model: model))
    }
    if format == .f32 { try refuseBinaryOnTerminal(output) }
    try checkOutputs(
      [NamedPath("-o", output)],
      inputs: [NamedPath("the model", model), NamedPath("the rows", file)])
    return try withWatchedModel(at: model) { model, watch in
      if proba && model.header.task == .regression {
        throw CommandFailure(
          .usage, Messages.probabilitiesOfRegression(Messages.name(ofInput: self.model)))
      }
      if format == .f32 && ModelInput(model).hasRelativeTarget {
        throw CommandFailure(.usage, Messages.farAnswersOfBinary)
      }
      return try predict(model, watch, options: self, input: input)
    }
  }
}

// RowSource+Options.swift: opens an input of rows and finds the model's columns.

internal import PosternData
internal import PosternFormat

/// What a command wants of an input.
struct RowRequest {
  /// The path of the model, for messages.
  var model: String
  /// A path, or `-` for standard input.
  var path: String
  /// How to read.
  var rows: RowSettings
  /// Columns to keep, as options name them.
  var id: String?
  var keep: [String] = []
  /// Columns with the true values.
  var targets = TargetRequest.none

  init(model: String, path: String, rows: RowSettings) {
    self.model = model
    self.path = path
    self.rows = rows
  }

  fileprivate func keptNames(header: [[UInt8]]) -> [[UInt8]] {
    distinct((id.map { [Array($0.utf8)] } ?? []) + columnNames(keep, in: header))
  }
}

extension RowSource {
  /// Opens the input and binds its columns.
  ///
  /// - Parameters:
  ///   - model: The model whose columns are wanted.
  ///   - request: What is wanted.
  ///   - makeWriter: What writes the answers, told whether columns are kept.
  /// - Throws: ``CommandFailure``.
  init(
    _ model: ModelView, _ request: RowRequest, writer makeWriter: (Bool) -> RowWriter
  ) throws(CommandFailure) {
    let name = Messages.name(ofInput: request.path)
    let modelName = Messages.name(ofInput: request.model)
    let options = request.rows
    let columns = ModelColumns(model)
    let format = options.inputFormat ?? RowFormat(path: request.path)
    let isJSON = format == .ndjson && options.delimiter == nil
    // Binary rows have no header either: their columns are those of the model.
    let isBinary = format == .f32 && options.delimiter == nil
    let hasHeader = !options.noHeader && !isBinary
    if hasHeader { try columns.checkDistinct(modelName) }
    if isBinary && (request.id != nil || !request.keep.isEmpty) {
      throw CommandFailure(.usage, Messages.keptOfBinary)
    }
    if isBinary && !options.missing.isEmpty {
      throw CommandFailure(.usage, Messages.missingOfBinary)
    }
    if isBinary, case .named = request.targets {
      throw CommandFailure(.usage, Messages.targetOfBinary)
    }
    var kept = request.keptNames(header: [])
    var targets = !hasHeader ? [] : request.targets.names(model)
    var readerOptions = RecordReader.Options(
      format: format.readerFormat(delimiter: options.delimiter))
    let console = Console(isQuiet: options.quiet)
    if !options.missing.isEmpty {
      readerOptions.missing = MissingTokens(columnNames(options.missing).map(text))
    } else if let tokens = AncillarySection.missingTokens(model) {
      console.note(Messages.trainedWithTokens(tokens, modelName))
    }
    readerOptions.hasQuotes = options.quote == .double
    readerOptions.absentIsMissing = options.absent == .missing
    // Rows without a header have the columns that the model uses.
    if !hasHeader { readerOptions.names = columns.used }
    if isJSON {
      let needed = distinct(columns.used + kept)
      let names = distinct(needed + targets)
      readerOptions.names = names
      if case .ifPresent = request.targets {
        readerOptions.optionalNameCount = names.count - needed.count
      }
    }
    var reader = try RowSource.open(request.path, readerOptions)
    if options.absent == .missing { reader.addAbsent(columns.used) }
    if !isJSON { kept = request.keptNames(header: reader.header) }
    if case .ifPresent = request.targets, !targets.allSatisfy(reader.header.contains) {
      targets = []
    }
    let binding: ColumnBinding
    do throws(DataError) {
      binding = try ColumnBinding(
        wanted: (!hasHeader ? [] : columns.used) + kept + targets, in: reader.header,
        notices: reader.notices)
    } catch {
      throw Messages.data(error, in: name)
    }
    if !hasHeader && columns.used.count < model.header.columnCount {
      console.note(Messages.columnsByPlace(columns.used, in: name))
    }
    let notices = reader.notices
    for message in Messages.aboutHeader(notices, in: name) { console.note(message) }
    let extras = binding.extras.filter {
      !columns.known.contains($0) && notices.repeated($0) == nil
    }
    if hasHeader && !isJSON && !extras.isEmpty {
      console.warning(Messages.extraColumns(extras, in: name))
    }
    let writer = makeWriter(!kept.isEmpty)
    if let name = kept.first(where: { writer.names.contains($0) }) {
      throw CommandFailure(.usage, Messages.keptLikeOutput(name))
    }
    let positions =
      !hasHeader ? Array(columns.used.indices) : Array(binding.positions.prefix(columns.used.count))
    let targetFields = Array(binding.positions.suffix(targets.count))
    self.init(
      reader,
      binder: RowBinder(
        model, fields: positions, refusesUnknown: options.unknownCategory == .error),
      keptFields: binding.positions.dropLast(targets.count).suffix(kept.count),
      targets: targets.isEmpty ? nil : TargetReader(model, fields: targetFields),
      writer: writer, name: name, policy: options.onError, console: console, isJSON: isJSON,
      columns: hasHeader ? [] : columns.used)
  }

  private static func open(
    _ path: String, _ options: RecordReader.Options
  ) throws(CommandFailure) -> RecordReader {
    do throws(DataError) {
      if path == "-" { return try RecordReader(ByteSource(descriptor: 0), options: options) }
      return try TableInput(path: path, options: options).open()
    } catch {
      throw Messages.data(error, in: Messages.name(ofInput: path))
    }
  }
}

/// The names of a model's columns.
private struct ModelColumns {
  /// Those that the model looks at, in row order, and their places among all.
  var used: [[UInt8]] = []
  var usedPlaces: [Int] = []
  /// Names that may stand in the input without a word: columns that are not looked at, targets.
  var known: [[UInt8]] = []

  init(_ model: ModelView) {
    for column in 0..<model.header.columnCount {
      let name = model.schema.columnName(column).copied()
      if model.schema.kind(ofColumn: column) == .ignored {
        known.append(name)
      } else {
        used.append(name)
        usedPlaces.append(column)
      }
    }
    for target in 0..<model.schema.targetCount {
      known.append(model.schema.targetName(target).copied())
    }
  }

  /// Columns with one name cannot be told apart in a header.
  func checkDistinct(_ model: String) throws(CommandFailure) {
    var table = TextTable()
    var places: [Int] = []
    for (place, name) in zip(usedPlaces, used) {
      let (index, isNew) = table.insert(name.span)
      guard isNew else {
        throw CommandFailure(
          .refusedModel, Messages.ambiguousColumns(places[index], place, name, in: model))
      }
      places.append(place)
    }
  }
}

/// The texts without those that came before.
func distinct(_ texts: [[UInt8]]) -> [[UInt8]] {
  var table = TextTable()
  return texts.filter { table.insert($0.span).isNew }
}

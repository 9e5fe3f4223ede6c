// RowSource+Options.swift: opens the input of `postern predict` and finds the model's columns.

internal import PosternData
internal import PosternFormat

extension RowSource {
  /// Opens the input and binds its columns.
  ///
  /// - Parameters:
  ///   - model: The model whose columns are wanted.
  ///   - options: How to read.
  ///   - path: A path, or `-` for standard input.
  /// - Throws: ``CommandFailure``.
  init(_ model: ModelView, options: PredictCommand, path: String) throws(CommandFailure) {
    let name = Messages.name(ofInput: path)
    let columns = ModelColumns(model)
    if !options.noHeader { try columns.checkDistinct(Messages.name(ofInput: options.model)) }
    let format = options.inputFormat ?? TextFormat(path: path)
    let isJSON = format == .ndjson && options.delimiter == nil
    var kept = RowSource.keptNames(options, header: [])
    var readerOptions = RecordReader.Options(
      format: format.readerFormat(delimiter: options.delimiter))
    let console = Console(isQuiet: options.quiet)
    if !options.missing.isEmpty {
      readerOptions.missing = MissingTokens(columnNames(options.missing).map(text))
    } else if let tokens = AncillarySection.missingTokens(model) {
      console.note(Messages.trainedWithTokens(tokens, Messages.name(ofInput: options.model)))
    }
    if options.noHeader { readerOptions.names = columns.all }
    if isJSON { readerOptions.names = distinct(columns.used + kept) }
    let reader = try RowSource.open(path, readerOptions)
    if !isJSON { kept = RowSource.keptNames(options, header: reader.header) }
    let binding: ColumnBinding
    do throws(DataError) {
      binding = try ColumnBinding(
        wanted: options.noHeader ? kept : columns.used + kept, in: reader.header)
    } catch {
      throw Messages.data(error, in: name)
    }
    let extras = binding.extras.filter { !columns.known.contains($0) }
    if !options.noHeader && !isJSON && !extras.isEmpty {
      console.warning(Messages.extraColumns(extras, in: name))
    }
    let writer = RowWriter(
      model, options.outputFormat ?? TextFormat(path: options.output), hasKept: !kept.isEmpty,
      probabilities: options.proba, explaining: options.explain)
    if let name = kept.first(where: { writer.names.contains($0) }) {
      throw CommandFailure(.usage, Messages.keptLikeOutput(name))
    }
    let positions =
      options.noHeader ? columns.usedPlaces : Array(binding.positions.prefix(columns.used.count))
    self.init(
      reader,
      binder: RowBinder(
        model, fields: positions, refusesUnknown: options.unknownCategory == .error),
      keptFields: binding.positions.suffix(kept.count), writer: writer, name: name,
      policy: options.onError, console: console, isJSON: isJSON)
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

  private static func keptNames(_ options: PredictCommand, header: [[UInt8]]) -> [[UInt8]] {
    distinct((options.id.map { [Array($0.utf8)] } ?? []) + columnNames(options.keep, in: header))
  }
}

/// The names of a model's columns.
private struct ModelColumns {
  /// All of them, in row order.
  var all: [[UInt8]] = []
  /// Those that the model looks at, and their places among all.
  var used: [[UInt8]] = []
  var usedPlaces: [Int] = []
  /// Names that may stand in the input without a word: columns that are not looked at, targets.
  var known: [[UInt8]] = []

  init(_ model: ModelView) {
    for column in 0..<model.header.columnCount {
      let name = model.schema.columnName(column).copied()
      all.append(name)
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

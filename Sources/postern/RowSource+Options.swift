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

/// How the rows of a request are written.
private struct RowForm {
  let format: RowFormat
  let isJSON: Bool
  /// Binary rows have no header either: their columns are those that the model uses.
  let isBinary: Bool
  /// Whether columns are found by their names.
  private(set) var hasHeader: Bool
  /// Whether rows without a header may have all columns that the training table had.
  let isPlaced: Bool

  init(_ request: RowRequest, _ columns: ModelColumns) {
    format = request.rows.inputFormat ?? RowFormat(path: request.path)
    isJSON = format == .ndjson && request.rows.delimiter == nil
    isBinary = format == .f32 && request.rows.delimiter == nil
    hasHeader = !request.rows.noHeader && !isBinary
    let hasTargets = if case .none = request.targets { false } else { true }
    isPlaced =
      !hasHeader && !isJSON && !isBinary && hasTargets && columns.placeCount != nil
  }

  /// Decides by the first row which columns rows without a header have: all of the training table,
  /// or those that the model uses.
  mutating func settle(
    _ reader: inout RecordReader, _ columns: ModelColumns, in name: String
  ) throws(CommandFailure) {
    let used = distinct(columns.used)
    let found = reader.header.count
    if found == columns.placeCount {
      hasHeader = true
    } else if found == used.count {
      reader.rename(to: used)
    } else {
      throw Messages.data(
        .raggedRow(line: reader.line, found: found, expected: used.count), in: name, columns: used)
    }
  }
}

extension RowRequest {
  /// Refuses what binary rows cannot have.
  fileprivate func check(_ form: RowForm, _ model: ModelView) throws(CommandFailure) {
    guard form.isBinary else { return }
    let far = ModelInput(model).relativeNames
    if !far.isEmpty { throw CommandFailure(.usage, Messages.farNumbersOfBinary(far)) }
    if id != nil || !keep.isEmpty { throw CommandFailure(.usage, Messages.keptOfBinary) }
    if !rows.missing.isEmpty { throw CommandFailure(.usage, Messages.missingOfBinary) }
    if case .named = targets { throw CommandFailure(.usage, Messages.targetOfBinary) }
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
    let columns = ModelColumns(model)
    var form = RowForm(request, columns)
    if form.hasHeader { try columns.checkDistinct(Messages.name(ofInput: request.model)) }
    try request.check(form, model)
    let console = Console(isQuiet: request.rows.quiet)
    var kept = request.keptNames(header: [])
    var targets = !form.hasHeader ? [] : request.targets.names(model)
    let options = RowSource.readerOptions(model, request, form, columns, kept, targets, console)
    var reader = try RowSource.open(request.path, options)
    if form.isPlaced {
      try form.settle(&reader, columns, in: name)
      if form.hasHeader { targets = request.targets.names(model) }
    }
    if options.absentIsMissing { reader.addAbsent(columns.used) }
    if !form.isJSON { kept = request.keptNames(header: reader.header) }
    if case .ifPresent = request.targets, !targets.allSatisfy(reader.header.contains) {
      targets = []
    }
    let bound = form.hasHeader ? columns.used : []
    let binding: ColumnBinding
    do throws(DataError) {
      binding = try ColumnBinding(
        wanted: bound + kept + targets, in: reader.header, notices: reader.notices)
    } catch {
      throw Messages.unbound(
        error, in: name, model: request.model, reader.notices, reader.header)
    }
    RowSource.note(binding, columns, reader.notices, form, model, in: name, console)
    let writer = makeWriter(!kept.isEmpty)
    if let name = kept.first(where: { writer.names.contains($0) }) {
      throw CommandFailure(.usage, Messages.keptLikeOutput(name))
    }
    let positions =
      form.hasHeader
      ? Array(binding.positions.prefix(columns.used.count))
      : form.isBinary ? Array(columns.used.indices) : columns.placesOfUsed
    let keptFields = Array(binding.positions.dropFirst(bound.count).prefix(kept.count))
    let targetFields = Array(binding.positions.suffix(targets.count))
    let categories = zip(columns.usedPlaces, positions).filter {
      model.schema.kind(ofColumn: $0.0) == .categorical
    }
    reader.expectText(
      in: categories.map(\.1) + keptFields
        + (model.header.task == .regression ? [] : targetFields))
    if form.isBinary { reader.expectMissing(in: columns.numericFields) }
    self.init(
      reader,
      binder: RowBinder(
        model, fields: positions, refusesUnknown: request.rows.unknownCategory == .error),
      keptFields: keptFields,
      targets: targets.isEmpty ? nil : TargetReader(model, fields: targetFields),
      writer: writer, name: name, policy: request.rows.onError, console: console,
      isJSON: form.isJSON, columns: form.hasHeader ? [] : columns.names,
      forms: ValueForms(ModelInput(model), targets: targets, options))
  }

  /// How the reader is to read.
  private static func readerOptions(
    _ model: ModelView, _ request: RowRequest, _ form: RowForm, _ columns: ModelColumns,
    _ kept: [[UInt8]], _ targets: [[UInt8]], _ console: Console
  ) -> RecordReader.Options {
    let rows = request.rows
    var options = RecordReader.Options(
      format: form.format.readerFormat(delimiter: rows.delimiter))
    let input = ModelInput(model)
    input.apply(to: &options, missing: rows.missing)
    if rows.missing.isEmpty, let tokens = input.unsaidTokens(model) {
      console.note(Messages.trainedWithTokens(tokens, Messages.name(ofInput: request.model)))
    }
    options.encoding = rows.encoding.encoding
    // Binary rows may begin like a compressed file.
    options.decompresses = !form.isBinary || withoutCompression(request.path) != request.path
    options.hasQuotes = rows.quote == .double
    options.absentIsMissing = rows.absent == .missing
    options.textColumns = columns.texts
    // Rows without a header have the columns that the model uses.
    options.isHeaderless = form.isPlaced
    if !form.hasHeader && !form.isPlaced {
      options.names = form.isBinary ? columns.names : distinct(columns.used)
    }
    if form.isJSON {
      let needed = distinct(columns.used + kept)
      let names = distinct(needed + targets)
      options.names = names
      if case .ifPresent = request.targets {
        options.optionalNameCount = names.count - needed.count
      }
    }
    return options
  }

  /// Says which columns of the input are left out, or which there must be.
  private static func note(
    _ binding: ColumnBinding, _ columns: ModelColumns, _ notices: TableNotices, _ form: RowForm,
    _ model: ModelView, in name: String, _ console: Console
  ) {
    for message in Messages.aboutHeader(notices, in: name) { console.note(message) }
    guard form.hasHeader else {
      if columns.used.count < model.header.columnCount {
        console.note(
          Messages.columnsByPlace(form.isBinary ? columns.names : distinct(columns.used), in: name))
      }
      return
    }
    let extras = binding.extras.filter {
      !columns.known.contains($0) && notices.repeated($0) == nil
    }
    if !form.isJSON && !extras.isEmpty { console.warning(Messages.extraColumns(extras, in: name)) }
  }

  private static func open(
    _ path: String, _ options: RecordReader.Options
  ) throws(CommandFailure) -> RecordReader {
    do throws(DataError) {
      return try RecordReader(try ByteSource(at: path), options: options)
    } catch {
      throw Messages.data(error, in: Messages.name(ofInput: path))
    }
  }
}

/// The names of a model's columns.
private struct ModelColumns {
  /// The columns of the input for those that the model looks at, their own names, and their places
  /// among all. Parts of one date have one column.
  var used: [[UInt8]] = []
  var names: [[UInt8]] = []
  var usedPlaces: [Int] = []
  /// Names that may stand in the input without a word: columns that are not looked at, targets.
  var known: [[UInt8]] = []
  /// Where numbers that are no parts of dates stand among ``used``.
  var numericFields: [Int] = []
  /// How many columns the training table had, if they were numbered for want of a header.
  var placeCount: Int?
  /// Columns of categories none of which is a number.
  var texts: [[UInt8]] = []

  init(_ model: ModelView) {
    let input = ModelInput(model)
    for column in 0..<model.header.columnCount {
      let name = model.schema.columnName(column).copied()
      if model.schema.kind(ofColumn: column) == .ignored {
        known.append(name)
      } else {
        used.append(input.columns[column].name)
        names.append(name)
        let isNumber =
          model.schema.kind(ofColumn: column) == .numeric && input.columns[column].part == nil
        if isNumber { numericFields.append(usedPlaces.count) }
        usedPlaces.append(column)
        if model.schema.holdsTexts(column) { texts.append(name) }
      }
    }
    for target in 0..<model.schema.targetCount {
      known.append(model.schema.targetName(target).copied())
    }
    let targets = known.suffix(model.schema.targetCount)
    if (used + targets).allSatisfy({ columnNumber($0) != nil }) {
      placeCount = (used + known).compactMap { columnNumber($0) }.max()
    }
  }

  /// Where each column's values are in a text without header: parts of one date in one place.
  var placesOfUsed: [Int] {
    let inputs = distinct(used)
    return used.map { inputs.firstIndex(of: $0) ?? 0 }
  }

  /// Columns with one name cannot be told apart in a header.
  func checkDistinct(_ model: String) throws(CommandFailure) {
    var table = TextTable()
    var places: [Int] = []
    for (place, name) in zip(usedPlaces, names) {
      let (index, isNew) = table.insert(name.span)
      guard isNew else {
        throw CommandFailure(
          .refusedModel, Messages.ambiguousColumns(places[index], place, name, in: model))
      }
      places.append(place)
    }
  }
}

/// The place of a column that is named by it, as those of a table without header are.
func columnNumber(_ name: [UInt8]) -> Int? {
  let name = text(name)
  guard let number = Int(name), number > 0, String(number) == name else { return nil }
  return number
}

/// The texts without those that came before.
func distinct(_ texts: [[UInt8]]) -> [[UInt8]] {
  var table = TextTable()
  return texts.filter { table.insert($0.span).isNew }
}

extension SchemaView {
  /// Whether a column has categories, and none of them is a number.
  fileprivate func holdsTexts(_ column: Int) -> Bool {
    let count = categoryCount(ofColumn: column)
    return count > 0
      && (0..<count).allSatisfy { parseFloat(category($0, ofColumn: column)) == .notNumber }
  }
}

// TableOptions.swift: how a table to learn from is read, the same for every command that learns.

internal import ArgumentParser
internal import PosternData

/// How the texts of a table are read.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Texts that mean missing, instead of NA, N/A, NaN, null, None.", valueName: "text,..."))
  var missing: [String] = []

  @Option(name: .customLong("in"), help: "Format of the rows; by the file's ending, else csv.")
  var inputFormat: TextFormat?

  @Option(help: ArgumentHelp("Character between fields.", valueName: "char"))
  var delimiter: Delimiter?

  @Option(
    help: ArgumentHelp(
      "A quote opens a field in which delimiters and line ends are text, or is an ordinary character.",
      valueName: "style"))
  var quote = QuoteStyle.double

  @Option(help: "How text is encoded: UTF-8, or one byte a character as in Windows-1252.")
  var encoding = EncodingName.utf8

  @Flag(help: "The rows have no header; columns are named by their places 1, 2 and so on.")
  var noHeader = false

  @Option(
    help: ArgumentHelp(
      "A key or column that is not there is an error, or taken as missing.", valueName: "policy"))
  var absent = AbsentPolicy.error

  /// Whether none is given.
  var isEmpty: Bool {
    missing.isEmpty && inputFormat == nil && delimiter == nil && quote == .double && !noHeader
      && absent == .error && encoding == .utf8
  }

  /// How a file of this name is read.
  func readerOptions(path: String) -> RecordReader.Options {
    let format = inputFormat ?? TextFormat(path: path)
    var options = RecordReader.Options(format: format.readerFormat(delimiter: delimiter))
    if !missing.isEmpty { options.missing = MissingTokens(missingTexts(missing)) }
    options.hasQuotes = quote == .double
    options.isHeaderless = noHeader && options.format != .ndjson
    options.absentIsMissing = absent == .missing
    options.encoding = encoding.encoding
    return options
  }
}

/// What the columns of a table are taken for.
struct ColumnOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Columns whose values are categories.", valueName: "col,..."))
  var categorical: [String] = []

  @Option(help: ArgumentHelp("Columns whose values must be numbers.", valueName: "col,..."))
  var numeric: [String] = []

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "col,..."))
  var ignore: [String] = []

  /// Whether none is given.
  var isEmpty: Bool { categorical.isEmpty && numeric.isEmpty && ignore.isEmpty }
}

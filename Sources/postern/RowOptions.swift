// RowOptions.swift: how rows are read and answered, for every command that does so.

internal import ArgumentParser

struct RowOptions: ParsableArguments {
  @Option(name: .customLong("in"), help: "Format of the rows; by the file's ending, else csv.")
  var inputFormat: RowFormat?

  @Option(help: ArgumentHelp("Character between fields of the input.", valueName: "char"))
  var delimiter: Delimiter?

  @Option(
    help: ArgumentHelp(
      "A quote opens a field in which delimiters and line ends are text, or is an ordinary character.",
      valueName: "style"))
  var quote = QuoteStyle.double

  @Option(help: "How text is encoded: UTF-8, or one byte a character as in Windows-1252.")
  var encoding = EncodingName.utf8

  @Flag(help: "The input has no header; its columns are those that the model uses, in order.")
  var noHeader = false

  @Option(
    help: ArgumentHelp(
      "A row that cannot be answered ends the run, is left out, or gets an empty answer.",
      valueName: "policy"))
  var onError = ErrorPolicy.stop

  @Option(
    help: ArgumentHelp(
      "A category that the model does not know is taken as unknown, or is an error.",
      valueName: "policy"))
  var unknownCategory = UnknownCategoryPolicy.use

  @Option(
    help: ArgumentHelp(
      "Texts that mean missing, instead of NA, N/A, NaN, null, None.", valueName: "text,..."))
  var missing: [String] = []

  @Option(
    help: ArgumentHelp(
      "A key or column that is not there is an error, or taken as missing.", valueName: "policy"))
  var absent = AbsentPolicy.error

  @Option(
    help: ArgumentHelp(
      "Memory for decoded experts, such as 64M; default: all, up to 256M.", valueName: "size"))
  var cache: ByteSize?

  @Option(help: ArgumentHelp("Rows computed together at most.", valueName: "n"))
  var batch: Int?

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  /// The values of the options.
  var settings: RowSettings {
    RowSettings(
      inputFormat: inputFormat, delimiter: delimiter, noHeader: noHeader, onError: onError,
      unknownCategory: unknownCategory, missing: missing, absent: absent, quote: quote,
      encoding: encoding,
      cache: cache, batch: batch, quiet: quiet)
  }

  func validate() throws {
    if let complaint = settings.complaint { throw ValidationError(complaint) }
  }
}

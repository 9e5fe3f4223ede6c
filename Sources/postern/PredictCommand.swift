// PredictCommand.swift: the options of `postern predict`.

internal import ArgumentParser
internal import PosternData
internal import PosternFormat

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict a value or a class for each row.",
    discussion: """
      EXAMPLE:  postern predict price.moe --id address < houses.csv > prices.csv

      Columns are found by their names, in any order. Rows keep their order, and none is dropped \
      silently. A row is answered as soon as no further input is waiting.
      """)

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Argument(
    help: ArgumentHelp("The rows; standard input if there is none or `-`.", valueName: "file"))
  var file: String?

  @Option(
    name: [.customShort("o"), .long],
    help: "Where the predictions go; replaced only when all are written.")
  var output = "-"

  @Option(name: .customLong("in"), help: "Format of the rows; by the file's ending, else csv.")
  var inputFormat: TextFormat?

  @Option(
    name: .customLong("out"), help: "Format of the predictions; by the file's ending, else csv.")
  var outputFormat: TextFormat?

  @Option(help: ArgumentHelp("Character between fields of the input.", valueName: "char"))
  var delimiter: Delimiter?

  @Flag(help: "The input has no header; its columns are those of the model, in order.")
  var noHeader = false

  @Option(help: ArgumentHelp("Column to repeat first, before those of --keep.", valueName: "col"))
  var id: String?

  @Option(
    help: ArgumentHelp("Columns to repeat before the prediction.", valueName: "col,..."))
  var keep: [String] = []

  @Flag(help: "Add a column `probability.CLASS` for each class.")
  var proba = false

  @Flag(help: "Add the columns `expert`, `margin` and `runner_up`: who answered, and how clearly.")
  var explain = false

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
      "Texts that mean missing, instead of NA, NaN, null, None.", valueName: "text,..."))
  var missing: [String] = []

  @Option(help: ArgumentHelp("Threads that predict.", valueName: "n"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      "Memory for decoded experts, such as 64M; default: all, up to 256M.", valueName: "size"))
  var cache: ByteSize?

  @Option(help: ArgumentHelp("Rows computed together at most.", valueName: "n"))
  var batch: Int?

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads is \(threads), expected 1 to 1024")
    }
    if let batch, !(1...1 << 20).contains(batch) {
      throw ValidationError("--batch is \(batch), expected 1 to \(1 << 20)")
    }
    if model == "-" && (file == nil || file == "-") {
      throw ValidationError("model and rows cannot both come from standard input")
    }
    if noHeader && inputFormat == .ndjson {
      throw ValidationError("--no-header is for csv and tsv, the input is ndjson")
    }
    if delimiter != nil && inputFormat == .ndjson {
      throw ValidationError("--delimiter is for csv and tsv, the input is ndjson")
    }
  }

  func run() throws {
    let input = file ?? "-"
    if file == nil && Terminal.isTerminal(0) {
      throw CommandFailure(.usage, Messages.noRowsFromTerminal(model: model))
    }
    let status = try withModel(at: model) { model in
      if proba && model.header.task == .regression {
        throw CommandFailure(
          .usage, Messages.probabilitiesOfRegression(Messages.name(ofInput: self.model)))
      }
      return try predict(model, options: self, input: input)
    }
    if status != .done { throw status.exitCode }
  }
}

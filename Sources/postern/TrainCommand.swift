// TrainCommand.swift: the options of `postern train`.

internal import ArgumentParser
internal import PosternTrainer

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on a table.",
    discussion: """
      EXAMPLE:  postern train houses.csv --target price -o price.moe

      Columns of numbers are numeric, columns of texts categorical; empty fields, NA, N/A, NaN, \
      null and None are missing. Numbers may have decimal commas, marks between thousands or a \
      unit; dates become columns of their own. What each column is taken for is printed. Ctrl-C \
      ends training early and keeps the best model so far. The same data, options and seed give \
      the same file.
      """)

  /// A task by its name.
  enum TaskName: String, CaseIterable, ExpressibleByArgument {
    case regression, classification
  }

  /// What to compare the mixture with.
  enum Comparison: String, CaseIterable, ExpressibleByArgument {
    case dense
  }

  @Argument(
    help: ArgumentHelp("The rows to learn from; `-` is standard input.", valueName: "train"))
  var train: String

  @Option(
    help: ArgumentHelp(
      "Column to predict; several with commas for a regression.", valueName: "col,..."))
  var target: [String]

  @Option(
    name: [.customShort("o"), .long], help: "Where the model goes; replaced only when it is done.")
  var output: String

  @Option(
    help: ArgumentHelp(
      "Rows to stop early by; default: a part of the training rows, chosen by the seed.",
      valueName: "file"))
  var valid: String?

  @Option(help: "What the target is; default: by its values.")
  var task: TaskName?

  @OptionGroup(title: "ROUTER AND METHOD") var routing: RouterOptions

  @Option(help: ArgumentHelp("Random seed; default: 1.", valueName: "n"), transform: wholeNumber)
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Threads; changes no bit of the model. Default: all processors.", valueName: "n"))
  var threads: Int?

  @Option(help: "How experts are stored: compressed to send, or raw to map.")
  var profile = ProfileName.ship

  @Option(help: "Compare with the dense network that the mixture grew from.")
  var compare: Comparison?

  @Option(help: ArgumentHelp("Where the dense network goes, as a model.", valueName: "file"))
  var denseOutput: String?

  @OptionGroup var columns: ColumnOptions

  @OptionGroup var table: TableOptions

  @OptionGroup(title: "NUMBERS AND DATES") var forms: FormOptions

  @Option(
    help: ArgumentHelp(
      "Widths of the hidden layers, such as 128,64, or none; with / between, of each expert.",
      valueName: "n,..."))
  var hidden: HiddenWidths?

  @Option(help: ArgumentHelp("The most bins of a numeric column.", valueName: "n"))
  var bins: Int?

  @Option(
    help: ArgumentHelp(
      "Passes over the rows for a dense network; other stages follow.", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Dense networks that teach; 0: none.", valueName: "n"))
  var teachers: Int?

  @Option(
    help: ArgumentHelp(
      "Seconds after which training ends with the best so far; the file then depends on the machine.",
      valueName: "seconds"))
  var timeLimit: Double?

  @Flag(help: "The summary as one JSON object on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  func validate() throws {
    if let experts = routing.experts, !(1...1024).contains(experts.total) {
      throw ValidationError("--experts is \(experts.text), expected 1 to 1024")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 256")
    }
    if let timeLimit, !(timeLimit > 0) {
      throw ValidationError("--time-limit is \(timeLimit), expected more than 0")
    }
    if json && (output == "-" || denseOutput == "-") {
      throw ValidationError("summary and model cannot both go to standard output")
    }
    if train == "-" && valid == "-" {
      throw ValidationError("training and validation rows cannot both come from standard input")
    }
    if teachers == 0 && (compare != nil || denseOutput != nil) {
      throw ValidationError("without teachers there is no dense network to compare with")
    }
    try routing.check(hasTeachers: teachers != 0)
  }

  /// The options as the trainer takes them.
  var trainingOptions: TrainingOptions {
    var options = TrainingOptions()
    options.seed = seed
    options.threadCount = threads
    let widths = hidden?.experts ?? []
    if widths.count == 1 { options.hiddenWidths = widths[0] }
    if widths.count > 1 { options.expertWidths = widths }
    routing.apply(to: &options)
    options.binCount = bins
    options.epochCount = epochs
    options.teacherCount = teachers
    return options
  }

  func run() throws {
    try refuseBinaryOnTerminal(output)
    if let denseOutput { try refuseBinaryOnTerminal(denseOutput) }
    if train == "-" && Terminal.isTerminal(0) {
      throw CommandFailure(.usage, Messages.noTrainingRows)
    }
    // A folder that is not there is better said now than after an hour.
    try checkOutputs(
      [NamedPath("-o", output), NamedPath("--dense-output", denseOutput)],
      inputs: [NamedPath("the training rows", train), NamedPath("--valid", valid)])
    try TrainingSession(self).run()
  }
}

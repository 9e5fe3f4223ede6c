// RoutesCommand.swift: the options of `postern routes`.

internal import ArgumentParser
internal import PosternData
internal import PosternFormat

struct RoutesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes",
    abstract: "Report which expert answers which rows, how clearly and how well.",
    discussion: """
      EXAMPLE:  postern routes price.moe houses.csv --html routes.html

      Rows of any number stream through the model in fixed memory. The report says for each expert \
      its traffic here and in training, how clearly it was chosen, and which columns separate its \
      rows from all others; if the rows have the target's column, also its score and what the \
      score would be if the runner-up answered instead (DropTop1; a model that scales outputs by \
      the gate keeps the factor of the first choice).

      BALANCE   coefficient of variation of the experts' row counts (0: equal traffic); entropy of \
      their shares, in nats and as part of log(experts).

      DRIFT     against the routing histogram in the model file, with half a row added to each \
      count: population stability index (below 0.1 little, from 0.25 on large), and chi-square of \
      the two samples with its degrees of freedom. An index from 0.25 on that chance explains with \
      p < 0.001 only is an ALARM: the rows do not look like training. For that p experts that \
      expect fewer than 5 rows, for which chi-square is not made, are tested one by one.

      GROUPS    of a router on two levels, which serves the best expert of the best group; also \
      for how many rows another expert has the largest probability of all, that of its group times \
      its own in the group, both softmax values of the serving scores.

      DISTANCES of a router with prototypes (Laplace, prototype): from the row to the chosen one, \
      in the scaled features that the router sees. The file does not know those of training: \
      compare with a report on rows that are known to be good.

      MARGINS   best score minus the next one, in bins that are two to the octave. The gate \
      probability is the softmax value of the chosen expert.

      SEPARATES numbers by Cohen's d (difference of means over the pooled deviation), categories \
      and missing values by Cohen's h (difference of arcsine-transformed shares); both count in \
      the same units, and below 0.2 nothing is said.
      """)

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Argument(
    help: ArgumentHelp("The rows; standard input if there is none or `-`.", valueName: "file"))
  var file: String?

  @Option(
    help: ArgumentHelp(
      "Columns with the true values; those named as the model's targets, if they are there.",
      valueName: "col,..."))
  var target: [String] = []

  @Option(help: ArgumentHelp("Columns named at most for each expert.", valueName: "n"))
  var top = 3

  @Flag(help: "One JSON object; its keys stay as they are while `schema` is 1.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write a page with plots too, complete in one file; replaced only when all is written.",
      valueName: "file"))
  var html: String?

  @OptionGroup var rows: RowOptions

  func validate() throws {
    if let complaint = RowSettings.complaint(model: model, file: file) {
      throw ValidationError(complaint)
    }
    guard (1...1000).contains(top) else {
      throw ValidationError("--top is \(top), expected 1 to 1000")
    }
    if rows.onError == .null {
      throw ValidationError("--on-error null is for predict, expected stop or skip")
    }
    if json && html == "-" {
      throw ValidationError("--json and --html - both write to standard output")
    }
    if rows.noHeader && !target.isEmpty {
      throw ValidationError("--target needs a header, and --no-header says there is none")
    }
  }

  func run() throws {
    if file == nil && Terminal.isTerminal(0) {
      throw CommandFailure(.usage, Messages.noRowsToRoute(model: model))
    }
    try checkOutputs(
      [NamedPath("--html", html)],
      inputs: [NamedPath("the model", model), NamedPath("the rows", file)])
    let (report, status) = try withWatchedModel(at: model) { model, watch in
      try routes(model, watch, options: self, input: file ?? "-")
    }
    let console = Console(isQuiet: rows.quiet)
    for message in Messages.aboutRoutes(report) { console.warning(message) }
    if html != "-" {
      try Console.print(json ? routesJSON(report).pretty() + "\n" : RoutesText(report).text)
    }
    if let html { try writeFile(Array(RoutesPage(report).text.utf8), to: html) }
    if status != .done { throw status.exitCode }
  }
}

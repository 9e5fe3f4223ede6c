// PredictCommand.swift: the options of `postern predict`.

internal import ArgumentParser

/// What `--explain` asks for.
enum ExplainOption: ExpressibleByArgument, Equatable {
  /// Who answers, and how clearly: `--explain` alone, which is short for `--explain=route`.
  case route
  /// Also so many terms of the local linear model.
  case terms(Int)

  init?(argument: String) {
    if argument == "route" {
      self = .route
    } else if let count = Int(argument) {
      self = .terms(count)
    } else {
      return nil
    }
  }

  /// Terms of each local model; 0 for none.
  var termCount: Int { if case .terms(let count) = self { count } else { 0 } }
}

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict a value or a class for each row.",
    discussion: """
      EXAMPLE:  postern predict price.moe --id address < houses.csv > prices.csv

      Columns are found by their names, in any order. Rows keep their order, and none is dropped \
      silently. A row is answered as soon as no further input is waiting.

      WITH --explain=K each row also gets its local linear model. Experts are piecewise linear in \
      each numeric column, so around a row

        prediction = intercept + sum of explain.i.slope x explain.i.value

      holds up to rounding, and goes on to hold while the values of the named columns change \
      within the piece. A slope is exact, in units of the target for a unit of the column; it is 0 \
      where the model cuts the value off (outside the training range) and in all columns where it \
      cuts the prediction off. Experts of int8 round what they see; there the slopes are those of \
      their weights and the intercept holds the rest. A category or a missing value is named \
      `column=category` or `column=(missing)`; its value is 1 and its slope is what it adds \
      compared with the mean of the column's categories, or with the column's centre. Terms are \
      sorted by |slope| times the column's training deviation; the intercept holds what is not \
      shown. For classes the sum is the margin of the predicted class: its logit minus that of the \
      next one. If the model scales outputs by the gate, that factor is taken as it is at the row, \
      although it changes with the columns too. Experts with cubes are curved: there a slope is \
      the derivative at the row.

      WITH --deviation each value is followed by its expert's deviation, in units of the target: \
      the root mean square of that expert's errors on the rows held out in training, the same \
      number for all rows that it answers. If errors are normal, two thirds of true values lie \
      within one deviation of the prediction, and 95 % within two.
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

  @Option(
    name: .customLong("out"), help: "Format of the predictions; by the file's ending, else csv.")
  var outputFormat: RowFormat?

  @Option(help: ArgumentHelp("Column to repeat first, before those of --keep.", valueName: "col"))
  var id: String?

  @Option(
    help: ArgumentHelp("Columns to repeat before the prediction.", valueName: "col,..."))
  var keep: [String] = []

  @Flag(help: "Add a column `probability.CLASS` for each class.")
  var proba = false

  @Option(
    help: ArgumentHelp(
      "Add `expert`, `margin`, `runner_up`: who answered, how clearly; with =K also K coefficients.",
      valueName: "k"))
  var explain: ExplainOption?

  @Flag(help: "Add a column `deviation`: how far the row's expert was off on held-out rows.")
  var deviation = false

  @Option(help: ArgumentHelp("Threads that predict.", valueName: "n"))
  var threads = 1

  @OptionGroup var rows: RowOptions

  /// The values of the options.
  var settings: PredictSettings {
    PredictSettings(
      model: model, file: file, output: output, outputFormat: outputFormat, id: id, keep: keep,
      proba: proba, explain: explain, deviation: deviation, threads: threads, rows: rows.settings)
  }

  func validate() throws {
    if let complaint = settings.complaint { throw ValidationError(complaint) }
  }

  func run() throws {
    let status = try settings.run()
    if status != .done { throw status.exitCode }
  }
}

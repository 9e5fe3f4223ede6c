// BudgetOptions.swift: the options of `postern plan --budget`, and the training that they ask for.

internal import ArgumentParser

/// The options of `postern plan --budget`.
struct BudgetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The most that a model may take: bytes of the file, bytes of memory, multiply-adds a row.",
      valueName: "flash=64K,ram=8K,macs=20K"))
  var budget: String?

  @Option(help: ArgumentHelp("Column to predict.", valueName: "col,..."))
  var target: [String] = []

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("Train, and write the model here.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Rows to stop early by; default: a part of the training rows, chosen by the seed.",
      valueName: "file"))
  var valid: String?

  @Option(help: "What the target is; default: by its values.")
  var task: TrainCommand.TaskName?

  @Option(help: ArgumentHelp("Random seed; default: 1.", valueName: "n"), transform: wholeNumber)
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Threads; changes no bit of the model.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Passes over the rows for a dense network.", valueName: "n"))
  var epochs: Int?

  @OptionGroup var columns: ColumnOptions

  @OptionGroup var table: TableOptions

  @OptionGroup(title: "NUMBERS AND DATES") var forms: FormOptions

  /// The budget; `nil` where none is given.
  var limits: Budget? {
    get throws {
      guard let budget else { return nil }
      do throws(Budget.Fault) {
        return try Budget(budget)
      } catch {
        throw ValidationError(error.text)
      }
    }
  }

  func validate(json: Bool) throws {
    if try limits == nil {
      guard target.isEmpty, output == nil, valid == nil, task == nil, threads == nil,
        epochs == nil, columns.isEmpty, table.isEmpty, forms.isEmpty
      else { throw ValidationError("options of training without --budget, expected both") }
      return
    }
    if target.isEmpty { throw ValidationError("--budget without --target, expected both") }
    if json && output == "-" {
      throw ValidationError("summary and model cannot both go to standard output")
    }
  }

  /// Bytes of the texts that options have for the file's provenance, escaped at worst.
  var textByteCount: Int {
    (target + columns.categorical + columns.numeric + columns.ignore + table.missing).reduce(0) {
      $0 + 6 * $1.utf8.count + 3
    }
  }

  /// `postern train` for a shape, or for reading the table only.
  ///
  /// Values are bound to their options, and the rows come after `--`: any of them may begin with a
  /// dash.
  func command(rows: String, shape: BudgetCandidate? = nil) throws -> TrainCommand {
    var arguments = ["--output=\(output ?? "-")", "--seed=\(seed)"]
    func add(_ name: String, _ values: [String]) {
      arguments += values.map { "--\(name)=\($0)" }
    }
    func add(_ name: String, _ value: String?) { add(name, value.map { [$0] } ?? []) }
    add("target", target)
    add("valid", valid)
    add("task", task?.rawValue)
    add("threads", threads.map(String.init))
    add("epochs", epochs.map(String.init))
    if let shape {
      add("experts", String(shape.expertCount))
      add("hidden", shape.widthText)
      add("bins", String(shape.binCount))
      add("profile", "map")
    }
    var command = try TrainCommand.parse(arguments + ["--", rows])
    (command.table, command.columns, command.forms) = (table, columns, forms)
    return command
  }
}

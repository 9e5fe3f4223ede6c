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

  @Option(help: ArgumentHelp("Names every random choice.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Threads; changes no bit of the model.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Passes over the rows for a dense network.", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Columns whose values are categories.", valueName: "col,..."))
  var categorical: [String] = []

  @Option(help: ArgumentHelp("Columns whose values must be numbers.", valueName: "col,..."))
  var numeric: [String] = []

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "col,..."))
  var ignore: [String] = []

  @Option(
    help: ArgumentHelp(
      "Texts that mean missing, instead of NA, NaN, null, None.", valueName: "text,..."))
  var missing: [String] = []

  @Option(name: .customLong("in"), help: "Format of the rows; by the file's ending, else csv.")
  var inputFormat: TextFormat?

  @Option(help: ArgumentHelp("Character between fields.", valueName: "char"))
  var delimiter: Delimiter?

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
        epochs == nil, categorical.isEmpty, numeric.isEmpty, ignore.isEmpty, missing.isEmpty,
        inputFormat == nil, delimiter == nil
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
    (target + categorical + numeric + ignore + missing).reduce(0) { $0 + 6 * $1.utf8.count + 3 }
  }

  /// `postern train` for a shape, or for reading the table only.
  ///
  /// Values are bound to their options, and the table comes after `--`: any of them may begin with
  /// a dash.
  func command(table: String, shape: BudgetCandidate? = nil) throws -> TrainCommand {
    var arguments = ["--output=\(output ?? "-")", "--seed=\(seed)"]
    func add(_ name: String, _ values: [String]) {
      arguments += values.map { "--\(name)=\($0)" }
    }
    func add(_ name: String, _ value: String?) { add(name, value.map { [$0] } ?? []) }
    add("target", target)
    add("valid", valid)
    add("categorical", categorical)
    add("numeric", numeric)
    add("ignore", ignore)
    add("missing", missing)
    add("in", inputFormat?.rawValue)
    add("delimiter", delimiter.map { String(UnicodeScalar($0.byte)) })
    add("task", task?.rawValue)
    add("threads", threads.map(String.init))
    add("epochs", epochs.map(String.init))
    if let shape {
      add("experts", String(shape.expertCount))
      add("hidden", shape.widthText)
      add("bins", String(shape.binCount))
      add("profile", "map")
    }
    return try TrainCommand.parse(arguments + ["--", table])
  }
}

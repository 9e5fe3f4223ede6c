// BudgetSession.swift: `postern plan --budget`: a table in, a shape out, and a model if asked for.
//
// Step: table → [plan] → training → file.

internal import ArgumentParser
internal import PosternPackaging
internal import PosternTrainer

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

  @Option(help: "What the target is; default: by its values.")
  var task: TrainCommand.TaskName?

  @Option(help: ArgumentHelp("Names every random choice.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Threads; changes no bit of the model.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Passes over the rows for a dense network.", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "col,..."))
  var ignore: [String] = []

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
      guard target.isEmpty, output == nil, task == nil, threads == nil, epochs == nil,
        ignore.isEmpty
      else { throw ValidationError("options of training without --budget, expected both") }
      return
    }
    if target.isEmpty { throw ValidationError("--budget without --target, expected both") }
    if json && output == "-" {
      throw ValidationError("summary and model cannot both go to standard output")
    }
  }

  /// The command line of `postern train` for a shape, or for reading the table only.
  func arguments(table: String, shape: BudgetCandidate? = nil) -> [String] {
    var arguments = [table, "--output", output ?? "-", "--seed", String(seed)]
    func add(_ name: String, _ values: [String]) {
      for value in values { arguments += [name, value] }
    }
    add("--target", target)
    add("--ignore", ignore)
    add("--task", task.map { [$0.rawValue] } ?? [])
    add("--threads", threads.map { [String($0)] } ?? [])
    add("--epochs", epochs.map { [String($0)] } ?? [])
    guard let shape else { return arguments }
    return arguments + [
      "--experts", String(shape.expertCount), "--hidden", shape.widthText, "--bins",
      String(shape.binCount), "--profile", "map",
    ]
  }
}

/// One run of `postern plan --budget`.
struct BudgetSession {
  private let options: BudgetOptions
  private let budget: Budget
  private let table: String
  private let rows: Int
  private let json: Bool

  init(_ options: BudgetOptions, budget: Budget, table: String, rows: Int, json: Bool) {
    self.options = options
    self.budget = budget
    self.table = table
    self.rows = rows
    self.json = json
  }

  func run() throws {
    if let output = options.output {
      try refuseBinaryOnTerminal(output)
      try checkOutputs([NamedPath("-o", output)], inputs: [NamedPath("the rows", table)])
    }
    let reading = TrainingSession(try TrainCommand.parse(options.arguments(table: table)))
    let (columns, data) = try reading.load()
    let plan: BudgetPlan
    do {
      plan = try BudgetPlan(
        data.table, budget: budget, rowCapacity: rows, seed: options.seed, kind: .linear)
    } catch let error as TrainingError {
      throw Messages.training(error, data, validation: nil)
    }
    guard let shape = plan.chosen else { throw Messages.nothingFits(plan) }
    let name = Messages.name(ofInput: table)
    guard let output = options.output else {
      try Console.print(
        json ? plan.json(name: name, trained: nil).pretty() + "\n" : plan.text(name: name))
      return
    }
    // Standard output may be the model's.
    if !json { Console().write(plan.text(name: name)) }
    let command = try TrainCommand.parse(options.arguments(table: table, shape: shape))
    var sizes = shape.sizes
    let report = try TrainingSession(command).run(columns, data) { bytes in
      sizes = try BudgetSizes(of: bytes, rowCapacity: rows)
      let overruns = budget.overruns(sizes)
      if !overruns.isEmpty {
        throw Messages.overBudget(overruns, Messages.name(ofOutput: output))
      }
    }
    let trained = (name: Messages.name(ofOutput: output), sizes: sizes, score: scoresJSON(report))
    if json {
      try Console.print(plan.json(name: name, trained: trained).pretty() + "\n")
    } else {
      Console().write(
        "within the budget: flash \(grouped(sizes.fileByteCount)) bytes, "
          + "ram \(grouped(sizes.ramByteCount)) bytes, macs \(grouped(sizes.rowMacCount))\n")
    }
  }
}

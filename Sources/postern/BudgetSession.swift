// BudgetSession.swift: `postern plan --budget`: a table in, a shape out, and a model if asked for.
//
// Step: table → [plan] → training → file.

internal import PosternPackaging
internal import PosternTrainer

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
    let reading = TrainingSession(try options.command(rows: table))
    let (columns, data) = try reading.load()
    let plan: BudgetPlan
    do {
      plan = try BudgetPlan(
        data.table, budget: budget, rowCapacity: rows, seed: options.seed, kind: .linear,
        holdsOut: options.valid == nil, nameByteCount: options.textByteCount)
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
    let command = try options.command(rows: table, shape: shape)
    var sizes = shape.sizes
    let session = TrainingSession(command)
    let report = try session.run(columns, data, elements: shape.elementType, isBudgeted: true) {
      bytes in
      sizes = try BudgetSizes(of: bytes, rowCapacity: rows)
      let overruns = budget.overruns(sizes)
      if !overruns.isEmpty {
        throw Messages.overBudget(overruns, Messages.name(ofOutput: output))
      }
    }
    let trained = BudgetResult(
      name: Messages.name(ofOutput: output), sizes: sizes, elementType: shape.elementType,
      report: report)
    if let warning = trained.warning { Console().warning(warning) }
    if json {
      try Console.print(plan.json(name: name, trained: trained).pretty() + "\n")
    } else {
      Console().write(trained.text)
    }
  }
}

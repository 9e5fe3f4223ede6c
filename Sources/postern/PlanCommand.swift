// PlanCommand.swift: what a model will take, exactly, before it is run.

internal import ArgumentParser
internal import PosternFormat
internal import PosternStorage

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what a model takes, or plan one for a budget.",
    discussion: """
      EXAMPLE:  postern plan price.moe --rows 64
                postern plan --budget flash=64K,ram=8K,macs=20K houses.csv --target price

      With `--budget` the first argument is a table to learn from. The shape that makes the most \
      of the budget is proposed; with `-o` it is trained, checked against the budget and written.
      """)

  @Argument(
    help: ArgumentHelp(
      "The model, or with `--budget` the rows to learn from; `-` is standard input.",
      valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("Rows that are computed together.", valueName: "n"))
  var rows = 1

  @Flag(help: "One JSON object; its keys stay as they are while `schema` is 1.")
  var json = false

  @OptionGroup(title: "BUDGET") var planning: BudgetOptions

  func validate() throws {
    try planning.validate(json: json)
    guard (1...1 << 30).contains(rows) else {
      throw ValidationError("--rows is \(rows), expected 1 to \(1 << 30)")
    }
  }

  func run() throws {
    let name = Messages.name(ofInput: model)
    if let budget = try planning.limits {
      try BudgetSession(planning, budget: budget, table: model, rows: rows, json: json).run()
      return
    }
    let text = try withModel(at: model) { view in
      let plan = Plan(view, rowCapacity: rows)
      return json ? plan.json(name: name).pretty() + "\n" : plan.text(name: name)
    }
    try Console.print(text)
  }
}

/// The memory and the work of a model.
struct Plan {
  let summary: ModelSummary
  let rowCapacity: Int
  let workspaceByteCount: Int
  /// Cache with room for one expert, and for all; 0 if no expert is compressed.
  let cacheByteCounts: (one: Int, all: Int)
  /// Multiplications and additions of the router for one row.
  let routerMacCount: Int

  init(_ model: ModelView, rowCapacity: Int) {
    summary = ModelSummary(model)
    self.rowCapacity = rowCapacity
    workspaceByteCount = model.header.workspaceByteCount(rowCapacity: rowCapacity)
    cacheByteCounts = (
      ExpertCache.byteCount(model, slotCount: 1),
      ExpertCache.byteCount(model, slotCount: model.expertSectionCount)
    )
    let router = model.router
    var children = router.root.childCount
    var most = 0
    for group in 0..<model.header.groupCount { most = max(most, router.inner(group).childCount) }
    children += most
    routerMacCount = children * model.header.featureCount
  }

  /// The most work that a row can take.
  var rowMacCount: Int {
    routerMacCount + (summary.experts.map(\.macCount).max() ?? 0)
      + (summary.sharedExpert?.macCount ?? 0)
  }

  /// What `postern plan` prints.
  func text(name: String) -> String {
    var table = AlignedText([("", .left), ("bytes", .right), ("", .left)])
    func line(_ title: String, _ byteCount: Int, _ remark: String) {
      table.append([title, grouped(byteCount), remark])
    }
    line("file", summary.byteCount, "mapped read-only, shared by all sessions")
    line(
      "read when opened", summary.openingByteCount,
      "header, directory, schema, transform, router, head")
    line(
      "workspace", workspaceByteCount,
      "for \(Messages.count(rowCapacity, "row")) at a time, a session")
    if cacheByteCounts.one > 0 {
      line("cache, one expert", cacheByteCounts.one, "the least that works")
      line("cache, all experts", cacheByteCounts.all, "nothing is decoded twice")
    } else {
      line("cache", 0, "all experts run straight from the map")
    }
    line("largest expert", summary.largestExpertByteCount, "once decoded")
    var text = "\(name)\n" + table.rendered()
    text += "\nEXPERTS\n" + expertTable()
    text += "\nWORK FOR ONE ROW\n"
    text += "  router \(Messages.count(routerMacCount, "multiply-add")), "
    text += "with its expert at most \(grouped(rowMacCount))\n"
    return text
  }

  private func expertTable() -> String {
    var table = AlignedText([
      ("expert", .right), ("layers", .left), ("stored", .left), ("bytes", .right),
      ("in the file", .right), ("multiply-adds", .right),
    ])
    for expert in summary.experts + (summary.sharedExpert.map { [$0] } ?? []) {
      table.append([
        expert.index.map(String.init) ?? "shared", expert.shapeText, expert.encodingWord,
        grouped(Int(expert.entry.decodedByteCount)), grouped(Int(expert.entry.storedByteCount)),
        grouped(expert.macCount),
      ])
    }
    return table.rendered()
  }

  /// What `postern plan --json` prints.
  func json(name: String) -> JSON {
    .object([
      "schema": .integer(reportSchema),
      "command": .text("plan"),
      "file": .text(name),
      "rows": .integer(rowCapacity),
      "fileByteCount": .integer(summary.byteCount),
      "openingByteCount": .integer(summary.openingByteCount),
      "workspaceByteCount": .integer(workspaceByteCount),
      "cacheOneExpertByteCount": .integer(cacheByteCounts.one),
      "cacheAllExpertsByteCount": .integer(cacheByteCounts.all),
      "largestExpertByteCount": .integer(summary.largestExpertByteCount),
      "routerMacCount": .integer(routerMacCount),
      "rowMacCountLimit": .integer(rowMacCount),
      "memory": memoryJSON(summary.header),
      "experts": .array(summary.experts.map(expertJSON)),
      "sharedExpert": summary.sharedExpert.map(expertJSON) ?? .null,
    ])
  }
}

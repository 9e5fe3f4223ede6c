// UpdateCommand.swift: the options of `postern update`.

internal import ArgumentParser
internal import PosternTrainer

struct UpdateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update",
    abstract: "Train some experts of a model, or its router, on other rows; add or retire some.",
    discussion: """
      EXAMPLE:  postern update price.moe new-houses.csv --experts worst

      Rows are encoded and routed by the model; each chosen expert is trained on the rows that \
      reach it and replaced only if held-out rows of its own get better by more than chance. \
      Everything else keeps its bytes, so that other experts answer as before. A signature is \
      dropped.

      The worst experts are those with the largest loss excess: the sum over their rows of how \
      much the loss is above the mean loss of all rows.

      `--grow` splits the worst expert: a new one begins as its copy, learns the rows that it \
      answers better, and comes only if held-out rows get better by more than chance. Rows that it \
      does not win are answered as before, bit for bit.

      `--retire` takes experts away; each of their rows falls to the next best expert, all others \
      are answered as before, by experts that move up in their numbers. The exit code is 1 if they \
      stay because the rows' score would get worse by more than chance.
      """)

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Argument(
    help: ArgumentHelp(
      "Rows to learn from, with the target; `-` is standard input.", valueName: "data"))
  var data: String

  @Option(
    help: ArgumentHelp(
      "Experts to train, such as 3,7 or 3-5; `worst` or `worst:2` finds them.",
      valueName: "experts"))
  var experts: UpdatedExperts?

  @Flag(help: "Train the router alone; the experts stay.")
  var router = false

  @Option(
    help: ArgumentHelp("New experts, each split off the one that is worst then.", valueName: "n"))
  var grow: Int?

  @Option(
    help: ArgumentHelp(
      "Experts to take away, such as 3,7; `idle`: those without rows, in training too.",
      valueName: "experts"))
  var retire: RetiredExperts?

  @Flag(help: "Retire experts even if the score gets worse.")
  var force = false

  @Option(
    name: [.customShort("o"), .long], help: "Where the model goes; default: where it came from.")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Rows to judge by; default: a fifth or a tenth of the rows, chosen by the seed.",
      valueName: "file"))
  var valid: String?

  @Option(help: ArgumentHelp("Random seed; default: 1.", valueName: "n"), transform: wholeNumber)
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Threads; changes no bit of the model. Default: all processors.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Passes over the rows; default: by their number.", valueName: "n"))
  var epochs: Int?

  @OptionGroup var table: TableOptions

  @Flag(help: "The summary as one JSON object on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but errors.")
  var quiet = false

  /// What is updated; ``validate()`` lets one be named.
  var part: UpdateOptions.Part {
    if let grow { return .grow(grow) }
    switch retire {
    case .listed(let experts): return .retire(experts)
    case .idle: return .retireIdle
    case nil: break
    }
    switch experts {
    case .listed(let experts): return .experts(experts)
    case .worst(let count): return .worst(count)
    case nil: return .router
    }
  }

  /// Where the model goes.
  var destination: String { output ?? model }

  func validate() throws {
    let parts = [
      ("--experts", experts != nil), ("--router", router), ("--grow", grow != nil),
      ("--retire", retire != nil),
    ].filter(\.1).map(\.0)
    if parts.isEmpty {
      throw ValidationError(
        "nothing to update, expected --experts, --router, --grow or --retire")
    }
    if parts.count > 1 {
      throw ValidationError(
        "\(parts[0]) and \(parts[1]) are two updates, expected one of them"
          + (parts == ["--experts", "--router"] ? ": the router comes first" : ""))
    }
    if force && retire == nil { throw ValidationError("--force is about --retire") }
    if let grow, !(1...65_535).contains(grow) {
      throw ValidationError("--grow is \(grow), expected 1 to 65535")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 256")
    }
    if let epochs, !(1...100_000).contains(epochs) {
      throw ValidationError("--epochs is \(epochs), expected 1 to 100000")
    }
    if model == "-" && output == nil {
      throw ValidationError("a model from standard input needs -o")
    }
    if [model, data, valid].count(where: { $0 == "-" }) > 1 {
      throw ValidationError("only one of model, rows and --valid can come from standard input")
    }
    if json && destination == "-" {
      throw ValidationError("summary and model cannot both go to standard output")
    }
  }

  func run() throws {
    try refuseBinaryOnTerminal(destination)
    if data == "-" && Terminal.isTerminal(0) {
      throw CommandFailure(.usage, Messages.noUpdateRows(model))
    }
    // A folder that is not there is better said now than after training.
    // Without -o the model itself is replaced, and rows in its place are no model.
    try checkOutputs(
      [NamedPath("-o", destination)],
      inputs: output == nil ? [] : [NamedPath("the rows", data), NamedPath("--valid", valid)])
    try UpdateSession(self).run()
  }
}

/// Experts to update: by their indices, or those that are worst.
enum UpdatedExperts: ExpressibleByArgument, Equatable {
  case listed([Int])
  case worst(Int)

  init?(argument: String) {
    if argument == "worst" {
      self = .worst(1)
      return
    }
    if argument.hasPrefix("worst:") {
      guard let count = Int(argument.dropFirst("worst:".count)), count >= 1 else { return nil }
      self = .worst(count)
      return
    }
    guard let listed = expertList(argument) else { return nil }
    self = .listed(listed)
  }

  /// The text that gives this value.
  var text: String {
    switch self {
    case .listed(let experts): experts.map(String.init).joined(separator: ",")
    case .worst(let count): count == 1 ? "worst" : "worst:\(count)"
    }
  }
}

/// Experts to take away: by their indices, or those without rows.
enum RetiredExperts: ExpressibleByArgument, Equatable {
  case listed([Int])
  case idle

  init?(argument: String) {
    if argument == "idle" {
      self = .idle
      return
    }
    guard let listed = expertList(argument) else { return nil }
    self = .listed(listed)
  }

  /// The text that gives this value.
  var text: String {
    switch self {
    case .listed(let experts): experts.map(String.init).joined(separator: ",")
    case .idle: "idle"
    }
  }
}

/// Indices such as `3,7` or `3-5`; nil for any other text, and beyond what a model can have.
private func expertList(_ argument: String) -> [Int]? {
  guard let ranges = expertRanges(argument) else { return nil }
  // A range is written out; no model has more experts than that.
  guard ranges.allSatisfy({ $0.count == 1 || $0.upperBound <= 65_536 }) else { return nil }
  return ranges.flatMap { Array($0) }
}

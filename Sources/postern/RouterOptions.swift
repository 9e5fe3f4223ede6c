// RouterOptions.swift: the options of `postern train` that choose router and method.

internal import ArgumentParser
internal import PosternPackaging
internal import PosternTrainer

extension RouterParameters.Kind {
  /// The name on the command line and in reports.
  var name: String {
    switch self {
    case .linear: "linear"
    case .laplace: "laplace"
    case .cosine: "cosine"
    case .perturbedCosine: "perturbed-cosine"
    case .prototype: "prototype"
    }
  }

  static func named(_ name: some StringProtocol) -> Self? { allCases.first { $0.name == name } }
}

/// `KIND`, or `OUTER/INNER` for two levels.
struct RouterName: ExpressibleByArgument {
  let text: String
  let choice: RouterChoice

  init?(argument: String) {
    text = argument
    let kinds = argument.split(separator: "/", omittingEmptySubsequences: false).map {
      RouterParameters.Kind.named($0)
    }
    switch kinds.count {
    case 1:
      guard let outer = kinds[0] else { return nil }
      choice = RouterChoice(outer)
    case 2:
      guard let outer = kinds[0], let inner = kinds[1] else { return nil }
      choice = RouterChoice(outer, inner)
    default: return nil
    }
  }
}

/// `N`, `GROUPSxEACH` for two levels, or `auto`.
struct ExpertCount: ExpressibleByArgument {
  let text: String
  let total: Int
  let groups: Int?
  /// Whether the number is to be found.
  let isFound: Bool
  /// Whether it is one plain number.
  var isNumber: Bool { groups == nil && !isFound }

  init?(argument: String) {
    text = argument
    isFound = argument == "auto"
    guard !isFound else {
      (total, groups) = (1, nil)
      return
    }
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch parts.count {
    case 1:
      guard let count = parts[0] else { return nil }
      (total, groups) = (count, nil)
    case 2:
      guard let count = parts[0], let each = parts[1], (1...1024).contains(count),
        (1...1024).contains(each)
      else { return nil }
      (total, groups) = (count * each, count)
    default: return nil
    }
  }
}

/// `128,64`; `none` for no hidden layer; with `/` between experts, widths for each by itself.
struct HiddenWidths: ExpressibleByArgument {
  let text: String
  let experts: [[Int]]

  init?(argument: String) {
    text = argument
    var experts: [[Int]] = []
    for part in argument.split(separator: "/", omittingEmptySubsequences: false) {
      if part == "none" {
        experts.append([])
        continue
      }
      let widths = part.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard !widths.isEmpty, !widths.contains(nil) else { return nil }
      experts.append(widths.compactMap { $0 })
    }
    self.experts = experts
  }
}

/// `T`, or `T1,T2`.
struct Perturbation: ExpressibleByArgument {
  let text: String
  let tau1: Float
  let tau2: Float

  init?(argument: String) {
    text = argument
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard parts.count == 1 || parts.count == 2, let first = parts[0], let last = parts.last ?? nil
    else { return nil }
    (tau1, tau2) = (first, last)
  }
}

/// One of the trainer's choices, by its name.
struct Named<Choice: RawRepresentable & CaseIterable>: ExpressibleByArgument
where Choice.RawValue == String {
  let choice: Choice

  init?(argument: String) {
    guard let choice = Choice(rawValue: argument) else { return nil }
    self.choice = choice
  }

  static var allValueStrings: [String] { Choice.allCases.map(\.rawValue) }
}

/// Which router is trained, and how.
struct RouterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "linear, laplace, cosine, perturbed-cosine or prototype; OUTER/INNER for two levels.",
      valueName: "kind"))
  var router: RouterName?

  @Option(
    help: ArgumentHelp(
      "Number of experts, GROUPSxEACH on two levels, or auto to find it; default: by the rows.",
      valueName: "n"))
  var experts: ExpertCount?

  @Option(help: ArgumentHelp("How router and experts are trained.", valueName: "method"))
  var method: Named<TrainingMethod>?

  @Option(help: "Experts start as copies of the dense network, or at random.")
  var start: Named<TrainingStart>?

  @Option(
    help: ArgumentHelp(
      "What a perturbed cosine adds to the norms, of weights and of features.", valueName: "t,t"))
  var tau: Perturbation?

  @Flag(help: "One more expert, added for every row.")
  var sharedExpert = false

  @Option(help: ArgumentHelp("Weight of the load-balancing loss; default 0.01.", valueName: "w"))
  var balance: Float?

  @Option(help: ArgumentHelp("Weight of the importance loss; default 0.", valueName: "w"))
  var importance: Float?

  @Option(
    help: ArgumentHelp(
      "Weight of the load loss, which adds learned noise to the router; default 0.",
      valueName: "w"))
  var load: Float?

  @Option(help: ArgumentHelp("Weight of the router z-loss; default 0.001.", valueName: "w"))
  var zLoss: Float?

  @Option(
    help: ArgumentHelp(
      "How far biases go at each step towards an even load, without a loss; default 0.",
      valueName: "step"))
  var biasRate: Float?

  @Option(
    help: ArgumentHelp("Share of experts that a batch does without; default 0.", valueName: "share")
  )
  var expertDropout: Float?

  /// Refuses choices that would do nothing.
  ///
  /// - Parameter hasTeachers: Whether there is a dense network for experts to be copies of.
  /// - Throws: `ValidationError` with the choice and what it needs.
  func check(hasTeachers: Bool) throws {
    let kinds = [router?.choice.outer ?? .linear, router?.choice.inner].compactMap(\.self)
    if tau != nil && !kinds.contains(.perturbedCosine) {
      throw ValidationError("--tau is of a perturbed cosine, expected `--router perturbed-cosine`")
    }
    if biasRate != nil && kinds.allSatisfy({ $0 == .prototype }) {
      throw ValidationError("--bias-rate moves biases, and prototypes have none")
    }
    if start?.choice == .upcycled && !hasTeachers {
      throw ValidationError("--start upcycled copies a dense network, and without teachers is none")
    }
    guard let method = method?.choice, [.twoStage, .phased].contains(method) else { return }
    let losses = [
      ("--balance", balance), ("--importance", importance), ("--load", load), ("--z-loss", zLoss),
      ("--bias-rate", biasRate), ("--expert-dropout", expertDropout),
    ]
    if let (name, _) = losses.first(where: { $0.1 != nil }) {
      throw ValidationError(
        "\(name) has no part in `--method \(method.rawValue)`, which fixes its router by itself")
    }
  }

  /// Writes the choices into `options`.
  func apply(to options: inout TrainingOptions) {
    options.router = router?.choice
    options.findsExpertCount = experts?.isFound == true
    options.expertCount = options.findsExpertCount ? nil : experts?.total
    options.groupCount = experts?.groups
    options.method = method?.choice
    options.start = start?.choice
    if let tau { (options.tau1, options.tau2) = (tau.tau1, tau.tau2) }
    options.hasSharedExpert = sharedExpert
    options.balanceWeight = balance
    options.importanceWeight = importance
    options.loadWeight = load
    options.zWeight = zLoss
    options.biasRate = biasRate
    options.expertDropout = expertDropout
  }

  /// What was chosen, for the file's provenance.
  var chosen: [(String, JSON)] {
    var chosen: [(String, JSON)] = []
    func add(_ name: String, _ value: JSON?) {
      if let value { chosen.append((name, value)) }
    }
    func number(_ value: Float?) -> JSON? { value.map { .numeral("\($0)") } }
    add("router", router.map { .text($0.text) })
    add("experts", experts.map { $0.isNumber ? .integer($0.total) : .text($0.text) })
    add("method", method.map { .text($0.choice.rawValue) })
    add("start", start.map { .text($0.choice.rawValue) })
    add("tau", tau.map { .text($0.text) })
    if sharedExpert { add("sharedExpert", .bool(true)) }
    add("balance", number(balance))
    add("importance", number(importance))
    add("load", number(load))
    add("zLoss", number(zLoss))
    add("biasRate", number(biasRate))
    add("expertDropout", number(expertDropout))
    return chosen
  }
}

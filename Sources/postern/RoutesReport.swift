// RoutesReport.swift: what the routes of some rows say about a model, as plain values.
//
// Step: tally → [report] → text, JSON, page.

internal import PosternData
internal import PosternFormat

/// A score of the chosen experts beside that of the runners-up.
struct RouteScore {
  /// Rows with a true value, and the score on them; nil without such rows.
  var rowCount = 0
  var score: Double?
  /// The scores on the rows that a runner-up has an answer for too.
  var chosen: Double?
  var runnerUp: Double?

  /// DropTop1: how much the score changes when the runner-up answers.
  var change: Double? { chosen.flatMap { chosen in runnerUp.map { $0 - chosen } } }

  /// Of sums in the unit of the model's values, whose numbers `target` says.
  init(_ losses: LossTally, _ metric: RoutesReport.Metric, _ target: NumberReading) {
    rowCount = losses.count
    func metricOf(_ sum: Double, _ count: Int) -> Double? {
      guard count > 0 else { return nil }
      let mean = sum / Double(count)
      return metric == .rootMeanSquaredError ? target.difference(mean.squareRoot()) : mean
    }
    score = metricOf(losses.sum, losses.count)
    chosen = metricOf(losses.pairSum, losses.pairCount)
    runnerUp = metricOf(losses.runnerUpSum, losses.pairCount)
  }
}

/// What is reported of one expert.
struct ExpertRoutes {
  var index: Int
  /// The group of a two-level model.
  var group: Int?
  var rowCount: Int
  var share: Double
  /// Rows of the training data, if the file says so.
  var trainingRowCount: UInt64?
  var trainingShare: Double?
  var meanGateProbability: Double?
  var margins: LogHistogram
  /// One for each target; empty without true values.
  var scores: [RouteScore]
  /// The deviation of its errors on held-out rows for each target, if the file says so.
  var heldOutDeviations: [Double]?
  var separations: [Separation]
  /// Rows for which each expert was the runner-up; nil if that was not counted.
  var runnerUpCounts: [Int]?
  /// Whether it answers for no row here although there are rows.
  var isIdle: Bool
  /// Whether it answered for no training row, by the file's histogram.
  var wasIdleInTraining: Bool { trainingRowCount == 0 }
}

/// A group of experts of a two-level model.
struct GroupRoutes {
  var index: Int
  var experts: Range<Int>
  var rowCount: Int
  var share: Double
  var trainingShare: Double?
  /// How evenly the group's rows go to its experts.
  var balance: RouteBalance
}

/// How far rows are from the prototypes that were chosen for them.
struct PrototypeDistance {
  enum Level: String { case group, expert }

  var level: Level
  var rowCount: Int
  var mean: Double
  /// About the distance that 99 of 100 rows are below.
  var high: Double

  /// Nil without rows.
  init?(_ tally: DistanceTally, _ level: Level) {
    guard let high = tally.histogram.quantile(0.99) else { return nil }
    self.level = level
    rowCount = tally.histogram.total
    mean = tally.sum / Double(rowCount)
    self.high = high
  }
}

/// Everything that `postern routes` says.
struct RoutesReport {
  enum Metric { case rootMeanSquaredError, accuracy }

  var modelName: String
  var inputName: String
  var task: PosternFormat.Task
  var targets: [[UInt8]]
  var rowCount = 0
  var rejectedCount: Int
  var experts: [ExpertRoutes] = []
  var balance: RouteBalance
  var groups: [GroupRoutes] = []
  var groupBalance: RouteBalance?
  /// Nil for a router of one level, or without rows.
  var joint: JointTally?
  /// One for each level that chooses by distance; empty without rows.
  var distances: [PrototypeDistance] = []
  /// Nil if the file has no routing histogram, or there are no rows.
  var drift: RouteDrift?
  var hasHistogram: Bool
  var margins = LogHistogram()
  var withoutRunnerUp: Int
  var gateCounts: [Int]
  var meanGateProbability: Double?
  let metric: Metric
  /// Over all experts, one for each target; empty without true values.
  var scores: [RouteScore] = []
  var unknownClassCount: Int

  /// Whether the file says how far experts were off on held-out rows.
  var hasDeviations: Bool { experts.contains { $0.heldOutDeviations != nil } }

  /// The name of the score.
  var metricName: String { metric == .accuracy ? "accuracy" : "RMSE" }

  init(
    _ model: ModelView, _ tally: RouteTally, modelName: String, inputName: String,
    rejectedCount: Int, top: Int
  ) {
    self.modelName = modelName
    self.inputName = inputName
    self.rejectedCount = rejectedCount
    task = model.header.task
    metric = task == .regression ? .rootMeanSquaredError : .accuracy
    targets = (0..<model.schema.targetCount).map { model.schema.targetName($0).copied() }
    let counts = tally.experts.map(\.rowCount)
    rowCount = counts.reduce(0, +)
    balance = RouteBalance(counts)
    withoutRunnerUp = tally.withoutRunnerUp
    gateCounts = tally.gateCounts
    unknownClassCount = tally.unknownClassCount
    let training = AncillarySection.histogram(model)
    hasHistogram = training != nil
    drift = training.flatMap { RouteDrift(counts, training: $0) }
    let gateSum = tally.experts.reduce(0) { $0 + $1.gateSum }
    meanGateProbability = rowCount > 0 ? gateSum / Double(rowCount) : nil
    var losses = [LossTally](repeating: LossTally(), count: tally.targetCount)
    for expert in tally.experts {
      margins.add(expert.margins)
      for target in losses.indices { losses[target].add(expert.losses[target]) }
    }
    scores = zip(losses, tally.readings).map { RouteScore($0, metric, $1) }
    // Without a single true value there is nothing to compare.
    if scores.allSatisfy({ $0.rowCount == 0 }) { scores = [] }
    addExperts(tally, training, AncillarySection.deviations(model), top: top)
    addGroups(model, counts, training)
    if tally.joint.rowCount > 0 { joint = tally.joint }
    distances = [
      PrototypeDistance(tally.groupDistances, .group),
      PrototypeDistance(tally.expertDistances, .expert),
    ].compactMap { $0 }
  }

  private mutating func addExperts(
    _ tally: RouteTally, _ training: [UInt64]?, _ deviations: [[Double]]?, top: Int
  ) {
    let trainingTotal = training.map { $0.reduce(0) { $0 + Double($1) } } ?? 0
    let separations = separations(of: tally, top: top)
    for (index, expert) in tally.experts.enumerated() {
      let trained = training?[index]
      let count = tally.experts.count
      experts.append(
        ExpertRoutes(
          index: index, group: nil, rowCount: expert.rowCount,
          share: rowCount > 0 ? Double(expert.rowCount) / Double(rowCount) : 0,
          trainingRowCount: trained,
          trainingShare: trained.flatMap { trainingTotal > 0 ? Double($0) / trainingTotal : nil },
          meanGateProbability: expert.rowCount > 0 ? expert.gateSum / Double(expert.rowCount) : nil,
          margins: expert.margins,
          scores: scores.isEmpty
            ? [] : zip(expert.losses, tally.readings).map { RouteScore($0, metric, $1) },
          heldOutDeviations: deviations?[index], separations: separations[index],
          runnerUpCounts: tally.runnerUps.isEmpty
            ? nil : Array(tally.runnerUps[index * count..<(index + 1) * count]),
          isIdle: rowCount > 0 && expert.rowCount == 0))
    }
  }

  private mutating func addGroups(_ model: ModelView, _ counts: [Int], _ training: [UInt64]?) {
    guard model.header.groupCount > 0 else { return }
    let trainingTotal = training.map { $0.reduce(0) { $0 + Double($1) } } ?? 0
    for index in 0..<model.header.groupCount {
      let node = model.router.inner(index)
      let range = node.firstChild..<node.firstChild + node.childCount
      let rows = counts[range].reduce(0, +)
      let trained = training.map { $0[range].reduce(0) { $0 + Double($1) } }
      groups.append(
        GroupRoutes(
          index: index, experts: range, rowCount: rows,
          share: rowCount > 0 ? Double(rows) / Double(rowCount) : 0,
          trainingShare: trained.flatMap { trainingTotal > 0 ? $0 / trainingTotal : nil },
          balance: RouteBalance(Array(counts[range]))))
      for expert in range { experts[expert].group = index }
    }
    groupBalance = RouteBalance(groups.map(\.rowCount))
  }
}

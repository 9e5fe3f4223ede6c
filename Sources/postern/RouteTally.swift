// RouteTally.swift: counts who answered which rows, how clearly and how well, in fixed memory.
//
// Step: predictions → [tally] → report.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime

/// Sums of losses of the chosen expert's answers, and of the runner-up's to the same rows.
struct LossTally {
  /// Rows with a true value, and the sum over them: squared errors, or right answers.
  var count = 0
  var sum = 0.0
  /// The same over rows that the runner-up has an answer for too.
  var pairCount = 0
  var pairSum = 0.0
  var runnerUpSum = 0.0

  mutating func add(_ other: LossTally) {
    count += other.count
    sum += other.sum
    pairCount += other.pairCount
    pairSum += other.pairSum
    runnerUpSum += other.runnerUpSum
  }
}

/// What is known of the rows of one expert.
struct ExpertTally {
  var rowCount = 0
  var gateSum = 0.0
  var margins = LogHistogram()
  /// One for each target.
  var losses: [LossTally]
  /// Nil until there is a row.
  var columns: ColumnTally?
}

/// Distances of rows to the prototypes that were chosen for them.
struct DistanceTally {
  var sum = 0.0
  var histogram = LogHistogram()

  /// Adds a distance, which is finite if the row has an answer.
  mutating func add(_ distance: Double) {
    sum += distance
    histogram.add(Float(distance))
  }
}

/// Rows for which another expert than the chosen one has the largest probability of all.
struct JointTally {
  var rowCount = 0
  var otherCount = 0

  /// Part of all rows; 0 without rows.
  var share: Double { rowCount > 0 ? Double(otherCount) / Double(rowCount) : 0 }

  mutating func add(isOther: Bool) {
    rowCount += 1
    if isOther { otherCount += 1 }
  }
}

/// Everything that is counted. Its size depends on the model alone.
struct RouteTally {
  /// Experts up to which it is counted who is whose runner-up.
  static let runnerUpLimit = 256
  /// Bins of the gate probability, each as wide as the others.
  static let gateBinCount = 20

  let columns: TalliedColumns
  let targetCount: Int
  /// How the numbers of the targets are read; plain for classes.
  let readings: [NumberReading]
  private let task: PosternFormat.Task
  var experts: [ExpertTally]
  var gateCounts = [Int](repeating: 0, count: gateBinCount)
  /// Rows without any other expert to choose.
  var withoutRunnerUp = 0
  /// Shape `(experts, experts)`: chosen, runner-up; empty if there are too many experts.
  var runnerUps: [Int] = []
  /// Of routers with prototypes: distances to those of groups, and to those of experts.
  var groupDistances = DistanceTally()
  var expertDistances = DistanceTally()
  /// Of routers on two levels.
  var joint = JointTally()
  /// Rows with a class that the model does not know.
  var unknownClassCount = 0

  init(_ model: ModelView, hasTargets: Bool) {
    columns = TalliedColumns(model)
    task = model.header.task
    targetCount = hasTargets ? model.schema.targetCount : 0
    let targets = ModelInput(model).targets
    readings = targets.isEmpty ? [NumberReading()] : targets
    let count = model.header.expertCount
    let losses = [LossTally](repeating: LossTally(), count: targetCount)
    experts = [ExpertTally](repeating: ExpertTally(losses: losses), count: count)
    if count <= RouteTally.runnerUpLimit { runnerUps = [Int](repeating: 0, count: count * count) }
  }

  /// Adds an answered row.
  mutating func add(_ session: borrowing Session, slot: Int, row: Span<Float>) {
    let expert = session.expert(slot)
    let gate = session.gateProbability(slot)
    experts[expert].rowCount += 1
    experts[expert].gateSum += Double(gate)
    gateCounts[min(Int(gate * Float(RouteTally.gateBinCount)), RouteTally.gateBinCount - 1)] += 1
    if let runnerUp = session.runnerUp(slot) {
      experts[expert].margins.add(session.margin(slot))
      if !runnerUps.isEmpty { runnerUps[expert * experts.count + runnerUp] += 1 }
    } else {
      withoutRunnerUp += 1
    }
    if experts[expert].columns == nil { experts[expert].columns = ColumnTally(columns) }
    experts[expert].columns?.add(row, columns)
  }

  /// Counts a class that the model does not know.
  mutating func note(truth: Double, _ model: ModelView) {
    if task != .regression && truth == Double(model.schema.classCount) { unknownClassCount += 1 }
  }

  /// The loss of an answer for each target: its squared error in the unit of values, or 1 for the
  /// right class; NaN where
  /// the true value is missing or there is no answer.
  func losses(_ session: borrowing Session, slot: Int, truth: Span<Double>) -> [Double] {
    (0..<targetCount).map { target in
      guard !truth[target].isNaN, session.status(slot).refusal == nil else { return .nan }
      if task != .regression {
        return Double(session.predictedClass(slot)) == truth[target] ? 1 : 0
      }
      // In the unit of the values: squares of very large numbers have no place in binary64.
      let error = session.prediction(slot, output: target) - truth[target]
      let exponent = readings[target].origin.exponent
      let scaled = Double(sign: .plus, exponent: -exponent, significand: error)
      return scaled * scaled
    }
  }

  /// Adds the losses of the chosen expert's answer to a row, and of the runner-up's.
  mutating func add(_ losses: [Double], runnerUp others: [Double]?, expert: Int) {
    for (target, loss) in losses.enumerated() where !loss.isNaN {
      experts[expert].losses[target].count += 1
      experts[expert].losses[target].sum += loss
      guard let other = others?[target], !other.isNaN else { continue }
      experts[expert].losses[target].pairCount += 1
      experts[expert].losses[target].pairSum += loss
      experts[expert].losses[target].runnerUpSum += other
    }
  }
}

// UpdateRun.swift: some experts of a model once more, each on the rows that the router gives it.
//
// Step: model, rows → cells → [training] → sections.

import PosternFormat
import PosternPackaging

/// Rows for an update, as the model sees them.
struct UpdateRows {
  /// The rows that the model answers.
  let table: TrainingTable
  /// The expert of each.
  let experts: [Int]
  let refusedRowCount: Int

  init(_ table: TrainingTable, columns: [Column], _ model: ModelView) throws(UpdateError) {
    let all = cells(of: table, columns: columns, model)
    let answered = all.indices.filter { all[$0] >= 0 }
    guard !answered.isEmpty else { throw .noAnsweredRow(rowCount: table.rowCount) }
    self.table = answered.count == all.count ? table : table.selecting(answered)
    experts = answered.map { all[$0] }
    refusedRowCount = all.count - answered.count
  }

  /// The rows of an expert.
  func rows(of expert: Int) -> [Int] { experts.indices.filter { experts[$0] == expert } }
}

/// One update of a model.
struct UpdateRun {
  /// The model without its experts.
  let frame: ModelDescription
  /// What the router was trained as, if the file says so.
  let published: RouterParameters?
  let expertCount: Int
  let rows: UpdateRows
  /// Rows to judge by; without them each part holds some of its own out.
  let judged: UpdateRows?
  let options: UpdateOptions
  let reporter: ProgressReporter

  /// A part has at least so many rows to train on, and so many to stop early by and to judge by.
  static let rowLimits = (training: 30, other: 10)

  /// How many standard errors better the held-out rows must get on average. They choose nothing
  /// but this, so that they flatter nobody.
  static let preference = 1.0

  /// Rows for one part of the model, parted.
  struct Parts: Sendable {
    var training: TrainingTable
    /// Chooses the epoch.
    var stopping: TrainingTable
    /// Judges the result.
    var heldOut: TrainingTable

    var learnedRowCount: Int { training.rowCount + stopping.rowCount }
    var isLargeEnough: Bool {
      training.rowCount >= rowLimits.training && stopping.rowCount >= rowLimits.other
        && heldOut.rowCount >= rowLimits.other
    }
  }

  /// The rows of `expert`, parted; all rows for nil.
  func parts(of expert: Int?) -> Parts {
    func own(_ rows: UpdateRows) -> TrainingTable {
      expert.map { rows.table.selecting(rows.rows(of: $0)) } ?? rows.table
    }
    let table = own(rows)
    var order = Array(0..<table.rowCount)
    var random = RandomStream(
      seed: options.seed, 0x7570_7370, UInt64(expert.map { $0 + 1 } ?? 0))
    random.shuffle(&order)
    let share = table.rowCount / (table.rowCount >= 2000 ? 10 : 5)
    func part(_ rows: Range<Int>) -> TrainingTable { table.selecting(order[rows].sorted()) }
    let held = judged == nil ? share : 0
    return Parts(
      training: part(share + held..<order.count), stopping: part(held..<share + held),
      heldOut: judged.map(own) ?? part(0..<held))
  }

  /// Rows with their true targets, as the model's networks see them.
  func labelled(_ table: TrainingTable) throws(UpdateError) -> LabelledRows {
    do throws(TrainingError) {
      return try LabelledRows(table, of: frame)
    } catch {
      throw .training(error)
    }
  }

  /// What the model would say about the rows of `table` if `expert` answered each, by the runtime.
  func values(_ expert: Expert, _ table: TrainingTable) throws(UpdateError) -> [Float] {
    try values(
      frame.gateScale == .none
        ? frame.alone(expert) : frame.everywhere(expert, expertCount: expertCount), table)
  }

  func values(
    _ model: ModelDescription, _ table: TrainingTable
  ) throws(UpdateError) -> [Float] {
    try served(model, table).values
  }

  /// What the runtime says about the rows of `table`.
  func served(
    _ model: ModelDescription, _ table: TrainingTable
  ) throws(UpdateError) -> ServedAnswers {
    do throws(TrainingError) {
      return try serve(model, table)
    } catch {
      throw .training(error)
    }
  }

  /// The shared expert's outputs before the head, shape `(rows, outputs)`; empty without one.
  func sharedOutputs(_ table: TrainingTable) throws(UpdateError) -> [Float] {
    guard frame.sharedExpert != nil else { return [] }
    var raw = frame
    raw.head = frame.head.map { _ in HeadOutput() }
    return try values(raw.alone(raw.constant(0)), table)
  }

  /// What becomes of an expert's outputs before the head, for each row; nil for nothing. The gate
  /// is what is left of an expert that says 1, the shared expert's part what is added to 0.
  private func adjustment(_ table: TrainingTable) throws(UpdateError) -> OutputAdjustment? {
    guard frame.sharedExpert != nil || frame.gateScale != .none else { return nil }
    var adjustment = OutputAdjustment(outputCount: frame.outputCount)
    adjustment.offsets = try sharedOutputs(table)
    if frame.gateScale != .none {
      var raw = frame
      raw.head = frame.head.map { _ in HeadOutput() }
      raw.sharedExpert = nil
      let gates = try values(raw.everywhere(raw.constant(1), expertCount: expertCount), table)
      adjustment.gates = stride(from: 0, to: gates.count, by: frame.outputCount).map { gates[$0] }
    }
    return adjustment
  }

  /// What came of an expert.
  struct Result: Sendable {
    var expert: Expert?
    /// Of a regression: what the new expert is off by on held-out rows.
    var deviations: [Float]
    var trial: UpdateReport.Trial
  }

  /// One expert's training among those of the update.
  struct Work: Sendable {
    var index: Int
    var expert: Expert
    var parts: Parts
  }

  /// The expert of `work`, the `place`-th of `count`, trained on its rows.
  func fitted(_ work: Work, place: Int, of count: Int) throws(UpdateError) -> Expert {
    let (index, expert, parts) = (work.index, work.expert, work.parts)
    let network = ImportedNetwork(expert, columns: frame.columns)
    let training = try labelled(parts.training)
    let schedule = Schedule(
      refitting: parts.training.rowCount, task: frame.task, epochCount: options.epochCount)
    var adjustments: (training: OutputAdjustment, validation: OutputAdjustment)?
    if let own = try adjustment(parts.training), let other = try adjustment(parts.stopping) {
      adjustments = (own, other)
    }
    let fitted = trainDense(
      shape: network.shape, initial: network.parameters, data: training.data,
      targets: training.targets, rows: (0..<Int32(training.data.rowCount)).map { $0 },
      validation: try labelled(parts.stopping), schedule: schedule,
      random: RandomStream(seed: options.seed, 0x7570_6461, UInt64(index)), reporter: reporter,
      adjustments: adjustments
    ) { epoch, loss, score, best in
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: place * schedule.epochs + epoch,
          epochCount: count * schedule.epochs, trainingLoss: loss,
          validationScore: score.metric, bestScore: best.metric, fractionDone: 0))
    }
    return network.expert(fitted.parameters)
  }

  /// Trains the expert of `work`, the `place`-th of `count`, on its rows and judges it.
  func train(_ work: Work, place: Int, of count: Int) throws(UpdateError) -> Result {
    let (index, expert, parts) = (work.index, work.expert, work.parts)
    let new = try fitted(work, place: place, of: count)
    let heldOut = try labelled(parts.heldOut)
    let before = try values(expert, parts.heldOut)
    let after = try values(new, parts.heldOut)
    var trial = UpdateReport.Trial(
      expert: index,
      Self.outcome(
        before: heldOut.rowLosses(served: before), after: heldOut.rowLosses(served: after)),
      parts)
    trial.before = heldOut.score(served: before).metric
    trial.after = heldOut.score(served: after).metric
    return Result(
      expert: trial.isUpdated ? new : nil, deviations: deviations(after, heldOut), trial: trial)
  }

  /// What values are off by on their own rows.
  private func deviations(_ values: [Float], _ rows: LabelledRows) -> [Float] {
    guard frame.task == .regression else { return [] }
    let experts = [Int](repeating: 0, count: rows.data.rowCount)
    return rows.deviations(
      of: ServedAnswers(experts: experts, values: values), expertCount: 1)
  }

  /// Whether held-out rows get better, by more than chance would do.
  static func outcome(before: [Double], after: [Double]) -> UpdateReport.Outcome {
    guard after.allSatisfy(\.isFinite) else { return .noImprovement }
    // A model that refuses rows it is asked about is worse than any that does not.
    guard before.allSatisfy(\.isFinite) else { return .updated }
    let gain = MeanGain(before: before, after: after)
    guard gain.mean > 0 else { return .noImprovement }
    return gain.exceeds(preference) ? .updated : .withinChance
  }
}

extension Schedule {
  /// How an expert is trained on from where it is, on `rowCount` rows of its own.
  init(refitting rowCount: Int, task: ModelDescription.Task, epochCount: Int?) {
    let batchSize = rowCount >= 8000 ? 128 : rowCount >= 1000 ? 64 : 32
    let epochs = epochCount ?? min(200, max(20, 3000 * batchSize / max(rowCount, 1)))
    self.init(
      epochs: epochs, batchSize: batchSize, rate: 1e-3, patience: max(8, epochs / 10))
    dropout = task == .regression ? 0.05 : 0.1
  }
}

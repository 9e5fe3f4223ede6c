// TrainingLoad.swift: the stages' inner loops on rows that are encoded already, to be timed.
//
// Step: student → [mixture, refit] → choice.

import PosternPackaging

/// A classifier of dense experts `features-widths-classes` behind a linear router, and the rows
/// that it is trained on: what the speed of training is measured with. Nothing is validated, and
/// nothing is kept but the parameters.
package final class TrainingLoad {
  /// What one pass over the rows computes.
  package enum Work: String, CaseIterable, Sendable {
    /// Router and experts together; each row is computed by the expert it is routed to, whose
    /// outputs are multiplied by its probability (Switch Transformers).
    case top1
    /// Router and experts together; every row is computed by every expert, each with its own loss.
    case soft
    /// Each expert on the rows of its cell, the router frozen.
    case cells
  }

  /// Of the load-balancing loss: large enough that no expert gets much more than its share.
  static let balanceWeight: Float = 0.1

  private let data: EncodedRows
  private let targets: Targets
  private let start: Mixture
  private let seed: UInt64
  private let threads: Int

  /// Takes `features`, shape `(rows, featureCount)`, of which `featureCount` is a multiple of 4,
  /// and `labels` below `classCount`. Widths are multiples of 16.
  package init(
    features: [Float], featureCount: Int, labels: [UInt32], classCount: Int, expertCount: Int,
    widths: [Int], seed: UInt64, threads: Int
  ) {
    precondition(featureCount % 4 == 0 && features.count == labels.count * featureCount)
    data = EncodedRows(
      rowCount: labels.count, pairCount: 0, featureCount: featureCount,
      featureStride: featureCount, entries: [], fractions: [], features: features)
    targets = Targets(
      task: .multiclass, outputCount: classCount, values: [], labels: labels)
    self.seed = seed
    self.threads = threads
    var input = InputShape(columns: [], entryCounts: [])
    input.featureCount = featureCount
    let shape = NetworkShape(
      input: input, widths: widths, outputCount: classCount, firstLayer: .dense)
    var random = RandomStream(seed: seed)
    let experts = (0..<expertCount).map { _ in
      NetworkParameters(shape: shape, values: shape.initialParameters(&random))
    }
    let router = TrainableRouter(
      startingAtRandomIn: data, shape: RouterShape(.linear, expertCount: expertCount), scale: 1,
      random: &random)
    start = Mixture(router: router, experts: experts)
  }

  /// The shares of the rows that the smallest and the largest cell have at the start.
  package var cellShares: ClosedRange<Double> {
    let counts = start.cells(data).map(\.count)
    let count = Double(data.rowCount)
    return Double(counts.min() ?? 0) / count...Double(counts.max() ?? 0) / count
  }

  /// One pass over the rows. The result is the mean loss, or for cells 0.
  package func run(_ work: Work, batchSize: Int, dropout: Float) -> Double {
    var networks = Schedule(epochs: 1, batchSize: batchSize, rate: 1e-3, patience: 1)
    networks.dropout = dropout
    networks.keepsLast = true
    var order = RandomStream(seed: seed, 1)
    var batches = Batches(
      rows: (0..<Int32(data.rowCount)).map { $0 }, size: batchSize,
      random: RandomStream(seed: order.next()))
    guard work != .cells else {
      let none = LabelledRows(
        data: data.selecting([]), targets: targets,
        head: [HeadOutput](repeating: HeadOutput(), count: targets.outputCount))
      _ = refit(
        start, data: data, targets: targets, validation: none, schedule: networks, seed: seed,
        threads: threads, rowLimit: 1, reporter: ProgressReporter { _ in true }
      ) { _, _, _ in }
      return 0
    }
    var schedule = MixtureSchedule(networks: networks)
    schedule.objective = work == .top1 ? .gatedTop1 : .expectedLoss
    schedule.probabilityLimit = 0
    schedule.copyNoise = 0
    schedule.losses.balance = Self.balanceWeight
    (schedule.firstTemperature, schedule.lastTemperature) = (1, 1)
    let trainer = MixtureTrainer(
      start: start, data: data, targets: targets, schedule: schedule, seed: seed, threads: threads)
    batches.shuffle()
    var loss = 0.0
    for batch in 0..<batches.count {
      loss += trainer.trainBatch(batches[batch], step: batch, stepCount: batches.count)
    }
    return loss / Double(max(batches.count, 1))
  }
}

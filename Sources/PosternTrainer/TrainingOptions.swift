// TrainingOptions.swift: what the user may choose, and what is chosen when he does not.
//
// Step: rows → [trainer] → model value.

import PosternPackaging

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What the user may choose. Without a choice the size of the data decides.
public struct TrainingOptions: Equatable, Sendable {
  /// Routed experts, `1...1024`.
  public var expertCount: Int?
  /// Names every random choice: the same seed gives the same model.
  public var seed: UInt64 = 1
  /// Threads to use, `1...256`; by default one for each processor. Changes no number.
  public var threadCount: Int?
  /// Widths of the hidden layers, each `1...4096` and rounded up to a multiple of 16; at most 12.
  public var hiddenWidths: [Int] = []
  /// The most bins of a numeric column, `1...1024`.
  public var binCount: Int?
  /// Passes over the rows for a dense network, `1...100_000`; other stages scale with it.
  public var epochCount: Int?
  /// Dense networks that the student learns from, `1...16`.
  public var teacherCount: Int?

  /// Creates options that leave everything to the size of the data.
  public init() {}

  func check() throws(TrainingError) {
    try check(expertCount, .experts, 1...1024)
    try check(threadCount, .threads, 1...256)
    try check(hiddenWidths.isEmpty ? nil : hiddenWidths.count, .hiddenLayers, 1...12)
    for width in hiddenWidths { try check(width, .hiddenWidth, 1...4096) }
    try check(binCount, .bins, 1...1024)
    try check(epochCount, .epochs, 1...100_000)
    try check(teacherCount, .teachers, 1...16)
  }

  private func check(
    _ value: Int?, _ name: TrainingError.OptionName, _ range: ClosedRange<Int>
  ) throws(TrainingError) {
    guard let value, !range.contains(value) else { return }
    throw .optionOutOfRange(
      name: name, value: value, least: range.lowerBound, most: range.upperBound)
  }

  var threads: Int { threadCount ?? min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), 256) }
}

/// Every constant of a training run.
struct TrainingPlan: Equatable, Sendable {
  var seed: UInt64
  var threads: Int
  var widths: [Int]
  var expertCount: Int
  var teacherCount: Int
  var studentCount: Int
  /// The share of the teachers' word in what students and experts learn; the labels have the rest.
  var teacherShare: Float = 0.7
  var dense: Schedule
  var student: Schedule
  var mixture: MixtureSchedule
  var refit: Schedule
  var refitRowLimit = 100
  /// The mean probability of the chosen expert where the router starts.
  var startConfidence = 0.7
  /// How many standard errors better than the copied student a mixture must validate.
  var preference = 1.0

  /// Bins of a numeric column by default.
  static func binCount(_ options: TrainingOptions, rowCount: Int) -> Int {
    options.binCount ?? (rowCount >= 1000 ? 24 : rowCount >= 200 ? 16 : 8)
  }

  /// The plan that `options` leave open, by the number of rows.
  init(options: TrainingOptions, rowCount: Int, task: ModelDescription.Task) {
    seed = options.seed
    threads = options.threads
    widths =
      options.hiddenWidths.isEmpty
      ? [128, 64] : options.hiddenWidths.map { ($0 + 15) / 16 * 16 }
    expertCount =
      options.expertCount
      ?? (rowCount >= 2000 ? 8 : rowCount >= 500 ? 4 : rowCount >= 100 ? 2 : 1)
    teacherCount = options.teacherCount ?? 4
    studentCount = 2
    let batchSize =
      rowCount >= 200_000 ? 1024 : rowCount >= 8000 ? 256 : rowCount >= 2000 ? 128 : 64
    let epochs =
      options.epochCount ?? min(400, max(rowCount >= 200_000 ? 8 : 20, 5000 * batchSize / rowCount))
    dense = Schedule(
      epochs: epochs, batchSize: batchSize, rate: 3e-3, patience: max(10, epochs / 4))
    if task == .regression { dense.dropout = 0.05 }
    student = dense
    var experts = dense
    experts.epochs = max(1, epochs / 2)
    experts.rate = 1e-3
    experts.patience = max(5, experts.epochs / 4)
    mixture = MixtureSchedule(networks: experts)
    refit = experts
    refit.epochs = max(1, epochs / 6)
    refit.rate = 3e-4
    refit.patience = max(3, refit.epochs / 3)
    refit.batchSize = max(32, batchSize / 4)
  }
}

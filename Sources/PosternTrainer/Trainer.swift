// Trainer.swift: the whole road from rows to a model.
//
// Step: rows → [trainer] → model value.

public import PosternPackaging

/// A trained model, its dense comparison, and how they came about.
public struct TrainedModel: Sendable {
  /// The top-1 mixture. Its routing histogram is that of the training rows; the other ancillary
  /// sections are the caller's.
  public var description: ModelDescription
  /// The dense network that the mixture grew from, as a model with one expert; `nil` without
  /// teachers.
  public var dense: ModelDescription?
  /// What happened.
  public var report: TrainingReport
}

/// Turns rows into a sparse top-1 mixture of experts.
///
/// Dense networks are trained from several seeds; a dense student learns from their mean
/// (distillation) and from the labels; it is copied into every expert and a router is started from
/// k-means (sparse upcycling); router and experts are trained together on each expert's expected
/// loss while routing turns from soft to hard; each expert is trained once more on the rows that it
/// will answer for; and what validates best under top-1 routing is the model, if it is better than
/// the dense network, a linear model and a constant: of those that are as good the simplest is
/// served, as one expert. Where a linear model explains nearly all of a target, the networks learn
/// what it leaves, and the file adds it to each answer as a shared expert.
public enum Trainer {
  /// Trains a model.
  ///
  /// The result depends on the table, the options (but not the number of threads) and nothing else:
  /// every instruction set and machine gives the same bits, unless `progress` stops training.
  ///
  /// - Parameters:
  ///   - table: The rows to learn from.
  ///   - validation: Rows to stop early by and choose among candidates with; without them a tenth
  ///     to a sixth of `table` is held out for that.
  ///   - options: What the user chose.
  ///   - progress: Hears how it goes, on the calling thread, at most ten times a second. Returns
  ///     whether to go on; after `false` the best model so far is the result, soon.
  /// - Returns: A complete model, even if stopped early.
  /// - Throws: What keeps the table from being trained on.
  public static func train(
    _ table: TrainingTable, validation: TrainingTable? = nil,
    options: TrainingOptions = TrainingOptions(),
    progress: @escaping (TrainingProgress) -> Bool = { _ in true }
  ) throws(TrainingError) -> TrainedModel {
    try run(table, validation: validation, options: options, reporter: ProgressReporter(progress))
      .model()
  }

  /// A run over checked rows, of which a part is held out where nothing judges.
  static func run(
    _ table: TrainingTable, validation: TrainingTable?, options: TrainingOptions,
    reporter: ProgressReporter
  ) throws(TrainingError) -> TrainingRun {
    try options.check()
    try table.check()
    var (train, judged) = (table, validation)
    if let validation {
      try validation.check()
      try table.checkValidation(validation)
    } else if let split = table.splitForValidation(seed: options.seed) {
      train = table.selecting(split.train)
      judged = table.selecting(split.validation)
    }
    let binCounts = TrainingPlan.binCounts(
      options, rowCount: train.rowCount, columnCount: train.columns.count)
    let run = try TrainingRun(
      table: train, validation: judged, binCounts: binCounts, options: options, reporter: reporter)
    if validation == nil { run.whole = table }
    return run
  }
}

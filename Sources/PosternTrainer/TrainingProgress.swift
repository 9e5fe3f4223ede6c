// TrainingProgress.swift: what the caller hears while training runs, and how it stops it.
//
// Step: rows → [trainer] → model value.

private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Where training stands.
public struct TrainingProgress: Equatable, Sendable {
  /// What is being trained.
  public enum Stage: String, CaseIterable, Equatable, Sendable {
    /// Dense networks, from several seeds.
    case teachers
    /// Dense networks that learn from the teachers' mean.
    case student
    /// Experts and router together, from copies of the student.
    case mixture
    /// Each expert on the rows that the router gives it.
    case refit
    /// How many experts there are to be, before all others.
    case structure
  }

  /// What is being trained.
  public var stage: Stage
  /// Passes over the rows that are done in this stage, from 0.
  public var epoch: Int
  /// Passes that the stage takes if it does not stop early.
  public var epochCount: Int
  /// The mean loss over the last pass; no unit.
  public var trainingLoss: Double
  /// The last validation score: RMSE in the target's unit, or the share of right classes.
  public var validationScore: Double?
  /// The best validation score of this stage so far.
  public var bestScore: Double?
  /// The share of all work that is done, in `0...1`: an estimate that never falls.
  public var fractionDone: Double
}

/// Carries progress from the threads that train to the caller, and the wish to stop back.
///
/// The callback runs on the thread that called the trainer, at most ten times a second.
final class ProgressReporter {
  private let callback: (TrainingProgress) -> Bool
  private let stopped = Atomic<Bool>(false)
  private let caller = pthread_self()
  private var last: ContinuousClock.Instant?
  private var latest: TrainingProgress?
  /// The share of all work before this stage, and that of this stage.
  private var stageStart = 0.0
  private var stageShare = 0.0
  private var highest = 0.0

  init(_ callback: @escaping (TrainingProgress) -> Bool) {
    self.callback = callback
  }

  /// Whether the caller wants training to end with the best model so far. On the caller's thread
  /// it is asked, if the last time was long ago: a pass over the rows may take minutes.
  var shouldStop: Bool {
    repeatReport()
    return stopped.load(ordering: .relaxed)
  }

  /// Starts a stage that takes `share` of all work.
  func begin(_ stage: TrainingProgress.Stage, share: Double) {
    stageStart += stageShare
    stageShare = share
    latest = TrainingProgress(
      stage: stage, epoch: 0, epochCount: 1, trainingLoss: .nan, validationScore: nil,
      bestScore: nil, fractionDone: highest)
  }

  /// Tells the caller, if this is the caller's thread and the last time was long ago.
  func report(_ progress: @autoclosure () -> TrainingProgress) {
    guard pthread_equal(pthread_self(), caller) != 0, !stopped.load(ordering: .relaxed) else {
      return
    }
    let now = ContinuousClock.now
    if let last, now - last < .milliseconds(100) { return }
    last = now
    var progress = progress()
    let within = Double(progress.epoch) / Double(max(progress.epochCount, 1))
    highest = max(highest, min(stageStart + stageShare * min(within, 1), 1))
    progress.fractionDone = highest
    latest = progress
    if !callback(progress) { stopped.store(true, ordering: .relaxed) }
  }

  /// Tells the caller the latest progress once more, so that a wish to stop is heard while only
  /// other threads still train.
  func repeatReport() {
    if let latest { report(latest) }
  }
}

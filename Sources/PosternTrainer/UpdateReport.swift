// UpdateReport.swift: what may be updated, and what came of it.
//
// Step: model, rows → [update] → sections and report.

public import PosternFormat
public import PosternPackaging

/// What the user may choose for an update.
public struct UpdateOptions: Equatable, Sendable {
  /// What is trained again.
  public enum Part: Equatable, Sendable {
    /// These experts, each on the rows that the router gives it.
    case experts([Int])
    /// So many experts with the largest loss excess: the sum over an expert's rows of how much
    /// their loss is above the mean loss of all rows. Experts with too few rows are left out.
    case worst(Int)
    /// The router alone; the experts stay.
    case router
    /// So many new experts, one after the other: each begins as a copy of the expert with the
    /// largest loss excess. The old ones and their places in the router stay.
    case grow(Int)
    /// These experts go; each of their rows falls to the expert that is next for it.
    case retire([Int])
    /// Experts go that answer none of the rows and, by the routing histogram, no row of training.
    case retireIdle

    /// Whether experts are trained or written anew.
    var trains: Bool {
      switch self {
      case .experts, .worst, .router, .grow: true
      case .retire, .retireIdle: false
      }
    }
  }

  /// What is trained again.
  public var part: Part
  /// Names every random choice.
  public var seed: UInt64 = 1
  /// Threads to use, `1...256`; by default one for each processor. Changes no number.
  public var threadCount: Int?
  /// Passes over the rows, `1...100_000`; by default by the number of rows.
  public var epochCount: Int?
  /// Whether experts retire even if the score gets worse by more than chance.
  public var isForced = false

  /// Creates options that leave the rest to the size of the data.
  public init(_ part: Part) { self.part = part }

  func check() throws(UpdateError) {
    var options = TrainingOptions()
    options.threadCount = threadCount
    options.epochCount = epochCount
    do throws(TrainingError) {
      try options.check()
    } catch {
      throw .training(error)
    }
  }

  var threads: Int {
    var options = TrainingOptions()
    options.threadCount = threadCount
    return options.threads
  }
}

/// The new sections of a model, and how they came about.
public struct ModelUpdate: Sendable {
  /// What changes in the file; nothing where nothing got better. Self-test and provenance are the
  /// caller's.
  public var replacements: [SectionReplacement]
  /// The experts and the router, if there are more or fewer of them now.
  public var experts: ExpertReplacement?
  /// What happened.
  public var report: UpdateReport
  /// The deviations of updated experts on held-out rows, by their indices; of a regression.
  var deviations: [Int: [Float]] = [:]
  /// What a new router was trained as.
  var routerParameters: [UInt8]?

  init(replacements: [SectionReplacement], report: UpdateReport) {
    self.replacements = replacements
    self.report = report
  }

  /// The bytes of `model`, which is the one that was updated, with this update in it.
  ///
  /// - Throws: As ``replacing(_:in:)``.
  public func applied(to model: ModelView) throws(PackagingError) -> [UInt8] {
    guard let experts else { return try replacing(replacements, in: model) }
    return try replacing(replacements, experts: experts, in: model)
  }
}

/// What happened in an update. Scores are of held-out rows, before and after, by the runtime.
public struct UpdateReport: Equatable, Sendable {
  /// What became of an expert, or of the router.
  public enum Outcome: String, Equatable, Sendable {
    /// It is replaced.
    case updated
    /// It stays: its held-out rows do not get better.
    case noImprovement
    /// It stays: its held-out rows get better by no more than chance would do.
    case withinChance
    /// It stays: too few rows to train on and to judge by.
    case tooFewRows
    /// It stays: no row reaches it.
    case noRows
  }

  /// What became of one part of the model.
  public struct Trial: Equatable, Sendable {
    /// The expert's index; nil for the router.
    public var expert: Int?
    /// What became of it.
    public var outcome: Outcome
    /// Rows that were learned from: trained on, or used to stop early by.
    public var trainingRowCount: Int
    /// Other rows, that judged.
    public var heldOutRowCount: Int
    /// The score of the held-out rows, and what it would be or is now.
    public var before: Double?
    /// The score of the held-out rows with the new part.
    public var after: Double?

    init(expert: Int?, _ outcome: Outcome, _ parts: UpdateRun.Parts) {
      self.expert = expert
      self.outcome = outcome
      trainingRowCount = parts.learnedRowCount
      heldOutRowCount = parts.heldOut.rowCount
    }

    /// Whether the file has a new part.
    public var isUpdated: Bool { outcome == .updated }
  }

  /// What scores say.
  public var metric: TrainingReport.Metric
  /// Rows that the model answers, of those to learn from.
  public var rowCount: Int
  /// Rows that the model refuses, of those to learn from.
  public var refusedRowCount: Int
  /// Rows to learn from whose target is outside the range that the model's head allows: it stays,
  /// so that no expert can follow that far.
  public var beyondRangeRowCount = 0
  /// Rows to learn from that each expert answers for; after a router's update and by new indices
  /// where experts came or went, by the new router.
  public var expertTraffic: [Int]
  /// The share of each expert in the sum of all losses, where all were looked at; else empty.
  public var lossShares: [Double] = []
  /// The experts that were to be updated, in the order in which they were named or found.
  public var experts: [Trial] = []
  /// The router, if it was to be updated.
  public var router: Trial?
  /// The experts that were to be added, in their order; the last may have come to nothing.
  public var growth: [Growth] = []
  /// The experts that were to go.
  public var retirement: Retirement?
  /// Whether the caller ended training early.
  public var stoppedEarly = false

  /// Whether anything changes.
  public var isUpdated: Bool {
    (experts + [router].compactMap(\.self) + growth.map(\.trial)).contains(where: \.isUpdated)
      || retirement?.isDone == true
  }
}

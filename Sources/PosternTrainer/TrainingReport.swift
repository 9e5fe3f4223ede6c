// TrainingReport.swift: what happened in training, as numbers.
//
// Step: rows → [trainer] → model value and report.

/// What happened in training. All scores are of the validation rows.
public struct TrainingReport: Equatable, Sendable {
  /// What scores say.
  public enum Metric: String, Equatable, Sendable {
    /// In the target's unit; the mean over several targets. Less is better.
    case rootMeanSquaredError
    /// The share of right classes, in `0...1`. More is better.
    case accuracy
  }

  /// What could have become the model.
  public enum Candidate: String, CaseIterable, Equatable, Sendable {
    /// Router and experts trained together, then each expert on its own cell.
    case refitMixture
    /// Router and experts trained together.
    case mixture
    /// The dense network, as one expert for all rows.
    case dense
    /// A linear model of the same columns, as one expert without hidden layers. Judged by rows that
    /// were held out of the table it is fitted to all of them once more.
    case linear
    /// The mean target, or the shares of the classes, whatever the row.
    case constant
  }

  /// What scores say.
  public var metric: Metric
  /// Rows that were trained on.
  public var trainingRowCount: Int
  /// Rows that chose among epochs and candidates; those of training when there were no others.
  public var validationRowCount: Int
  /// Of each dense network that teaches.
  public var teacherScores: [Double] = []
  /// Of the mean of their outputs.
  public var teachersMeanScore: Double?
  /// Of each dense network that learned from the teachers.
  public var studentScores: [Double] = []
  /// Of the dense network that the mixture grew from: the dense comparison.
  public var denseScore: Double?
  /// Of the mixture when the experts' outputs are blended by the router's probabilities.
  public var softMixtureScore: Double?
  /// Of the same mixture under top-1 routing; nil where no expert had learned before the refit.
  public var mixtureScore: Double?
  /// After each expert was trained on its own cell, under top-1 routing.
  public var refitScore: Double?
  /// The loss of the mixture when outputs are blended; no unit.
  public var softLoss: Double?
  /// The loss under top-1 routing after each expert was trained on its own cell: at most a tenth
  /// above ``softLoss`` where hard routing loses little.
  public var hardLoss: Double?
  /// The share of validation rows whose expert changed over each epoch of the joint training.
  public var expertChangeRates: [Double] = []
  /// After how many of those epochs the router had come to rest and was frozen.
  public var routerFrozenAfter: Int?
  /// How the number of experts was found; empty where it was not sought.
  public var structure: [StructureStep] = []
  /// How each phase came out; empty unless training was ``TrainingMethod/phased``.
  public var phases: [PhaseReport] = []
  /// Of a linear model of the same columns: ridge regression, or logistic regression for classes.
  /// Nil where none was fitted.
  public var linearScore: Double?
  /// Of the mean target, or of the most frequent class.
  public var constantScore: Double?
  /// Of the model that was chosen.
  public var score: Double
  /// Of the same model before its weights were rounded; `nil` where they were not.
  public var unroundedScore: Double?
  /// Which candidate was chosen.
  public var chosen: Candidate
  /// Experts that were tried; the model has fewer where fewer are as good, or some meet no row.
  public var triedExpertCount = 1
  /// Whether experts answer for what a linear model leaves, which the file has as a shared expert.
  public var hasLinearPart = false
  /// Training rows that each expert of the model answers for.
  public var expertTraffic: [Int]
  /// Whether the caller ended training early.
  public var stoppedEarly: Bool
  /// What the user should know.
  public var warnings: [TrainingWarning]
}

/// How a phase of training came out, on the training rows.
public struct PhaseReport: Equatable, Sendable {
  /// Which phase.
  public var phase: TrainingPhase
  /// Of the exploration, the routing and the experts the mean correlation loss (below 0, the less
  /// the better), of the heads the mean loss of top-1 routing; no unit.
  public var loss: Double
  /// How mixed the groups of k-means, as many as experts, are within experts: natural logarithm, 0
  /// when each expert has rows of one group only.
  public var dispatchEntropy: Double
  /// The share of rows that are of their expert's most frequent group, in `0...1`.
  public var purity: Double
}

/// Something that the user should know about the data or the model. Columns are indices into the
/// table's columns.
public enum TrainingWarning: Equatable, Sendable {
  /// The column has one value only and is not used.
  case constantColumn(column: Int)
  /// The column has no value in any training row and is not used.
  case allMissingColumn(column: Int)
  /// Every category of the column is too rare to learn anything about, so it is not used.
  case onlyRareCategories(column: Int, categoryCount: Int)
  /// Categories that are so rare in training that they are treated as unknown.
  case rareCategories(column: Int, categoryCount: Int, rowCount: Int)
  /// The target has one value only; the model predicts it.
  case constantTarget(target: Int)
  /// Classes that have no row in training, ascending.
  case absentClasses(classIndices: [Int])
  /// There are more features than rows.
  case moreFeaturesThanRows(featureCount: Int, rowCount: Int)
  /// So few rows that the scores say little.
  case fewRows(rowCount: Int)
  /// There was nothing to validate on: the scores are those of the training rows.
  case noValidationRows
  /// An expert answers for no training row.
  case idleExpert(expert: Int)
  /// The mean target, or the most frequent class, scores better than the model.
  case worseThanConstant(score: Double, constant: Double)
  /// Nothing that was trained is better than a constant, so the model is that constant.
  case nothingLearned(constant: Double)
}

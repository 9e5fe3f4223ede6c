// TrainingReport.swift: what happened in training, as numbers.
//
// Step: rows → [trainer] → model value and report.

/// Something that the user should know about the data or the model.
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
  /// A class has no row in training.
  case absentClass(classIndex: Int)
  /// There are more features than rows.
  case moreFeaturesThanRows(featureCount: Int, rowCount: Int)
  /// So few rows that the scores say little.
  case fewRows(rowCount: Int)
  /// There was nothing to validate on: the scores are those of the training rows.
  case noValidationRows
  /// An expert answers for no training row.
  case idleExpert(expert: Int)
}

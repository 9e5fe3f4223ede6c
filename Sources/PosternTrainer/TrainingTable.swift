// TrainingTable.swift: the rows that a model is trained on.
//
// Step: data → [rows] → trainer → model value.

/// A table in columns, with its target.
public struct TrainingTable: Sendable {
  /// One input.
  public struct Column: Sendable {
    /// The values, one for each row.
    public enum Values: Sendable {
      /// Numbers; NaN is missing; otherwise finite.
      case numeric([Float])
      /// Codes into `categories`, which ascend by their bytes; `UInt32.max` is missing.
      case categorical(codes: [UInt32], categories: [[UInt8]])
      /// Left out by the caller's decision; the model keeps the column's place.
      case ignored
    }

    /// The name as it stood in the data.
    public var name: [UInt8]
    /// The values, one for each row.
    public var values: Values

    /// Creates a column.
    public init(name: [UInt8], values: Values) {
      self.name = name
      self.values = values
    }
  }

  /// What is to be predicted.
  public enum Target: Sendable {
    /// One or several numbers for each row, `values[target][row]`, finite.
    case regression(names: [[UInt8]], values: [[Float]])
    /// One class for each row, an index into `classes`; at least two classes.
    case classification(name: [UInt8], labels: [UInt32], classes: [[UInt8]])
  }

  /// The inputs, in the order of the data.
  public var columns: [Column]
  /// What is to be predicted.
  public var target: Target
  /// The targets of a regression before they were rounded to binary32, in the same unit,
  /// `exactTargets[target][row]`, finite: what scores are computed against. Empty: the same as the
  /// rounded ones.
  public var exactTargets: [[Double]]
  /// The number of rows.
  public var rowCount: Int

  /// Creates a table.
  public init(
    columns: [Column], target: Target, exactTargets: [[Double]] = [], rowCount: Int
  ) {
    self.columns = columns
    self.target = target
    self.exactTargets = exactTargets
    self.rowCount = rowCount
  }

  /// The targets of a regression as exactly as they are known; empty for classes.
  var truth: [[Double]] {
    guard case .regression(_, let values) = target else { return [] }
    return exactTargets.isEmpty ? values.map { $0.map(Double.init) } : exactTargets
  }
}

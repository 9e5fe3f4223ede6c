// RowStatus.swift: whether a row has a prediction, and why not.
//
// Step: row → transform → [status] → prediction.   Specification: formats/model.md, section 9.

/// Why a row is refused.
public enum RowRefusal: UInt8, Sendable {
  /// A value is missing and the column's policy refuses that.
  case missingValue = 1
  /// A value is infinite.
  case infiniteValue = 2
  /// The value of a categorical column is not a code.
  case invalidCode = 3
  /// A category is unknown and the column's policy refuses that.
  case unknownCategory = 4
  /// A score, an output or a value is not finite.
  case overflow = 5
}

/// Whether a row has a prediction.
public struct RowStatus: Equatable, Sendable {
  /// Why there is none, or nil.
  public let refusal: RowRefusal?
  /// The column that a value-related refusal is about; 0 otherwise.
  public let column: Int

  /// A row with a prediction.
  package static let answered = RowStatus(refusal: nil, column: 0)

  package init(refusal: RowRefusal?, column: Int) {
    self.refusal = refusal
    self.column = column
  }

  /// The word that stands for the status in the workspace.
  var word: UInt32 { UInt32(refusal?.rawValue ?? 0) &<< 24 | UInt32(column) }

  init(word: UInt32) {
    refusal = RowRefusal(rawValue: UInt8(word &>> 24))
    column = Int(word & 0xFF_FFFF)
  }
}

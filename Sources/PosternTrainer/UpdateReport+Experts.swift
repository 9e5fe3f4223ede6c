// UpdateReport+Experts.swift: what came of experts that were to come or to go.
//
// Step: model, rows → [update] → sections and report.

extension UpdateReport {
  /// What became of a new expert.
  public struct Growth: Equatable, Sendable {
    /// The expert that it is split from.
    public var parent: Int
    /// Rows that were learned from and that the new expert answers, or would.
    public var wonRowCount: Int
    /// Whether it is there, and the scores of all held-out rows; its expert is the new one's index.
    public var trial: Trial
  }

  /// What became of experts that were to go.
  public struct Retirement: Equatable, Sendable {
    /// Whether they went, or why not.
    public enum Outcome: String, Equatable, Sendable {
      /// They are gone.
      case retired
      /// They stay: without them the rows' score would be worse by more than chance would do.
      case worse
      /// There is none without traffic.
      case noneIdle
    }

    /// The experts, by their old indices, ascending.
    public var experts: [Int]
    /// What became of them.
    public var outcome: Outcome
    /// Rows that judge: those to judge by if there are such, else those to learn from.
    public var rowCount: Int
    /// Rows of these with another expert than before.
    public var movedRowCount: Int
    /// How many rows move to each of the other experts that get any, by old indices.
    public var takers: [Taker]
    /// The score of the rows with all experts.
    public var before: Double
    /// The score of the rows without those that were to go.
    public var after: Double

    /// An expert that gets rows.
    public struct Taker: Equatable, Sendable {
      /// Its old index.
      public var expert: Int
      /// Rows that it gets.
      public var rowCount: Int
    }

    /// Whether the file changes.
    public var isDone: Bool { outcome == .retired }
  }
}

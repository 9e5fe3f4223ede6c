// RowBlock.swift: rows on their way from the reader to a predictor.

internal import PosternData

/// Up to a fixed number of rows, read together and answered together. Its memory is used again.
struct RowBlock {
  /// What is known of one row of the input.
  struct Entry {
    /// The row's place among the rows to predict; nil for one that gets an empty answer.
    var slot: Int?
    var line: Int
    /// Where the row's kept fields end; they start where those of the row before do.
    var keptEnd: Int
  }

  let capacity: Int
  let columnCount: Int
  /// Shape `(capacity, columnCount)`.
  var values: [Float]
  /// What the answers should be, if the input says it. Shape `(rowCount, targets)`.
  var targets: [Double] = []
  /// Rows to predict.
  var rowCount = 0
  var entries: [Entry] = []
  /// The kept fields of all rows, as they will be written.
  var kept = TextBuffer(capacity: 4096)
  /// Why the run ends behind these rows.
  var failure: CommandFailure?

  init(capacity: Int, columnCount: Int) {
    self.capacity = capacity
    self.columnCount = columnCount
    values = [Float](repeating: 0, count: capacity * columnCount)
    entries.reserveCapacity(capacity)
  }

  mutating func removeAll() {
    rowCount = 0
    targets.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    kept.removeAll()
  }
}

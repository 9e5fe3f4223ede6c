// CellInput.swift: what an expert reads, standardised over the rows of its own cell.
//
// Step: cells → [input of each expert] → refit → look-up table.

extension InputShape {
  /// The same encodings with each numeric column standardised over `rows` alone.
  ///
  /// An expert that knows one cell from its start learns as fast there as a network over all rows
  /// learns on the whole. Nothing of it is left in the model: the look-up table that is written
  /// holds the standardised positions already.
  ///
  /// - Complexity: O(*rows* · *columns*).
  func standardized(over data: EncodedRows, rows: [Int32]) -> InputShape {
    guard rows.count > 1 else { return self }
    var result = self
    var firstEntry = 0
    for (pair, column) in columns.enumerated() {
      defer { firstEntry += column.entryCount }
      guard case .numeric(let positions, let hasMissing) = column else { continue }
      var (sum, squares, count) = (0.0, 0.0, 0.0)
      for row in rows {
        let index = Int(row) * data.pairCount + pair
        let bin = Int(data.entries[index]) - firstEntry
        guard bin < positions.count - 1 else { continue }
        let width = Double(positions[bin + 1] - positions[bin])
        let value = Double(positions[bin]) + Double(data.fractions[index]) * width
        sum += value
        squares += value * value
        count += 1
      }
      guard count > 1 else { continue }
      let mean = sum / count
      let deviation = max(squares / count - mean * mean, 0).squareRoot()
      // A column that hardly differs within the cell is left as wide as it was.
      let scale = deviation > 1e-3 ? 1 / deviation : 1
      result.columns[pair] = .numeric(
        positions: positions.map { Float((Double($0) - mean) * scale) }, hasMissing: hasMissing)
    }
    return result
  }
}

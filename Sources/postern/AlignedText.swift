// AlignedText.swift: columns of text that stand under each other.

/// A table for a terminal: a row of titles, rows of cells, two blanks between columns.
struct AlignedText {
  enum Side { case left, right }

  private let sides: [Side]
  private var rows: [[String]]

  /// Starts a table with its titles and the side on which each column is flush.
  init(_ columns: [(title: String, side: Side)]) {
    sides = columns.map(\.side)
    rows = [columns.map(\.title)]
  }

  mutating func append(_ cells: [String]) {
    precondition(cells.count == sides.count)
    rows.append(cells)
  }

  /// The lines, each with `indent` blanks before and none behind.
  func rendered(indent: Int = 2) -> String {
    let widths = sides.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var result = ""
    for row in rows {
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += sides[column] == .left ? cell + padding : padding + cell
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
    }
    return result
  }
}

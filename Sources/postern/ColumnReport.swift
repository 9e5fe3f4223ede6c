// ColumnReport.swift: what each column of a training table is taken for, and why.
//
// Step: summary → columns → [report] → standard error.

internal import PosternData
internal import PosternFormat

/// One line of the table of columns.
struct ColumnReport: Equatable {
  /// What a column is taken for.
  enum Role: String {
    case number, category, date, ignored
    case leftOut = "left out"
    case target
  }

  var name: [UInt8]
  var role: Role
  /// Why, or how its values are read; empty where the values say it themselves.
  var reason: String

  /// The reason of a target that is a class.
  static let classes = "classes"

  /// Columns of which a table on a terminal shows nothing special, and the most lines of all.
  private static let lineLimit = 40

  /// The table for a terminal: columns with something to say first if there are many.
  static func text(_ columns: [ColumnReport]) -> String {
    var shown = columns
    if columns.count > lineLimit {
      shown = Array((columns.filter { !$0.reason.isEmpty }).prefix(lineLimit))
    }
    var table = AlignedText([("", .left), ("", .left), ("", .left)])
    for column in shown {
      table.append([Messages.quoted(column.name), column.role.rawValue, column.reason])
    }
    var text = "columns\n" + String(table.rendered().drop { $0 == "\n" })
    if shown.count < columns.count {
      text += "  and \(grouped(columns.count - shown.count)) more\n"
    }
    return text
  }

  /// The table for scripts.
  static func json(_ columns: [ColumnReport]) -> JSON {
    .array(
      columns.map { column in
        .object([
          "name": .text(text(column.name)), "role": .text(column.role.rawValue),
          "reason": .text(column.reason),
        ])
      })
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

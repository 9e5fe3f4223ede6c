// NamedColumns.swift: the columns that the options of `train` name.

internal import PosternData

/// The columns that the user has a word about.
struct NamedColumns {
  let targets: [[UInt8]]
  let categorical: [[UInt8]]
  let numeric: [[UInt8]]
  let ignored: [[UInt8]]

  /// - Throws: ``CommandFailure`` for a name that is not in the header or is named twice.
  init(
    _ command: TrainCommand, _ summary: TableSummary, _ name: String
  ) throws(CommandFailure) {
    let header = summary.columns.map(\.name)
    let repeated = summary.notices.repeatedNames.map(\.name)
    targets = columnNames(command.target, in: header)
    categorical = columnNames(command.columns.categorical, in: header)
    numeric = columnNames(command.columns.numeric, in: header)
    // A name that several columns have stands for none of them, and all are left out.
    ignored = columnNames(command.columns.ignore, in: header + repeated)
      .filter { !repeated.contains($0) }
    let options = [
      ("--target", targets), ("--categorical", categorical), ("--numeric", numeric),
      ("--ignore", ignored),
    ]
    for (option, names) in options {
      try NamedColumns.check(
        names.filter { !repeated.contains($0) }, option,
        in: option == "--ignore" ? header + summary.nestedKeys : header, name,
        isEmpty: option == "--target" && names.isEmpty,
        isHeaderless: summary.namesLookLikeValues)
    }
    try NamedColumns.checkOnce(options)
    if targets.count > 1 && command.task == .classification {
      throw CommandFailure(.usage, Messages.severalClasses)
    }
  }

  /// All of them.
  var all: [[UInt8]] { targets + categorical + numeric + ignored }

  /// What the user says that a column is.
  func kind(of column: [UInt8]) -> PosternData.ColumnKind? {
    categorical.contains(column) ? .categorical : numeric.contains(column) ? .numeric : nil
  }

  private static func check(
    _ names: [[UInt8]], _ option: String, in header: [[UInt8]], _ name: String, isEmpty: Bool,
    isHeaderless: Bool
  ) throws(CommandFailure) {
    if isEmpty {
      throw CommandFailure(.usage, Messages.emptyTarget)
    }
    for column in names where !header.contains(column) {
      var message = Messages.noSuchColumn(
        option, column, mostSimilar(to: column, among: header), header, name)
      if isHeaderless {
        message.help = "the first row looks like data: use `--no-header`, which numbers the columns"
      }
      throw CommandFailure(.badData, message)
    }
  }

  /// A column is one thing only.
  private static func checkOnce(_ options: [(String, [[UInt8]])]) throws(CommandFailure) {
    for (index, (option, names)) in options.enumerated() {
      for (other, others) in options[(index + 1)...] {
        if let column = names.first(where: others.contains) {
          throw CommandFailure(.usage, Messages.namedTwice(column, option, other))
        }
      }
    }
  }
}

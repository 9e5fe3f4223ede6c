// TableOptions.swift: how a table to learn from is read, the same for every command that learns.

internal import ArgumentParser

/// How the texts of a table are read.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Texts that mean missing, instead of NA, NaN, null, None.", valueName: "text,..."))
  var missing: [String] = []

  @Option(name: .customLong("in"), help: "Format of the rows; by the file's ending, else csv.")
  var inputFormat: TextFormat?

  @Option(help: ArgumentHelp("Character between fields.", valueName: "char"))
  var delimiter: Delimiter?

  /// Whether none is given.
  var isEmpty: Bool { missing.isEmpty && inputFormat == nil && delimiter == nil }
}

/// What the columns of a table are taken for.
struct ColumnOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Columns whose values are categories.", valueName: "col,..."))
  var categorical: [String] = []

  @Option(help: ArgumentHelp("Columns whose values must be numbers.", valueName: "col,..."))
  var numeric: [String] = []

  @Option(help: ArgumentHelp("Columns to leave out.", valueName: "col,..."))
  var ignore: [String] = []

  /// Whether none is given.
  var isEmpty: Bool { categorical.isEmpty && numeric.isEmpty && ignore.isEmpty }
}

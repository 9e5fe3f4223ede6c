// Messages+Train.swift: what is said about training.

internal import PosternData
internal import PosternTrainer

extension Messages {
  static let noTrainingRows = Message(
    "", "no rows: standard input is a terminal",
    help: "name a file, or pipe rows in: `postern train - --target COL -o MODEL < rows.csv`")

  static let emptyTarget = Message(
    "--target", "no column named, expected one", help: "say which column is to be predicted")

  static func noDataRows(_ name: String) -> Message {
    Message(name, "a header and no rows, expected rows to learn from")
  }

  static func noTargetValues(_ targets: [[UInt8]], _ name: String) -> Message {
    Message(
      name, "no row has a value in \(list(targets.map { quoted($0) })), expected some",
      help: "name another column with `--target`")
  }

  static func noSuchColumn(
    _ option: String, _ column: [UInt8], _ similar: [UInt8]?, _ header: [[UInt8]], _ name: String
  ) -> Message {
    Message(
      name, "no column \(quoted(column)), expected the one of `\(option)`",
      help: similar.map { "is \(quoted($0)) meant?" }
        ?? "the columns are " + list(header.map { quoted($0) }))
  }

  static let severalClasses = Message(
    "--target", "several columns, expected one class",
    help: "train a model for each, or leave out `--task classification` if they are numbers")

  static func namedTwice(_ column: [UInt8], _ option: String, _ other: String) -> Message {
    Message(
      "", "column \(quoted(column)) is in `\(option)` and in `\(other)`, expected one of them")
  }

  static func nestedKeys(_ names: [[UInt8]], _ name: String) -> Message {
    Message(
      name,
      "\(list(names.map { quoted($0) })) \(names.count == 1 ? "is" : "are") left out: "
        + "objects or arrays")
  }

  static func manyClasses(_ target: String, _ count: Int, _ name: String) -> Message {
    let many = count > 1000 ? "more than 1,000" : grouped(count)
    return Message(name, "target \(target) has \(many) different texts, all taken as classes")
  }

  static func assumedClasses(_ target: String, _ name: String) -> Message {
    Message(
      name, "target \(target) has two different values, taken as classes",
      help: "say `--task regression` if they are numbers")
  }

  static func assumedNumbers(_ target: String, _ count: Int, _ name: String) -> Message {
    Message(
      name, "target \(target) has \(count) different integers, taken as numbers",
      help: "say `--task classification` if they are classes")
  }

  static func withoutTarget(_ count: Int, _ name: String) -> Message {
    Message(
      name, "\(self.count(count, "row")) without a target \(count == 1 ? "is" : "are") left out")
  }

  /// Something that the trainer noticed.
  static func warning(_ warning: TrainingWarning, _ data: TrainingData) -> Message {
    func column(_ index: Int) -> String { "column \(quoted(data.table.columns[index].name))" }
    let text: String =
      switch warning {
      case .constantColumn(let index): "\(column(index)) has one value only and is left out"
      case .allMissingColumn(let index): "\(column(index)) has no value at all and is left out"
      case .onlyRareCategories(let index, let count):
        "\(column(index)) is left out: each of its \(self.count(count, "category", "categories")) "
          + "is too rare to learn about"
      case .rareCategories(let index, let count, let rows):
        "\(column(index)): \(self.count(count, "rare category", "rare categories")) in "
          + "\(self.count(rows, "row")) taken as unknown"
      case .constantTarget(let target):
        "target \(targetName(target, data)) has one value only, the model can but repeat it"
      case .absentClasses(let classes):
        "\(absentClasses(classes.map { className($0, data) })) no training row once the validation "
          + "rows are taken"
      case .moreFeaturesThanRows(let features, let rows):
        "\(self.count(features, "feature")) and only \(self.count(rows, "row")): expect little"
      case .fewRows(let rows): "only \(self.count(rows, "row")): the scores say little"
      case .noValidationRows: "too few rows to hold some out: the scores are those of training rows"
      case .idleExpert(let expert): "expert \(expert) answers for no training row"
      case .worseThanConstant(let score, let constant):
        "the model scores \(significant(score)), the best constant \(significant(constant)): "
          + "nothing is learned"
      case .nothingLearned(let constant):
        "nothing that was trained is better than the best constant, which scores "
          + "\(significant(constant)): the model is that constant"
      }
    return Message(data.name, text)
  }

  private static func absentClasses(_ names: [String]) -> String {
    names.count == 1
      ? "class \(names[0]) has" : "\(grouped(names.count)) classes (\(list(names, limit: 3))) have"
  }

  private static func targetName(_ index: Int, _ data: TrainingData) -> String {
    switch data.table.target {
    case .regression(let names, _): quoted(names[index])
    case .classification(let name, _, _): quoted(name)
    }
  }

  private static func className(_ index: Int, _ data: TrainingData) -> String {
    if case .classification(_, _, let classes) = data.table.target { return quoted(classes[index]) }
    return String(index)
  }

  /// Why there is no model, and the exit code for it.
  static func training(
    _ error: TrainingError, _ data: TrainingData, validation: TrainingData?
  ) -> CommandFailure {
    func column(_ index: Int) -> String { "column \(quoted(data.table.columns[index].name))" }
    func line(_ row: Int) -> String { "\(data.name):\(data.lines[row])" }
    func failure(_ place: String, _ text: String, _ help: String? = nil) -> CommandFailure {
      CommandFailure(.badData, Message(place, text, help: help))
    }
    switch error {
    case .noRows: return CommandFailure(.badData, noDataRows(data.name))
    case .oneClassOnly(let index):
      return failure(
        data.name, "every row has class \(className(index, data)), expected at least two classes",
        "is the target the right column, and the table complete?")
    case .noUsableColumn(let count):
      return failure(
        data.name,
        (count == 0
          ? "no column"
          : count == 1 ? "not even the one column" : "none of the \(grouped(count)) columns")
          + " beside the target can be used: left out, constant or without values",
        "add a column that tells rows apart")
    case .nonFiniteTarget(let target, let row):
      return failure(line(row), "target \(targetName(target, data)) is not a finite number")
    case .labelOutOfRange(let row, let label, let count):
      return failure(line(row), "label \(label), expected less than \(count)")
    case .wrongValueCount(let name, let found, let expected):
      return failure(
        data.name, "column \(quoted(name)) has \(self.count(found, "value")), expected \(expected)")
    case .infiniteValue(let index, let row):
      return failure(line(row), "\(column(index)) is infinite, expected a finite number")
    case .codeOutOfRange(let index, let row, let code, let count):
      return failure(line(row), "\(column(index)) has code \(code), expected less than \(count)")
    case .validationDiffers(let index):
      return failure(
        validation?.name ?? data.name,
        index.map { "\(column($0)) is of another kind than in the training rows" }
          ?? "other targets or classes than the training rows have",
        "say with `--numeric` or `--categorical` what the column is")
    case .unknownValidationClass(let row):
      let place = validation.map { "\($0.name):\($0.lines[row])" } ?? line(row)
      let name = validation.flatMap { labelName(row, $0) }
      return failure(
        place, "class \(name ?? "") is not in the training rows, expected one that is",
        "move such rows to the training file, or leave them out")
    case .optionOutOfRange(let option, let value, let least, let most):
      return usage(option, "\(grouped(value)), expected \(grouped(least)) to \(grouped(most))")
    case .weightOutOfRange(let option, let value, let least, let most):
      return usage(option, "\(value), expected \(least) to \(most)")
    case .expertWidthCount(let found, let expected):
      return usage(
        .hiddenWidth,
        "widths of \(count(found, "expert")), expected those of \(count(expected, "expert"))")
    case .groupsDoNotFit: return groupsDoNotFit(error)
    case .structureNotFlat, .structureWithWidths, .structureWithCount: return structure(error)
    case .tooManyClasses(let found, let most):
      return failure(
        data.name, "the target has \(grouped(found)) classes, expected at most \(grouped(most))",
        "is the target the right column? a number is predicted with `--task regression`")
    case .unservable(let error): return CommandFailure(.badData, packaging(error, data.name))
    case .unservableActivation:
      return failure(data.name, "the experts' activation cannot be written to a file")
    case .diverged:
      return failure(
        data.name, "training ended in numbers that are not finite",
        "are there values of 1e30 and more? leave them out or rescale them")
    }
  }

  private static func labelName(_ row: Int, _ data: TrainingData) -> String? {
    guard case .classification(_, let labels, let classes) = data.table.target else { return nil }
    return quoted(classes[Int(labels[row])])
  }

  private static func usage(
    _ option: TrainingError.OptionName, _ text: String
  ) -> CommandFailure {
    CommandFailure(
      .usage, Message(optionName(option), text, help: "see `postern train --help`"))
  }

  private static func groupsDoNotFit(_ error: TrainingError) -> CommandFailure {
    guard case .groupsDoNotFit(_, let groups, let isTwoLevel) = error, isTwoLevel else {
      return CommandFailure(
        .usage,
        Message(
          "--experts", "groups of experts, expected one number for a router of one level",
          help: "name both levels, such as `--router linear/linear`"))
    }
    return CommandFailure(
      .usage,
      Message(
        "--experts",
        groups == nil
          ? "no groups, expected how many for a router of two levels"
          : "expected at least 2 groups of at least 2 experts",
        help: "write groups and experts in each, such as `--experts 4x8`"))
  }

  private static func optionName(_ option: TrainingError.OptionName) -> String {
    switch option {
    case .experts, .groups: "--experts"
    case .threads: "--threads"
    case .epochs: "--epochs"
    case .bins: "--bins"
    case .hiddenWidth, .hiddenLayers: "--hidden"
    case .teachers: "--teachers"
    case .tau: "--tau"
    case .balanceWeight: "--balance"
    case .importanceWeight: "--importance"
    case .zWeight: "--z-loss"
    case .loadWeight: "--load"
    case .biasRate: "--bias-rate"
    case .expertDropout: "--expert-dropout"
    }
  }

  /// What ended training before its time.
  static var stoppedEarly: String {
    (Signals.isInterrupted ? "stopped by Ctrl-C" : "stopped by `--time-limit`")
      + ", the best model so far is kept"
  }
}

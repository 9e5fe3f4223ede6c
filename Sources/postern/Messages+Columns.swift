// Messages+Columns.swift: what is said about columns that are not plain numbers or categories.

internal import PosternData
internal import PosternFormat

extension Messages {
  /// An option with a name or value from the input.
  private static func option(_ name: String, _ value: [UInt8]) -> String {
    option(name, ShortText(value))
  }

  static func dateColumn(_ column: [UInt8], _ reason: String, _ name: String) -> Message {
    Message(
      name,
      "column \(quoted(column)) holds \(reason); its days, hour, weekday, month and day of the year "
        + "are columns of their own",
      help: "use \(option("--categorical", column)) or \(option("--ignore", column)) "
        + "to take it otherwise")
  }

  static func numberColumn(
    _ column: [UInt8], _ reason: String, _ role: ColumnReport.Role, _ name: String
  ) -> Message {
    let isTarget = role == .target
    return Message(
      name, "\(isTarget ? "target" : "column") \(quoted(column)) holds numbers: \(reason)",
      help: isTarget
        ? nil
        : "use \(option("--categorical", column)) if they are names, "
          + "\(option("--ignore", column)) to leave it out")
  }

  static func leftOut(_ column: ColumnSummary, _ reason: String, _ name: String) -> Message {
    let kept = column.textCount == 0 ? "--numeric" : "--categorical"
    return Message(
      name, "column \(quoted(column.name)) is left out: \(reason)",
      help: "use \(option(kept, column.name)) to keep it, "
        + "\(option("--ignore", column.name)) to silence this note")
  }

  static func wideIntegers(
    _ column: ColumnSummary, _ role: ColumnReport.Role, _ name: String
  ) -> Message {
    Message(
      name,
      "\(count(column.wideIntegerCount, "integer")) of \(quoted(column.name)) "
        + "\(column.wideIntegerCount == 1 ? "is" : "are") beyond 2^53: neighbours become one number",
      help: role == .target
        ? "use `--task classification` if they are classes"
        : "use \(option("--categorical", column.name)) if they are names")
  }

  static func collapsed(_ column: [UInt8], _ name: String) -> Message {
    Message(
      name,
      "different numbers of \(quoted(column)) are one number to the model: "
        + "they differ by less than a millionth of their range")
  }

  static func mixedCategories(_ column: ColumnSummary, _ name: String) -> Message {
    Message(
      name,
      "column \(quoted(column.name)) is taken as categories: "
        + "\(grouped(column.numberCount)) of \(count(column.presentCount, "value")) "
        + "\(column.numberCount == 1 ? "is a number" : "are numbers"), the others are not",
      help: "use \(option("--categorical", column.name)) to silence this note")
  }

  static func lostZeros(_ column: [UInt8], _ name: String) -> Message {
    Message(
      name, "categories of \(quoted(column)) are equal by value: zeros in front do not count")
  }

  static func oneClassPerRow(_ target: ColumnSummary, _ name: String) -> Message {
    let classes = target.distinctCount > 60_000 ? "more than 60,000" : grouped(target.distinctCount)
    var help = "is it an identifier, and another column the target?"
    if target.dateCount > 0 {
      help = "its values are dates or times: predict a number, such as days, in their place"
    } else if target.textCount == 0 {
      help = "it holds numbers: leave out `--task classification`, or is it an identifier?"
    } else if target.shapedCount + target.wrappedCount == target.textCount {
      help = "its values look like numbers: write all of them alike, with one unit or none"
    } else if target.numberCount > 0, let first = target.firstUnshaped,
      target.distinctTextCount <= ColumnSummary.strayTextLimit
    {
      let missing = option("--missing", first.text).dropFirst()
      help = "if the text among the numbers means missing: `--task regression \(missing)"
    }
    return Message(
      name,
      "target \(quoted(target.name)) has \(classes) classes in "
        + "\(count(target.presentCount, "row")): nearly one class for each row, expected many rows "
        + "of each", help: help)
  }

  /// A failure to read the target, with help for a target: it cannot be left out.
  static func target(_ error: DataError, in name: String) -> CommandFailure {
    var failure = data(error, in: name)
    let classes = "`--task classification` if they are classes"
    switch error {
    case .unclearColumn(_, _, _, .partOfUnit(let unit)):
      failure.message.help =
        "use \(option("--unit", unit)) if all are in that unit, or \(classes)"
    case .unclearColumn(_, _, _, .differentForms):
      failure.message.help = "write all of them alike, or use \(classes)"
    case .textInNumericColumn(_, _, let text, _, _):
      failure.message.help =
        "correct it, use \(option("--missing", text)) if it means missing, or \(classes)"
    default: break
    }
    return failure
  }

  /// What keeps a column of numbers or dates from being read, and what to do.
  static func unclear(
    _ name: ShortText, _ text: ShortText, _ problem: ColumnProblem
  ) -> (text: String, help: String?) {
    let column = "column \(quoted(name))"
    let other =
      "or \(option("--categorical", name.bytes)) if it holds names"
    switch problem {
    case .ambiguousMarks:
      return (
        "\(quoted(text)) in \(column) may have a decimal comma or thousands",
        "use `--decimal ','` or `--thousands ','`"
      )
    case .ambiguousDates:
      return (
        "\(quoted(text)) in \(column) may have the day or the month first",
        "use `--date-order dmy` or `--date-order mdy`"
      )
    case .partOfUnit(let unit):
      return (
        "\(quoted(text)) in \(column) has the unit \(quoted(unit)), other numbers there have none",
        "use \(option("--unit", unit)) if all are in that unit, \(other)"
      )
    case .textAmongDates(let dates, let others):
      return (
        "\(quoted(text)) in \(column), expected a date or time as in \(count(dates, "other row")) "
          + "(\(count(others, "text")), "
          + "\(percent(Double(others) / Double(max(dates + others, 1)))) of all values)",
        "correct it, use \(option("--missing", text)) if it means missing, \(other)"
      )
    case .differentDates:
      return (
        "\(column) holds dates in different forms, such as \(quoted(text))",
        "write all of them alike, use \(option("--ignore", name.bytes)), \(other)"
      )
    case .tooClose:
      return (
        "different numbers of \(column) are one number in double precision, expected some that differ",
        "take something off them that they have in common"
      )
    case .differentForms:
      return (
        "\(column) holds numbers in different forms, such as \(quoted(text))",
        "write all of them alike, with `-` for minus and one unit or none, use \(option("--ignore", name.bytes)), \(other)"
      )
    }
  }

  static func farNumbersOfBinary(_ columns: [[UInt8]]) -> Message {
    Message(
      "--in",
      "f32, but numbers of \(list(columns.map { quoted($0) })) are too far from zero for float32, "
        + "expected text", help: "use `--in csv`")
  }

  static let farAnswersOfBinary = Message(
    "--out", "f32, but the predictions are too far from zero for float32, expected text",
    help: "use `--out csv`")
}

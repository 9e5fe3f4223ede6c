// Messages+Predict.swift: what is said about rows and their answers.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage

extension Messages {
  static func noRowsFromTerminal(model: String) -> Message {
    Message(
      "", "no rows: standard input is a terminal",
      help: "name a file, or pipe rows in: `postern predict \(shellQuoted(model)) < rows.csv`")
  }

  static func extraColumns(_ names: [[UInt8]], in name: String) -> Message {
    let shown = list(names.map { quoted($0) })
    return Message(
      name,
      names.count == 1
        ? "column \(shown) is not one of the model's and is ignored"
        : "columns \(shown) are not the model's and are ignored")
  }

  static func trainedWithTokens(_ tokens: [String], _ model: String) -> Message {
    Message(
      model,
      "trained with `\(tokens.map { "--missing " + shellQuoted($0) }.joined(separator: " "))`",
      help: "say it here too if the rows have such texts")
  }

  /// Two columns of a model have one name.
  static func ambiguousColumns(_ first: Int, _ second: Int, _ name: [UInt8], in model: String)
    -> Message
  {
    Message(
      model,
      "columns \(first + 1) and \(second + 1) of the model are both named \(quoted(name)), expected "
        + "different names",
      help: "say `--no-header` and give the columns in the order of the model")
  }

  static func keptLikeOutput(_ name: [UInt8]) -> Message {
    Message(
      "", "column \(quoted(name)) is to be kept, and an output has that name too",
      help: "rename it in the input")
  }

  static let keptOfBinary = Message(
    "", "rows of float32 have no columns to keep", help: "leave out `--id` and `--keep`")

  static let missingOfBinary = Message(
    "", "a missing value of float32 is NaN, and no text says so", help: "leave out `--missing`")

  static let targetOfBinary = Message(
    "", "rows of float32 have no columns but the model's, and so no target",
    help: "leave out `--target`, or give rows with a header")

  static func probabilitiesOfRegression(_ model: String) -> Message {
    Message(
      model, "`--proba` is for classes, and this model predicts numbers", help: "leave it out")
  }

  static func deviationOfClasses(_ model: String) -> Message {
    Message(
      model, "`--deviation` is for numbers, and this model predicts classes",
      help: "say `--proba` to see how sure it is")
  }

  static func noDeviations(_ model: String) -> Message {
    Message(
      model, "`--deviation`, and the file does not say how far its experts are off",
      help: "leave it out, or train again: it is measured on held-out rows then")
  }

  static func columnsByPlace(_ columns: [[UInt8]], in name: String) -> Message {
    Message(name, "rows have the columns that the model uses, in order: " + named(columns))
  }

  /// Names of columns in their order.
  static func named(_ columns: [[UInt8]]) -> String { list(columns.map { quoted($0) }, limit: 20) }

  /// A row that cannot be answered.
  static func row(
    _ problem: RowProblem, in name: String, excerpt: Excerpt?, columns: [[UInt8]] = [],
    forms: ValueForms? = nil
  ) -> Message {
    func message(_ place: TextPosition, _ text: String, _ width: Int, _ help: String) -> Message {
      Message(
        "\(name):\(place.line):\(place.column)", text,
        pointer: excerpt.map {
          Message.Pointer(line: place.line, text: $0.text, offset: $0.caretOffset, count: width)
        }, help: help)
    }
    switch problem {
    case .data(let error):
      return dataMessage(error, in: name, excerpt: excerpt, columns: columns, forms: forms)
    case .missing(let place, let column):
      return message(
        place, "no value in column \(quoted(column)), expected one: the model has no rule for it",
        1,
        "fill it in, or say `--on-error skip` or `null`")
    case .unknownCategory(let place, let column, let text, let known):
      return message(
        place,
        "\(quoted(text)) in column \(quoted(column)), expected one of \(list(known, limit: 5))",
        text.isCut ? 1 : text.description.count,
        "correct it, or say `--on-error skip` or `null`")
    case .refused(let line, let refusal, let column):
      let place = column.map { " in column \(quoted($0))" } ?? ""
      return Message(
        "\(name):\(line)", "the row has no answer: " + words(refusal, place),
        help: refusal == .invalidCode || refusal == .unknownCategory
          ? "a category's code is its place among the model's, from 0"
          : "are the row's numbers in the units of the training data?")
    }
  }

  /// The place to point to.
  static func place(of problem: RowProblem) -> TextPosition? {
    switch problem {
    case .data(let error): return place(of: error)
    case .missing(let place, _), .unknownCategory(let place, _, _, _): return place
    case .refused: return nil
    }
  }

  private static func words(_ refusal: RowRefusal, _ place: String) -> String {
    switch refusal {
    case .missingValue: "a value\(place) is missing, expected one"
    case .infiniteValue: "a value\(place) is infinite, expected a finite one"
    case .invalidCode: "a category\(place) has no code, expected one of the model's"
    case .unknownCategory: "a category\(place) is unknown, expected one of the model's"
    case .overflow: "its numbers overflow in the model, expected a finite result"
    }
  }

  static func absentKey(_ column: [UInt8], line: Int, in name: String, isJSON: Bool) -> Message {
    Message(
      "\(name):\(line)",
      "no \(isJSON ? "key" : "column") \(quoted(column)), taken as missing from here on")
  }

  /// Columns that a model needs and an input has not.
  static func unbound(
    _ error: DataError, in name: String, model: String, _ notices: TableNotices,
    _ header: [[UInt8]]
  ) -> CommandFailure {
    var failure = data(error, in: name)
    guard case .missingColumns = error else { return failure }
    if let help = numberedColumns(error) {
      failure.message.help = help
    } else if notices.namesAreNumbers {
      failure.message.help = "if the file has no header, say `--no-header`"
    } else if let help = failure.message.help, help.hasPrefix("add"), model != "-" {
      failure.message.help =
        help
        + "; `postern inspect \(shellQuoted(model))` lists the model's columns"
      if header.contains(where: { isNumber(ShortText($0)) && columnNumber($0) == nil }) {
        failure.message.help? += "; if the first line is a row and no header, say `--no-header`"
      }
    }
    return failure
  }

  /// The next step where columns are missing that are named by their places.
  static func numberedColumns(_ error: DataError) -> String? {
    guard case .missingColumns(let columns) = error,
      columns.allSatisfy({ columnNumber($0.name.bytes) != nil })
    else { return nil }
    return "the model knows columns by their places: if the file has no header, say `--no-header`"
  }

  static func headerLikeRow(_ name: String) -> Message {
    Message(
      name, "the header looks like a row: each name is a number or a value of its column",
      help: "if the file has no header, say `--no-header`; columns are then named 1, 2 and so on")
  }

  /// What is unusual about a table's header, but for names that the user leaves out.
  static func aboutHeader(
    _ notices: TableNotices, ignored: [String] = [], in name: String
  ) -> [Message] {
    let ignored = columnNames(ignored, in: notices.repeatedNames.map(\.name))
    var messages: [Message] = []
    let unnamed = notices.unnamedColumns
    if !unnamed.isEmpty {
      let numbers = list(unnamed.map { grouped($0) })
      messages.append(
        Message(
          name,
          unnamed.count == 1
            ? "column \(numbers) has no name and is left out"
            : "columns \(numbers) have no name and are left out"))
    }
    for repeated in notices.repeatedNames where !ignored.contains(repeated.name) {
      let numbers = list(repeated.columns.map { grouped($0) })
      messages.append(
        Message(
          name, "columns \(numbers) are all named \(quoted(repeated.name)) and are left out"))
    }
    return messages
  }

  /// What is unusual about a table's rows.
  static func aboutRows(_ notices: TableNotices, in name: String) -> [Message] {
    var messages: [Message] = []
    if notices.hasRowNames {
      messages.append(
        Message(
          name,
          "rows have one field more than the header: the first one is the row's name and is left out"
        ))
    }
    if notices.lineEndRowCount > 0 {
      let rows = count(notices.lineEndRowCount, "row")
      messages.append(
        Message(
          name, "\(rows) \(notices.lineEndRowCount == 1 ? "has" : "have") a line end in a field",
          help: "if a quote is an ordinary character here, say `--quote none`"))
    }
    return messages
  }

  static func moreRejectedRows(in name: String) -> Message {
    Message(name, "further rejected rows are counted and not shown")
  }

  static func rejectedRows(_ rejected: Int, of rows: Int, _ policy: ErrorPolicy, in name: String)
    -> Message
  {
    let fate = policy == .skip ? "left out" : "given an empty answer"
    return Message(
      name,
      "\(grouped(rejected)) of \(count(rows, "row")) \(rejected == 1 ? "was" : "were") rejected "
        + "and \(fate)")
  }

  static func noRows(in name: String, isBinary: Bool) -> Message {
    Message(name, isBinary ? "no rows" : "a header and no rows")
  }

  static func filledValues(_ columns: [ColumnFindings], in name: String) -> Message {
    let total = columns.reduce(0) { $0 + $1.missingCount }
    let shown = list(columns.map { "\(quoted($0.name)) (\(grouped($0.missingCount)))" })
    return Message(
      name, count(total, "missing value") + " handled as in training, in \(shown)")
  }

  static func unknownCategories(_ columns: [ColumnFindings], in name: String) -> Message {
    let total = columns.reduce(0) { $0 + $1.unknownCount }
    let shown = list(
      columns.map { column in
        let first = column.firstUnknown.map { ", first \(quoted($0.text)) in line \($0.line)" }
        return "\(quoted(column.name)) (\(grouped(column.unknownCount))\(first ?? ""))"
      })
    return Message(
      name, count(total, "value") + " not seen in training taken as unknown, in \(shown)")
  }

  /// A predictor that cannot start, and the exit code for it.
  static func cannotStart(_ error: PredictorError, _ model: String) -> CommandFailure {
    switch error {
    case .session(.workspaceTooSmall(let found, let needed)):
      CommandFailure(
        .usage, Message(model, "a workspace of \(byteText(found)), expected \(byteText(needed))"))
    case .session(.invalidRowCapacity(let rows)):
      CommandFailure(.usage, Message(model, "a batch of \(grouped(rows)) rows, expected 1 to 2^30"))
    case .cacheTooSmall(let found, let needed):
      CommandFailure(
        .usage,
        Message(
          model,
          "a cache of \(byteText(found)) a thread, expected at least \(byteText(needed)) for the largest expert",
          help: "raise `--cache`, or store experts that need none: "
            + "`postern pack \(shellQuoted(model)) --profile map -o "
            + "\(shellQuoted(newName(model, "-map.moe")))`"))
    }
  }
}

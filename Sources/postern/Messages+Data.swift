// Messages+Data.swift: what is said about a table that is not what was asked for.

internal import PosternData

extension Messages {
  /// A failure while reading a table.
  ///
  /// - Parameters:
  ///   - error: What the reader found.
  ///   - name: The name of the input.
  ///   - excerpt: The line that is at fault, if it is at hand.
  ///   - columns: The columns that rows without a header have.
  ///   - forms: How values are to be written.
  /// - Returns: What to say and to end with.
  static func data(
    _ error: DataError, in name: String, excerpt: Excerpt? = nil, columns: [[UInt8]] = [],
    forms: ValueForms? = nil
  ) -> CommandFailure {
    if case .system(let error) = error { return unreadable(name, error.code) }
    return CommandFailure(
      .badData, dataMessage(error, in: name, excerpt: excerpt, columns: columns, forms: forms))
  }

  /// What is wrong with a table, and the next step.
  static func dataMessage(
    _ error: DataError, in name: String, excerpt: Excerpt? = nil, columns: [[UInt8]] = [],
    forms: ValueForms? = nil
  ) -> Message {
    var (text, help) = words(error, name, forms)
    if !columns.isEmpty {
      switch error {
      case .raggedRow, .truncatedRow:
        help = "a row has the columns that the model uses, in order: " + named(columns)
      default: break
      }
    }
    guard let position = place(of: error) else { return Message(name, text, help: help) }
    let pointer = excerpt.map {
      Message.Pointer(
        line: position.line, text: $0.text, offset: $0.caretOffset, count: width(of: error))
    }
    return Message(
      "\(name):\(position.line):\(position.column)", text, pointer: pointer, help: help)
  }

  /// The place that an error is about. Errors about a whole line point to its start.
  static func place(of error: DataError) -> TextPosition? {
    switch error {
    case .emptyName(let place, _), .invalidUTF8(let place, _), .invalidText(let place, _, _),
      .duplicateName(let place, _, _, _),
      .unterminatedQuote(let place), .quoteAcrossLines(let place, _),
      .textAfterQuote(let place, _), .zeroByte(let place),
      .json(let place, _), .duplicateKey(let place, _), .nestedValue(let place, _),
      .notNumber(let place, _, _), .notFinite(let place, _, _),
      .textInNumericColumn(let place, _, _, _, _), .textTooLong(let place, _, _, _),
      .tooManyCategories(let place, _, _), .notTime(let place, _, _),
      .unclearColumn(let place, _, _, _):
      place
    case .truncatedRow(let line, let found, _): TextPosition(line: line, column: found / 4 + 1)
    case .wrongDelimiter(let line, _, _), .tooManyColumns(let line, _),
      .raggedRow(let line, _, _), .recordTooLong(let line, _), .absentKey(let line, _, _):
      TextPosition(line: line, column: 1)
    case .system, .compressed, .emptyInput, .emptyJSON, .notText, .missingColumns: nil
    }
  }

  /// The characters to underline.
  private static func width(of error: DataError) -> Int {
    switch error {
    case .notNumber(_, _, let text), .notFinite(_, _, let text),
      .textInNumericColumn(_, _, let text, _, _), .invalidUTF8(_, let text),
      .notTime(_, _, let text), .unclearColumn(_, _, let text, _), .invalidText(_, _, let text):
      text.isCut ? 1 : text.description.count
    case .duplicateName(_, let name, _, _): name.description.count
    default: 1
    }
  }

  private static func words(
    _ error: DataError, _ name: String, _ forms: ValueForms?
  ) -> (text: String, help: String?) {
    switch error {
    case .system(let error): ("cannot be read: " + words(error.code), nil)
    case .emptyInput:
      ("the input is empty, expected a header and rows", "check the path or the command before `|`")
    case .emptyJSON:
      (
        "the input is empty, expected a JSON object on each line",
        "check the path or the command before `|`"
      )
    case .compressed(let kind, let fault): words(kind, fault, name)
    case .notText(let kind): foreign(kind, name)
    case .wrongDelimiter, .emptyName, .invalidUTF8, .duplicateName, .missingColumns,
      .tooManyColumns:
      headerWords(error, name)
    case .invalidText(_, let column, _):
      ("a text in column \(quoted(column)) is not UTF-8", notUTF8(name))
    case .raggedRow(let line, let found, let expected):
      (
        "\(count(found, "field")), expected \(expected)",
        found < expected
          ? "a field is missing, or a line end should be in quotes"
          : "a text or number with the delimiter in it should be in quotes"
            + (line == 2 && found == expected + 1 ? rowNames : "")
      )
    case .unterminatedQuote:
      ("this quote is never closed", strayQuote)
    case .quoteAcrossLines(_, let fault): (words(fault), strayQuote)
    case .textAfterQuote(_, let byte):
      (
        "\(quoted([byte])) after a closing quote, expected a delimiter or the end of the line",
        "write `\"\"` for a quote in a text"
      )
    case .zeroByte: ("a zero byte, expected text", "this is not a text file, or it is damaged")
    case .truncatedRow(_, let found, let expected):
      (
        "the last row has \(byteText(found)), expected \(grouped(expected))",
        "are the rows float32, one for each column of the model?"
      )
    case .recordTooLong(_, let limit):
      (
        "no end of the line within \(shortByteText(limit)), which is the limit",
        "is a quote never closed, or is this not a table?"
      )
    case .json(_, .notFinite): (words(.notFinite), "write `null` where there is no number")
    case .json(_, let fault): (words(fault), "write one JSON object on each line")
    case .absentKey(_, let name, let suggestion):
      (
        "no key \(quoted(name)), expected one",
        (suggestion.map { "is \(quoted($0)) meant? " } ?? "write `null` where there is no value; ")
          + "`--absent missing` takes an absent key as missing"
      )
    case .duplicateKey(_, let key): ("the key \(quoted(key)) stands twice in one object", nil)
    case .nestedValue(_, let name):
      (
        "\(quoted(name)) is an object or an array, expected a plain value",
        "flatten it into keys of its own"
      )
    case .notNumber, .notTime, .notFinite, .textInNumericColumn, .unclearColumn, .textTooLong,
      .tooManyCategories:
      valueWords(error, forms)
    }
  }

  /// What is wrong with the names of the columns.
  private static func headerWords(
    _ error: DataError, _ name: String
  ) -> (text: String, help: String?) {
    switch error {
    case .wrongDelimiter(_, let expected, let suspected):
      (
        "the header is one column, expected several with \(delimiter(expected)) between them; "
          + "there are \(delimiter(suspected)) in it",
        suspected == 0x09
          ? "say `--in tsv`"
          : "say \(option("--delimiter", [String(UnicodeScalar(suspected))]))"
      )
    case .emptyName:
      ("no column has a name in the header", "give columns names, or say `--no-header`")
    case .invalidUTF8: ("this name is not UTF-8", notUTF8(name))
    case .duplicateName(_, let name, let first, let second):
      (
        "columns \(first) and \(second) are both named \(quoted(name)), expected different names",
        isNumber(name)
          ? "a number is no name: if the file has no header, say `--no-header`"
          : "rename one of them"
      )
    case .missingColumns(let columns): missing(columns)
    case .tooManyColumns(_, let limit):
      ("more than \(grouped(limit)) columns, which is the limit", "keep fewer columns")
    default: ("", nil)
    }
  }

  private static func notUTF8(_ name: String) -> String {
    "is it ISO 8859-1 or Windows-1252? say `--encoding latin1`, or convert it: "
      + conversion("iconv -f windows-1252 -t utf-8", of: name, to: "-utf8.csv")
  }

  /// What is wrong with one value or one column's values.
  private static func valueWords(
    _ error: DataError, _ forms: ValueForms?
  ) -> (text: String, help: String?) {
    switch error {
    case .notNumber(_, let name, let text): notNumber(text, name, forms)
    case .notFinite(_, let name, let text):
      (
        "\(quoted(text)) in column \(quoted(name)), expected a number up to 3.4e38",
        "leave the field empty where there is no value"
      )
    case .textInNumericColumn(_, let name, let text, let numbers, let texts):
      (
        "\(quoted(text)) in column \(quoted(name)), expected a number as in "
          + "\(count(numbers, "other row")) (\(count(texts, "text")), "
          + "\(percent(Double(texts) / Double(max(numbers + texts, 1)))) of all values)",
        "correct it, use \(option("--missing", text)) if it means missing, or "
          + option("--categorical", name)
      )
    case .unclearColumn(_, let name, let text, let problem): unclear(name, text, problem)
    case .notTime(_, let name, let text): notTime(text, name, forms)
    case .textTooLong(_, let name, let length, let limit):
      (
        "a text of \(byteText(length)) in column \(quoted(name)), the limit is \(grouped(limit))",
        "leave the column out with " + option("--ignore", name)
      )
    case .tooManyCategories(_, let name, let limit):
      (
        "more than \(grouped(limit)) different texts in column \(quoted(name)), which is the limit",
        "leave the column out with " + option("--ignore", name)
      )
    default: ("", nil)
    }
  }

  /// Rows from the first one on have a field that the header does not count.
  private static let rowNames =
    "; if rows start with names, leave them out: in R `write.csv(d, row.names = FALSE)`"

  private static let strayQuote =
    "close it, write `\"\"` for a quote in a text, or say `--quote none` if quotes are ordinary here"

  private static func words(_ fault: QuoteFault) -> String {
    switch fault {
    case .tooManyLines(let limit):
      "the field that this quote opens spans more than \(limit) lines, expected its end"
    case .wrongFieldCount(let found, let expected):
      "this quote reaches over a line end, and the row has \(count(found, "field")) by it, "
        + "expected \(expected)"
    case .notNumber: "this quote reaches over a line end, expected a number"
    case .textAfterQuote(let byte):
      "this quote reaches over a line end, and \(quoted([byte])) follows the one that closes it, "
        + "expected a delimiter or the end of the line"
    }
  }

  static func isNumber(_ name: ShortText) -> Bool {
    if case .number = parseFloat(name.bytes.span) { true } else { false }
  }

  private static func missing(_ columns: [MissingColumn]) -> (text: String, help: String?) {
    let names = columns.map { quoted($0.name) }
    let suggestions = columns.compactMap { column in
      column.suggestion.map { "\(quoted($0)) for \(quoted(column.name))" }
    }
    let help =
      suggestions.isEmpty
      ? "add \(columns.count == 1 ? "it" : "them") to the input"
      : "is " + list(suggestions) + " meant?"
    let text =
      columns.count == 1
      ? "no column \(names[0]), expected one of that name"
      : "no columns \(list(names, limit: 100)), expected one of each name"
    return (text, help)
  }

  private static func delimiter(_ byte: UInt8) -> String {
    switch byte {
    case 0x09: "tabs"
    case 0x2C: "commas"
    case 0x3B: "semicolons"
    case 0x7C: "bars"
    case 0x3A: "colons"
    default: quoted([byte])
    }
  }
}

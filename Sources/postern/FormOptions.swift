// FormOptions.swift: how numbers and dates are written, where the values alone do not tell.

internal import ArgumentParser
internal import PosternFormat

/// How the numbers and dates of a table are written.
struct FormOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Decimal mark of numbers that could have either, `.` or `,`.", valueName: "mark"))
  var decimal: DecimalOption?

  @Option(
    help: ArgumentHelp(
      "Mark between thousands of numbers that could have none: `,` `.` `'` `_` or a space.",
      valueName: "mark"))
  var thousands: ThousandsOption?

  @Option(
    help: ArgumentHelp(
      "Units that only some numbers of a column have, such as kg; they are taken off.",
      valueName: "unit"))
  var unit: [String] = []

  @Option(
    help: ArgumentHelp(
      "Order of dates that could be either: dmy or mdy.", valueName: "order"))
  var dateOrder: DateOrder?

  /// Whether none is given.
  var isEmpty: Bool { decimal == nil && thousands == nil && unit.isEmpty && dateOrder == nil }

  func validate() throws {
    if let decimal, let thousands, decimal.rawValue == thousands.rawValue {
      throw ValidationError("--decimal and --thousands are both `\(decimal.rawValue)`")
    }
  }
}

/// A decimal mark.
enum DecimalOption: String, CaseIterable, ExpressibleByArgument {
  case point = "."
  case comma = ","

  var mark: DecimalMark { self == .point ? .point : .comma }
}

/// A mark between thousands.
enum ThousandsOption: String, CaseIterable, ExpressibleByArgument {
  case comma = ","
  case point = "."
  case space = " "
  case apostrophe = "'"
  case underscore = "_"

  var grouping: DigitGrouping {
    switch self {
    case .comma: .comma
    case .point: .point
    case .space: .space
    case .apostrophe: .apostrophe
    case .underscore: .underscore
    }
  }
}

/// Which comes first, day or month.
enum DateOrder: String, CaseIterable, ExpressibleByArgument {
  case dmy, mdy

  var form: CalendarForm { self == .dmy ? .dayMonthYear : .monthDayYear }
}

// ColumnDecisions.swift: what the columns of a training table are, and why.
//
// Step: summary, options → [decisions] → columns.

internal import PosternData
internal import PosternFormat

/// Decides about the columns of one table.
struct ColumnDecisions {
  /// What a column is read as.
  enum Kind {
    case numbers(NumberForm)
    case categories
    case calendar(CalendarForm)
    case leftOut
  }

  /// A decision, and what the table of columns says about it.
  struct Decision {
    var kind: Kind
    var role: ColumnReport.Role
    var reason: String
  }

  private let summary: TableSummary
  private let named: NamedColumns
  private let options: FormOptions
  private let name: String
  /// The decimal mark that other columns have for certain.
  private let likelyDecimal: DecimalMark?
  /// Whether something beside identifiers can tell rows apart.
  private let hasOtherInputs: Bool

  init(_ summary: TableSummary, _ named: NamedColumns, _ options: FormOptions, _ name: String) {
    self.summary = summary
    self.named = named
    self.options = options
    self.name = name
    let marks = summary.columns.compactMap(\.certainDecimal)
    let hasComma = marks.contains(.comma)
    likelyDecimal = hasComma ? (marks.contains(.point) ? nil : .comma) : marks.first
    let inputs = summary.columns.filter {
      !named.targets.contains($0.name) && !named.ignored.contains($0.name)
    }
    hasOtherInputs = inputs.contains { !$0.mayBeID }
  }

  /// The summary of a column.
  func column(_ name: [UInt8]) -> ColumnSummary? { summary.columns.first { $0.name == name } }

  private func wishes(_ column: [UInt8], kind: PosternData.ColumnKind?) -> ColumnWishes {
    var wishes = ColumnWishes()
    wishes.kind = kind
    wishes.decimal = options.decimal?.mark
    wishes.grouping = options.thousands?.grouping
    wishes.units = options.unit.map { Array($0.utf8) }
    wishes.dayOrder = options.dateOrder?.form
    wishes.likelyDecimal = likelyDecimal
    return wishes
  }

  /// Decides about an input.
  ///
  /// - Throws: ``DataError`` for what can be read in two ways, or in none.
  func decide(_ column: ColumnSummary) throws(DataError) -> Decision {
    if named.ignored.contains(column.name) {
      return Decision(kind: .leftOut, role: .ignored, reason: "by `--ignore`")
    }
    let wanted = named.kind(of: column.name)
    switch try column.verdict(wishes(column.name, kind: wanted)) {
    case .numbers(let form):
      return Decision(
        kind: .numbers(form), role: .number, reason: ColumnDecisions.words(form, column))
    case .categories:
      return Decision(
        kind: .categories, role: .category,
        reason: wanted == .categorical ? "by `--categorical`" : categoryWords(column))
    case .calendar(let form):
      return Decision(kind: .calendar(form), role: .date, reason: form.words)
    case .allMissing:
      return Decision(kind: .numbers(NumberForm()), role: .leftOut, reason: "no value")
    case .constant(let kind):
      return Decision(
        kind: kind == .numeric ? .numbers(NumberForm()) : .categories, role: .leftOut,
        reason: "one value only")
    case .indistinct:
      return Decision(
        kind: .leftOut, role: .leftOut,
        reason: "different numbers that are one in double precision")
    case .identifierLike(let count):
      return Decision(
        kind: .leftOut, role: .leftOut, reason: "\(manyTexts(count)), like an identifier")
    case .numericIdentifier:
      guard hasOtherInputs else {
        return Decision(
          kind: .numbers(NumberForm()), role: .number,
          reason: "different integers, like an identifier, but nothing else is there")
      }
      return Decision(
        kind: .leftOut, role: .leftOut,
        reason: "\(grouped(column.numberCount)) different integers, like an identifier")
    }
  }

  private func manyTexts(_ count: Int) -> String {
    (count > 1000 ? "more than 1,000" : grouped(count)) + " different texts"
  }

  /// How numbers are read, where they are not plain.
  static func words(_ form: NumberForm, _ column: ColumnSummary) -> String {
    var words: [String] = []
    if form.decimal == .comma && form.grouping == .none { words.append("decimal comma") }
    if form.grouping != .none {
      words.append("thousands by \(form.grouping.words)")
      if form.decimal == .comma { words.append("decimal comma") }
    }
    if !form.unit.isEmpty { words.append("unit \(Messages.quoted(form.unit)) taken off") }
    for marker in column.markers.prefix(3) {
      words.append("\(Messages.quoted(marker.text)) is missing (\(grouped(marker.count)) times)")
    }
    if column.isPadded {
      words.append("zeros in front, like codes")
    } else if column.paddedCount > 0 {
      words.append("zeros in front do not count")
    }
    if column.mayBeID { words.append("all different, like an identifier") }
    if column.wideIntegerCount > 0 { words.append("integers beyond 2^53") }
    return words.joined(separator: ", ")
  }

  private func categoryWords(_ column: ColumnSummary) -> String {
    var words = ["\(Messages.count(column.distinctCount, "category", "categories"))"]
    if column.numberCount > 0 {
      words.append(
        "\(grouped(column.numberCount)) of \(grouped(column.presentCount)) values are numbers")
    }
    if column.spellingCount > 0 { words.append("different spellings of one value are one") }
    return words.joined(separator: ", ")
  }
}

extension ColumnDecisions {
  /// Whether the target is a class.
  ///
  /// - Throws: ``DataError`` for a target that is numbers but cannot be read.
  func isClassification(_ wanted: TrainCommand.TaskName?) throws(DataError) -> Bool {
    if named.targets.count > 1 || wanted == .regression { return false }
    guard let target = named.targets.first.flatMap({ column($0) }) else { return false }
    if wanted == .classification { return true }
    switch try target.verdict(wishes(target.name, kind: nil)) {
    case .numbers, .numericIdentifier, .indistinct: return isTwoValues(target)
    case .constant(let kind): return kind == .categorical || isTwoValues(target)
    case .allMissing: return false
    case .calendar, .categories, .identifierLike: return true
    }
  }

  /// Two different numbers, in whatever form, or two integers that binary64 cannot tell apart.
  private func isTwoValues(_ target: ColumnSummary) -> Bool {
    target.distinctCount - target.distinctMarkerCount == 2
  }

  /// What is said about the target being taken for classes or numbers.
  func taskNotes(_ wanted: TrainCommand.TaskName?, _ isClassification: Bool) -> [Message] {
    guard wanted == nil, named.targets.count == 1,
      let target = column(named.targets[0])
    else { return [] }
    let quoted = Messages.quoted(target.name)
    if isClassification {
      let isNumbers = target.textCount == target.shapedCount
      if isNumbers && isTwoValues(target) { return [Messages.assumedClasses(quoted, name)] }
      return target.distinctCount > 1000
        ? [Messages.manyClasses(quoted, target.distinctCount, name)] : []
    }
    if target.isIntegral && target.textCount == 0 && (3...20).contains(target.distinctCount) {
      return [Messages.assumedNumbers(quoted, target.distinctCount, name)]
    }
    return []
  }

  /// How the numbers of a target are written.
  func targetForm(_ target: ColumnSummary) throws(DataError) -> NumberForm {
    switch try target.verdict(wishes(target.name, kind: .numeric)) {
    case .numbers(let form): return form
    case .indistinct:
      throw .unclearColumn(
        TextPosition(line: 1, column: 1), name: ShortText(target.name),
        text: ShortText(target.name), .tooClose)
    default: return NumberForm()
    }
  }

  /// Refuses a target that is numbers in an unclear form rather than classes.
  func checkClassCount() throws(DataError) {
    guard let target = column(named.targets[0]), target.shapedCount > 0 else { return }
    _ = try target.verdict(wishes(target.name, kind: nil))
  }

  /// Why a target that has about one class for each row is none; nil if it has not.
  func oneClassPerRow() -> CommandFailure? {
    guard let target = column(named.targets[0]) else { return nil }
    let count = target.distinctCount
    guard count > 20, count * 2 > target.presentCount || target.hasMoreDistinct else { return nil }
    return CommandFailure(.badData, Messages.oneClassPerRow(target, name))
  }

  /// What is said about columns beside the table.
  func notes(on report: [ColumnReport], _ summary: TableSummary) -> [Message] {
    var notes: [Message] = []
    for entry in report where !entry.reason.isEmpty {
      guard let column = column(entry.name) else { continue }
      switch entry.role {
      case .date: notes.append(Messages.dateColumn(column.name, entry.reason, name))
      case .leftOut where column.distinctCount > 1 && column.presentCount > 0:
        notes.append(Messages.leftOut(column, entry.reason, name))
      case .target where entry.reason == ColumnReport.classes:
        if column.paddedCount > 0 { notes.append(Messages.lostZeros(column.name, name)) }
      case .number, .target:
        let isGrouped = entry.reason.contains("thousands")
        if column.shapedCount > 0 || !column.markers.isEmpty || column.paddedCount > 0
          || column.mayBeID
          || isGrouped
        {
          notes.append(Messages.numberColumn(column.name, entry.reason, entry.role, name))
        }
        if column.collapsedCount > 0 && column.wideIntegerCount == 0 {
          notes.append(Messages.collapsed(column.name, name))
        }
        if column.wideIntegerCount > 0 {
          notes.append(Messages.wideIntegers(column, entry.role, name))
        }
      case .category where column.numberCount > 0 && named.kind(of: column.name) == nil:
        notes.append(Messages.mixedCategories(column, name))
      case .category where column.paddedCount > 0:
        notes.append(Messages.lostZeros(column.name, name))
      default: break
      }
    }
    return notes
  }
}

extension CalendarForm {
  /// How the dates are written.
  var words: String {
    switch self {
    case .yearMonthDay: "dates as 2024-12-31"
    case .dayMonthYear: "dates as 31/12/2024"
    case .monthDayYear: "dates as 12/31/2024"
    case .timeOfDay: "times of day"
    case .epochSeconds: "times in seconds since 1970"
    case .epochMilliseconds: "times in milliseconds since 1970"
    case .compact: "dates as 20241231"
    }
  }
}

extension DigitGrouping {
  /// The mark.
  var words: String {
    switch self {
    case .none: "nothing"
    case .comma: "commas"
    case .point: "points"
    case .space: "spaces"
    case .apostrophe: "apostrophes"
    case .underscore: "underscores"
    }
  }
}

// ValueForms.swift: how the values of each column are to be written.
//
// Step: model → [forms] → messages.

internal import PosternData
internal import PosternFormat

/// What a table's reader expects of texts, for those who get one rejected.
struct ValueForms {
  private var numbers: [(name: ShortText, form: NumberForm)] = []
  private var times: [(name: ShortText, form: CalendarForm)] = []
  /// The texts that mean missing beside the empty one, and those that do so among numbers.
  let tokens: [[UInt8]]

  /// The forms of a model's columns, its targets in columns of some names.
  init(_ input: ModelInput, targets: [[UInt8]], _ options: RecordReader.Options) {
    tokens = ValueForms.tokens(options)
    for column in input.columns where column.part == nil { add(column.name, column.reading.form) }
    for (name, reading) in zip(targets, input.targets) { add(name, reading.form) }
    times = input.sources.map { (ShortText($0.name), $0.form) }
  }

  /// The forms of planned columns.
  init(_ plans: [ColumnPlan], _ options: RecordReader.Options) {
    tokens = ValueForms.tokens(options)
    for plan in plans {
      switch plan.kind {
      case .numeric(let form, _): add(plan.name, form)
      case .calendar(let form, _, _): times.append((ShortText(plan.source), form))
      case .categorical, .codes: break
      }
    }
  }

  private mutating func add(_ name: [UInt8], _ form: NumberForm) {
    numbers.append((ShortText(name), form))
  }

  private static func tokens(_ options: RecordReader.Options) -> [[UInt8]] {
    let all = options.missing.texts
    return all + options.missingNumbers.texts.filter { !all.contains($0) }
  }

  /// How the numbers of a column are written.
  func number(_ name: ShortText) -> NumberForm {
    numbers.first { $0.name == name }?.form ?? NumberForm()
  }

  /// How the dates or times of a column are written.
  func time(_ name: ShortText) -> CalendarForm? { times.first { $0.name == name }?.form }
}

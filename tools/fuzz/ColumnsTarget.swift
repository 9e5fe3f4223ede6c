// ColumnsTarget.swift: any lines as a column: what it is taken for is what it can be read as.
//
// The first byte of the input says what the user says; the rest are the values, one a line. Whatever
// the verdict, reading the column by it gives no error, numbers lose at most a millionth of their
// spread, and a value that is written out reads back as the same one.

import PosternData
import PosternFormat

/// Called by libFuzzer with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 1 else { return 0 }
  let values = Array(UnsafeBufferPointer(start: data + 1, count: size - 1))
  var input = table(values.split(separator: 0x0A).map(Array.init))
  guard let summary = try? TableSummary(reading: input), let column = summary.columns.first else {
    return 0
  }
  let wishes = wishes(data[0])
  guard let verdict = try? column.verdict(wishes) else { return 0 }
  // The order of the rows does not matter, unless they count.
  let backwards = table(values.split(separator: 0x0A).map(Array.init).reversed())
  // Some first lines look like a file of another kind.
  guard let other = try? TableSummary(reading: backwards).columns.first else { return 0 }
  let again = try? other.verdict(wishes)
  if verdict != .numericIdentifier && again != .numericIdentifier && again != verdict {
    fatalError("\(verdict), but \(String(describing: again)) backwards")
  }
  input.options.missingNumbers = MissingTokens(column.markers.map(\.text))
  switch verdict {
  case .numbers(let form): checkNumbers(input, form)
  case .calendar(let form):
    for part in [CalendarPart.days, .hour, .weekday, .month, .dayOfYear] {
      _ = read(input, .calendar(form, part, nil))
    }
  case .categories, .identifierLike, .constant(.categorical): checkCategories(input)
  case .constant(.numeric), .numericIdentifier: checkNumbers(input, NumberForm())
  case .indistinct, .allMissing: break
  }
  return 0
}

private func table(_ values: [[UInt8]]) -> TableInput {
  var options = RecordReader.Options(format: .delimited(0x1F), names: [Array("x".utf8)])
  options.hasQuotes = false
  return TableInput(bytes: Array(values.joined(separator: [0x0A])) + [0x0A], options: options)
}

private func wishes(_ byte: UInt8) -> ColumnWishes {
  var wishes = ColumnWishes()
  switch byte % 12 {
  case 1: wishes.kind = .categorical
  case 2: wishes.decimal = .comma
  case 3: wishes.decimal = .point
  case 4: wishes.grouping = .comma
  case 5: wishes.grouping = .point
  case 6: wishes.units = [Array("kg".utf8), Array("%".utf8)]
  case 7: wishes.dayOrder = .dayMonthYear
  case 8: wishes.dayOrder = .monthDayYear
  case 9: wishes.likelyDecimal = .comma
  case 10: wishes.likelyDecimal = .point
  case 11: wishes.kind = .numeric
  default: break
  }
  return wishes
}

/// The column; nil for texts that are not UTF-8, which a verdict does not look at.
private func read(_ input: TableInput, _ kind: ColumnPlan.Kind) -> Table.Column? {
  do throws(DataError) {
    let plan = ColumnPlan(name: Array("x".utf8), kind: kind, keepsExact: true)
    let table = try Table(reading: input, columns: [plan])
    return table.columns[0]
  } catch {
    if case .invalidText = error { return nil }
    fatalError("\(error) of a column that was taken for \(kind)")
  }
}

private func checkNumbers(_ input: TableInput, _ form: NumberForm) {
  guard let column = read(input, .numeric(form, nil)) else { return }
  guard case .numeric(let numbers) = column.values else { fatalError("no numbers") }
  for (value, exact) in zip(numbers, column.exact) where !value.isNaN {
    guard value.isFinite else { fatalError("\(exact) became infinite by \(column.reading)") }
    guard column.reading.isRelative else { continue }
    var text = TextBuffer(capacity: 64)
    text.append(value, as: column.reading)
    guard case .number(let number) = parseDouble(text.bytes) else {
      fatalError("\(String(decoding: text.bytes.copied(), as: UTF8.self)) is no number")
    }
    let slack =
      Double(value.ulp)
      + column.reading.exactlyRelative(
        column.reading.origin.origin + number.ulp
      ).magnitude
    guard (Double(column.reading.relative(number)) - Double(value)).magnitude <= slack else {
      fatalError("\(value) by \(column.reading) reads back otherwise: \(number)")
    }
  }
}

private func checkCategories(_ input: TableInput) {
  guard case .categorical(let codes, let categories)? = read(input, .categorical)?.values else {
    return
  }
  var index = CategoryIndex(categories)
  for (code, category) in categories.enumerated() where index.code(of: category.span) != code {
    fatalError("category \(code) is found elsewhere")
  }
  for code in codes where code != Table.missingCode && code >= categories.count {
    fatalError("code \(code) of \(categories.count)")
  }
}

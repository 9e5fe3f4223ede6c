// RowBinder.swift: the fields of a record to the values of a row.
//
// Step: CSV → fields → [row] → runtime.

internal import PosternData
internal import PosternFormat
internal import PosternRuntime

/// Why a row has no answer.
enum RowProblem: Error {
  case data(DataError)
  case missing(TextPosition, column: [UInt8])
  case unknownCategory(TextPosition, column: [UInt8], text: ShortText, known: [String])
  case refused(line: Int, RowRefusal, column: [UInt8]?)
}

extension Session {
  /// Why a slot has no answer; `refusal` is its status's.
  func problem(_ slot: Int, _ refusal: RowRefusal, line: Int) -> RowProblem {
    // An overflow is of the whole row.
    let column =
      refusal == .overflow ? nil : model.schema.columnName(status(slot).column).copied()
    return .refused(line: line, refusal, column: column)
  }
}

/// Turns records into rows as the runtime takes them, and counts what is worth a word.
struct RowBinder {
  /// One column that the model looks at.
  private struct Input {
    /// The column's place in the row.
    let column: Int
    /// The column's place in the record.
    let field: Int
    let isCategorical: Bool
    let categoryCount: Int
    /// How the text becomes a number; of no meaning for categories.
    let reading: NumberReading
    /// The date or time that the column is a part of.
    let part: ModelInput.Part?
    /// Whether the reader has the value as it is.
    let isDirect: Bool
    let refusesMissing: Bool
    let refusesUnknown: Bool
  }

  /// What was met in one column.
  struct Findings {
    /// The column's place in the row.
    let column: Int
    fileprivate(set) var missingCount = 0
    fileprivate(set) var unknownCount = 0
    fileprivate(set) var firstUnknown: (text: ShortText, line: Int)?
    fileprivate var wasAbsent = false

    fileprivate init(column: Int) { self.column = column }
  }

  private var inputs: [Input] = []
  /// The numeric ones of ``inputs``, and whether there are no others.
  private(set) var numericInputs = NumericInputs()
  private(set) var isAllDirect = true
  private(set) var findings: [Findings] = []
  /// The categories of each input; empty for numbers.
  private var categories: [CategoryIndex] = []
  private let forms: [CalendarForm]
  /// The time of the source that was read last in the record.
  private var time: (source: Int, time: CalendarTime?)?

  /// Binds the model's columns that are not ignored to `fields`, in order.
  init(_ model: ModelView, fields: [Int], refusesUnknown: Bool) {
    let schema = model.schema
    let transform = model.transform
    let input = ModelInput(model)
    forms = input.sources.map(\.form)
    var place = 0
    for column in 0..<model.header.columnCount where schema.kind(ofColumn: column) != .ignored {
      let record = transform.column(column)
      inputs.append(
        Input(
          column: column, field: fields[place],
          isCategorical: schema.kind(ofColumn: column) == .categorical,
          categoryCount: schema.categoryCount(ofColumn: column),
          reading: input.columns[column].reading, part: input.columns[column].part,
          isDirect: input.columns[column].part == nil && input.columns[column].reading.isDirect
            && schema.kind(ofColumn: column) == .numeric,
          refusesMissing: record.missingPolicy == 0,
          refusesUnknown: refusesUnknown || record.unknownPolicy == 0))
      findings.append(Findings(column: column))
      var texts: [[UInt8]] = []
      for code in 0..<schema.categoryCount(ofColumn: column) {
        texts.append(schema.category(code, ofColumn: column).copied())
      }
      categories.append(CategoryIndex(texts))
      if !inputs[place].isDirect {
        isAllDirect = false
      } else {
        numericInputs.append(field: fields[place], place: column)
      }
      place += 1
    }
  }

  /// Writes the current record's values to `row`, one place for each of the model's columns.
  ///
  /// `hasNumbers` says that ``numericInputs`` are there already, and none is missing.
  ///
  /// - Returns: The column whose key is not there for the first time, if there is one.
  /// - Complexity: O(*columns*), no allocation.
  mutating func fill(
    _ row: inout MutableSpan<Float>, from reader: borrowing RecordReader, _ model: ModelView,
    hasNumbers: Bool
  ) throws(RowProblem) -> Int? {
    var absent: Int?
    time = nil
    for index in inputs.indices {
      let input = inputs[index]
      if hasNumbers && input.isDirect { continue }
      var value = Float.nan
      if input.isCategorical && reader.isBinary {
        // Whether it is a code is for the runtime to say.
        value = try code(index, reader, model)
      } else if input.isCategorical {
        if !reader.isMissing(input.field) {
          let code = categories[index].code(of: reader.field(input.field))
          if code == nil { try noteUnknown(index, reader, model) }
          value = Float(code ?? input.categoryCount)
        }
      } else {
        do throws(DataError) {
          value = try number(input, reader)
        } catch {
          throw .data(error)
        }
      }
      if value.isNaN {
        if input.refusesMissing {
          throw .missing(
            reader.position(of: input.field), column: model.schema.columnName(input.column).copied()
          )
        }
        findings[index].missingCount += 1
        if !findings[index].wasAbsent, !reader.hasKey(input.field) {
          findings[index].wasAbsent = true
          absent = absent ?? input.column
        }
      }
      row[input.column] = value
    }
    return absent
  }

  /// The value of a row for a number or a part of a date.
  private mutating func number(
    _ input: Input, _ reader: borrowing RecordReader
  ) throws(DataError) -> Float {
    guard let part = input.part, !reader.isBinary else {
      return try reader.number(input.field, as: input.reading)
    }
    if time?.source != part.source {
      time = (part.source, try reader.time(input.field, form: forms[part.source]))
    }
    guard let time = time?.time else { return .nan }
    return input.reading.relative(time.part(part.part))
  }

  /// What stands in a binary row for a category.
  private mutating func code(
    _ index: Int, _ reader: borrowing RecordReader, _ model: ModelView
  ) throws(RowProblem) -> Float {
    let value: Float
    do throws(DataError) {
      value = try reader.number(inputs[index].field)
    } catch {
      throw .data(error)
    }
    if value == Float(inputs[index].categoryCount) {
      let text = ShortText(Array("\(inputs[index].categoryCount)".utf8))
      try noteUnknown(index, reader, model, text)
    }
    return value
  }

  private mutating func noteUnknown(
    _ index: Int, _ reader: borrowing RecordReader, _ model: ModelView, _ text: ShortText? = nil
  ) throws(RowProblem) {
    let input = inputs[index]
    let text = text ?? ShortText(reader.field(input.field))
    if input.refusesUnknown {
      var known: [String] = []
      for code in 0..<input.categoryCount {
        known.append(Messages.quoted(model.schema.category(code, ofColumn: input.column)))
      }
      throw .unknownCategory(
        reader.position(of: input.field),
        column: model.schema.columnName(input.column).copied(),
        text: text, known: known)
    }
    findings[index].unknownCount += 1
    if findings[index].unknownCount == 1 {
      findings[index].firstUnknown = (text, reader.line)
    }
  }
}

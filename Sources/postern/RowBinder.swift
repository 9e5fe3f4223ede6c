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
  private(set) var isAllNumeric = true
  private(set) var findings: [Findings] = []

  /// Binds the model's columns that are not ignored to `fields`, in order.
  init(_ model: ModelView, fields: [Int], refusesUnknown: Bool) {
    let schema = model.schema
    let transform = model.transform
    var place = 0
    for column in 0..<model.header.columnCount where schema.kind(ofColumn: column) != .ignored {
      let record = transform.column(column)
      inputs.append(
        Input(
          column: column, field: fields[place],
          isCategorical: schema.kind(ofColumn: column) == .categorical,
          categoryCount: schema.categoryCount(ofColumn: column),
          refusesMissing: record.missingPolicy == 0,
          refusesUnknown: refusesUnknown || record.unknownPolicy == 0))
      findings.append(Findings(column: column))
      if schema.kind(ofColumn: column) == .categorical {
        isAllNumeric = false
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
    for index in inputs.indices {
      let input = inputs[index]
      if hasNumbers && !input.isCategorical { continue }
      var value = Float.nan
      if input.isCategorical && reader.isBinary {
        // Whether it is a code is for the runtime to say.
        value = try code(index, reader, model)
      } else if input.isCategorical {
        if !reader.isMissing(input.field) {
          let code = model.schema.code(of: reader.field(input.field), inColumn: input.column)
          if code == input.categoryCount { try noteUnknown(index, reader, model) }
          value = Float(code)
        }
      } else {
        do throws(DataError) {
          value = try reader.number(input.field)
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

// TargetReader.swift: what the answers to rows should be, from the rows themselves.
//
// Step: CSV → fields → [true values] → scores.

internal import PosternData
internal import PosternFormat

/// Which columns hold the true values.
enum TargetRequest {
  /// None is looked for.
  case none
  /// Those that are named as the model's targets, if all are there.
  case ifPresent
  /// These, in the order of the model's targets.
  case named([[UInt8]])

  /// The names to look for.
  func names(_ model: ModelView) -> [[UInt8]] {
    switch self {
    case .none: []
    case .ifPresent: (0..<model.schema.targetCount).map { model.schema.targetName($0).copied() }
    case .named(let names): names
    }
  }
}

/// Reads the true values of a record: numbers, or codes of classes.
struct TargetReader {
  private let fields: [Int]
  /// The classes by code; nil for numbers.
  private let classes: TextTable?

  init(_ model: ModelView, fields: [Int]) {
    self.fields = fields
    if model.header.task == .regression {
      classes = nil
      return
    }
    var table = TextTable()
    for index in 0..<model.schema.classCount { table.insert(model.schema.className(index)) }
    classes = table
  }

  /// Appends a value for each target: NaN for a missing one; for a class that the model does not
  /// know the number of its classes, which no answer equals.
  ///
  /// - Throws: What is no number where one is expected. Nothing was appended then.
  func append(
    to values: inout [Float], from reader: borrowing RecordReader
  ) throws(RowProblem) {
    let count = values.count
    for field in fields {
      if let classes {
        let code = reader.isMissing(field) ? nil : classes.index(of: reader.field(field))
        values.append(reader.isMissing(field) ? .nan : Float(code ?? classes.count))
        continue
      }
      do throws(DataError) {
        values.append(try reader.number(field))
      } catch {
        values.removeLast(values.count - count)
        throw .data(error)
      }
    }
  }
}

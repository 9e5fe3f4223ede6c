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
  private let readings: [NumberReading]
  /// The classes by code; nil for numbers.
  private var classes: CategoryIndex?
  private let classCount: Int

  init(_ model: ModelView, fields: [Int]) {
    self.fields = fields
    classCount = model.schema.classCount
    readings = ModelInput(model).targets
    if model.header.task == .regression { return }
    var texts: [[UInt8]] = []
    for index in 0..<classCount { texts.append(model.schema.className(index).copied()) }
    classes = CategoryIndex(texts)
  }

  /// Appends a value for each target: NaN for a missing one; for a class that the model does not
  /// know the number of its classes, which no answer equals. Numbers are those of the text.
  ///
  /// - Throws: What is no number where one is expected. Nothing was appended then.
  mutating func append(
    to values: inout [Double], from reader: borrowing RecordReader
  ) throws(RowProblem) {
    let count = values.count
    for (target, field) in fields.enumerated() {
      if classes != nil {
        let code = reader.isMissing(field) ? nil : classes?.code(of: reader.field(field))
        // A marker that is no class is a missing one.
        let isMissing = code == nil && reader.isMissingNumber(field)
        values.append(isMissing ? .nan : Double(code ?? classCount))
        continue
      }
      do throws(DataError) {
        values.append(try reader.double(field, form: readings[target].form))
      } catch {
        values.removeLast(values.count - count)
        throw .data(error)
      }
    }
  }
}

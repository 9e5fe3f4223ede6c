// SelfTestSection.swift: a few rows with their answers, for whoever wants to replay them.
//
// Step: model → [self-test] → file.   Specification: formats/model.md, section 8.5.

internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage
internal import PosternTrainer

/// The most rows of a self-test, and of the training rows that are tried for it.
private let rowCounts = (kept: 8, tried: 4096)

/// Makes the self-test of a model: a training row for each expert, as far as they are met among the
/// first rows.
///
/// - Parameters:
///   - bytes: The model's file, without a self-test.
///   - table: The training rows.
/// - Returns: The bytes of the section; empty if no row can be answered.
/// - Throws: What is wrong with the file, which is then no file to write.
func selfTestSection(of bytes: [UInt8], _ table: TrainingTable) throws -> [UInt8] {
  let model = try ModelView(validating: bytes.span)
  var workspace = [UInt32](repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
  var cache = [UInt32](repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
  var predictor = try Predictor(
    model: model, rowCapacity: 1, workspace: workspace.mutableSpan, cache: cache.mutableSpan)
  let coder = RowCoder(model, table)
  let wanted = min(rowCounts.kept, model.header.expertCount)
  var seen: Set<Int> = []
  var section = SelfTestWriter()
  for row in 0..<min(table.rowCount, rowCounts.tried) where seen.count < wanted {
    let values = coder.row(row)
    predictor.session.load(values.span, at: 0)
    try predictor.predict(count: 1)
    guard predictor.session.status(0).refusal == nil,
      seen.insert(predictor.session.expert(0)).inserted
    else { continue }
    var bits: [UInt32] = []
    for output in 0..<model.header.outputCount {
      bits.append(predictor.session.value(0, output: output).bitPattern)
    }
    section.append(values, expert: predictor.session.expert(0), bits: bits)
  }
  return section.bytes ?? []
}

/// The bytes of a self-test, row by row.
struct SelfTestWriter {
  private var rows: [UInt8] = []
  private var rowCount: UInt32 = 0

  /// Appends a row as the runtime takes it, and its answer.
  mutating func append(_ values: [Float], expert: Int, bits: [UInt32]) {
    rowCount += 1
    for value in values { append(value.isNaN ? 0x7FC0_0000 : value.bitPattern) }
    append(UInt32(expert))
    for word in bits { append(word) }
  }

  /// The section; nil without rows.
  var bytes: [UInt8]? {
    if rowCount == 0 { return nil }
    var header = SelfTestWriter()
    header.append(rowCount)
    return header.rows + [UInt8](repeating: 0, count: 12) + rows
  }

  private mutating func append(_ word: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) {
      rows.append(UInt8(truncatingIfNeeded: word >> UInt32(shift)))
    }
  }
}

/// Training rows as the runtime takes them: categories by the model's own codes.
private struct RowCoder {
  private let columns: [TrainingTable.Column]
  /// For each categorical column, the model's code of each category of the table.
  private var codes: [[Float]] = []

  init(_ model: ModelView, _ table: TrainingTable) {
    columns = table.columns
    for (index, column) in columns.enumerated() {
      guard case .categorical(_, let categories) = column.values,
        model.schema.kind(ofColumn: index) == .categorical
      else {
        codes.append([])
        continue
      }
      var modelCodes: [Float] = []
      for category in categories {
        modelCodes.append(Float(model.schema.code(of: category.span, inColumn: index)))
      }
      codes.append(modelCodes)
    }
  }

  func row(_ row: Int) -> [Float] {
    columns.indices.map { index in
      switch columns[index].values {
      case .ignored: 0
      case .numeric(let values): values[row]
      case .categorical(let values, _):
        values[row] == .max || codes[index].isEmpty ? .nan : codes[index][Int(values[row])]
      }
    }
  }
}

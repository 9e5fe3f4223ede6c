// RowSource.swift: cuts the input into blocks of rows.
//
// Step: CSV → [fields → rows] → runtime.

internal import PosternData
internal import PosternFormat

/// The rows of an input, in blocks of what is at hand.
struct RowSource: ~Copyable {
  private var reader: RecordReader
  private(set) var binder: RowBinder
  private let name: String
  private let keptFields: [Int]
  /// Where the true values are, if they are wanted and there.
  private(set) var targets: TargetReader?
  let writer: RowWriter
  private let policy: ErrorPolicy
  private let console: Console
  private let isJSON: Bool
  /// The columns that a row without a header has, in order; empty if there is a header.
  private let columns: [[UInt8]]
  private let forms: ValueForms
  private var isFinished = false
  /// The number of blocks handed out.
  private var blockCount = 0
  /// Rows of the input so far, the rejected ones included.
  private(set) var rowCount = 0
  /// Rows without an answer so far.
  private(set) var rejectedCount = 0

  /// Rejected rows that are shown one by one.
  static let shownRejectCount = 10

  init(
    _ reader: consuming RecordReader, binder: RowBinder, keptFields: [Int],
    targets: TargetReader?, writer: RowWriter, name: String, policy: ErrorPolicy, console: Console,
    isJSON: Bool, columns: [[UInt8]], forms: ValueForms
  ) {
    self.forms = forms
    self.columns = columns
    self.reader = reader
    self.reader.expectNumbers()
    self.binder = binder
    self.keptFields = keptFields
    self.targets = targets
    self.writer = writer
    self.name = name
    self.policy = policy
    self.console = console
    self.isJSON = isJSON
  }

  /// The names of the columns that are kept.
  var keptNames: [[UInt8]] { keptFields.map { reader.header[$0] } }

  /// Ends the input: whoever asks next gets no rows.
  mutating func finish() { isFinished = true }

  /// Fills `block` with rows; waits for the first only.
  ///
  /// - Returns: The number of the block, from 0, or nil at the end.
  mutating func fill(_ block: inout RowBlock, _ model: ModelView) -> Int? {
    block.removeAll()
    guard !isFinished else { return nil }
    while block.entries.count < block.capacity && !isFinished {
      do throws(DataError) {
        switch try reader.advance(waiting: block.entries.isEmpty) {
        case .record: try append(to: &block, model)
        case .end: isFinished = true
        case .starved: return next()
        }
      } catch {
        if error.isRowError {
          reject(.data(error), in: &block)
        } else {
          isFinished = true
          let excerpt = Messages.place(of: error).flatMap { reader.excerpt(at: $0) }
          block.failure = Messages.data(error, in: name, excerpt: excerpt, columns: columns)
        }
      }
    }
    return next()
  }

  private mutating func next() -> Int {
    blockCount += 1
    return blockCount - 1
  }

  private mutating func append(to block: inout RowBlock, _ model: ModelView) throws(DataError) {
    let start = block.rowCount * block.columnCount
    let end = start + block.columnCount
    var values = block.values.mutableSpan
    var row = values._mutatingExtracting(start..<end)
    do throws(RowProblem) {
      let hasNumbers = reader.writeNumbers(binder.numericInputs, to: &row)
      if !hasNumbers || !binder.isAllDirect,
        let absent = try binder.fill(&row, from: reader, model, hasNumbers: hasNumbers)
      {
        console.warning(
          Messages.absentKey(
            model.schema.columnName(absent).copied(), line: reader.line, in: name, isJSON: isJSON))
      }
      try targets?.append(to: &block.targets, from: reader)
    } catch {
      if case .data(.quoteAcrossLines) = error { reader.resumeBehindQuote() }
      reject(error, in: &block)
      return
    }
    rowCount += 1
    if !keptFields.isEmpty { appendKept(to: &block) }
    block.entries.append(
      RowBlock.Entry(slot: block.rowCount, line: reader.line, keptEnd: block.kept.count))
    block.rowCount += 1
  }

  private func appendKept(to block: inout RowBlock) {
    let nothing: [UInt8] = []
    for (index, field) in keptFields.enumerated() {
      // Of a faulty record some fields are not to be trusted.
      let isReadable = reader.isReadable(field)
      writer.appendKept(
        isReadable ? reader.field(field) : nothing.span, name: reader.header[field],
        isFirst: index == 0, kind: isReadable ? kind(ofKept: field) : .null, to: &block.kept)
    }
  }

  private func kind(ofKept field: Int) -> RowWriter.KeptKind {
    if !isJSON { return .string }
    if reader.isAbsent(field) { return .null }
    return reader.isJSONString(field) ? .string : .literal
  }

  /// A row that cannot be answered: ends the run, is left out, or gets an empty answer.
  private mutating func reject(_ problem: RowProblem, in block: inout RowBlock) {
    let excerpt = Messages.place(of: problem).flatMap { reader.excerpt(at: $0) }
    let message = Messages.row(
      problem, in: name, excerpt: excerpt, columns: columns, forms: forms)
    rowCount += 1
    if policy == .stop {
      isFinished = true
      block.failure = CommandFailure(.badData, message)
      return
    }
    note(message)
    guard policy == .null else { return }
    appendKept(to: &block)
    block.entries.append(
      RowBlock.Entry(slot: nil, line: reader.line, keptEnd: block.kept.count))
  }

  /// Counts a rejected row and shows the first few.
  mutating func note(_ message: Message) {
    rejectedCount += 1
    if rejectedCount <= RowSource.shownRejectCount { console.warning(message) }
    if rejectedCount == RowSource.shownRejectCount + 1 {
      console.note(Messages.moreRejectedRows(in: name))
    }
  }

  /// Says at the end what was rejected, filled and unknown.
  func summarize(_ model: ModelView) {
    for message in Messages.aboutRows(reader.notices, in: name) { console.note(message) }
    if rowCount == 0 { console.note(Messages.noRows(in: name, isBinary: reader.isBinary)) }
    if rejectedCount > 0 {
      console.note(Messages.rejectedRows(rejectedCount, of: rowCount, policy, in: name))
    }
    let findings = binder.findings.map { input in
      ColumnFindings(
        name: model.schema.columnName(input.column).copied(), missingCount: input.missingCount,
        unknownCount: input.unknownCount, firstUnknown: input.firstUnknown)
    }
    console.note(findings, in: name)
  }
}

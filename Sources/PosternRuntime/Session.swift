// Session.swift: a model and the memory that it computes in.
//
// Step: rows → [session] → predictions.   Specification: formats/model.md, sections 9 and 10.

public import PosternFormat
internal import Synchronization

/// Predicts rows with a model in memory that the caller provides.
///
/// A batch goes through five steps, each a call, so that whoever holds the experts' bytes (a mapped
/// file, a cache of decoded experts, flash) decides how they come:
///
/// ```swift
/// for slot in 0..<count { session.load(row, at: slot) }
/// session.route(count: count)
/// var position = 0
/// while let group = session.group(at: position) {
///   session.run(group, expert: bytes)          // the expert's decoded, checked bytes
///   position = group.end
/// }
/// session.runShared(expert: bytes)              // only if the model has a shared expert
/// session.finish()
/// ```
///
/// After every expert in use was checked once, nothing here can fail, allocate, lock or call the
/// system. Any number of sessions, on any threads, share one model.
public struct Session: ~Copyable, ~Escapable {
  /// The model.
  public let model: ModelView
  /// Rows that the session can hold at a time.
  public let rowCapacity: Int
  /// Rows of the current batch.
  public internal(set) var rowCount = 0
  var memory: MutableSpan<UInt32>
  /// Of no use but that a value with an atomic in it is always used where it stands: without, each
  /// reading of a row's answer copies the whole session, 600 bytes.
  private let anchor = Atomic<Bool>(false)
  let layout: SessionLayout
  let transform: TransformView
  let router: RouterView
  let head: HeadView
  let rootNode: RouterNode
  let shapes: ShapesView
  let facts: SessionFacts
  /// Experts that the batch before chose, and rows that it answered.
  var distinctCount = 0
  var answeredCount = 0

  /// Starts a session.
  ///
  /// - Parameters:
  ///   - model: A validated model.
  ///   - rowCapacity: Rows of a batch at most, at least 1.
  ///   - workspace: `model.header.workspaceByteCount(rowCapacity:)` bytes, as 4-byte words; more is
  ///     ignored.
  /// - Throws: ``SessionError``.
  /// - Complexity: O(*experts* + `workspace.count`), no allocation.
  @_lifetime(copy model, copy workspace)
  public init(
    model: ModelView, rowCapacity: Int, workspace: consuming MutableSpan<UInt32>
  ) throws(SessionError) {
    guard rowCapacity >= 1 && rowCapacity <= 1 &<< 30 else {
      throw .invalidRowCapacity(rowCapacity)
    }
    let needed = model.header.workspaceByteCount(rowCapacity: rowCapacity)
    guard workspace.count >= needed / 4 else {
      throw .workspaceTooSmall(byteCount: 4 * workspace.count, needed: needed)
    }
    self.model = model
    self.rowCapacity = rowCapacity
    layout = SessionLayout(WorkspaceLayout(model), rowCapacity: rowCapacity)
    transform = model.transform
    router = model.router
    head = model.head
    rootNode = router.root
    shapes = model.shapes
    facts = SessionFacts(model)
    memory = workspace
    for word in 0..<layout.wordCount { memory[word] = 0 }
  }

  /// Transforms one row into a slot of the next batch.
  ///
  /// - Parameters:
  ///   - row: One value for each column of the schema, in its order: a number, or the code of a
  ///     category (the column's number of categories: unknown). NaN is missing.
  ///   - slot: In `0..<rowCapacity`.
  /// - Returns: Whether the row can be answered. A refused row stays in the batch without an
  ///   answer.
  /// - Complexity: O(*columns* · *edges* / 16) with AVX-512, elsewhere log *edges*; no allocation.
  @discardableResult
  @_lifetime(self: copy self)
  public mutating func load(_ row: Span<Float>, at slot: Int) -> RowStatus {
    precondition(slot >= 0 && slot < rowCapacity)
    load(row, count: 1, at: slot)
    return RowStatus(word: memory[layout.scalar(.status, slot)])
  }

  /// Transforms rows that stand one behind the other into the first slots of the next batch. Faster
  /// than one by one.
  ///
  /// - Parameters:
  ///   - rows: `count` rows as ``load(_:at:)`` takes them, without gaps.
  ///   - count: In `0...rowCapacity`.
  /// - Complexity: As ``load(_:at:)`` for each row, no allocation.
  @_lifetime(self: copy self)
  public mutating func load(_ rows: Span<Float>, count: Int) {
    precondition(count >= 0 && count <= rowCapacity)
    load(rows, count: count, at: 0)
  }

  @_lifetime(self: copy self)
  private mutating func load(_ rows: Span<Float>, count: Int, at slot: Int) {
    let columns = transform.columnCount
    precondition(rows.count == count * columns)
    let isDone = Kernels.transform(
      rows, count: count, with: transform, at: slot, layout: layout,
      facts: facts,
      memory: &memory)
    for row in 0..<count where !isDone || memory[layout.scalar(.status, slot + row)] != 0 {
      // What a kernel refuses is looked at again: here it is said why.
      let status = transformRow(at: slot + row) { rows[row * columns + $0] }
      memory[layout.scalar(.status, slot + row)] = status.word
    }
  }

  /// Transforms the row whose values `value` gives, column by column, into a slot.
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func transformRow(at slot: Int, value: (_ column: Int) -> Float) -> RowStatus {
    let words = layout.words
    let target = TransformTarget(
      features: layout.features + slot * words.featureWordCount,
      entries: layout.entries + slot * words.columnWordCount,
      fractions: layout.fractions + slot * words.columnWordCount)
    return PosternRuntime.transformRow(
      value, with: transform, featureWordCount: words.featureWordCount, memory: &memory,
      target: target)
  }

  /// Whether an expert is added for every row: ``runShared(expert:)``.
  public var hasSharedExpert: Bool { facts.hasSharedExpert }

  /// Whether a row has a prediction. Valid after ``finish()``.
  public func status(_ slot: Int) -> RowStatus {
    RowStatus(word: memory[layout.scalar(.status, checked(slot))])
  }

  /// The expert that answers for a row. Valid after ``route(count:explaining:)`` for answered rows.
  public func expert(_ slot: Int) -> Int {
    Int(memory[layout.scalar(.expert, checked(slot))])
  }

  /// Whether an expert's bytes passed ``ModelView/checkExpert(_:decoded:)`` in this session.
  public func isChecked(_ expert: Int) -> Bool {
    memory[expert / 32] & 1 &<< UInt32(expert % 32) != 0
  }

  /// Notes that an expert's bytes passed their check.
  @_lifetime(self: copy self)
  public mutating func noteChecked(_ expert: Int) {
    memory[expert / 32] |= 1 &<< UInt32(expert % 32)
  }

  /// Rows that an expert answered for since the session started.
  public func answeredCount(ofExpert expert: Int) -> UInt64 {
    precondition(expert >= 0 && expert < facts.expertCount)
    let word = layout.counters + 2 * expert
    return UInt64(wide: memory[word]) | UInt64(wide: memory[word + 1]) &<< 32
  }

  func checked(_ slot: Int) -> Int {
    precondition(slot >= 0 && slot < rowCount)
    return slot
  }

  func float(_ word: Int) -> Float { Float(bitPattern: memory[word]) }

  func isAnswered(_ slot: Int) -> Bool { memory[layout.scalar(.status, slot)] == 0 }

  @_lifetime(self: copy self)
  mutating func refuseForOverflow(_ slot: Int) {
    memory[layout.scalar(.status, slot)] = RowStatus(refusal: .overflow, column: 0).word
  }
}

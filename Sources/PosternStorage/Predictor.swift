// Predictor.swift: a session with its experts, raw or compressed.
//
// Step: rows → [predictor] → predictions.

public import PosternFormat
public import PosternRuntime

/// Predicts rows of a mapped model, whatever its experts are stored as.
///
/// Raw experts run straight from the map. Compressed ones are decoded at their first use into a
/// cache in the caller's memory. From the first prediction on nothing here allocates.
public struct Predictor: ~Copyable, ~Escapable {
  /// The session: rows are loaded into it, answers read from it.
  public var session: Session
  private var cache: ExpertCache

  /// Starts a predictor.
  ///
  /// - Parameters:
  ///   - model: A validated model.
  ///   - rowCapacity: Rows of a batch at most.
  ///   - workspace: As for ``Session``.
  ///   - cache: ``ExpertCache/byteCount(_:slotCount:)`` bytes or more, as words; none for a model
  ///     without compressed experts.
  /// - Throws: ``PredictorError``.
  @_lifetime(copy model, copy workspace, copy cache)
  public init(
    model: ModelView, rowCapacity: Int, workspace: consuming MutableSpan<UInt32>,
    cache: consuming MutableSpan<UInt32>
  ) throws(PredictorError) {
    let experts = try ExpertCache(model, memory: cache)
    do throws(SessionError) {
      session = try Session(model: model, rowCapacity: rowCapacity, workspace: workspace)
    } catch {
      throw .session(error)
    }
    self.cache = experts
  }

  /// Routes and computes the rows loaded in slots `0..<count`.
  ///
  /// - Parameters:
  ///   - count: Rows, at least 1.
  ///   - explaining: Whether margin and runner-up are wanted too.
  /// - Throws: What is wrong with an expert that is used for the first time, or decoded again. No
  ///   row of the batch has a prediction then.
  /// - Complexity: No allocation.
  @_lifetime(self: copy self)
  public mutating func predict(count: Int, explaining: Bool = false) throws(FormatError) {
    if count == 1 && !explaining && session.predictPlainRow() { return }
    session.route(count: count, explaining: explaining)
    try compute()
  }

  /// Answers the batch again, each row by its runner-up if it has one.
  ///
  /// - Precondition: The batch was predicted with `explaining`.
  /// - Throws: As ``predict(count:explaining:)``.
  /// - Complexity: No allocation.
  @_lifetime(self: copy self)
  public mutating func predictByRunnersUp() throws(FormatError) {
    session.routeToRunnersUp()
    try compute()
  }

  @_lifetime(self: copy self)
  private mutating func compute() throws(FormatError) {
    var position = 0
    while let group = session.group(at: position) {
      try run(group, &session, &cache)
      position = group.end
    }
    if session.hasSharedExpert {
      let shared = session.model.header.expertCount
      session.runShared(expert: try session.rawExpert(shared))
    }
    session.finish()
  }
}

/// Runs one group. A function of its own, so that the two parts are changed one beside the other.
private func run(
  _ group: ExpertGroup, _ session: inout Session, _ cache: inout ExpertCache
) throws(FormatError) {
  if session.model.isRaw(group.expert) {
    session.run(group, expert: try session.rawExpert(group.expert))
  } else {
    session.run(group, expert: try cache.expert(group.expert))
  }
}

// AllocationTests.swift: from the first to the millionth prediction nothing asks for memory.

import CAllocationCounter
import PosternFormat
import PosternPackaging
import PosternRuntime
import PosternStorage
import Testing

/// Goal: no allocation and no reference count from the opening of a model's bytes to its millionth
/// prediction. Method: a counter in front of the allocator and of the Swift library.
///
/// A debug build, which is 50 times slower, predicts a hundredth of the rows. It also touches the
/// counts of constant objects that an optimised build does without: they are counted in the latter.
@Suite(.enabled(if: allocation_counter_works())) struct AllocationTests {
  #if DEBUG
    static let rowCount = 10_000
  #else
    static let rowCount = 1_000_000
  #endif

  /// How the experts are stored, and for how many of them the cache has room.
  enum Storage: CaseIterable {
    case raw
    case compressed
    case compressedInOneSlot

    var profile: Profile { self == .raw ? .map : .ship }
  }

  /// What a run did, and a sum of all its answers' bits.
  struct Run {
    var counts = allocation_counts()
    var answers: UInt64 = 0
    var expertsUsed = 0
  }

  /// Opens the model and predicts `rowCount` rows, `capacity` at a time.
  private func run(_ storage: Storage, capacity: Int, rowCount: Int) throws -> Run {
    let bytes = try SmallModel.several().encoded(profile: storage.profile)
    let rows = SmallModel.manyRows()
    var words: [UInt32]
    var cacheWords: [UInt32]
    do {
      let model = try ModelView(validating: bytes.span)
      let slotCount = storage == .compressedInOneSlot ? 1 : model.expertSectionCount
      words = [UInt32](
        repeating: 0, count: model.header.workspaceByteCount(rowCapacity: capacity) / 4)
      cacheWords = [UInt32](
        repeating: 0, count: ExpertCache.byteCount(model, slotCount: slotCount) / 4)
      #expect((model.header.cacheByteCount > 0) == (storage != .raw))
    }
    let workspace = words.mutableSpan
    let cache = cacheWords.mutableSpan
    var run = Run()
    allocation_counter_start()
    try predict(
      bytes.span, rows.span, workspace, cache, capacity: capacity, rowCount: rowCount, &run)
    run.counts = allocation_counter_stop()
    return run
  }

  /// What is counted: opening, routing, decoding, predicting, explaining.
  private func predict(
    _ bytes: Span<UInt8>, _ rows: Span<Float>, _ workspace: consuming MutableSpan<UInt32>,
    _ cache: consuming MutableSpan<UInt32>, capacity: Int, rowCount: Int, _ run: inout Run
  ) throws {
    let model = try ModelView(validating: bytes)
    var predictor = try Predictor(
      model: model, rowCapacity: capacity, workspace: workspace, cache: cache)
    let columnCount = model.header.columnCount
    let rowsGiven = rows.count / columnCount
    var done = 0
    while done < rowCount {
      let count = min(capacity, rowCount - done)
      for slot in 0..<count {
        let first = (done + slot) % rowsGiven * columnCount
        predictor.session.load(rows.extracting(first..<first + columnCount), at: slot)
      }
      try predictor.predict(count: count, explaining: done % 3 == 0)
      for slot in 0..<count {
        let bits = predictor.session.value(slot, output: 0).bitPattern
        run.answers = run.answers &* 31 &+ UInt64(bits)
      }
      done += count
    }
    for expert in 0..<model.header.expertCount
    where predictor.session.answeredCount(ofExpert: expert) > 0 {
      run.expertsUsed += 1
    }
  }

  @Test(arguments: Storage.allCases, [1, 256])
  func `a million predictions allocate nothing`(storage: Storage, capacity: Int) throws {
    // The answers that everything else must give; and what a debug build does once for each type.
    let expected = try run(.raw, capacity: 7, rowCount: Self.rowCount)
    #if DEBUG
      _ = try run(storage, capacity: capacity, rowCount: 2 * capacity)
    #endif
    let run = try run(storage, capacity: capacity, rowCount: Self.rowCount)
    #expect(run.counts.allocations == 0)
    #expect(run.counts.frees == 0)
    #if !DEBUG
      #expect(run.counts.retains == 0)
      #expect(run.counts.releases == 0)
    #endif
    #expect(run.answers == expected.answers)
    #expect(run.expertsUsed == 4)
  }

  private final class Object {}

  @inline(never) private func second(_ objects: [Object?]) -> Object? { objects[1] }

  @Test func `the counter sees an array and an object`() {
    allocation_counter_start()
    var objects: [Object?] = [nil, Object()]
    var one = second(objects)
    objects[1] = nil
    one = nil
    let counts = allocation_counter_stop()
    #expect(one === nil && objects.count == 2)
    #expect(counts.allocations >= 2)
    #expect(counts.frees >= 1)
    #expect(counts.retains >= 1)
    #expect(counts.releases >= 1)
  }

  @Test func `the counter sees nothing where nothing is`() {
    var sum = 0
    allocation_counter_start()
    for number in 0..<1000 { sum &+= number }
    let counts = allocation_counter_stop()
    #expect(sum == 499_500)
    #expect(counts.allocations == 0)
    #expect(counts.retains == 0)
  }
}

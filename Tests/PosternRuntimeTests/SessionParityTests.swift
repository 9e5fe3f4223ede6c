import PosternFormat
import PosternPackaging
import PosternRuntime
import Testing

/// Whole sessions by kernels against whole sessions by the reference.
///
/// Kernels want floats at multiples of 4: a model one byte further is computed by the reference,
/// from the transform to the head.
@Suite(.serialized) struct SessionParityTests {
  /// What is known of a row: bits, as NaN is no answer.
  struct Answer: Equatable {
    var status: RowStatus
    var expert = -1
    var values: [UInt32] = []
  }

  @Test(arguments: 0..<42)
  func `every set has the bits of the reference from row to value`(seed: Int) throws {
    var random = RandomModel(seed: seed)
    let description = random.description()
    let rows = random.rows(70, for: description)
    let file = try description.encoded(profile: .map)
    let shifted = [0] + file
    let expected = try answers(shifted.span.extracting(1...), rows, batch: 1)
    #expect(expected.contains { $0.status.refusal == nil })
    var failure: (any Error)?
    KernelTests.forEachSet { set in
      do {
        for batch in [1, 2, 7, 70] {
          for explaining in [false, true] {
            let found = try answers(file.span, rows, batch: batch, explaining: explaining)
            #expect(found == expected, "\(set), batches of \(batch), seed \(seed)")
          }
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  @Test func `rows one by one and together are loaded alike`() throws {
    var random = RandomModel(seed: 3)
    let description = random.description()
    let rows = random.rows(600, for: description)
    let file = try description.encoded(profile: .map)
    #expect(
      try answers(file.span, rows, batch: 600)
        == answers(file.span, rows, batch: 600, oneByOne: true))
  }

  @Test func `a row in one call leaves what the steps leave`() throws {
    // Seed 8: an affine router, nothing scaled or shared.
    var random = RandomModel(seed: 8)
    var description = random.description()
    description.gateScale = .none
    let rows = random.rows(30, for: description)
    let file = try description.encoded(profile: .map)
    #expect(
      try counters(file.span, rows, explaining: false)
        == counters(file.span, rows, explaining: true))
  }

  @Test func `a row in one call after a batch of the same expert is a batch of its own`() throws {
    var random = RandomModel(seed: 8)
    var description = random.description()
    description.gateScale = .none
    let columns = description.columns.count
    let rows = random.rows(40, for: description)
    let file = try description.encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 5) / 4)
    let memory = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 5, workspace: memory)
    for row in 0..<40 {
      let part = rows.span.extracting(row * columns..<(row + 1) * columns)
      // The same row five times, so that all go to one expert; then the last four refused.
      for isRefused in [false, true] {
        for slot in 0..<5 {
          let isOdd = isRefused && slot != 3
          let bad = [Float](repeating: .infinity, count: columns)
          session.load(isOdd ? bad.span : part, at: slot)
        }
        try session.predictRaw(count: 5)
        session.load(part, at: 0)
        try session.predictRaw(count: 1)
        guard session.status(0).refusal == nil else { continue }
        let group = session.group(at: 0)
        #expect(group?.expert == session.expert(0))
        #expect(group?.first == 0 && group?.count == 1)
        #expect(session.group(at: 1) == nil)
      }
    }
  }

  private func counters(
    _ bytes: Span<UInt8>, _ rows: [Float], explaining: Bool
  ) throws -> [UInt64] {
    let model = try ModelView(validating: bytes)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 2) / 4)
    let memory = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 2, workspace: memory)
    let columns = model.header.columnCount
    var counts: [UInt64] = []
    for row in 0..<rows.count / columns {
      session.load(rows.span.extracting(row * columns..<(row + 1) * columns), at: 0)
      try session.predictRaw(count: 1, explaining: explaining)
      if let group = session.group(at: 0) {
        counts += [UInt64(group.expert), UInt64(group.first), UInt64(group.count)]
      }
      #expect(session.group(at: 1) == nil)
    }
    return counts + (0..<model.header.expertCount).map { session.answeredCount(ofExpert: $0) }
  }

  private func answers(
    _ bytes: Span<UInt8>, _ rows: [Float], batch: Int, explaining: Bool = false,
    oneByOne: Bool = false
  ) throws -> [Answer] {
    let model = try ModelView(validating: bytes)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: batch) / 4)
    let memory = words.mutableSpan
    var session = try Session(model: model, rowCapacity: batch, workspace: memory)
    let columns = model.header.columnCount
    var answers: [Answer] = []
    for first in stride(from: 0, to: rows.count / columns, by: batch) {
      let count = min(batch, rows.count / columns - first)
      let part = rows.span.extracting(first * columns..<(first + count) * columns)
      if oneByOne {
        for slot in 0..<count {
          session.load(part.extracting(slot * columns..<(slot + 1) * columns), at: slot)
        }
      } else {
        session.load(part, count: count)
      }
      try session.predictRaw(count: count, explaining: explaining)
      for slot in 0..<count {
        var answer = Answer(status: session.status(slot))
        if answer.status.refusal == nil {
          answer.expert = session.expert(slot)
          answer.values = (0..<model.header.outputCount).map {
            session.value(slot, output: $0).bitPattern
          }
        }
        answers.append(answer)
      }
    }
    return answers
  }
}

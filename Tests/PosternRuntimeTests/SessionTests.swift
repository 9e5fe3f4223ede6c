import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

@Suite struct SessionTests {
  @Test(arguments: [1, 2, 63, 64, 65, 300])
  func `the stated bytes suffice and one word less does not`(capacity: Int) throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    let needed = model.header.workspaceByteCount(rowCapacity: capacity)
    var words = [UInt32](repeating: 0, count: needed / 4)
    let whole = words.mutableSpan
    _ = try Session(model: model, rowCapacity: capacity, workspace: whole)
    var less = [UInt32](repeating: 0, count: needed / 4 - 1)
    #expect(
      throws: SessionError.workspaceTooSmall(byteCount: needed - 4, needed: needed)
    ) {
      let span = less.mutableSpan
      _ = try Session(model: model, rowCapacity: capacity, workspace: span)
    }
  }

  @Test func `a capacity of zero is refused`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    var words = [UInt32](repeating: 0, count: 10)
    #expect(throws: SessionError.invalidRowCapacity(0)) {
      let span = words.mutableSpan
      _ = try Session(model: model, rowCapacity: 0, workspace: span)
    }
  }

  /// Goal: which rows share a batch changes nothing. Method: batches of several sizes against
  /// single rows, expert, margin and values to the bit.
  @Test(arguments: [ModelDescription.Task.regression, .binary, .multiclass], [false, true])
  func `a batch of any size gives the bits of single rows`(
    task: ModelDescription.Task, hasSharedExpert: Bool
  ) throws {
    let description = TestModels.mixed(
      task: task, expertCount: 7, hasSharedExpert: hasSharedExpert)
    let file = try description.encoded(profile: .map)
    let rows = TestModels.rows(200)
    let single = try answers(file, rows, batch: 1)
    #expect(Set(single.map(\.expert)).count > 2)
    for batch in [2, 7, 64, 65, 200] {
      #expect(try answers(file, rows, batch: batch) == single, "batch of \(batch)")
    }
  }

  @Test func `probabilities add up to one and the largest is the prediction`() throws {
    for task in [ModelDescription.Task.binary, .multiclass] {
      let file = try TestModels.mixed(task: task).encoded(profile: .map)
      for answer in try answers(file, TestModels.rows(50), batch: 8) {
        let sum = answer.probabilities.reduce(0, +)
        #expect(abs(sum - 1) < 1e-5)
        #expect(answer.probabilities.max() == answer.probabilities[answer.predictedClass])
      }
    }
  }

  private struct Answer: Equatable {
    var expert: Int
    var runnerUp: Int?
    var margin: UInt32
    var values: [UInt32]
    var predictedClass = 0
    var probabilities: [Float] = []
  }

  private func answers(_ file: [UInt8], _ rows: [[Float]], batch: Int) throws -> [Answer] {
    let model = try ModelView(validating: file.span)
    let header = model.header
    var words = [UInt32](
      repeating: 0, count: header.workspaceByteCount(rowCapacity: batch) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: batch, workspace: workspace)
    var answers: [Answer] = []
    for start in stride(from: 0, to: rows.count, by: batch) {
      let count = min(batch, rows.count - start)
      for slot in 0..<count {
        let row = rows[start + slot]
        #expect(session.load(row.span, at: slot).refusal == nil)
      }
      try session.predictRaw(count: count, explaining: true)
      for slot in 0..<count {
        var answer = Answer(
          expert: session.expert(slot), runnerUp: session.runnerUp(slot),
          margin: session.margin(slot).bitPattern,
          values: (0..<header.outputCount).map { session.value(slot, output: $0).bitPattern })
        if header.task != .regression {
          answer.predictedClass = session.predictedClass(slot)
          var probabilities = [Float](repeating: 0, count: header.task == .binary ? 2 : 3)
          var span = probabilities.mutableSpan
          session.probabilities(slot, into: &span)
          answer.probabilities = probabilities
        }
        answers.append(answer)
      }
    }
    return answers
  }
}

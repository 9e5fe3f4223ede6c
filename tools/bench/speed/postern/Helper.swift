// Helper.swift: the second thread, with a session of its own.
//
// Step: half of a batch → [second thread] → numbers.

import Foundation
import PosternFormat
import PosternRuntime
import PosternStorage
import Synchronization

/// A thread that predicts one half of each batch when it is told to, and sleeps otherwise.
final class Helper: Sendable {
  /// What the thread is asked for: a range of rows, `-1` to end.
  private let first = Atomic<Int>(0)
  private let count = Atomic<Int>(0)
  private let asked = DispatchSemaphore(value: 0)
  private let answered = DispatchSemaphore(value: 0)
  /// Nanoseconds of the processor's time that the thread has worked so far.
  let spent = Atomic<UInt64>(0)
  private let failure = Mutex<String?>(nil)

  /// Starts the thread. It is ready after ``wait()``.
  init(_ job: Job, inputCount: Int) {
    let thread = Thread { [self] in
      do {
        try serve(job, inputCount: inputCount)
      } catch {
        failure.withLock { $0 = "\(error)" }
        answered.signal()
      }
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Lets the thread predict rows `first..<first + count`; it begins at once.
  func ask(first: Int, count: Int) {
    self.first.store(first, ordering: .relaxed)
    self.count.store(count, ordering: .releasing)
    asked.signal()
  }

  /// Returns when the thread has done what it was asked for.
  func wait() throws {
    answered.wait()
    if let text = failure.withLock({ $0 }) { throw SpeedError.text(text) }
  }

  private func serve(_ job: Job, inputCount: Int) throws {
    let file = try MappedFile(path: job.modelPath)
    let model = try ModelView(validating: file.bytes)
    let rows = try job.rows(width: inputCount)
    let capacity = rows.count / 2
    var words = workspaceWords(model, rowCapacity: capacity)
    var none: [UInt32] = []
    var results = [Float](repeating: 0, count: capacity * model.header.outputCount)
    let workspace = words.mutableSpan
    let cache = none.mutableSpan
    var outputs = results.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: capacity, workspace: workspace, cache: cache)
    answered.signal()
    while true {
      asked.wait()
      let count = count.load(ordering: .acquiring)
      guard count >= 0 else { return }
      let start = Clock.thread()
      try predictBatch(
        &predictor, rows, first: first.load(ordering: .relaxed), count: count, outputs: &outputs)
      spent.wrappingAdd(Clock.thread() - start, ordering: .relaxed)
      answered.signal()
    }
  }
}

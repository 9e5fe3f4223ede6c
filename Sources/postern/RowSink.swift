// RowSink.swift: writes blocks of answers in the order of the input.
//
// Step: prediction → text → [file].

internal import Dispatch
internal import PosternData
internal import PosternStorage
internal import Synchronization

/// Where the answers go, shared by all threads that predict.
///
/// A block is written when all blocks before it are: each thread waits for its turn.
final class RowSink: Sendable {
  private struct State {
    var failure: CommandFailure?
    var isStopped = false
  }

  private let descriptor: CInt
  private let name: String
  private let state = Mutex(State())
  /// Turn `n` is a signal in place `n` modulo the number of threads: no more can wait at a time.
  private let turns: [DispatchSemaphore]

  init(descriptor: CInt, name: String, threadCount: Int) {
    self.descriptor = descriptor
    self.name = name
    // A semaphore that ends lower than it began is an error of the system's; all begin at 0.
    turns = (0..<threadCount).map { _ in DispatchSemaphore(value: 0) }
    turns[0].signal()
  }

  /// Whether nothing more is to be written: a failure, or nobody who reads.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Why the run ended early, if it did.
  var failure: CommandFailure? { state.withLock { $0.failure } }

  /// Writes the header, if the format has one.
  func writeHeader(of writer: RowWriter, keptNames: [[UInt8]]) {
    var text = TextBuffer(capacity: 1024)
    writer.appendHeader(kept: keptNames, to: &text)
    if let failure = flush(&text) { fail(failure) }
  }

  /// Writes the answers to block `number` when it is its turn, and then ends the run if it failed.
  func write(_ text: inout TextBuffer, block number: Int, failure: CommandFailure?) {
    turns[number % turns.count].wait()
    if !isStopped {
      let problem = flush(&text) ?? failure
      if let problem { fail(problem) }
    }
    turns[(number + 1) % turns.count].signal()
  }

  private func flush(_ text: inout TextBuffer) -> CommandFailure? {
    do throws(OutputError) {
      try text.flush(to: descriptor)
    } catch {
      switch error {
      case .failed(let error): return Messages.outputFailure(name, error.code)
      // Whoever read the answers has had enough.
      case .closedPipe: state.withLock { $0.isStopped = true }
      }
    }
    return nil
  }

  /// Ends the run.
  func fail(_ failure: CommandFailure) {
    state.withLock { state in
      state.isStopped = true
      state.failure = state.failure ?? failure
    }
  }
}

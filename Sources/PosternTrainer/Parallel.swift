// Parallel.swift: independent pieces of work on several threads.
//
// Step: encoded rows → [networks] → model value.
// This file says `@unchecked Sendable`: it is the only place where threads share anything but
// atomics.

private import Dispatch
private import Synchronization

/// Work in pieces that touch nothing in common. How many threads there are changes no result, as no
/// sum is ever split by it.
enum Parallel {
  /// Calls `body` with `0..<count`, each once, on at most `threads` threads; the caller's is one.
  ///
  /// Returns when all calls have. Pieces are handed out in ascending order. For short pieces.
  static func forEach(count: Int, threads: Int, _ body: (Int) -> Void) {
    forEach(count: count, threads: threads) { _, index in body(index) }
  }

  /// The same where a thread has memory of its own: `body` is also told which one it is called on,
  /// in `0..<threads`.
  static func forEach(count: Int, threads: Int, _ body: (_ thread: Int, Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(0, index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let shared = Shared(count: count, body: body)
      DispatchQueue.concurrentPerform(iterations: min(threads, count)) { shared.run($0) }
    }
  }

  /// The same for long pieces: once no piece is left to start, the caller's thread calls
  /// `whileWaiting` twenty times a second until the last one ends.
  static func forEach(
    count: Int, threads: Int, whileWaiting: () -> Void, _ body: (Int) -> Void
  ) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let shared = Shared(count: count) { _, index in body(index) }
      let group = DispatchGroup()
      for thread in 1..<min(threads, count) {
        DispatchQueue.global().async(group: group) { shared.run(thread) }
      }
      shared.run(0)
      while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut { whileWaiting() }
    }
  }

  /// The pieces that are left, and what to do with each.
  ///
  /// SAFETY: callers of this file promise that calls of `body` touch nothing in common, and both
  /// functions above return only when the last call has ended.
  private final class Shared: @unchecked Sendable {
    private let next = Atomic<Int>(0)
    private let count: Int
    private let body: (Int, Int) -> Void

    init(count: Int, body: @escaping (Int, Int) -> Void) {
      self.count = count
      self.body = body
    }

    func run(_ thread: Int) {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(thread, index)
      }
    }
  }

  /// The results of `body` for `0..<count`, in order.
  static func map<T>(
    count: Int, threads: Int, whileWaiting: () -> Void = {}, _ body: (Int) -> T
  ) -> [T] {
    let slots = (0..<count).map { _ in Slot<T>() }
    forEach(count: count, threads: threads, whileWaiting: whileWaiting) {
      slots[$0].value = body($0)
    }
    return slots.compactMap(\.value)
  }

  private final class Slot<T> {
    var value: T?
  }
}

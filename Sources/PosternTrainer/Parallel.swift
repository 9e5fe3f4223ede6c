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
  /// Returns when all calls have. Pieces are handed out in ascending order.
  static func forEach(count: Int, threads: Int, _ body: (Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      let shared = Shared(body: body)
      DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          shared.body(index)
        }
      }
    }
  }

  /// SAFETY: callers of this file promise that calls of `body` touch nothing in common, and
  /// `concurrentPerform` returns only when the last one has ended.
  private struct Shared: @unchecked Sendable {
    let body: (Int) -> Void
  }

  /// The results of `body` for `0..<count`, in order.
  static func map<T>(count: Int, threads: Int, _ body: (Int) -> T) -> [T] {
    let slots = (0..<count).map { _ in Slot<T>() }
    forEach(count: count, threads: threads) { slots[$0].value = body($0) }
    return slots.compactMap(\.value)
  }

  private final class Slot<T> {
    var value: T?
  }
}

// Clock.swift: the time that went by, and the processor's time. Says `unsafe`.

import Glibc

/// Nanoseconds of three clocks, each of which is read without a system call or with one.
struct Clock {
  /// Of the world.
  static func wall() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }

  /// Of all threads of this process.
  static func process() -> UInt64 { nanoseconds(CLOCK_PROCESS_CPUTIME_ID) }

  /// Of this thread.
  static func thread() -> UInt64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) }

  /// How often the system took the processor from this process while it wanted to go on.
  static func interruptionCount() -> Int {
    var usage = rusage()
    // SAFETY: the call fills one structure that lives for the call.
    _ = unsafe getrusage(
      __rusage_who_t(truncatingIfNeeded: RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_nivcsw)
  }

  private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // SAFETY: the call fills one structure that lives for the call.
    _ = unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

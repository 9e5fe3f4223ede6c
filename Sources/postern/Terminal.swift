// Terminal.swift: what the command asks of its terminal and its signals. The only file of the
// command that says `unsafe`.

internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The terminal behind a file descriptor, if there is one.
enum Terminal {
  /// Whether somebody sits at the other end of a descriptor.
  static func isTerminal(_ descriptor: CInt) -> Bool { isatty(descriptor) == 1 }

  /// Characters of a line; 80 where that is not known.
  static func width(_ descriptor: CInt) -> Int {
    var size = winsize()
    // SAFETY: TIOCGWINSZ fills one `winsize`, alive for the call.
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return 80
    }
    return Int(size.ws_col)
  }

  /// Whether the user asked for text without colours and control sequences.
  static var isDumb: Bool {
    // SAFETY: `getenv` returns nil or a string that ends in zero, copied at once.
    guard let term = unsafe getenv("TERM") else { return true }
    return unsafe String(cString: term) == "dumb"
  }
}

/// Ends the process.
func endProcess(_ status: ExitStatus) -> Never { exit(status.rawValue) }

/// What Ctrl-C and closed pipes do.
enum Signals {
  private static let interruptCount = Atomic<Int>(0)

  /// A write to a closed pipe is an error to handle, not the end of the process.
  static func ignoreClosedPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  /// From now on the first Ctrl-C is only counted; the second ends the process at once.
  static func catchInterrupts() {
    // The handler must find the counter initialised.
    interruptCount.store(0, ordering: .relaxed)
    // An atomic and `_exit`: both are allowed in handlers.
    _ = signal(SIGINT) { _ in
      if Signals.interruptCount.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
    }
    // Whoever started this process may have blocked the signal, and processes inherit that.
    var interrupt = sigset_t()
    // SAFETY: the set is this function's own and lives for the calls.
    unsafe sigemptyset(&interrupt)
    unsafe sigaddset(&interrupt, SIGINT)
    unsafe pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  /// Whether Ctrl-C was pressed since ``catchInterrupts()``.
  static var isInterrupted: Bool { interruptCount.load(ordering: .relaxed) > 0 }
}

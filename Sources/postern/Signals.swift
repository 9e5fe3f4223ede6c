// Signals.swift: what Ctrl-C, other requests to end, closed pipes and files cut short do. Says
// `unsafe`.
//
// A handler may interrupt anything, so that handlers here use atomics, `unlink`, `mmap`, `signal`
// and `raise` and nothing else, and find all that they need already there.

internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What signals do to the command.
enum Signals {
  private static let interruptCount = Atomic<Int>(0)
  private static let countsInterrupts = Atomic<Bool>(false)
  /// The address of the path of the temporary file, which ends in zero; 0 without one.
  private static let temporary = Atomic<UInt>(0)
  /// The addresses of the mapped file: start and end.
  private static let mapStart = Atomic<UInt>(0)
  private static let mapEnd = Atomic<UInt>(0)
  private static let pageByteCount = Atomic<Int>(4096)
  private static let hasLostPages = Atomic<Bool>(false)

  /// Requests to end: from the keyboard, from a closed terminal, from whoever stops the process.
  private static let endings = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  /// A write to a closed pipe is an error to handle, not the end of the process.
  static func ignoreClosedPipes() {
    _ = signal(SIGPIPE, SIG_IGN)
  }

  // MARK: Requests to end

  /// From now on the first Ctrl-C is only counted; the second ends the process at once.
  static func catchInterrupts() {
    // The handler must find the counter initialised.
    interruptCount.store(0, ordering: .relaxed)
    countsInterrupts.store(true, ordering: .relaxed)
    _ = temporary.load(ordering: .relaxed)
    _ = signal(SIGINT, end)
    // Whoever started this process may have blocked the signal, and processes inherit that.
    var interrupt = set(of: [SIGINT])
    // SAFETY: the set is this function's own and lives for the call.
    unsafe pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
  }

  /// Whether Ctrl-C was pressed since ``catchInterrupts()``.
  static var isInterrupted: Bool { interruptCount.load(ordering: .relaxed) > 0 }

  /// Lets `body` begin and end something that must not be left half done. A request to end waits
  /// until then.
  static func holdingEnds<Result: ~Copyable, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var held = set(of: endings)
    // SAFETY: the set is this function's own and lives for the calls.
    unsafe pthread_sigmask(SIG_BLOCK, &held, nil)
    // Whoever started this process may have blocked them before, and processes inherit that.
    defer { unsafe pthread_sigmask(SIG_UNBLOCK, &held, nil) }
    return try body()
  }

  /// From now on a request to end removes the file at `path` first; nil: no file.
  ///
  /// What the process was told to ignore when it was started (`nohup`) stays ignored.
  static func removeAtEnd(_ path: String?) {
    guard let path else {
      temporary.store(0, ordering: .sequentiallyConsistent)
      return
    }
    _ = countsInterrupts.load(ordering: .relaxed)
    _ = interruptCount.load(ordering: .relaxed)
    // SAFETY: a copy that is never freed, because a handler may be reading it; a process makes few.
    temporary.store(UInt(bitPattern: unsafe strdup(path)), ordering: .sequentiallyConsistent)
    for number in endings {
      let before = signal(number, end)
      if isIgnoring(before) { _ = signal(number, before) }
    }
  }

  /// Removes the file of ``removeAtEnd(_:)``, if there is one.
  static func removeTemporary() {
    // SAFETY: 0, or the address of a string that is never freed.
    let path = unsafe UnsafePointer<CChar>(
      bitPattern: temporary.load(ordering: .sequentiallyConsistent))
    if let path = unsafe path { _ = unsafe unlink(path) }
  }

  /// Removes the temporary file and lets the signal do what it does by default.
  private static let end: @convention(c) (CInt) -> Void = { number in
    if number == SIGINT && Signals.countsInterrupts.load(ordering: .relaxed)
      && Signals.interruptCount.add(1, ordering: .relaxed).oldValue == 0
    {
      return
    }
    Signals.removeTemporary()
    _ = signal(number, SIG_DFL)
    // It is blocked until the handler returns.
    _ = raise(number)
  }

  private static func isIgnoring(_ handler: (@convention(c) (CInt) -> Void)?) -> Bool {
    // SAFETY: both are pointers or numbers in a pointer's place, compared and not followed.
    unsafe unsafeBitCast(handler, to: UInt.self) == unsafeBitCast(SIG_IGN, to: UInt.self)
  }

  private static func set(of signals: [CInt]) -> sigset_t {
    var set = sigset_t()
    // SAFETY: the set is this function's own and lives for the calls.
    unsafe sigemptyset(&set)
    for number in signals { unsafe sigaddset(&set, number) }
    return set
  }

  // MARK: Files cut short

  /// Lets the process go on when pages of the mapped file `bytes` are gone because the file was cut
  /// short: they read as zeros, and ``isMapCut`` says so. Any other SIGBUS ends the process.
  ///
  /// One file at a time.
  static func catchCuts(of bytes: Span<UInt8>) {
    // SAFETY: only the address is looked at.
    let start = unsafe bytes.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    mapStart.store(start, ordering: .relaxed)
    mapEnd.store(start + UInt(bytes.count), ordering: .relaxed)
    pageByteCount.store(Int(getpagesize()), ordering: .relaxed)
    hasLostPages.store(false, ordering: .relaxed)
    var action = sigaction()
    action.sa_flags = CInt(SA_SIGINFO)
    #if canImport(Glibc)
      unsafe action.__sigaction_handler.sa_sigaction = replacePage
    #elseif canImport(Musl)
      unsafe action.__sa_handler.sa_sigaction = replacePage
    #else
      unsafe action.__sigaction_u.__sa_sigaction = replacePage
    #endif
    // SAFETY: the structure is this function's own and lives for the call.
    _ = unsafe sigaction(SIGBUS, &action, nil)
  }

  /// The file of ``catchCuts(of:)`` is about to be closed.
  static func forgetMap() { mapEnd.store(0, ordering: .relaxed) }

  /// Whether pages were gone since ``catchCuts(of:)``.
  static var isMapCut: Bool { hasLostPages.load(ordering: .sequentiallyConsistent) }

  /// Puts a page of zeros where the file's is gone.
  private static let replacePage:
    @convention(c) (CInt, UnsafeMutablePointer<siginfo_t>?, UnsafeMutableRawPointer?) -> Void = {
      number, information, _ in
      // SAFETY: the system hands over one structure that lives for the call.
      guard let address = unsafe faultAddress(information),
        address >= Signals.mapStart.load(ordering: .relaxed),
        address < Signals.mapEnd.load(ordering: .relaxed)
      else {
        _ = signal(number, SIG_DFL)
        return
      }
      // Before the page is there: another thread that reads its zeros must find this said.
      Signals.hasLostPages.store(true, ordering: .sequentiallyConsistent)
      let size = Signals.pageByteCount.load(ordering: .relaxed)
      let page = unsafe UnsafeMutableRawPointer(bitPattern: address & ~(UInt(size) - 1))
      // SAFETY: a page of the map, which nothing can be read from any more.
      let map = unsafe mmap(page, size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANON, -1, 0)
      if unsafe map == MAP_FAILED { _ = signal(number, SIG_DFL) }
    }
}

/// Where the memory is that a signal is about.
private func faultAddress(_ information: UnsafeMutablePointer<siginfo_t>?) -> UInt? {
  guard let information = unsafe information else { return nil }
  #if canImport(Glibc)
    return UInt(bitPattern: unsafe information.pointee._sifields._sigfault.si_addr)
  #elseif canImport(Musl)
    return UInt(bitPattern: unsafe information.pointee.__si_fields.__sigfault.si_addr)
  #else
    return UInt(bitPattern: unsafe information.pointee.si_addr)
  #endif
}

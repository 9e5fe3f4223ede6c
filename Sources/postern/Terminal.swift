// Terminal.swift: what the command asks of its terminal. Says `unsafe`.

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

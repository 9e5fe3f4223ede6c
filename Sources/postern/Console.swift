// Console.swift: standard error, where everything goes that is not data.

internal import PosternData

/// Says things to the person at the terminal. Data goes to standard output, never through here.
struct Console: Sendable {
  /// Whether notes and warnings are kept back.
  var isQuiet = false

  /// An error is said even when quiet.
  func error(_ message: Message) { write(message.rendered("error")) }

  func warning(_ message: Message) {
    if !isQuiet { write(message.rendered("warning")) }
  }

  func note(_ message: Message) {
    if !isQuiet { write(message.rendered("note")) }
  }

  /// Writes text as it is. That standard error is closed is nobody's concern.
  func write(_ text: String) {
    var buffer = TextBuffer(capacity: 256)
    buffer.append(text)
    try? buffer.flush(to: 2)
  }

  /// Writes a report to standard output.
  ///
  /// - Throws: ``CommandFailure`` when it cannot be written, but not for a closed pipe.
  static func print(_ text: String) throws(CommandFailure) {
    var buffer = TextBuffer(capacity: 4096)
    buffer.append(text)
    do throws(OutputError) {
      try buffer.flush(to: 1)
    } catch {
      switch error {
      case .closedPipe: return
      case .failed(let error): throw Messages.outputFailure("stdout", error.code)
      }
    }
  }
}

// Coprocess.swift: a command that gets a line and gives one.

import Foundation

/// A running command with its three pipes.
final class Coprocess {
  let process: Process
  private let (input, output, errors) = (Pipe(), Pipe(), Pipe())
  private let reader: LineReader

  init(_ scratch: Scratch, _ line: String) throws {
    process = scratch.process("exec " + line)
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    reader = LineReader(output.fileHandleForReading)
    // A process that is gone is an error to see, not a signal.
    signal(SIGPIPE, SIG_IGN)
    try process.run()
  }

  /// Sends a line.
  func send(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// The next line of the output; nil at its end.
  func next() -> String? { reader.next() }

  /// Sends a line and waits for one; nil at the end of the output.
  func answer(_ line: String) throws -> String? {
    try send(line)
    return next()
  }

  /// Ends the input; waits for the end and gives the exit code, negative for a signal, and what was
  /// said.
  func end() -> (status: Int32, errors: String) {
    try? input.fileHandleForWriting.close()
    let text = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return (waitForExit(), text)
  }

  /// Waits for the end with the input open.
  func waitForExit() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }
}

extension Process {
  /// Waits until the process catches a signal: the system says which ones it does.
  func waitUntilCatching(_ signal: CInt) {
    let status = "/proc/\(processIdentifier)/status"
    while isRunning {
      let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("SigCgt:") } ?? ""
      let caught = UInt64(line.dropFirst(7).filter { $0 != "\t" }, radix: 16) ?? 0
      if caught & 1 << UInt64(signal - 1) != 0 { return }
      sched_yield()
    }
  }
}

/// Lines from a pipe, as they come.
final class LineReader {
  private let handle: FileHandle
  private var rest: [UInt8] = []

  init(_ handle: FileHandle) { self.handle = handle }

  func next() -> String? {
    while true {
      if let end = rest.firstIndex(of: 0x0A) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeSubrange(...end)
        return line
      }
      let bytes = handle.availableData
      if bytes.isEmpty { return nil }
      rest += bytes
    }
  }
}

// StreamTests.swift: what happens while a command runs: answers at once, Ctrl-C.

import Foundation
import Testing

@Suite struct StreamTests {
  /// A coprocess that writes one row waits for its answer before it writes the next: nothing may be
  /// held back for a full batch.
  @Test(arguments: ["", "--threads 2", "--out ndjson"])
  func `one row gets one answer at once`(options: String) throws {
    let scratch = try Scratch()
    let process = scratch.process("exec postern predict vectors/valid/smallest.moe \(options)")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let reader = LineReader(output.fileHandleForReading)
    try input.fileHandleForWriting.write(contentsOf: Data("x\n".utf8))
    if !options.contains("ndjson") { #expect(reader.next() == "prediction") }
    // The answers are those of the vector `smallest.expected`.
    for (row, answer) in [("0", "1.5"), ("1", "2.5"), ("-1", "0.5")] {
      try input.fileHandleForWriting.write(contentsOf: Data("\(row)\n".utf8))
      let line = reader.next()
      #expect(line == answer || line == "{\"prediction\":\(answer)}")
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// A quote that is open by mistake holds answers back for 20 lines and no longer.
  @Test func `a stray quote costs a coprocess one row`() throws {
    let scratch = try Scratch()
    let process = scratch.process(
      "exec postern predict vectors/valid/smallest.moe --on-error null -q")
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let reader = LineReader(output.fileHandleForReading)
    try input.fileHandleForWriting.write(contentsOf: Data("x\n\"0\n".utf8))
    #expect(reader.next() == "prediction")
    for _ in 0..<19 { try input.fileHandleForWriting.write(contentsOf: Data("1\n".utf8)) }
    #expect(reader.next() == "")
    for _ in 0..<19 { #expect(reader.next() == "2.5") }
    try input.fileHandleForWriting.write(contentsOf: Data("0\n".utf8))
    #expect(reader.next() == "1.5")
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
  }

  /// The first Ctrl-C ends training with the best model so far; the second ends the process.
  @Test func `Ctrl-C keeps the best model so far`() throws {
    let scratch = try Scratch()
    try scratch.write(rows(3_000), to: "rows.csv")
    let line =
      "exec postern train rows.csv --target y --epochs 100000 --threads 1 --time-limit 60 -o m.moe"
    let process = scratch.process(line)
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    try waitForTraining(process, scratch)
    kill(process.processIdentifier, SIGINT)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(text.contains("stopped by Ctrl-C, the best model so far is kept"))
    #expect(try scratch.run("postern verify m.moe").status == 0)
  }

  @Test func `a time limit ends training with the best model so far`() throws {
    let scratch = try Scratch()
    try scratch.write(rows(3_000), to: "rows.csv")
    let result = try scratch.run(
      "postern train rows.csv --target y --epochs 100000 --time-limit 0.2 -o m.moe")
    #expect(result.status == 0)
    #expect(result.errors.contains("stopped by `--time-limit`, the best model so far is kept"))
    #expect(try scratch.run("postern verify m.moe").status == 0)
  }

  private func rows(_ count: Int) -> [UInt8] {
    var text = "a,b,y\n"
    for row in 0..<count { text += "\(row % 97),\(row * 31 % 89),\(row % 97 - row * 31 % 89)\n" }
    return Array(text.utf8)
  }

  /// Waits until the process catches Ctrl-C: `/proc` says which signals are caught.
  private func waitForTraining(_ process: Process, _ scratch: Scratch) throws {
    let status = "/proc/\(process.processIdentifier)/status"
    while process.isRunning {
      let text = (try? String(contentsOfFile: status, encoding: .utf8)) ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("SigCgt:") } ?? ""
      let caught = UInt64(line.dropFirst(7).filter { $0 != "\t" }, radix: 16) ?? 0
      if caught & 1 << UInt64(SIGINT - 1) != 0 { return }
      sched_yield()
    }
  }
}

/// Lines from a pipe, as they come.
private final class LineReader {
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

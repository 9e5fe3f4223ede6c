// StreamTests.swift: what happens while a command runs: answers at once, Ctrl-C.

import Foundation
import Testing

@Suite struct StreamTests {
  /// A coprocess that writes one row waits for its answer before it writes the next: nothing may be
  /// held back for a full batch.
  @Test(arguments: ["", "--threads 2", "--out ndjson"])
  func `one row gets one answer at once`(options: String) throws {
    let scratch = try Scratch()
    let process = try Coprocess(scratch, "postern predict vectors/valid/smallest.moe \(options)")
    try process.send("x")
    if !options.contains("ndjson") { #expect(process.next() == "prediction") }
    // The answers are those of the vector `smallest.expected`.
    for (row, answer) in [("0", "1.5"), ("1", "2.5"), ("-1", "0.5")] {
      let line = try process.answer(row)
      #expect(line == answer || line == "{\"prediction\":\(answer)}")
    }
    #expect(process.end().status == 0)
  }

  /// Nothing is left of an output that was not complete, and the shell sees the signal.
  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
  func `a signal ends a run and leaves nothing behind`(number: CInt) throws {
    let scratch = try Scratch()
    let process = try Coprocess(
      scratch, "postern predict vectors/valid/smallest.moe -o out.csv --threads 2")
    try process.send("x\n0")
    process.process.waitUntilCatching(SIGTERM)
    kill(process.process.processIdentifier, number)
    #expect(process.waitForExit() == -number)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
    #expect(names == ["vectors"])
  }

  /// `nohup` and shells that start jobs in the background tell a process to ignore signals.
  @Test func `a signal that is ignored stays ignored`() throws {
    let scratch = try Scratch()
    let process = scratch.process(
      "trap '' HUP; exec postern predict vectors/valid/smallest.moe -o out.csv")
    let input = Pipe()
    process.standardInput = input
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data("x\n0\n".utf8))
    process.waitUntilCatching(SIGTERM)
    kill(process.processIdentifier, SIGHUP)
    try input.fileHandleForWriting.write(contentsOf: Data("1\n".utf8))
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try scratch.read("out.csv") == Array("prediction\n1.5\n2.5\n".utf8))
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
    process.waitUntilCatching(SIGINT)
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
}

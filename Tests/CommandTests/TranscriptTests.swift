// TranscriptTests.swift: the command does what the transcripts say.

import Foundation
import Testing

@Suite struct TranscriptTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("transcripts")

  static let names: [String] = {
    let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (files ?? []).filter { $0.hasSuffix(".txt") }.sorted()
  }()

  /// With `POSTERN_RECORD=1` what commands print is written into the transcripts, to be read and
  /// judged before it is committed.
  private static let isRecording = ProcessInfo.processInfo.environment["POSTERN_RECORD"] == "1"

  @Test func `there are transcripts`() {
    #expect(TranscriptTests.names.count > 50)
  }

  @Test(arguments: names)
  func `a command does what its transcript says`(name: String) throws {
    let file = TranscriptTests.folder.appendingPathComponent(name)
    let text = try String(contentsOf: file, encoding: .utf8)
    let transcript = try Transcript(text)
    #expect(!transcript.sentence.isEmpty)
    let scratch = try Scratch()
    for (name, bytes) in transcript.files { try scratch.write(bytes, to: name) }
    var results: [CommandResult] = []
    for step in transcript.steps {
      let result = try scratch.run(step.line, input: step.input)
      results.append(result)
      if TranscriptTests.isRecording { continue }
      #expect(result.status == step.expected.status, "\(step.line)")
      #expect(
        Transcript.matches(result.output, step.expected.output),
        "\(step.line)stdout:\n\(result.output)expected:\n\(step.expected.output)")
      #expect(
        Transcript.matches(result.errors, step.expected.errors),
        "\(step.line)stderr:\n\(result.errors)expected:\n\(step.expected.errors)")
    }
    if TranscriptTests.isRecording {
      try recorded(text, results).write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded, not tested")
    }
  }

  /// The transcript with what the runs printed.
  private func recorded(_ text: String, _ results: [CommandResult]) -> String {
    var output = ""
    var results = results[...]
    var isSkipping = false
    var pending: CommandResult?
    func flush() {
      guard let result = pending else { return }
      pending = nil
      if !result.output.isEmpty { output += "-- stdout --\n" + result.output }
      if !result.errors.isEmpty { output += "-- stderr --\n" + result.errors }
      if result.status != 0 { output += "-- exit --\n\(result.status)\n" }
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("-- "), line.hasSuffix(" --") {
        isSkipping = ["-- stdout --", "-- stderr --", "-- exit --"].contains(line)
        if line != "-- stdin --" && !isSkipping { flush() }
        if line == "-- run --" { pending = results.popFirst() }
      }
      if !isSkipping { output += line + "\n" }
    }
    flush()
    return output
  }
}

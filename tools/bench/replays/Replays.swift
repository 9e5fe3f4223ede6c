// Replays.swift: the papers' experiments, by name, and how well they come out.
//
// Step: command line → [replays] → tables and plots.

import Foundation

/// Runs the experiments that the command line names.
@main enum Replays {
  /// Every replay, in the order of `all`.
  static let known: [Replay] = [
    PhasedClusters.replay, MoMLP.replay, PatchClusters.replay, Hierarchy.replay,
    PerturbedCosine.replay, LoadBalance.replay,
  ]

  static let help = """
    Runs the papers' experiments again, with this package's routers and losses, file and runtime.
    What a paper fits by another optimiser (EM in R3, Levenberg-Marquardt in R4) is fitted by that.

    Usage: tools/bench/papers NAME|all [--seeds N] [--first-seed N] [--threads N] [--folder PATH] [--data PATH]

    \(known.map { "  \($0.name)".padding(toLength: 12, withPad: " ", startingAt: 0) + $0.title }
      .joined(separator: "\n"))

    Prints what was published or recorded beside what comes out, and the limit that it has to keep.
    Models and plots go to the folder (.build/papers); public tables come from --data (tools/data). Exit status 1 if a limit is not kept on at
    least four of five seeds.
    """

  static func main() {
    do {
      exit(try run(Array(CommandLine.arguments.dropFirst())) ? 0 : 1)
    } catch let error as UsageError {
      FileHandle.standardError.write(Data("error: \(error.text)\n\n\(help)\n".utf8))
      exit(64)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(70)
    }
  }

  /// What is wrong with the command line.
  struct UsageError: Error {
    var text: String
  }

  /// Runs what `arguments` name; whether all limits were met.
  static func run(_ arguments: [String]) throws -> Bool {
    var chosen: [Replay] = []
    var (seedCount, firstSeed) = (5, UInt64(1))
    var (folder, data) = (".build/papers", "tools/data")
    var threads = min(ProcessInfo.processInfo.activeProcessorCount, 256)
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--help" {
        print(help)
        return true
      }
      if word == "all" {
        chosen += known
      } else if let replay = known.first(where: { $0.name == word }) {
        chosen.append(replay)
      } else if ["--seeds", "--first-seed", "--threads", "--folder", "--data"].contains(word) {
        guard let value = rest.popFirst() else { throw UsageError(text: "\(word) needs a value") }
        if word == "--folder" { folder = value }
        if word == "--data" { data = value }
        if word == "--folder" || word == "--data" { continue }
        guard let number = Int(value), number >= 1 else {
          throw UsageError(text: "\(word): expected a number from 1 on, found \(value)")
        }
        if word == "--seeds" { seedCount = number }
        if word == "--first-seed" { firstSeed = UInt64(number) }
        if word == "--threads" { threads = number }
      } else {
        throw UsageError(text: "unknown word \(word)")
      }
    }
    guard !chosen.isEmpty else { throw UsageError(text: "no replay is named") }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let context = ReplayContext(
      seeds: (0..<UInt64(seedCount)).map { firstSeed + $0 }, folder: folder,
      dataFolder: data, threads: threads
    ) { FileHandle.standardOutput.write(Data("\($0)\n".utf8)) }
    return try chosen.map { try show($0, context) }.allSatisfy { $0 }
  }

  /// Runs one replay, prints its table and writes its plots.
  static func show(_ replay: Replay, _ context: ReplayContext) throws -> Bool {
    context.say("== \(replay.name): \(replay.title)")
    let started = ContinuousClock.now
    let result = try replay.run(context)
    context.say("\n" + result.table(seeds: context.seeds))
    for note in result.notes { context.say("note: \(note)") }
    for (name, plot) in result.plots {
      let path = context.path("\(replay.name)-\(name).svg")
      try plot.svg.write(toFile: path, atomically: true, encoding: .utf8)
      context.say("plot: \(path)")
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    context.say(
      "\(replay.name): \(result.isMet ? "all limits met" : "A LIMIT WAS MISSED"),"
        + " \(Int(seconds.rounded())) seconds\n")
    return result.isMet
  }
}

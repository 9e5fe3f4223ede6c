// Contender.swift: Postern's side of the driver's line protocol.
//
// Step: driver's line → [work] → line with nanoseconds.

import CAllocationCounter
import Foundation
import PosternFormat
import PosternRuntime
import PosternStorage
import Synchronization

/// Answers commands on standard input with one line each, until `quit` or the end:
///
/// - `check single|batch ROWS FILE`: outputs of the first rows go to a file; `ok`.
/// - `time single CALLS 1` and `time batch ROWS THREADS PASSES`: `ok WALL CPU ROWS`, nanoseconds.
/// - `latency CALLS FILE`: nanoseconds of each call, as little-endian u32, to a file; `ok TIMER`.
/// - `count CALLS`: `ok ALLOCATIONS FREES RETAINS RELEASES` of single rows.
///
/// The first line says `ready FIRST OPENED`: nanoseconds from the open of the file to the first
/// prediction, and to where it could begin.
struct Contender {
  private let job: Job
  private let rows: Rows
  private let helper: Helper
  /// The row that is predicted next, so that each repetition goes on where the last one ended.
  private var next = 0

  /// Runs until standard input ends.
  static func serve(modelPath: String, rowsPath: String) throws {
    let job = Job(modelPath: modelPath, rowsPath: rowsPath)
    let bytes = try MappedFile(path: rowsPath)
    let all = floats(bytes.bytes)
    // Room for the outputs of one row of any model.
    var results = [Float](repeating: 0, count: 4096)
    var outputs = results.mutableSpan
    let start = Clock.wall()
    let file = try MappedFile(path: modelPath)
    let model = try ModelView(validating: file.bytes)
    let rows = Rows(numbers: all, width: model.header.columnCount)
    var words = workspaceWords(model, rowCapacity: 1)
    var none: [UInt32] = []
    let workspace = words.mutableSpan
    let cache = none.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: 1, workspace: workspace, cache: cache)
    let opened = Clock.wall() - start
    try predictSingly(&predictor, rows, first: 0, count: 1, outputs: &outputs)
    let first = Clock.wall() - start
    let helper = Helper(job, inputCount: rows.width)
    try helper.wait()
    var contender = Contender(job: job, rows: rows, helper: helper)
    try contender.serve(model, &predictor, ready: (first, opened))
  }

  private mutating func serve(
    _ model: ModelView, _ single: inout Predictor, ready: (first: UInt64, opened: UInt64)
  ) throws {
    var smallWords = workspaceWords(model, rowCapacity: 256)
    var largeWords = workspaceWords(model, rowCapacity: rows.count)
    var (noneSmall, noneLarge): ([UInt32], [UInt32]) = ([], [])
    let smallSpace = smallWords.mutableSpan
    let smallCache = noneSmall.mutableSpan
    let largeSpace = largeWords.mutableSpan
    let largeCache = noneLarge.mutableSpan
    var small = try Predictor(
      model: model, rowCapacity: 256, workspace: smallSpace, cache: smallCache)
    var large = try Predictor(
      model: model, rowCapacity: rows.count, workspace: largeSpace, cache: largeCache)
    let outputCount = model.header.outputCount
    var results = [Float](repeating: 0, count: rows.count * outputCount)
    say("ready \(ready.first) \(ready.opened)")
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard let command = words.first, command != "quit" else { return }
      let numbers = words.compactMap { Int($0) }
      switch (command, numbers.count) {
      case ("check", 1):
        try check(&single, &large, isSingle: words[1] == "single", numbers[0], &results)
        try replaceFile(
          at: words[3], with: littleEndianBytes(Array(results.prefix(numbers[0] * outputCount))))
        say("ok")
      case ("time", 2): say(try timeSingle(&single, calls: numbers[0], outputCount))
      case ("time", 3) where numbers[0] <= 256 && numbers[1] == 1:
        say(try timeBatch(&small, numbers[0], threads: 1, passes: numbers[2], &results))
      case ("time", 3):
        say(try timeBatch(&large, numbers[0], threads: numbers[1], passes: numbers[2], &results))
      case ("latency", 1):
        say(try latency(&single, calls: numbers[0], path: words[2], outputCount))
      case ("count", 1): say(try count(&single, calls: numbers[0], outputCount))
      default: say("error unknown command: \(line)")
      }
    }
  }

  private func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  private mutating func check(
    _ single: inout Predictor, _ large: inout Predictor, isSingle: Bool, _ count: Int,
    _ results: inout [Float]
  ) throws {
    var outputs = results.mutableSpan
    if isSingle {
      try predictSingly(&single, rows, first: 0, count: count, outputs: &outputs)
    } else {
      try predictBatch(&large, rows, first: 0, count: count, outputs: &outputs)
    }
  }

  private mutating func timeSingle(
    _ single: inout Predictor, calls: Int, _ outputCount: Int
  ) throws -> String {
    var result = [Float](repeating: 0, count: outputCount)
    var outputs = result.mutableSpan
    let (wall, processor) = (Clock.wall(), Clock.process())
    try predictSingly(&single, rows, first: next, count: calls, outputs: &outputs)
    let spent = (Clock.wall() - wall, Clock.process() - processor)
    next = (next + calls) % rows.count
    return "ok \(spent.0) \(spent.1) \(calls)"
  }

  private mutating func timeBatch(
    _ predictor: inout Predictor, _ count: Int, threads: Int, passes: Int,
    _ results: inout [Float]
  ) throws -> String {
    var outputs = results.mutableSpan
    let (wall, processor, helped) = (
      Clock.wall(), Clock.thread(), helper.spent.load(ordering: .relaxed)
    )
    for _ in 0..<passes {
      if next + count > rows.count { next = 0 }
      let half = threads == 2 ? count / 2 : 0
      if half > 0 { helper.ask(first: next, count: half) }
      try predictBatch(
        &predictor, rows, first: next + half, count: count - half, outputs: &outputs)
      if half > 0 { try helper.wait() }
      next = (next + count) % rows.count
    }
    // Of two threads the one that worked longer counts.
    let other = helper.spent.load(ordering: .relaxed) - helped
    let spent = (Clock.wall() - wall, max(Clock.thread() - processor, other))
    return "ok \(spent.0) \(spent.1) \(passes * count)"
  }

  private mutating func latency(
    _ single: inout Predictor, calls: Int, path: String, _ outputCount: Int
  ) throws -> String {
    var result = [Float](repeating: 0, count: outputCount)
    var outputs = result.mutableSpan
    var spent = [UInt64](repeating: 0, count: calls)
    for call in spent.indices {
      let start = Clock.wall()
      spent[call] = Clock.wall() - start
    }
    let timer = spent.sorted()[calls / 2]
    // A core of its own is what a latency is about: calls during which another program had the core
    // are timed again, fifty at a time.
    var (call, attempts) = (0, 0)
    while call < calls {
      let end = min(call + 50, calls)
      let interruptions = Clock.interruptionCount()
      for place in call..<end {
        let start = Clock.wall()
        try predictSingly(&single, rows, first: next, count: 1, outputs: &outputs)
        spent[place] = Clock.wall() - start
        next = (next + 1) % rows.count
      }
      attempts += 1
      if Clock.interruptionCount() == interruptions || attempts > calls / 10 { call = end }
    }
    let bytes = spent.flatMap { time in
      let low = UInt32(clamping: time)
      return (0..<4).map { UInt8(truncatingIfNeeded: low >> (8 * UInt32($0))) }
    }
    try replaceFile(at: path, with: bytes)
    return "ok \(timer)"
  }

  private mutating func count(
    _ single: inout Predictor, calls: Int, _ outputCount: Int
  ) throws -> String {
    guard allocation_counter_works() else { return "error calls are not counted here" }
    var result = [Float](repeating: 0, count: outputCount)
    var outputs = result.mutableSpan
    allocation_counter_start()
    do {
      try predictSingly(&single, rows, first: next, count: calls, outputs: &outputs)
    } catch {
      _ = allocation_counter_stop()
      throw error
    }
    let counts = allocation_counter_stop()
    return "ok \(counts.allocations) \(counts.frees) \(counts.retains) \(counts.releases)"
  }
}

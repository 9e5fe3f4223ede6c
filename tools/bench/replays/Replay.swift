// Replay.swift: an experiment of a paper, what it gives for each seed, and what it must give.
//
// Step: seeds → [replay] → figures, limits, plots.

private import Dispatch
private import Synchronization

/// An experiment that a paper or its authors ran, done again with this package.
struct Replay: Sendable {
  /// The word on the command line.
  let name: String
  /// What is replayed, in a line.
  let title: String
  /// Runs it for every seed of the context.
  let run: @Sendable (ReplayContext) throws -> ReplayResult
}

/// What a replay works with.
struct ReplayContext: Sendable {
  /// One run for each.
  var seeds: [UInt64]
  /// Where models and plots go; it exists.
  var folder: String
  /// Where public tables are: NAME.train.csv and NAME.test.csv.
  var dataFolder = "tools/data"
  /// Threads to train on.
  var threads: Int
  /// Where words go while it runs.
  var say: @Sendable (String) -> Void

  /// The path of a file of this replay.
  func path(_ name: String) -> String { "\(folder)/\(name)" }
}

/// One number that the replay measured, beside what was published or recorded.
struct Figure {
  /// What must hold of a number.
  struct Limit {
    /// As people read it.
    var text: String
    var holds: (Double) -> Bool

    static func atMost(_ most: Double) -> Limit {
      Limit(text: "<= \(shortest(most))") { $0 <= most }
    }

    static func atLeast(_ least: Double) -> Limit {
      Limit(text: ">= \(shortest(least))") { $0 >= least }
    }

    static func within(_ range: ClosedRange<Double>) -> Limit {
      let ends = (shortest(range.lowerBound), shortest(range.upperBound))
      return Limit(text: "\(ends.0) to \(ends.1)") { range.contains($0) }
    }
  }

  /// What was measured.
  var name: String
  /// The paper's figure, or the recorded one.
  var recorded: String
  /// Ours: one for each seed, or one over all seeds.
  var values: [Double]
  /// What each value has to meet; a figure without one only informs.
  var limit: Limit?

  init(_ name: String, recorded: String = "", _ values: [Double], _ limit: Limit? = nil) {
    self.name = name
    self.recorded = recorded
    self.values = values
    self.limit = limit
  }

  /// Values that do not meet the limit.
  var missCount: Int { limit.map { limit in values.count { !limit.holds($0) } } ?? 0 }
  /// Whether at least four of five values meet the limit.
  var isMet: Bool { missCount * 5 <= values.count }
  /// The last column of the table.
  var verdict: String {
    guard limit != nil else { return "" }
    return missCount == 0 ? "met" : isMet ? "met but \(missCount)" : "MISSED"
  }
}

/// What a replay gave.
struct ReplayResult {
  var figures: [Figure] = []
  /// Plots, by the name of their file.
  var plots: [(name: String, plot: Plot)] = []
  /// What a reader should know besides the figures.
  var notes: [String] = []

  /// Whether every limit is met.
  var isMet: Bool { figures.allSatisfy(\.isMet) }

  /// The figures as a table of text.
  func table(seeds: [UInt64]) -> String {
    let shown = figures.map { figure in
      [
        figure.name, figure.recorded,
        figure.values.map(shortest).joined(separator: "  "), figure.limit?.text ?? "",
        figure.verdict,
      ]
    }
    let title = seeds.count == 1 ? "ours, seed \(seeds[0])" : "ours, by seed or over all"
    var rows = [["figure", "recorded", title, "limit", ""]] + shown
    for column in 0..<4 {
      let width = rows.map { $0[column].count }.max() ?? 0
      for row in rows.indices {
        rows[row][column] += String(repeating: " ", count: width - rows[row][column].count)
      }
    }
    return rows.map { row in
      var line = row.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

/// A number with four digits that mean something.
func shortest(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  var (scale, digits) = (1.0, 0)
  while abs(value) * scale < 1000 && digits < 12 { (scale, digits) = (scale * 10, digits + 1) }
  let rounded = (value * scale).rounded() / scale
  if rounded == rounded.rounded() && abs(rounded) < 1e15 { return "\(Int(rounded))" }
  var text = "\(rounded)"
  if !text.contains("e") && text.split(separator: ".").last.map(\.count) ?? 0 > digits {
    text = String(text.prefix(text.count - 1))
  }
  return text
}

/// The value in the middle of an ascending list of `values`; of two, their mean.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// The slope of the least-squares line through points.
func slope(_ x: [Double], _ y: [Double]) -> Double {
  let meanX = x.reduce(0, +) / Double(x.count)
  let meanY = y.reduce(0, +) / Double(y.count)
  var (products, squares) = (0.0, 0.0)
  for (x, y) in zip(x, y) {
    products += (x - meanX) * (y - meanY)
    squares += (x - meanX) * (x - meanX)
  }
  return products / squares
}

/// The results of `body` for `0..<count`, in order, computed on at most `threads` threads.
///
/// - Throws: The error of the first piece that has one.
func inParallel<T: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Int) throws -> T
) throws -> [T] {
  let next = Atomic<Int>(0)
  let results = Mutex<[Int: Result<T, any Error>]>([:])
  DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let result = Result { try body(index) }
      results.withLock { $0[index] = result }
    }
  }
  let done = results.withLock { $0 }
  return try (0..<count).compactMap { try done[$0]?.get() }
}

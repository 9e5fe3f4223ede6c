// TrainingOptions.swift: what the user may choose, and what is chosen when he does not.
//
// Step: rows → [trainer] → model value.

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#elseif canImport(Darwin)
  private import Darwin
#endif

/// What the user may choose. Without a choice the size of the data decides.
public struct TrainingOptions: Equatable, Sendable {
  /// Routed experts, `1...1024`.
  public var expertCount: Int?
  /// Names every random choice: the same seed gives the same model.
  public var seed: UInt64 = 1
  /// Threads to use, `1...256`; by default one for each processor. Changes no number.
  public var threadCount: Int?
  /// Widths of the hidden layers, each `1...4096` and rounded up to a multiple of 16; at most 12.
  public var hiddenWidths: [Int] = []
  /// The most bins of a numeric column, `1...1024`.
  public var binCount: Int?
  /// Passes over the rows for a dense network, `1...100_000`; other stages scale with it.
  public var epochCount: Int?
  /// Dense networks that the student learns from, `1...16`.
  public var teacherCount: Int?

  /// Creates options that leave everything to the size of the data.
  public init() {}

  func check() throws(TrainingError) {
    try check(expertCount, .experts, 1...1024)
    try check(threadCount, .threads, 1...256)
    try check(hiddenWidths.isEmpty ? nil : hiddenWidths.count, .hiddenLayers, 1...12)
    for width in hiddenWidths { try check(width, .hiddenWidth, 1...4096) }
    try check(binCount, .bins, 1...1024)
    try check(epochCount, .epochs, 1...100_000)
    try check(teacherCount, .teachers, 1...16)
  }

  private func check(
    _ value: Int?, _ name: TrainingError.OptionName, _ range: ClosedRange<Int>
  ) throws(TrainingError) {
    guard let value, !range.contains(value) else { return }
    throw .optionOutOfRange(
      name: name, value: value, least: range.lowerBound, most: range.upperBound)
  }

  var threads: Int { threadCount ?? min(max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1), 256) }
}

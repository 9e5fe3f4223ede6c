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
  /// Whether the number of experts is found by growing and pruning: see ``StructureStep``.
  public var findsExpertCount = false
  /// Names every random choice: the same seed gives the same model.
  public var seed: UInt64 = 1
  /// Threads to use, `1...256`; by default one for each processor. Changes no number.
  public var threadCount: Int?
  /// Widths of the hidden layers, each `1...4096` and rounded up to a multiple of 16; at most 12;
  /// none for affine networks.
  public var hiddenWidths: [Int]?
  /// Widths for each expert by itself; with it experts start from scratch.
  public var expertWidths: [[Int]] = []
  /// The router's kind; on two levels ``groupCount`` says how many groups there are.
  public var router: RouterChoice?
  /// Groups of a two-level router, `2...1024`, a divisor of the number of experts.
  public var groupCount: Int?
  /// What a perturbed cosine adds to the norm of its weights, `1e-6...1000`.
  public var tau1: Float = 0.1
  /// See ``tau1``: this is added to the norm of the features.
  public var tau2: Float = 0.1
  /// How router and experts are trained. Chosen here, the mixture is the model even where the dense
  /// network is better.
  public var method: TrainingMethod?
  /// Where experts start.
  public var start: TrainingStart?
  /// Whether one more expert is added for every row.
  public var hasSharedExpert = false
  /// Weight of the load-balancing loss, `0...1000`, as are the next two.
  public var balanceWeight: Float?
  /// Weight of the importance loss.
  public var importanceWeight: Float?
  /// Weight of the router z-loss.
  public var zWeight: Float?
  /// Weight of the load loss, `0...1000`; over 0 the logits get learned noise, which it needs.
  public var loadWeight: Float?
  /// How far biases go at each step towards an even load, `0...1`.
  public var biasRate: Float?
  /// The share of experts that a batch does without, at least 0 and under 1.
  public var expertDropout: Float?
  /// The most bins of a numeric column, `1...1024`.
  public var binCount: Int?
  /// Passes over the rows for a dense network, `1...100_000`; other stages scale with it.
  public var epochCount: Int?
  /// Dense networks that the student learns from, `0...16`; without any, experts start from scratch
  /// and there is no dense comparison.
  public var teacherCount: Int?

  /// Whether networks may learn what a linear model leaves of a target, which adds that model to
  /// the file as a shared expert.
  package var addsLinearPart = true

  /// Creates options that leave everything to the size of the data.
  public init() {}

  func check() throws(TrainingError) {
    try check(expertCount, .experts, 1...1024)
    try check(threadCount, .threads, 1...256)
    for widths in expertWidths + [hiddenWidths ?? []] {
      try check(widths.count, .hiddenLayers, 0...12)
      for width in widths { try check(width, .hiddenWidth, 1...4096) }
    }
    try checkRouter()
    try check(binCount, .bins, 1...1024)
    try check(epochCount, .epochs, 1...100_000)
    try check(teacherCount, .teachers, 0...16)
  }

  private func checkRouter() throws(TrainingError) {
    try check(groupCount, .groups, 2...1024)
    try check(tau1, .tau, 1e-6...1000)
    try check(tau2, .tau, 1e-6...1000)
    try check(balanceWeight, .balanceWeight, 0...1000)
    try check(importanceWeight, .importanceWeight, 0...1000)
    try check(zWeight, .zWeight, 0...1000)
    try check(loadWeight, .loadWeight, 0...1000)
    try check(biasRate, .biasRate, 0...1)
    try check(expertDropout, .expertDropout, 0...0.99)
    if !expertWidths.isEmpty {
      let count = expertCount ?? expertWidths.count
      guard expertWidths.count == count else {
        throw .expertWidthCount(found: expertWidths.count, expected: count)
      }
    }
    let isTwoLevel = router?.inner != nil
    if findsExpertCount {
      if isTwoLevel || groupCount != nil { throw .structureNotFlat }
      if !expertWidths.isEmpty { throw .structureWithWidths(count: expertWidths.count) }
      if let expertCount { throw .structureWithCount(experts: expertCount) }
    }
    if isTwoLevel || groupCount != nil {
      let groups = groupCount ?? 0
      guard isTwoLevel, groups > 1, let expertCount, expertCount % groups == 0,
        expertCount / groups > 1
      else {
        throw .groupsDoNotFit(experts: expertCount, groups: groupCount, isTwoLevel: isTwoLevel)
      }
    }
  }

  private func check(
    _ value: Float?, _ name: TrainingError.OptionName, _ range: ClosedRange<Float>
  ) throws(TrainingError) {
    guard let value, !range.contains(value) else { return }
    throw .weightOutOfRange(
      name: name, value: value, least: range.lowerBound, most: range.upperBound)
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

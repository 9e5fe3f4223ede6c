// StructureSearch.swift: how many experts the data asks for: grow, then prune.
//
// Step: encoded rows → [structure search] → mixture.

import PosternPackaging

/// One step on the way to the number of experts.
public struct StructureStep: Equatable, Sendable {
  /// What is done to the set of experts.
  public enum Action: String, Equatable, Sendable {
    /// One expert becomes two.
    case split
    /// Two experts become one, which is as good as both.
    case merge
    /// An expert with hardly any rows goes; the nearest takes them.
    case retire
    /// Nothing more is to be gained.
    case stop
  }

  /// What is done.
  public var action: Action
  /// Experts after it.
  public var expertCount: Int
  /// The mean loss of all rows after it, each by a cheap expert that did not see it: squared error
  /// of standardised targets, or the Brier score of classes.
  public var validationLoss: Double
  /// How much this step lowers that loss; at the end, how much the next one would.
  public var gain: Double
  /// The standard error of ``gain``.
  public var standardError: Double
}

/// Finds the number of experts with cheap experts, before any network is trained.
///
/// Growing starts from one expert. Where the features fall into separate groups (see
/// ``StructureGroups``) the expert whose split gains most is split between groups, until each group
/// has its own or splitting what is left would lose. Where they do not, an expert is split in two
/// if that gains more than three standard errors and a fiftieth of the loss (for classes, a
/// twentieth of the spread), even though the experts can bend. Pruning then takes away experts with
/// hardly any rows, and joins two that one law serves as well, as long as the router can draw the
/// border of what they become.
struct StructureSearch {
  /// The steps taken.
  private(set) var steps: [StructureStep] = []
  /// The rows of the sample that each expert answers for, as found.
  var cells: [[Int32]] = []
  /// The rows that were looked at.
  let sample: [Int32]
  /// The features that were looked at.
  let features: [Int]

  let laws: StructureLaws
  let points: StructurePoints
  let threads: Int
  /// Whether what is found so far has to do; called on several threads.
  let shouldStop: () -> Bool
  let groups: StructureGroups
  var loss = 0.0

  /// The most experts.
  static let expertLimit = 16
  private static let sampleLimit = 5000
  private static let featureLimit = 32

  init(
    _ data: EncodedRows, targets: Targets, seed: UInt64, threads: Int,
    shouldStop: @escaping () -> Bool = { false }
  ) {
    self.threads = threads
    self.shouldStop = shouldStop
    var random = RandomStream(seed: seed, 0x7374_7275)
    var rows = (0..<Int32(data.rowCount)).map { $0 }
    random.shuffle(&rows)
    sample = rows.prefix(Self.sampleLimit).sorted()
    let (values, outputCount) = targets.asNumbers(sample)
    features = Self.features(data, sample, values, outputCount: outputCount)
    var points = StructurePoints(
      count: sample.count, dimension: features.count, values: [])
    for row in sample {
      for feature in features {
        let value = data.features[Int(row) * data.featureStride + feature]
        points.values.append(Double(min(max(value, -8), 8)))
      }
    }
    let isDiscrete = features.indices.map { axis in
      Set((0..<points.count).map { points[$0, axis] }).count <= 64
    }
    self.points = points
    laws = StructureLaws(
      points, targets: values, outputCount: outputCount, isClasses: targets.task != .regression,
      random: &random)
    groups = StructureGroups(
      points, isDiscrete: isDiscrete, random: &random, shouldStop: shouldStop)
    if groups.groups.count > 1 {
      growByGroups()
      retire()
      prune()
      let rest = cells.indices.compactMap { bestSplit(of: $0, axisLimit: 1)?.gain }
      if !shouldStop() { add(.stop, gain: rest.max { $0.mean < $1.mean } ?? Gain()) }
    } else {
      cells = [(0..<Int32(sample.count)).map { $0 }]
      growByLaw()
    }
    cells = cells.map { cell in cell.map { sample[Int($0)] } }
  }

  /// The features that say most about the targets, ascending; all where they are few.
  private static func features(
    _ data: EncodedRows, _ rows: [Int32], _ targets: [Double], outputCount: Int
  ) -> [Int] {
    guard data.featureCount > featureLimit else { return Array(0..<data.featureCount) }
    let strengths = (0..<data.featureCount).map { feature -> Double in
      let values = rows.map { Double(data.features[Int($0) * data.featureStride + feature]) }
      let mean = values.reduce(0, +) / Double(rows.count)
      let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      guard spread > 0 else { return 0 }
      return (0..<outputCount).reduce(0) { sum, output in
        var product = 0.0
        for (row, value) in values.enumerated() {
          product += (value - mean) * targets[row * outputCount + output]
        }
        return sum + product * product / spread
      }
    }
    let order = strengths.indices.sorted { (strengths[$1], $0) < (strengths[$0], $1) }
    return order.prefix(featureLimit).sorted()
  }
}

extension Targets {
  /// Numbers to fit by least squares: standardised targets, or indicators of at most 32 classes.
  fileprivate func asNumbers(_ rows: [Int32]) -> ([Double], Int) {
    if task != .multiclass {
      return (
        rows.flatMap { row in
          (0..<outputCount).map { Double(values[Int(row) * outputCount + $0]) }
        }, outputCount
      )
    }
    let count = min(outputCount, 32)
    return (rows.flatMap { row in (0..<count).map { Int(labels[Int(row)]) == $0 ? 1 : 0 } }, count)
  }
}

extension StructureSearch {
  /// A change of the mean loss, with its standard error.
  struct Gain {
    var mean = 0.0
    var error = 0.0

    /// Whether it is positive by so many standard errors.
    func exceeds(_ errors: Double) -> Bool { mean > errors * error && mean > 0 }
  }

  /// What several experts gain over one for the same rows, as a part of the mean over all rows.
  func gain(of parts: [[Int32]], _ kind: StructureLaws.Terms) -> Gain {
    gain(from: losses(of: [parts.flatMap(\.self)], kind), to: losses(of: parts, kind))
  }

  /// The loss of each row of the sample that is in one of `cells`, each with its own expert; 0 for
  /// the others.
  func losses(of cells: [[Int32]], _ kind: StructureLaws.Terms) -> [Double] {
    var result = [Double](repeating: 0, count: laws.rowCount)
    for cell in cells {
      for (row, loss) in zip(cell, laws.losses(cell, kind)) { result[Int(row)] = loss }
    }
    return result
  }

  /// What the mean loss falls by.
  func gain(from before: [Double], to after: [Double]) -> Gain {
    let total = Double(laws.rowCount)
    let mean = zip(before, after).reduce(0) { $0 + $1.0 - $1.1 } / total
    let squares = zip(before, after).reduce(0) {
      $0 + ($1.0 - $1.1 - mean) * ($1.0 - $1.1 - mean)
    }
    return Gain(mean: mean, error: squares.squareRoot() / total)
  }

  /// The loss of a cell by the terms that suit it best, as a part of the mean over all rows.
  func bestLoss(_ cell: [Int32]) -> Double {
    losses(of: [cell], oneOf: [.affine, .quadratic]).reduce(0, +) / Double(laws.rowCount)
  }

  /// The loss of each row of the sample that is in one of `cells`, each with its own expert over
  /// the terms that suit it best; 0 for the others.
  func losses(of cells: [[Int32]], oneOf kinds: [StructureLaws.Terms]) -> [Double] {
    var result = [Double](repeating: 0, count: laws.rowCount)
    for cell in cells {
      let losses = kinds.map { laws.losses(cell, $0) }
      let best = losses.min { $0.reduce(0, +) < $1.reduce(0, +) } ?? []
      for (row, loss) in zip(cell, best) { result[Int(row)] = loss }
    }
    return result
  }

  mutating func add(_ action: StructureStep.Action, gain: Gain) {
    steps.append(
      StructureStep(
        action: action, expertCount: cells.count, validationLoss: loss, gain: gain.mean,
        standardError: gain.error))
  }

  mutating func add(_ action: StructureStep.Action, error: Double) {
    let before = loss
    loss = cells.reduce(0) { $0 + bestLoss($1) }
    add(action, gain: Gain(mean: before - loss, error: error))
  }
}

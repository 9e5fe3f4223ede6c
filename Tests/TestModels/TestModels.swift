// TestModels.swift: small models for tests, made from a seed.

public import PosternPackaging

/// A generator of numbers that depends on its seed alone (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// Starts at `seed`.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in -1...1.
  public mutating func float() -> Float { Float.random(in: -1...1, using: &self) }

  /// `count` numbers in -1...1.
  public mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
}

/// Small models for tests.
public enum TestModels {
  /// Three numeric columns (one with missing values), a categorical and an ignored one; experts of
  /// both first layers, of several widths and depths.
  ///
  /// - Parameters:
  ///   - task: What is predicted; a regression has two targets, a multiclass model three classes.
  ///   - expertCount: Routed experts.
  ///   - widths: Hidden widths of the experts, in turn.
  ///   - hasSharedExpert: Whether there is a shared expert.
  ///   - seed: Where all numbers come from.
  /// - Returns: A lawful model.
  public static func mixed(
    task: ModelDescription.Task = .regression, expertCount: Int = 4,
    widths: [[Int]] = [[8], [17, 5], [], [16, 16]], hasSharedExpert: Bool = false,
    seed: UInt64 = 1
  ) -> ModelDescription {
    var generator = SeededGenerator(seed: seed)
    let columns = columns()
    let features = columns.reduce(0) { $0 + $1.featureCount }
    let entries = columns.reduce(0) { $0 + $1.entryCount }
    let outputs = task == .regression ? 2 : task == .binary ? 1 : 3
    let sizes = Sizes(features: features, entries: entries, outputs: outputs)
    let experts = (0..<expertCount).map {
      expert(widths[$0 % widths.count], isLookup: $0 % 2 == 0, sizes, &generator)
    }
    let shared = hasSharedExpert ? expert([4], isLookup: false, sizes, &generator) : nil
    let classes: [String] =
      switch task {
      case .regression: []
      case .binary: ["no", "yes"]
      case .multiclass: ["a", "b", "c"]
      }
    return ModelDescription(
      task: task, columns: columns,
      targetNames: task == .regression ? [Array("y".utf8), Array("z".utf8)] : [Array("y".utf8)],
      classNames: classes.map { Array($0.utf8) },
      router: .flat(
        RouterNode(
          kind: .affine, weights: generator.floats(expertCount * features),
          bias: generator.floats(expertCount))),
      experts: experts, sharedExpert: shared,
      head: (0..<outputs).map { _ in HeadOutput(scale: 2, offset: 0.5, low: -50, high: 50) })
  }

  /// Rows for ``mixed(task:expertCount:widths:hasSharedExpert:seed:)``, some with missing values
  /// and unknown categories; none is refused.
  public static func rows(_ count: Int, seed: UInt64 = 7) -> [[Float]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { (row: Int) -> [Float] in
      let second: Float = row % 5 == 0 ? .nan : 2 * generator.float()
      let code: Int = row % 4 == 3 ? 3 : row % 3
      return [3 * generator.float(), second, Float(code), generator.float(), 3 * generator.float()]
    }
  }

  private static func columns() -> [Column] {
    [
      Column(
        name: Array("a".utf8),
        kind: .numeric(edges: [-2, -1, 0, 0.5, 2], fill: 0, center: 0.1, scale: 1.5),
        missing: .fill),
      Column(
        name: Array("b".utf8), kind: .numeric(edges: [-1, 1], fill: 0.25, center: 0, scale: 1),
        missing: .own),
      Column(
        name: Array("c".utf8),
        kind: .categorical(
          categories: ["blue", "green", "red"].map { Array($0.utf8) }, unknownHasEntry: true,
          codes: [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], featureCount: 3), missing: .fill),
      Column(name: Array("d".utf8), kind: .ignored, missing: .refuse),
      Column(
        name: Array("e".utf8),
        kind: .numeric(edges: [-2, 0, 2], fill: 0, center: 0, scale: 0.5), missing: .fill),
    ]
  }

  private struct Sizes {
    var features: Int
    var entries: Int
    var outputs: Int
  }

  private static func expert(
    _ widths: [Int], isLookup: Bool, _ sizes: Sizes, _ generator: inout SeededGenerator
  ) -> Expert {
    var inputs = isLookup ? sizes.entries : sizes.features
    var layers: [Expert.Layer] = []
    for width in widths {
      layers.append(
        Expert.Layer(
          weights: generator.floats(inputs * width), bias: generator.floats(width),
          slopes: generator.floats(width)))
      inputs = width
    }
    layers.append(
      Expert.Layer(
        weights: generator.floats(inputs * sizes.outputs), bias: generator.floats(sizes.outputs),
        slopes: []))
    return Expert(firstLayer: isLookup ? .lookup : .dense, layers: layers)
  }
}

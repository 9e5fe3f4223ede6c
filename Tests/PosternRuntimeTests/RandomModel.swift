// RandomModel.swift: lawful models of any shape, for comparing kernels with the reference.

import PosternPackaging
import TestModels

/// Models and rows whose every size comes from a seed.
struct RandomModel {
  private var generator: SeededGenerator
  private let seed: Int
  private var featureCount = 0
  private var entryCount = 0

  init(seed: Int) {
    self.seed = seed
    generator = SeededGenerator(seed: UInt64(seed))
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  /// A model; what kinds of columns, routers and experts it has goes round with the seed.
  mutating func description() -> ModelDescription {
    // A few are wider than what the transform lays side by side.
    let columns = columns(seed % 14 == 12 ? number(257...300) : number(1...70))
    featureCount = columns.reduce(0) { $0 + $1.featureCount }
    entryCount = columns.reduce(0) { $0 + $1.entryCount }
    let experts = number(1...40)
    let outputs = number(1...20)
    return ModelDescription(
      task: .regression, gateScale: [.none, .none, .probability, .score][seed % 4],
      columns: columns, targetNames: (0..<outputs).map { Array("y\($0)".utf8) }, classNames: [],
      router: router(experts), experts: (0..<experts).map { _ in expert(outputs) },
      sharedExpert: seed % 5 == 4 ? expert(outputs) : nil,
      head: (0..<outputs).map { _ in
        HeadOutput(scale: generator.float(), offset: generator.float(), low: -3, high: 3)
      })
  }

  private mutating func columns(_ count: Int) -> [Column] {
    (0..<count).map { index in
      let name = Array("c\(index)".utf8)
      // A third of the models has columns of one kind only, as wide models often do.
      switch seed % 3 == 0 ? seed % 2 : number(0...5) {
      case 2:
        return Column(name: name, kind: .ignored, missing: .refuse)
      case 3:
        let width = number(0...3)
        return Column(
          name: name,
          kind: .categorical(
            categories: ["a", "b", "c"].map { Array($0.utf8) }, unknownHasEntry: index % 2 == 0,
            codes: generator.floats((index % 2 == 0 ? 5 : 4) * width), featureCount: width),
          missing: .own)
      case let kind:
        let edges = (0..<(kind == 0 ? 2 : number(2...20))).map { Float($0) * 0.3 - 1 }
        let missing: Column.MissingPolicy = [.fill, .refuse, .own][kind < 2 ? 0 : number(0...2)]
        return Column(
          name: name,
          kind: .numeric(
            edges: edges, fill: -0.9, center: generator.float(), scale: 1 + generator.float()),
          missing: missing)
      }
    }
  }

  private mutating func node(_ children: Int) -> RouterNode {
    let kind: RouterNode.Kind = [.affine, .distance, .cosine][seed / 3 % 3]
    return RouterNode(
      kind: kind, weights: generator.floats(children * featureCount),
      bias: generator.floats(children),
      scale: kind.hasScale ? generator.floats(children).map { abs($0) + 0.1 } : [])
  }

  private mutating func router(_ experts: Int) -> Router {
    guard seed % 7 == 6, experts > 2 else { return .flat(node(experts)) }
    return .twoLevel(outer: node(2), inner: [node(1), node(experts - 1)])
  }

  private mutating func expert(_ outputs: Int) -> Expert {
    let isLookup = number(0...1) == 0
    let activation: Expert.Activation = seed % 6 == 5 ? .cube : .prelu
    var inputs = isLookup ? entryCount : featureCount
    var layers: [Expert.Layer] = []
    let hidden = number(activation == .cube ? 1...2 : 0...3)
    for layer in 0...hidden {
      let width = layer == hidden ? outputs : number(1...70)
      let size = 1 / Float(max(inputs, 1)).squareRoot()
      let slopes: [Float] =
        layer == hidden
        ? []
        : activation == .cube
          ? [Float](repeating: 0, count: width) : generator.floats(width)
      layers.append(
        Expert.Layer(
          weights: generator.floats(inputs * width).map { $0 * size },
          bias: generator.floats(width), slopes: slopes))
      inputs = width
    }
    return Expert(
      firstLayer: isLookup ? .lookup : .dense,
      elementType: [.f32, .f16, .int8, .int4][seed / 2 % 4], activation: activation,
      layers: layers)
  }

  /// Rows for the model, one behind the other; some values are missing, infinite or no code.
  mutating func rows(_ count: Int, for model: ModelDescription) -> [Float] {
    (0..<count).flatMap { _ in
      let isOdd = number(0...3) == 0
      return model.columns.map { column -> Float in
        if isOdd && number(0...20) == 0 {
          return [.nan, .infinity, -1, 2.5, 3, 0x1p-140][number(0...5)]
        }
        if case .categorical = column.kind { return Float(number(0...2)) }
        return 3 * generator.float()
      }
    }
  }
}

// PublishedRouterTests.swift: the folds of section 8.1 route as the published routers do.

import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

/// Goal: a serving node chooses the child with the largest published logit. Method: the formulas
/// of section 8.1 in binary64, transcribed, against the runtime on a file with the folded node;
/// rows whose two best logits are too close to tell in binary32 do not count.
@Suite struct PublishedRouterTests {
  static let features = 6
  static let children = 9

  @Test(arguments: RouterParameters.Kind.allCases)
  func `a folded node chooses the child with the largest logit`(
    kind: RouterParameters.Kind
  ) throws {
    let trained = Self.trained(kind)
    let file = try Self.model(trained).encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    let read = try RouterParameters(decoding: model)
    #expect(read == trained)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 1, workspace: workspace)
    var generator = SeededGenerator(seed: 21)
    var counted = 0
    var mismatches = 0
    var chosen: Set<Int> = []
    for number in 0..<20_000 {
      let size: Float = number % 2 == 0 ? 3 : 0.1
      let row = generator.floats(Self.features).map { size * $0 }
      let logits = Self.logits(trained, row.map(Double.init))
      let order = logits.indices.sorted { logits[$0] > logits[$1] }
      guard logits[order[0]] - logits[order[1]] > 1e-5 else { continue }
      counted += 1
      session.load(row.span, at: 0)
      session.route(count: 1)
      let expert = session.expert(0)
      chosen.insert(expert)
      if expert != order[0] { mismatches += 1 }
    }
    #expect(mismatches == 0)
    #expect(counted > 19_900)
    #expect(chosen.count > 4)
  }

  private static func trained(_ kind: RouterParameters.Kind) -> RouterParameters {
    var generator = SeededGenerator(seed: 20)
    let weight = generator.floats(children * features)
    let bias = generator.floats(children).map { 0.3 * $0 }
    let scale = generator.floats(children).map { 1.5 + 0.4 * $0 }
    let isPerturbed = kind == .perturbedCosine
    return RouterParameters(
      outerKind: kind, tau1: isPerturbed ? 0.1 : 0, tau2: isPerturbed ? 0.5 : 0,
      nodes: [
        RouterParameters.Node(
          weight: weight, bias: kind == .prototype ? bias.map { _ in 0 } : bias,
          scale: kind == .linear ? scale.map { _ in 1 } : scale)
      ])
  }

  /// Section 8.1, the second column.
  private static func logits(_ trained: RouterParameters, _ x: [Double]) -> [Double] {
    let node = trained.nodes[0]
    func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return (0..<children).map { child in
      let w = (0..<features).map { Double(node.weight[child * features + $0]) }
      let (b, g) = (Double(node.bias[child]), Double(node.scale[child]))
      let product = zip(w, x).reduce(0) { $0 + $1.0 * $1.1 }
      let distance = norm(zip(w, x).map { $0 - $1 })
      return switch trained.outerKind {
      case .linear: product + b
      case .laplace: -g * distance + b
      case .cosine: g * product / (norm(w) * norm(x)) + b
      case .perturbedCosine:
        g * product / ((norm(w) + Double(trained.tau1)) * (norm(x) + Double(trained.tau2))) + b
      case .prototype: -g * distance
      }
    }
  }

  /// Section 8.1, the third column.
  private static func folded(_ trained: RouterParameters) -> PosternPackaging.RouterNode {
    let node = trained.nodes[0]
    switch trained.outerKind {
    case .linear:
      return PosternPackaging.RouterNode(kind: .affine, weights: node.weight, bias: node.bias)
    case .laplace, .prototype:
      return PosternPackaging.RouterNode(
        kind: .distance, weights: node.weight, bias: node.bias, scale: node.scale)
    case .cosine, .perturbedCosine:
      var weights: [Float] = []
      for child in 0..<children {
        let w = node.weight[child * features..<(child + 1) * features].map(Double.init)
        let norm = w.reduce(0) { $0 + $1 * $1 }.squareRoot() + Double(trained.tau1)
        weights += w.map { Float(Double(node.scale[child]) * $0 / norm) }
      }
      let scale = trained.tau2 > 0 ? trained.tau2 : 1e-12
      return PosternPackaging.RouterNode(
        kind: .cosine, weights: weights, bias: node.bias,
        scale: [Float](repeating: scale, count: children))
    }
  }

  private static func model(_ trained: RouterParameters) -> ModelDescription {
    let columns = (0..<features).map { number in
      Column(
        name: Array("x\(number)".utf8),
        kind: .numeric(edges: [-4, 4], fill: 0, center: 0, scale: 1), missing: .refuse)
    }
    let layer = Expert.Layer(
      weights: [Float](repeating: 0, count: features), bias: [1], slopes: [])
    var model = ModelDescription(
      task: .regression, columns: columns, targetNames: [Array("y".utf8)], classNames: [],
      router: .flat(folded(trained)),
      experts: [Expert](repeating: Expert(firstLayer: .dense, layers: [layer]), count: children),
      head: [HeadOutput()])
    model.ancillary.routerParameters = trained
    return model
  }
}

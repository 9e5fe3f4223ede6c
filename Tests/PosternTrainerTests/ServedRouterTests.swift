// ServedRouterTests.swift: what a file routes is what the published router routes.
//
// Method: each router, with random parameters, is folded, written to a file, read and asked by the
// runtime about random rows; the published formula is computed once more in double precision.

import PosternFormat
import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

@Suite struct ServedRouterTests {
  #if DEBUG
    static let rowCount = 5_000
  #else
    static let rowCount = 1_000_000
  #endif

  /// A model whose features are the row itself.
  private func model(_ router: TrainableRouter) -> ModelDescription {
    let experts = (0..<router.expertCount).map { expert in
      Expert(
        firstLayer: .dense,
        layers: [
          Expert.Layer(
            weights: [Float](repeating: 0, count: router.featureCount), bias: [Float(expert)],
            slopes: [])
        ])
    }
    var description = ModelDescription(
      task: .regression,
      columns: (0..<router.featureCount).map {
        Column(
          name: bytes("x\($0)"),
          kind: .numeric(edges: [-1000, 1000], fill: 0, center: 0, scale: 1), missing: .refuse)
      },
      targetNames: [bytes("y")], classNames: [], router: router.serving, experts: experts,
      head: [HeadOutput()])
    description.ancillary.routerParameters = router.published(temperature: 1)
    return description
  }

  @Test(arguments: RouterGradientTests.shapes, [3, 11] as [UInt64])
  func `the file routes as the published router does`(shape: RouterShape, seed: UInt64) throws {
    let (router, _, _) = RouterGradientTests.makeCase(shape, rowCount: 0, seed: seed)
    let published = PublishedRouter(router)
    let parameters = router.parameters.map { Double($0) }
    let bytes = try model(router).encoded(profile: .map)
    let view = try ModelView(validating: bytes.span)
    let byteCount = view.header.workspaceByteCount(rowCapacity: 256)
    var workspace = [UInt32](repeating: 0, count: byteCount / 4)
    var session = try Session(
      model: view, rowCapacity: 256, workspace: workspace.mutableSpan)
    var random = RandomStream(seed: seed, 99)
    var (mismatches, ties, used) = (0, 0, Set<Int>())
    for _ in 0..<Self.rowCount / 256 {
      var rows: [[Float]] = []
      for slot in 0..<256 {
        let row = (0..<3).map { _ in 2 * random.normal() }
        session.load(row.span, at: slot)
        rows.append(row)
      }
      session.route(count: 256)
      for (slot, row) in rows.enumerated() {
        let choice = published.choice(parameters, row.map { Double($0) })
        used.insert(session.expert(slot))
        guard session.expert(slot) != choice.expert else { continue }
        // Scores have 24 bits: closer than this two of them may round to a tie.
        if choice.margin < 1e-5 { ties += 1 } else { mismatches += 1 }
      }
    }
    #expect(mismatches == 0)
    #expect(ties <= max(2, Self.rowCount / 10_000))
    #expect(used.count > 1)
  }

  /// Training's evaluation is the runtime: experts and gates, bit for bit.
  @Test(arguments: RouterGradientTests.shapes)
  func `training routes and gates as the runtime does`(shape: RouterShape) throws {
    let (router, features, _) = RouterGradientTests.makeCase(shape, rowCount: 500)
    let data = EncodedRows(
      rowCount: 500, pairCount: 0, featureCount: 3, featureStride: 4, entries: [], fractions: [],
      features: features)
    let own = ServingRouter(router.serving).routeWithGates(data)
    let bytes = try model(router).encoded(profile: .ship)
    let view = try ModelView(validating: bytes.span)
    let byteCount = view.header.workspaceByteCount(rowCapacity: 500)
    var workspace = [UInt32](repeating: 0, count: byteCount / 4)
    var session = try Session(model: view, rowCapacity: 500, workspace: workspace.mutableSpan)
    for slot in 0..<500 {
      let row = Array(features[slot * 4..<slot * 4 + 3])
      session.load(row.span, at: slot)
    }
    session.route(count: 500, explaining: true)
    for slot in 0..<500 {
      #expect(session.expert(slot) == Int(own.experts[slot]))
      #expect(session.gateProbability(slot).bitPattern == own.gates[slot].bitPattern)
    }
  }

  @Test(arguments: RouterGradientTests.shapes)
  func `published parameters come back as the same router`(shape: RouterShape) throws {
    let (router, _, _) = RouterGradientTests.makeCase(shape, rowCount: 0)
    let published = router.published(temperature: 1)
    let again = TrainableRouter(published, groups: shape.groups, featureCount: 3)
    #expect(again.shape == shape || shape.outer != .perturbedCosine)
    #expect(again.forms.map(\.kind) == router.forms.map(\.kind))
    for (old, new) in zip(router.parameters, again.parameters) { #expect(abs(old - new) < 1e-6) }
  }
}

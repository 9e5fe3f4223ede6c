// CubeTests.swift: experts whose hidden layers are cubes.

import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

@Suite struct CubeTests {
  private func model(_ slope: Float = 0) -> ModelDescription {
    var model = TestModels.mixed(widths: [[8], [17, 5]], hasSharedExpert: true)
    for expert in model.experts.indices {
      model.experts[expert].activation = .cube
      for layer in model.experts[expert].layers.dropLast().indices {
        let count = model.experts[expert].layers[layer].bias.count
        model.experts[expert].layers[layer].slopes = [Float](repeating: 0, count: count)
      }
    }
    model.experts[1].layers[1].slopes[2] = slope
    return model
  }

  /// One affine expert over one feature, cubed, and doubled by the head.
  @Test func `a hidden layer gives the third power of its sums`() throws {
    let column = Column(
      name: Array("x".utf8), kind: .numeric(edges: [-8, 8], fill: 0, center: 0, scale: 1),
      missing: .refuse)
    let description = ModelDescription(
      task: .regression, columns: [column], targetNames: [Array("y".utf8)], classNames: [],
      router: .flat(PosternPackaging.RouterNode(kind: .affine, weights: [0], bias: [0])),
      experts: [
        Expert(
          firstLayer: .dense, activation: .cube,
          layers: [
            Expert.Layer(weights: [0.75, -0.3], bias: [0.1, 0.2], slopes: [0, 0]),
            Expert.Layer(weights: [1, 0.5], bias: [0.25], slopes: []),
          ])
      ],
      head: [HeadOutput(scale: 2, offset: 0)])
    let file = try description.encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    #expect(model.shape(ofExpert: 0).activation == .cube)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: 1, workspace: workspace)
    for x in [-2, -0.5, 0, 0.3, 1, 7.5] as [Float] {
      let row = [x]
      session.load(row.span, at: 0)
      try session.predictRaw(count: 1)
      // Section 9.2: a padded input makes four chains of which one is not zero.
      let a = Float(0).addingProduct(x, 0.75) + 0.1
      let b = Float(0).addingProduct(x, -0.3) + 0.2
      let (u, v) = ((a * a) * a, (b * b) * b)
      let out = (u + v * 0.5) + 0.25
      #expect(session.value(0, output: 0) == out * 2)
    }
  }

  @Test(arguments: [1, 7, 64, 100])
  func `a batch of cubes gives the bits of single rows`(batch: Int) throws {
    let file = try model().encoded(profile: .map)
    let rows = TestModels.rows(100)
    #expect(try values(file, rows, batch: batch) == values(file, rows, batch: 1))
    var plain = model()
    for expert in plain.experts.indices { plain.experts[expert].activation = .prelu }
    let other = try plain.encoded(profile: .map)
    #expect(try values(other, rows, batch: batch) != values(file, rows, batch: batch))
  }

  private func values(_ file: [UInt8], _ rows: [[Float]], batch: Int) throws -> [UInt32] {
    let model = try ModelView(validating: file.span)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: batch) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: batch, workspace: workspace)
    var values: [UInt32] = []
    for first in stride(from: 0, to: rows.count, by: batch) {
      let count = min(batch, rows.count - first)
      for slot in 0..<count {
        let row = rows[first + slot]
        session.load(row.span, at: slot)
      }
      try session.predictRaw(count: count)
      for slot in 0..<count {
        #expect(session.status(slot).refusal == nil)
        for output in 0..<2 { values.append(session.value(slot, output: output).bitPattern) }
      }
    }
    return values
  }

  @Test func `slopes of a cube are refused by the rule when written`() throws {
    let error = try #require(throws: PackagingError.self) {
      _ = try model(0.5).encoded(profile: .ship)
    }
    guard case .unlawful(let rule) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(rule.rule == .invalidExpertValue && rule.kind == 7 && rule.index == 1)
  }

  @Test func `an expert without hidden layers has no activation`() throws {
    var description = TestModels.mixed(widths: [[]])
    let plain = try description.encoded(profile: .map)
    for expert in description.experts.indices { description.experts[expert].activation = .cube }
    #expect(try description.encoded(profile: .map) == plain)
  }
}

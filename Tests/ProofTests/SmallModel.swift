// SmallModel.swift: a model of about two kilobytes that has one of everything.

import PosternPackaging

/// The smallest model with a numeric and a categorical column, a dense and a look-up expert.
enum SmallModel {
  /// Two experts; `ancillary` adds a section that changes no prediction.
  static func description(ancillary: Bool = false) -> ModelDescription {
    var model = ModelDescription(
      task: .regression,
      columns: [
        Column(
          name: [0x61], kind: .numeric(edges: [-1, 1], fill: 0, center: 0, scale: 1),
          missing: .fill),
        Column(
          name: [0x62],
          kind: .categorical(
            categories: [[0x78], [0x79]], unknownHasEntry: true, codes: [1, -1, 0],
            featureCount: 1), missing: .fill),
      ],
      targetNames: [[0x74]], classNames: [],
      router: .flat(RouterNode(kind: .affine, weights: [1, 0.5, -1, -0.5], bias: [0, 0.125])),
      experts: [
        Expert(
          firstLayer: .dense,
          layers: [
            Expert.Layer(weights: [1, -2, 0.5, 3], bias: [0.25, -0.5], slopes: [0.1, 0.2]),
            Expert.Layer(weights: [2, -0.75], bias: [0.375], slopes: []),
          ]),
        Expert(
          firstLayer: .lookup,
          layers: [
            Expert.Layer(weights: [1, 2, 0.5, -0.25, 4], bias: [0.5], slopes: [])
          ]),
      ],
      head: [HeadOutput(scale: 2, offset: 1, low: -100, high: 100)])
    if ancillary { model.ancillary.modelCard = Array("{}".utf8) }
    return model
  }

  /// The same with one dense expert that is repetitive enough to be stored compressed.
  static func compressible() -> ModelDescription {
    var model = description()
    let weights = [Float](repeating: 0.5, count: 32)
    model.experts[0].layers[0] = Expert.Layer(
      weights: weights, bias: [Float](repeating: 0.25, count: 16),
      slopes: [Float](repeating: 0.125, count: 16))
    model.experts[0].layers[1].weights = (0..<16).map { Float($0) - 7 }
    return model
  }

  /// Four experts of both kinds, all smaller when compressed.
  static func several() -> ModelDescription {
    var model = compressible()
    let dense = model.experts[0]
    model.router = .flat(
      RouterNode(
        kind: .affine, weights: [1, 0.5, -1, -0.5, 0.25, 1, 0, -1],
        bias: [0, 0.125, 0.0625, -0.125]))
    model.experts = (0..<4).map { index in
      var expert = dense
      if index % 2 == 1 {
        expert.firstLayer = .lookup
        expert.layers[0].weights = [Float](repeating: Float(index), count: 16 * 5)
      }
      expert.layers[1].bias = [Float(index)]
      return expert
    }
    return model
  }

  /// A thousand rows, one after the other, that go to all experts of ``several()``.
  static func manyRows() -> [Float] {
    var rows: [Float] = []
    for row in 0..<1000 {
      rows.append(row % 10 == 0 ? .nan : Float(row * 7 % 41) / 20 - 1)
      rows.append(Float(row % 3))
    }
    return rows
  }

  /// Rows for both experts, with a missing value and an unknown category.
  static let rows: [[Float]] = [[0.5, 0], [-0.75, 1], [.nan, 2], [0.25, .nan]]
}

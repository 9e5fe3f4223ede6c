// GateScaleTests.swift: what the routed expert's outputs are multiplied by.

import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

@Suite struct GateScaleTests {
  /// Two affine scores x and 0.5 - x, or groups of them; experts that answer 3 and 5.
  private func model(
    _ gateScale: ModelDescription.GateScale, isGrouped: Bool
  ) -> ModelDescription {
    let column = Column(
      name: Array("x".utf8), kind: .numeric(edges: [-8, 8], fill: 0, center: 0, scale: 1),
      missing: .refuse)
    func node(_ weights: [Float], _ bias: [Float]) -> PosternPackaging.RouterNode {
      PosternPackaging.RouterNode(kind: .affine, weights: weights, bias: bias)
    }
    let choice = node([1, -1], [0, 0.5])
    let experts = ([3, 5] as [Float]).map {
      Expert(
        firstLayer: .dense, layers: [Expert.Layer(weights: [0], bias: [$0], slopes: [])])
    }
    return ModelDescription(
      task: .regression, gateScale: gateScale, columns: [column],
      targetNames: [Array("y".utf8)], classNames: [],
      router: isGrouped
        ? .twoLevel(outer: choice, inner: [node([0.25], [1]), node([2], [-3])]) : .flat(choice),
      experts: experts, head: [HeadOutput()])
  }

  private func value(_ model: ModelDescription, _ x: Float, explaining: Bool) throws -> Float {
    let file = try model.encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    #expect(view.header.gateScale.rawValue == model.gateScale.rawValue)
    var words = [UInt32](
      repeating: 0, count: view.header.workspaceByteCount(rowCapacity: 1) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: view, rowCapacity: 1, workspace: workspace)
    let row = [x]
    session.load(row.span, at: 0)
    try session.predictRaw(count: 1, explaining: explaining)
    if explaining {
      let gate = session.gateProbability(0)
      #expect(gate > 0 && gate <= 1)
    }
    return session.value(0, output: 0)
  }

  @Test(arguments: [false, true])
  func `a score scales the outputs as it is`(explaining: Bool) throws {
    for x in [-4, -0.5, 0.25, 0.75, 6] as [Float] {
      let flat = try value(model(.score, isGrouped: false), x, explaining: explaining)
      #expect(flat == (x >= 0.25 ? x * 3 : (0.5 - x) * 5))
      let grouped = try value(model(.score, isGrouped: true), x, explaining: explaining)
      #expect(
        grouped == (x >= 0.25 ? (x * (0.25 * x + 1)) * 3 : ((0.5 - x) * (2 * x - 3)) * 5))
      #expect(
        try value(model(.none, isGrouped: true), x, explaining: explaining) == (x >= 0.25 ? 3 : 5))
    }
  }

  @Test func `a probability scales the outputs by less than one`() throws {
    let found = try value(model(.probability, isGrouped: false), 1.25, explaining: false)
    // Scores 1.25 and -0.75: one over one plus e to the -2.
    #expect(abs(found - 3 * 0.8807971) < 1e-6)
  }

  @Test func `repacking keeps the scale`() throws {
    let file = try model(.score, isGrouped: true).encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    let packed = try repacked(
      view, profile: { _ in .map },
      decoded: { expert in
        let bytes = view.storedExpert(expert)
        return bytes.indices.map { bytes[$0] }
      })
    #expect(packed == file)
  }
}

// RouterParametersTests.swift: what a router was trained as survives the trip through a file.

import PosternFormat
import PosternPackaging
import TestModels
import Testing

@Suite struct RouterParametersTests {
  private func parameters(
    _ model: ModelDescription, _ kind: RouterParameters.Kind, seed: UInt64 = 3
  ) -> RouterParameters {
    var generator = SeededGenerator(seed: seed)
    let count = model.experts.count
    let node = RouterParameters.Node(
      weight: generator.floats(count * model.featureCount),
      bias: kind == .prototype ? [Float](repeating: 0, count: count) : generator.floats(count),
      scale: kind == .linear ? [Float](repeating: 1, count: count) : generator.floats(count))
    let isPerturbed = kind == .perturbedCosine
    return RouterParameters(
      outerKind: kind, temperature: 0.5, tau1: isPerturbed ? 0.1 : 0, tau2: isPerturbed ? 0.25 : 0,
      nodes: [node])
  }

  private func decoded(_ file: [UInt8]) throws -> RouterParameters? {
    let model = try ModelView(validating: file.span)
    return try RouterParameters(decoding: model)
  }

  @Test(arguments: RouterParameters.Kind.allCases)
  func `what is written is read`(kind: RouterParameters.Kind) throws {
    var model = TestModels.mixed()
    let written = parameters(model, kind)
    model.ancillary.routerParameters = written
    #expect(try decoded(try model.encoded(profile: .ship)) == written)
  }

  @Test func `two levels have a node for each group`() throws {
    var model = TestModels.mixed()
    var generator = SeededGenerator(seed: 4)
    func node(_ children: Int) -> PosternPackaging.RouterNode {
      PosternPackaging.RouterNode(
        kind: .affine, weights: generator.floats(children * model.featureCount),
        bias: generator.floats(children))
    }
    model.router = .twoLevel(outer: node(2), inner: [node(3), node(1)])
    let written = RouterParameters(
      outerKind: .laplace, innerKind: .perturbedCosine, tau1: 0.5, tau2: 1,
      nodes: [2, 3, 1].map { children in
        RouterParameters.Node(
          weight: generator.floats(children * model.featureCount),
          bias: generator.floats(children), scale: generator.floats(children))
      })
    model.ancillary.routerParameters = written
    #expect(try decoded(try model.encoded(profile: .map)) == written)
  }

  @Test func `a file without the section has no parameters`() throws {
    #expect(try decoded(try TestModels.mixed().encoded(profile: .map)) == nil)
  }

  /// Section 8.1: 16 bytes in front, then weights, biases, scales, nothing between them.
  @Test func `the bytes stand where the specification puts them`() throws {
    var model = TestModels.mixed()
    let written = parameters(model, .perturbedCosine)
    model.ancillary.routerParameters = written
    let file = try model.encoded(profile: .map)
    let range = try #require(try ModelView(validating: file.span).entry(.routerParameters)).range
    let bytes = Array(file[range])
    let numbers = (1..<bytes.count / 4).map { bytes.span.float(at: 4 * $0) }
    #expect(Array(bytes[..<4]) == [4, 0, 0, 0])
    let node = written.nodes[0]
    #expect(numbers == [0.5, 0.1, 0.25] + node.weight + node.bias + node.scale)
  }

  @Test func `a tensor of the wrong size is refused by name`() {
    var model = TestModels.mixed()
    var written = parameters(model, .laplace)
    written.nodes[0].scale.removeLast()
    model.ancillary.routerParameters = written
    #expect(
      throws: PackagingError.wrongElementCount(
        part: .routerParameters, index: 0, found: 3, expected: 4)
    ) { _ = try model.encoded(profile: .map) }
    written.nodes = []
    model.ancillary.routerParameters = written
    #expect(
      throws: PackagingError.wrongElementCount(
        part: .routerParameters, index: 0, found: 0, expected: 1)
    ) { _ = try model.encoded(profile: .map) }
  }

  @Test func `unlawful numbers are refused by the rule when written`() throws {
    let model = TestModels.mixed()
    let lawful = parameters(model, .cosine)
    var cases: [RouterParameters] = []
    for change in 0..<6 {
      var broken = lawful
      switch change {
      case 0: broken.temperature = 0
      case 1: broken.tau1 = 0.1
      case 2: broken.nodes[0].weight[5] = .nan
      case 3: broken.innerKind = .linear
      case 4: broken.outerKind = .linear
      default: broken.outerKind = .prototype
      }
      cases.append(broken)
    }
    for broken in cases {
      var model = model
      model.ancillary.routerParameters = broken
      let error = try #require(throws: PackagingError.self) {
        _ = try model.encoded(profile: .map)
      }
      guard case .unlawful(let rule) = error else {
        Issue.record("\(error)")
        continue
      }
      #expect(rule.rule == .invalidAncillaryValue && rule.kind == 32)
    }
  }

  /// Only who asks for the section is told that it is damaged.
  @Test func `a damaged section is refused when it is read`() throws {
    var model = TestModels.mixed()
    model.ancillary.routerParameters = parameters(model, .cosine)
    var file = try model.encoded(profile: .map)
    let range = try #require(try ModelView(validating: file.span).entry(.routerParameters)).range
    file[range.lowerBound] = 9
    let error = try #require(throws: FormatError.self) { _ = try decoded(file) }
    #expect(error.rule == .damagedSection && error.kind == 32)
  }
}

// ExpertReplacementTests.swift: experts come and go, the others keep what is stored of them.

import PosternFormat
import PosternPackaging
import PosternStorage
import TestModels
import Testing

@Suite struct ExpertReplacementTests {
  private static func model() -> ModelDescription {
    TestModels.mixed(widths: [[64, 64], [17, 5], [], [16, 16]], hasSharedExpert: true)
  }

  private static func router(_ model: ModelDescription, _ children: [Int]) -> Router {
    guard case .flat(let node) = model.router else { return model.router }
    let features = model.featureCount
    return .flat(
      RouterNode(
        kind: node.kind,
        weights: children.flatMap { node.weights[$0 * features..<($0 + 1) * features] },
        bias: children.map { node.bias[$0] },
        scale: node.scale.isEmpty ? [] : children.map { node.scale[$0] }))
  }

  /// Goal: the new file is the one that the encoder writes for the changed model. Method: both
  /// ways, experts removed, reordered and copied; the header's sizes among the rest.
  @Test(
    arguments: Profile.allCases, [[0, 2, 3], [1], [2, 1], [0, 1, 2, 3, 3], [3, 0, 1, 1, 2, 0]])
  func `the file is that of the changed model`(profile: Profile, originals: [Int]) throws {
    let model = ExpertReplacementTests.model()
    let file = try model.encoded(profile: profile)
    var expected = model
    expected.experts = []
    var sources: [ExpertReplacement.Source] = []
    for (place, original) in originals.enumerated() {
      var expert = model.experts[original]
      if originals[..<place].contains(original) {
        expert.layers[0].bias[0] += 1
        sources.append(
          .added(try model.section(of: expert, index: place), like: original))
      } else {
        sources.append(.kept(original))
      }
      expected.experts.append(expert)
    }
    expected.router = ExpertReplacementTests.router(model, originals)
    expected.ancillary.provenance = Array("{}".utf8)
    expected.ancillary.deviations = []
    expected.ancillary.routingHistogram = []
    expected.ancillary.routerParameters = nil
    let new = try replacing(
      [
        SectionReplacement(.provenance, expected.ancillary.provenance),
        SectionReplacement(.deviations, nil), SectionReplacement(.routingHistogram, nil),
        SectionReplacement(.routerParameters, nil),
      ], experts: ExpertReplacement(sources: sources, router: expected.router),
      in: ModelView(validating: file.span))
    #expect(new == (try expected.encoded(profile: profile)))
  }

  @Test func `a signature goes, damage stays`() throws {
    let model = ExpertReplacementTests.model()
    let file = try model.encoded(profile: .ship)
    var signed = try replacing(
      [SectionReplacement(.signature, [UInt8](repeating: 7, count: 112))],
      in: ModelView(validating: file.span))
    let range = try ModelView(validating: signed.span).expertEntry(3).range
    signed[range.lowerBound + range.count / 2] ^= 4
    let experts = ExpertReplacement(
      sources: [.kept(0), .kept(3)], router: ExpertReplacementTests.router(model, [0, 3]))
    let new = try replacing([], experts: experts, in: ModelView(validating: signed.span))
    let view = try ModelView(validating: new.span)
    let signature = view.entry(.signature)
    #expect(signature == nil)
    #expect(throws: FormatError.self) {
      _ = try decodedExpert(ModelView(validating: new.span), 1)
    }
  }

  @Test func `a router without a child for each, and unlawful weights, are refused`() throws {
    let model = ExpertReplacementTests.model()
    let file = try model.encoded(profile: .map)
    func rule(_ experts: ExpertReplacement) throws -> FormatRule? {
      let error = try #require(throws: PackagingError.self) {
        _ = try replacing([], experts: experts, in: ModelView(validating: file.span))
      }
      guard case .unlawful(let broken) = error else { return nil }
      return broken.rule
    }
    let three = ExpertReplacementTests.router(model, [0, 1, 2])
    #expect(
      try rule(ExpertReplacement(sources: [.kept(0), .kept(1)], router: three)) != nil)
    var section = try model.section(of: model.experts[2], index: 2)
    section.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
    #expect(
      try rule(
        ExpertReplacement(
          sources: [.kept(0), .kept(1), .added(section, like: 2)], router: three))
        == .invalidExpertValue)
  }
}

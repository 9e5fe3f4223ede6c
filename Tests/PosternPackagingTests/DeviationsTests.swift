// DeviationsTests.swift: how far experts were from held-out rows survives the trip through a file.

import PosternFormat
import PosternPackaging
import TestModels
import Testing

@Suite struct DeviationsTests {
  private func model(_ change: (inout [Float]) -> Void = { _ in }) -> ModelDescription {
    var model = TestModels.mixed()
    model.ancillary.deviations = (0..<8).map { 0.25 * Float($0) }
    change(&model.ancillary.deviations)
    return model
  }

  @Test func `what is written is read by expert and output`() throws {
    let file = try model().encoded(profile: .ship)
    let model = try ModelView(validating: file.span)
    let view = try #require(try values(model))
    #expect(view == [[0, 0.25], [0.5, 0.75], [1, 1.25], [1.5, 1.75]])
    let plain = try TestModels.mixed().encoded(profile: .ship)
    let without = try ModelView(validating: plain.span)
    #expect(try values(without) == nil)
  }

  private func values(_ model: borrowing ModelView) throws -> [[Float]]? {
    guard let view = try model.deviations() else { return nil }
    return (0..<4).map { expert in
      (0..<2).map { view.deviation(ofExpert: expert, output: $0) }
    }
  }

  @Test(arguments: [-0.5, -0.0, Float.infinity, Float.nan])
  func `an unlawful deviation is refused by the rule when written`(number: Float) throws {
    let error = try #require(throws: PackagingError.self) {
      _ = try model { $0[3] = number }.encoded(profile: .map)
    }
    guard case .unlawful(let rule) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(rule.rule == .invalidAncillaryValue && rule.kind == 38 && rule.offset == 12)
  }

  @Test func `a number too few is refused by name`() {
    #expect(
      throws: PackagingError.wrongElementCount(
        part: .deviations, index: 0, found: 7, expected: 8)
    ) { _ = try model { $0.removeLast() }.encoded(profile: .map) }
  }

  @Test func `a classification has no deviations`() throws {
    var model = TestModels.mixed(task: .multiclass)
    model.ancillary.deviations = [Float](repeating: 1, count: 12)
    let error = try #require(throws: PackagingError.self) {
      _ = try model.encoded(profile: .map)
    }
    guard case .unlawful(let rule) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(rule.rule == .invalidAncillaryValue && rule.found == 2)
  }
}

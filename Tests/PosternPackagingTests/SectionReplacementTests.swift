// SectionReplacementTests.swift: what is replaced changes, and nothing else.

import PosternFormat
import PosternPackaging
import PosternStorage
import TestModels
import Testing

@Suite struct SectionReplacementTests {
  private static func model(seed: UInt64 = 1) -> ModelDescription {
    var model = TestModels.mixed(
      widths: [[64, 64], [17, 5], [], [16, 16]], hasSharedExpert: true, seed: seed)
    model.ancillary.provenance = Array(#"{"seed":1}"#.utf8)
    model.ancillary.routingHistogram = [5, 6, 7, 8]
    return model
  }

  /// Another expert of the same shape.
  private static func trained(_ expert: Expert) -> Expert {
    var expert = expert
    for layer in expert.layers.indices {
      for weight in expert.layers[layer].weights.indices {
        expert.layers[layer].weights[weight] *= 0.75
      }
    }
    return expert
  }

  /// Goal: a replaced file is the one that the encoder writes for the changed model. Method: both
  /// ways, for each expert and profile; stored bytes of the others are compared too.
  @Test(arguments: Profile.allCases, 0..<4)
  func `a replaced expert gives the file of the changed model`(
    profile: Profile, expert: Int
  ) throws {
    var model = SectionReplacementTests.model()
    let file = try model.encoded(profile: profile)
    model.experts[expert] = SectionReplacementTests.trained(model.experts[expert])
    model.ancillary.provenance = Array(#"{"seed":1,"updates":[1,2,3]}"#.utf8)
    let view = try ModelView(validating: file.span)
    let new = try replacing(
      [
        SectionReplacement(
          expert: expert, try model.section(of: model.experts[expert], index: expert)),
        SectionReplacement(.provenance, model.ancillary.provenance),
      ], in: view)
    #expect(new == (try model.encoded(profile: profile)))
    let after = try ModelView(validating: new.span)
    for number in 0..<view.header.sectionCount {
      let (old, other) = (view.entry(number), after.entry(number))
      let isReplaced = old.kind == .provenance || (old.kind == .expert && old.index == expert)
      #expect((file[old.range] == new[other.range]) == !isReplaced)
      #expect((old.checksum == other.checksum) == !isReplaced)
      #expect(old.rawEncoding == other.rawEncoding && old.flags == other.flags)
    }
  }

  @Test func `nothing replaced is the file itself`() throws {
    for (name, file) in try GoldenVectors.valid() {
      let same = try replacing([], in: ModelView(validating: file.span))
      #expect(same == file, "\(name)")
    }
  }

  /// Goal: frames are copied, not made again. Method: golden vectors with frames of another zstd,
  /// with an ancillary section more: every old section keeps its stored bytes.
  @Test func `sections of another writer keep their stored bytes`() throws {
    for (name, file) in try GoldenVectors.valid() {
      let before = try ModelView(validating: file.span)
      let new = try replacing([SectionReplacement(.modelCard, Array("{}".utf8))], in: before)
      let after = try ModelView(validating: new.span)
      #expect(after.header.versionMinor == before.header.versionMinor)
      var number = 0
      for place in 0..<before.header.sectionCount {
        let old = before.entry(place)
        if old.kind == .signature { continue }
        while after.entry(number).rawKind != old.rawKind || after.entry(number).index != old.index {
          number += 1
        }
        let other = after.entry(number)
        if old.kind == .modelCard { continue }
        #expect(file[old.range] == new[other.range], "\(name)")
        #expect(old.rawEncoding == other.rawEncoding && old.flags == other.flags, "\(name)")
        #expect(old.checksum == other.checksum, "\(name)")
      }
      let signature = after.entry(.signature)
      #expect(signature == nil)
    }
  }

  @Test func `sections are added and removed`() throws {
    let file = try SectionReplacementTests.model().encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    let new = try replacing(
      [SectionReplacement(.provenance, nil), SectionReplacement(.selfTest, [1, 2])], in: view)
    let after = try ModelView(validating: new.span)
    #expect(after.header.sectionCount == view.header.sectionCount)
    let provenance = after.entry(.provenance)
    #expect(provenance == nil)
    let (test, histogram) = (after.entry(.selfTest), after.entry(.routingHistogram))
    let entry = try #require(test)
    #expect(new[entry.range] == [1, 2])
    #expect(entry.offset > (try #require(histogram)).offset)
  }

  @Test func `a signature goes with the first change`() throws {
    let file = try SectionReplacementTests.model().encoded(profile: .map)
    let signed = try replacing(
      [SectionReplacement(.signature, [UInt8](repeating: 7, count: 112))],
      in: ModelView(validating: file.span))
    let view = try ModelView(validating: signed.span)
    let signature = view.entry(.signature)
    #expect(signature != nil)
    let new = try replacing([SectionReplacement(.modelCard, [0x7B, 0x7D])], in: view)
    let none = try ModelView(validating: new.span).entry(.signature)
    #expect(none == nil)
  }

  /// Goal: an update is no laundry. Method: one byte of each section that is not checked when a
  /// file is opened is turned; the new file has the same damage, found by the same rule.
  @Test(arguments: Profile.allCases)
  func `damage elsewhere stays damage`(profile: Profile) throws {
    var model = SectionReplacementTests.model()
    let file = try model.encoded(profile: profile)
    model.experts[3] = SectionReplacementTests.trained(model.experts[3])
    let section = try model.section(of: model.experts[3], index: 3)
    let count = try ModelView(validating: file.span).header.sectionCount
    for number in 0..<count {
      var damaged = file
      let entry = try ModelView(validating: file.span).entry(number)
      guard entry.kind?.isAlwaysRead == false, entry.index != 3 else { continue }
      damaged[entry.range.lowerBound + entry.range.count / 2] ^= 4
      let new = try replacing(
        [SectionReplacement(expert: 3, section)], in: ModelView(validating: damaged.span))
      #expect(throws: FormatError.self) {
        let view = try ModelView(validating: new.span)
        let entry = view.entry(number)
        if entry.kind == .expert { _ = try decodedExpert(view, Int(entry.index)) }
        if entry.kind == .sharedExpert { _ = try decodedExpert(view, view.header.expertCount) }
        if !entry.isCritical { _ = try view.checkedSection(entry) }
      }
      let decoded = try decodedExpert(ModelView(validating: new.span), 3)
      #expect(decoded == section)
    }
  }

  @Test func `bytes behind an expert are not swept away`() throws {
    let model = SectionReplacementTests.model()
    var file = try model.encoded(profile: .ship)
    let entry = try ModelView(validating: file.span).expertEntry(1)
    let gap = entry.range.upperBound
    try #require(gap % Layout.alignment != 0)
    file[gap] = 9
    let section = try model.section(of: model.experts[0], index: 0)
    let error = try #require(throws: PackagingError.self) {
      _ = try replacing(
        [SectionReplacement(expert: 0, section)], in: ModelView(validating: file.span))
    }
    guard case .unlawful(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .invalidExpertValue && broken.index == 1)
  }

  @Test func `an expert of another shape or with other numbers is refused`() throws {
    let model = SectionReplacementTests.model()
    let file = try model.encoded(profile: .map)
    func rule(_ section: [UInt8]) throws -> FormatRule? {
      let error = try #require(throws: PackagingError.self) {
        _ = try replacing(
          [SectionReplacement(expert: 2, section)], in: ModelView(validating: file.span))
      }
      guard case .unlawful(let broken) = error else { return nil }
      return broken.rule
    }
    #expect(try rule(model.section(of: model.experts[0], index: 0)) == .invalidExpertShape)
    var section = try model.section(of: model.experts[2], index: 2)
    section.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
    #expect(try rule(section) == .invalidExpertValue)
  }
}

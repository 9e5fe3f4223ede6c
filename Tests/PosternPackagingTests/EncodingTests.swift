import Foundation
import PosternFormat
import PosternPackaging
import PosternStorage
import TestModels
import Testing

@Suite struct EncodingTests {
  @Test(arguments: Profile.allCases)
  func `equal models give equal bytes`(profile: Profile) throws {
    let first = try TestModels.mixed(seed: 3).encoded(profile: profile)
    let second = try TestModels.mixed(seed: 3).encoded(profile: profile)
    #expect(first == second)
    #expect(try TestModels.mixed(seed: 4).encoded(profile: profile) != first)
  }

  /// Goal: a model has one encoding for each profile. Method: pack one profile's file as the other.
  @Test func `repacking gives the bytes that encoding gives`() throws {
    let model = TestModels.mixed(widths: [[64, 64]], hasSharedExpert: true)
    let map = try model.encoded(profile: .map)
    let ship = try model.encoded(profile: .ship)
    #expect(ship.count < map.count)
    #expect(try repack(map, as: .ship) == ship)
    #expect(try repack(ship, as: .map) == map)
  }

  /// A later minor version may have sections that are unknown here and are copied.
  @Test func `repacking keeps the minor version`() throws {
    let here = URL(filePath: #filePath)
    let vector = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "formats/vectors/valid/higher-minor.moe")
    let file = [UInt8](try Data(contentsOf: vector))
    let minor = try ModelView(validating: file.span).header.versionMinor
    #expect(minor > Layout.versionMinor)
    let packed = try repack(file, as: .ship)
    #expect(try ModelView(validating: packed.span).header.versionMinor == minor)
  }

  @Test func `profile map aligns large experts to pages`() throws {
    let file = try TestModels.mixed(widths: [[64, 64]]).encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    for expert in 0..<view.header.expertCount {
      let entry = view.expertEntry(expert)
      #expect(entry.isPageAligned == (entry.decodedByteCount >= 4_096))
      #expect(!entry.isPageAligned || entry.offset % 4_096 == 0)
      #expect(entry.encoding == .raw)
    }
  }

  @Test func `a tensor of the wrong size is refused by name`() {
    var model = TestModels.mixed()
    model.experts[1].layers[0].weights.removeLast()
    let count = model.experts[1].layers[0].weights.count
    #expect(
      throws: PackagingError.wrongElementCount(
        part: .expert, index: 1, found: count, expected: count + 1)
    ) { _ = try model.encoded(profile: .map) }
    model = TestModels.mixed()
    model.targetNames.removeLast()
    #expect(
      throws: PackagingError.wrongElementCount(part: .names, index: 0, found: 1, expected: 2)
    ) { _ = try model.encoded(profile: .map) }
  }

  /// Each weight is within half a step of what it was; f16 within half of its last digit.
  @Test(arguments: [Expert.ElementType.f16, .int8, .int4], [Profile.map, .ship])
  func `weights of fewer bits are the nearest`(
    type: Expert.ElementType, profile: Profile
  ) throws {
    var model = TestModels.mixed()
    for expert in model.experts.indices { model.experts[expert].elementType = type }
    let bytes = try model.encoded(profile: profile)
    let view = try ModelView(validating: bytes.span)
    for expert in model.experts.indices {
      #expect(view.shape(ofExpert: expert).elementType.rawValue == type.rawValue)
    }
    let plain = try TestModels.mixed().encoded(profile: .map).count
    #expect(try model.encoded(profile: .map).count < plain)
  }

  @Test func `a weight beyond the range of f16 is refused`() throws {
    var model = TestModels.mixed()
    model.experts[0].elementType = .f16
    model.experts[0].layers[0].weights[0] = 70_000
    let error = try #require(throws: PackagingError.self) {
      _ = try model.encoded(profile: .map)
    }
    guard case .unlawful(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .invalidExpertValue)
  }

  @Test func `halves round to nearest even`() {
    let cases: [(Float, UInt16)] = [
      (0, 0), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (65504, 0x7BFF), (65519, 0x7BFF),
      (65520, 0x7C00), (0x1p-14, 0x0400), (0x1p-24, 1), (0x1p-25, 0), (0x1.8p-24, 2),
      (1 + 0x1p-11, 0x3C00), (1 + 0x1.8p-10, 0x3C02), (-.infinity, 0xFC00),
      (0x1.ffcp-15, 0x0400),
    ]
    for (value, bits) in cases { #expect(halfBits(value) == bits, "\(value)") }
    for bits in UInt16(0)..<0x7C00 {
      // Every half, as its own formula has it, comes back.
      let (exponent, fraction) = (Int(bits >> 10), Float(bits & 0x3FF))
      let scale = Float(sign: .plus, exponent: max(exponent, 1) - 25, significand: 1)
      let value = (exponent == 0 ? fraction : fraction + 1024) * scale
      #expect(halfBits(value) == bits)
    }
  }

  @Test func `what breaks a rule of the format is refused with the rule`() throws {
    var model = TestModels.mixed()
    model.head[0].low = 100
    let error = try #require(throws: PackagingError.self) {
      _ = try model.encoded(profile: .map)
    }
    guard case .unlawful(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .invalidHead)
  }

  /// Goal: packing neither loses nor mends what it does not understand. Method: a golden vector
  /// whose ancillary sections are compressed, and one byte of a raw section turned.
  @Test func `ancillary sections keep their encoding and checksum`() throws {
    let file = try vector("ancillary-compressed")
    let before = try ModelView(validating: file.span)
    let packed = try repack(file, as: .map)
    let after = try ModelView(validating: packed.span)
    var compressedCount = 0
    for number in 0..<before.header.sectionCount where !before.entry(number).isCritical {
      let (old, new) = (before.entry(number), after.entry(number))
      #expect(old.rawKind == new.rawKind && old.rawEncoding == new.rawEncoding)
      #expect(old.decodedByteCount == new.decodedByteCount && old.checksum == new.checksum)
      #expect(file[old.range] == packed[new.range])
      compressedCount += old.encoding == .raw ? 0 : 1
    }
    #expect(compressedCount > 0)
  }

  @Test func `a damaged ancillary section is not packed`() throws {
    var model = TestModels.mixed()
    model.ancillary.provenance = Array("{}".utf8)
    var file = try model.encoded(profile: .map)
    let place = try #require(try ModelView(validating: file.span).entry(.provenance)).range
    file[place.lowerBound] ^= 1
    let error = try #require(throws: FormatError.self) { _ = try repack(file, as: .ship) }
    #expect(error.rule == .damagedSection && error.kind == SectionKind.provenance.rawValue)
  }

  private func vector(_ name: String) throws -> [UInt8] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return [UInt8](
      try Data(contentsOf: root.appendingPathComponent("formats/vectors/valid/\(name).moe")))
  }

  private func repack(_ file: [UInt8], as profile: Profile) throws -> [UInt8] {
    let view = try ModelView(validating: file.span)
    return try repacked(
      view, profile: { _ in profile },
      decoded: { expert in
        let view = try ModelView(validating: file.span)
        return try decodedExpert(view, expert)
      })
  }
}

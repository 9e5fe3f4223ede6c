// MutationTests.swift: a damaged file is refused or answers as before.

import PosternFormat
import PosternPackaging
import Testing

/// Goal: no damage to a file leads to a crash, a hang or another answer. Method: of a small model,
/// every byte is set to every other value and the rows are predicted; every prefix is tried.
///
/// An optimised build does exactly that. A debug build is 20 times slower, so there a byte of a
/// checksummed section gets the 8 values that differ in one bit; for the other 247 it is only shown
/// that the section's checksum changes, which is the first thing that is done with such a byte. The
/// stored bytes of a compressed expert get the 8 values alone.
@Suite struct MutationTests {
  #if DEBUG
    static let isExhaustive = false
  #else
    static let isExhaustive = true
  #endif

  enum Variant: CaseIterable { case raw, compressed }

  private func file(_ variant: Variant) throws -> [UInt8] {
    switch variant {
    case .raw: try SmallModel.description(ancillary: true).encoded(profile: .map)
    case .compressed: try SmallModel.compressible().encoded(profile: .ship)
    }
  }

  @Test(arguments: Variant.allCases)
  func `a byte of another value is refused or changes nothing`(variant: Variant) throws {
    var bytes = try file(variant)
    let good = Outcome(bytes.span)
    #expect(good.answerCount == SmallModel.rows.count)
    let sections = Section.all(bytes)
    #expect(sections.contains { $0.isCompressed } == (variant == .compressed))
    var tally = Tally()
    for place in bytes.indices {
      let section = sections.first { $0.range.contains(place) }
      let original = bytes[place]
      for step in 1...UInt8.max {
        bytes[place] = original ^ step
        let isFull = Self.isExhaustive || section == nil || step & (step - 1) == 0
        if isFull {
          tally.note(Outcome(bytes.span), good, "byte \(place) set to \(original ^ step)")
        } else if let section, !section.isCompressed {
          tally.note(section.isDamaged(bytes), "byte \(place) set to \(original ^ step)")
        }
      }
      bytes[place] = original
    }
    #expect(tally.wrong == [])
    #expect(tally.refused > 250 * 500)
    // The model card has two bytes; a page of zeros is nowhere.
    #expect(variant == .compressed || tally.unchanged == (Self.isExhaustive ? 2 * 255 : 2 * 8))
    #expect(Outcome(bytes.span) == good)
  }

  @Test(arguments: Variant.allCases)
  func `a file cut short is refused`(variant: Variant) throws {
    let bytes = try file(variant)
    for count in bytes.indices {
      guard case .refused(let error) = Outcome(bytes.span.extracting(0..<count)) else {
        Issue.record("\(count) of \(bytes.count) bytes were accepted")
        continue
      }
      #expect(error.rule == .truncated || error.rule == .wrongFileSize)
    }
  }

  @Test(arguments: Variant.allCases)
  func `a file with a byte more is refused`(variant: Variant) throws {
    for byte in UInt8.min...UInt8.max {
      let bytes = try file(variant) + [byte]
      guard case .refused(let error) = Outcome(bytes.span) else {
        Issue.record("byte \(byte) behind the file was accepted")
        continue
      }
      #expect(error.rule == .wrongFileSize)
    }
  }
}

/// What became of the mutations.
private struct Tally {
  var refused = 0
  var unchanged = 0
  var wrong: [String] = []

  mutating func note(_ outcome: Outcome, _ good: Outcome, _ what: @autoclosure () -> String) {
    switch outcome {
    case .refused: refused += 1
    case good: unchanged += 1
    default: wrong.append("\(what()): \(outcome)")
    }
  }

  mutating func note(_ isDamaged: Bool, _ what: @autoclosure () -> String) {
    if isDamaged { refused += 1 } else { wrong.append("\(what()): the same checksum") }
  }
}

/// A section that is read: ancillary ones are not, and have no checksum that is looked at.
private struct Section {
  var range: Range<Int>
  var checksum: UInt64
  var isCompressed: Bool

  static func all(_ bytes: [UInt8]) -> [Section] {
    guard let model = try? ModelView(validating: bytes.span) else { return [] }
    var sections: [Section] = []
    for number in 0..<model.header.sectionCount {
      let entry = model.entry(number)
      sections.append(
        Section(
          range: entry.range, checksum: entry.checksum, isCompressed: entry.encoding != .raw))
    }
    return sections
  }

  func isDamaged(_ bytes: [UInt8]) -> Bool {
    xxh64(bytes.span.extracting(range)) != checksum
  }
}

// VectorTests.swift: what this reader refuses, and why, is what the second implementation refuses.

import PosternFormat
import PosternStorage
import Testing

/// Goal: two readers, of which one was written from the specification alone, agree about every
/// file. Method: each invalid vector breaks one rule; the rule, the section's kind and its index
/// agree.
@Suite struct VectorTests {
  /// The rule that `bytes` break, as in an `.error` file; nil if every section is sound.
  private func refusal(_ bytes: [UInt8]) -> [String]? {
    do throws(FormatError) {
      let model = try ModelView(validating: bytes.span)
      for expert in 0..<model.expertSectionCount {
        let decoded = try decodedExpert(model, expert)
        #expect(decoded.count == Int(model.expertEntry(expert).decodedByteCount))
      }
      for number in 0..<model.header.sectionCount {
        let entry = model.entry(number)
        if !entry.isCritical && entry.encoding == .raw { _ = try model.checkedSection(entry) }
      }
      return nil
    } catch {
      return ["R\(error.rule.rawValue)", String(error.kind), String(error.index)]
    }
  }

  @Test(arguments: VectorFiles.names("invalid"))
  func `an invalid vector is refused by its rule`(name: String) throws {
    let expected = try VectorFiles.error(name)
    #expect(expected.count == 6)
    #expect(refusal(try VectorFiles.bytes("invalid", name)) == Array(expected.prefix(3)))
  }

  @Test(arguments: ["valid", "boundary"])
  func `a valid vector is sound to its last expert`(group: String) throws {
    let names = VectorFiles.names(group)
    #expect(names.count > 20)
    for name in names {
      #expect(refusal(try VectorFiles.bytes(group, name)) == nil, "\(name)")
    }
  }

  /// A prefix of any vector is refused: a rule further on must not look behind the end.
  @Test(arguments: VectorFiles.names("valid"))
  func `a vector cut short is refused`(name: String) throws {
    let bytes = try VectorFiles.bytes("valid", name)
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
      #expect(refusal(Array(bytes[..<count])) != nil)
    }
  }

  @Test func `every rule has a vector`() {
    let names = VectorFiles.names("invalid")
    var number: UInt8 = 1
    while let rule = FormatRule(rawValue: number) {
      let prefix = "R" + (number < 10 ? "0" : "") + "\(number)-"
      #expect(names.contains { $0.hasPrefix(prefix) }, "\(rule)")
      number += 1
    }
    #expect(number == 34)
  }
}

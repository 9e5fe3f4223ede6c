// InputTests.swift: the section that says how texts become a row, there and back.

import PosternFormat
import PosternPackaging
import PosternStorage
import TestModels
import Testing

@Suite struct InputTests {
  /// Of ``TestModels/mixed(task:expertCount:widths:hasSharedExpert:seed:)``.
  static var input: InputDescription {
    var input = InputDescription(
      columns: [InputDescription.Number](repeating: InputDescription.Number(), count: 5),
      targets: [InputDescription.Number](repeating: InputDescription.Number(), count: 2))
    input.columns[0].origin = 1_700_000_000
    input.columns[0].exponent = 3
    input.columns[0].decimal = .comma
    input.columns[0].grouping = .point
    input.columns[0].unit = Array("kg".utf8)
    input.columns[1].source = 0
    input.columns[1].part = .hour
    input.columns[4].source = 1
    input.columns[4].part = .days
    input.columns[4].origin = 19_753.5
    input.targets[0].origin = -1e12
    input.targets[0].exponent = -20
    input.targets[1].unit = Array("€".utf8)
    input.sources = [
      InputDescription.Source(name: Array("when".utf8), form: .yearMonthDay),
      InputDescription.Source(name: Array("since".utf8), form: .epochSeconds),
    ]
    input.tokens = [Array("NA".utf8), Array("not known".utf8)]
    input.numberTokens = [Array("-999".utf8)]
    return input
  }

  private func decode(_ file: [UInt8]) throws -> ModelDescription {
    let view = try ModelView(validating: file.span)
    return try ModelDescription(decoding: view) { expert throws(FormatError) in
      let view = try ModelView(validating: file.span)
      return try decodedExpert(view, expert)
    }
  }

  @Test(arguments: Profile.allCases, [false, true])
  func `the input is written behind the experts and read back`(
    profile: Profile, hasSharedExpert: Bool
  ) throws {
    var model = TestModels.mixed(hasSharedExpert: hasSharedExpert)
    model.input = InputTests.input
    model.ancillary.modelCard = Array("{}".utf8)
    let file = try model.encoded(profile: profile)
    let view = try ModelView(validating: file.span)
    #expect(view.header.versionMinor == 1)
    let found = view.entry(.input)
    let entry = try #require(found)
    #expect(entry.isCritical && entry.encoding == .raw && entry.rawKind == 9)
    let read = try decode(file)
    #expect(read == model)
    #expect(try read.encoded(profile: profile) == file)
  }

  @Test func `the view says what was written`() throws {
    var model = TestModels.mixed()
    model.input = InputTests.input
    let file = try model.encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    guard let input = view.input else {
      Issue.record("no input")
      return
    }
    #expect(input.origin(ofColumn: 0) == 1_700_000_000 && input.exponent(ofColumn: 0) == 3)
    #expect(input.decimal(ofColumn: 0) == .comma && input.grouping(ofColumn: 0) == .point)
    #expect(input.unit(ofColumn: 0).count == 2 && input.unit(ofColumn: 1).isEmpty)
    #expect(input.source(ofColumn: 0) == nil && input.part(ofColumn: 0) == nil)
    #expect(input.source(ofColumn: 4) == 1 && input.part(ofColumn: 4) == .days)
    #expect(input.origin(ofTarget: 0) == -1e12 && input.exponent(ofTarget: 0) == -20)
    #expect(input.unit(ofTarget: 1).count == 3 && input.unit(ofTarget: 0).isEmpty)
    #expect(input.decimal(ofTarget: 1) == .point && input.grouping(ofTarget: 1) == .none)
    #expect(input.sourceCount == 2 && input.sourceForm(1) == .epochSeconds)
    #expect(input.sourceName(0).count == 4 && input.sourceName(1)[0] == UInt8(ascii: "s"))
    #expect(input.tokenCount == 2 && input.token(1).count == 9)
    #expect(input.numberTokenCount == 1 && input.numberToken(0)[0] == UInt8(ascii: "-"))
  }

  @Test func `a model without input is written as before`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    let view = try ModelView(validating: file.span)
    let entry = view.entry(.input)
    #expect(view.header.versionMinor == 0 && entry == nil)
    if view.input != nil { Issue.record("an input") }
  }

  @Test func `files that are rewritten keep their input`() throws {
    var model = TestModels.mixed(widths: [[64, 64]])
    model.input = InputTests.input
    let map = try model.encoded(profile: .map)
    let ship = try model.encoded(profile: .ship)
    let view = try ModelView(validating: map.span)
    let packed = try repacked(view, profile: { _ in .ship }) { expert in
      let view = try ModelView(validating: map.span)
      return try decodedExpert(view, expert)
    }
    #expect(packed == ship)
    let card = try replacing([SectionReplacement(.modelCard, Array("{}".utf8))], in: view)
    #expect(try decode(card).input == model.input)
    guard case .flat(var node) = model.router else { return }
    node.weights.removeLast(model.featureCount)
    node.bias.removeLast()
    let fewer = try replacing(
      [],
      experts: ExpertReplacement(
        sources: [.kept(0), .kept(1), .kept(2)], router: .flat(node)), in: view)
    let read = try decode(fewer)
    #expect(read.input == model.input && read.experts.count == 3)
  }

  @Test func `a replaced input brings its minor version`() throws {
    var model = TestModels.mixed()
    let plain = try model.encoded(profile: .map)
    model.input = InputTests.input
    let file = try model.encoded(profile: .map)
    let entry = try ModelView(validating: file.span).entry(.input)
    let section = Array(file[try #require(entry).range])
    let added = try replacing(
      [SectionReplacement(.input, section)], in: ModelView(validating: plain.span))
    #expect(added == file)
    let removed = try replacing(
      [SectionReplacement(.input, nil)], in: ModelView(validating: file.span))
    #expect(removed == plain)
  }

  @Test func `an input that does not fit the model is refused`() throws {
    func refusal(
      task: ModelDescription.Task = .regression, _ change: (inout ModelDescription) -> Void
    ) -> PackagingError? {
      var model = TestModels.mixed(task: task)
      model.input = InputTests.input
      change(&model)
      do {
        _ = try model.encoded(profile: .map)
        return nil
      } catch { return error }
    }
    func offset(_ change: (inout InputDescription) -> Void) -> UInt64? {
      let error = refusal { model in
        guard var input = model.input else { return }
        change(&input)
        model.input = input
      }
      guard case .unlawful(let broken) = error, broken.rule == .invalidInput else { return nil }
      return broken.offset
    }
    #expect(
      refusal { $0.input?.columns.removeLast() }
        == .wrongElementCount(part: .input, index: 0, found: 4, expected: 5))
    #expect(
      refusal { $0.input?.targets.removeLast() }
        == .wrongElementCount(part: .input, index: 1, found: 1, expected: 2))
    #expect(offset { $0.columns[0].origin = .infinity } == UInt64(32))
    #expect(offset { $0.columns[0].origin = -0.0 } == UInt64(32))
    #expect(offset { $0.columns[0].exponent = 1_023 } == UInt64(40))
    #expect(offset { $0.columns[0].exponent = -1_023 } == UInt64(40))
    #expect(offset { $0.columns[2].origin = 1 } == UInt64(32 + 48 + 6))
    #expect(offset { $0.columns[3].unit = [65] } == UInt64(32 + 72 + 20))
    #expect(offset { $0.columns[0].grouping = .comma } == UInt64(50))
    #expect(offset { $0.columns[1].part = nil } == UInt64(32 + 24 + 16))
    #expect(offset { $0.columns[1].source = 1 } == UInt64(32 + 24 + 12))
    #expect(offset { $0.columns[1].decimal = .comma } == UInt64(32 + 24 + 17))
    #expect(offset { $0.columns[1].unit = [65] } == UInt64(32 + 24 + 20))
    #expect(offset { $0.columns[0].part = .hour } == UInt64(48))
    #expect(offset { $0.targets[0].source = 0 } == UInt64(32 + 5 * 24 + 12))
    #expect(offset { $0.targets[0].exponent = 1_020 } == UInt64(32 + 5 * 24 + 8))
    #expect(offset { $0.sources.append($0.sources[0]) } == UInt64(8))
    #expect(offset { $0.tokens[0] = [] } != nil)
    #expect(offset { $0.tokens[0] = Array(" NA".utf8) } != nil)
    #expect(offset { $0.numberTokens[0] = Array("-\t".utf8) } != nil)
    #expect(offset { $0.columns[0].unit = Array("kg ".utf8) } != nil)
    #expect(offset { $0.sources[0].name = [] } != nil)
    // A classification's target has nothing of its own.
    let classes = refusal(task: .binary) { $0.input?.targets.removeLast() }
    guard case .unlawful(let broken) = classes else {
      Issue.record("\(String(describing: classes))")
      return
    }
    #expect(broken.rule == .invalidInput && broken.kind == 9)
  }
}

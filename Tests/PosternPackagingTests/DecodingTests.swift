// DecodingTests.swift: what was encoded is read back, to the bit.

import Foundation
import PosternFormat
import PosternPackaging
import PosternStorage
import TestModels
import Testing

@Suite struct DecodingTests {
  private func decode(_ file: [UInt8]) throws -> ModelDescription {
    let view = try ModelView(validating: file.span)
    return try ModelDescription(decoding: view) { expert throws(FormatError) in
      let view = try ModelView(validating: file.span)
      return try decodedExpert(view, expert)
    }
  }

  /// Models of every task with both routers, several shapes, a shared expert, every ancillary
  /// section that a description holds.
  private static var models: [ModelDescription] {
    var models = [
      TestModels.mixed(), TestModels.mixed(task: .binary, expertCount: 1),
      TestModels.mixed(task: .multiclass, widths: [[64, 64], []], hasSharedExpert: true),
    ]
    models[1].ancillary.provenance = Array("{}".utf8)
    models[1].ancillary.modelCard = Array(#"{"a":1}"#.utf8)
    models[1].ancillary.selfTest = [UInt8](repeating: 0, count: 16)
    models[2].ancillary.routingHistogram = [1, 2, .max, 0]
    models[2].gateScale = .probability
    models[0].ancillary.deviations = (0..<8).map { Float($0) / 4 }
    models[2].experts[0].activation = .cube
    models[2].experts[0].layers[0].slopes = [Float](repeating: 0, count: 64)
    models[2].experts[0].layers[1].slopes = [Float](repeating: 0, count: 64)
    var generator = SeededGenerator(seed: 5)
    let features = models[0].featureCount
    let inner = [3, 1].map { (count: Int) -> PosternPackaging.RouterNode in
      PosternPackaging.RouterNode(
        kind: count == 1 ? .cosine : .distance, weights: generator.floats(count * features),
        bias: generator.floats(count), scale: generator.floats(count).map { 0.1 + abs($0) })
    }
    models.append(models[0])
    models[3].router = .twoLevel(
      outer: PosternPackaging.RouterNode(
        kind: .affine, weights: generator.floats(2 * features), bias: [-0.0, 1]), inner: inner)
    models[3].ancillary.routerParameters = RouterParameters(
      outerKind: .linear, innerKind: .laplace, temperature: 0.5,
      nodes: [2, 3, 1].map { count in
        RouterParameters.Node(
          weight: generator.floats(count * features), bias: generator.floats(count),
          scale: [Float](repeating: 1, count: count))
      })
    return models
  }

  @Test(arguments: Profile.allCases)
  func `a model that was written is read back whole`(profile: Profile) throws {
    for model in DecodingTests.models {
      let file = try model.encoded(profile: profile)
      let read = try decode(file)
      #expect(read == model)
      #expect(try read.encoded(profile: profile) == file)
    }
  }

  /// Goal: files of another writer are read as well. Method: each golden vector that a description
  /// can hold, encoded again; sections are compared decoded, as zstd levels differ.
  @Test func `golden vectors are read and written again`() throws {
    var (count, refused) = (0, Set<String>())
    for (name, file) in try GoldenVectors.valid() {
      let description: ModelDescription
      do {
        description = try decode(file)
      } catch let error as ModelDecodingError {
        refused.insert(name)
        switch error {
        case .otherMinorVersion: #expect(name == "higher-minor")
        case .sectionWithoutPlace(let kind): #expect(kind > 7, "\(name): \(kind)")
        case .unlawful: Issue.record("\(name): \(error)")
        }
        continue
      }
      count += 1
      // Rounding what was rounded need not give the same steps.
      if GoldenVectors.quantised.contains(name) { continue }
      let again = try description.encoded(profile: .map)
      try expectEqualSections(again, file, name)
    }
    #expect(count >= 15 && !refused.contains("dense") && !refused.contains("look-up"))
  }

  private func expectEqualSections(_ left: [UInt8], _ right: [UInt8], _ name: String) throws {
    let (first, second) = (
      try ModelView(validating: left.span), try ModelView(validating: right.span)
    )
    #expect(first.header.sectionCount == second.header.sectionCount, "\(name)")
    for number in 0..<min(first.header.sectionCount, second.header.sectionCount) {
      let (mine, theirs) = (first.entry(number), second.entry(number))
      #expect(mine.rawKind == theirs.rawKind && mine.index == theirs.index, "\(name)")
      #expect(mine.decodedByteCount == theirs.decodedByteCount, "\(name)")
      #expect(mine.checksum == theirs.checksum, "\(name): kind \(mine.rawKind) \(mine.index)")
    }
  }

  @Test func `one expert is read without the others`() throws {
    let model = TestModels.mixed()
    var file = try model.encoded(profile: .map)
    let damaged = try ModelView(validating: file.span).expertEntry(0).range
    file[damaged.lowerBound] ^= 1
    let view = try ModelView(validating: file.span)
    let frame = ModelDescription(frameOf: view)
    #expect(frame.experts.isEmpty && frame.router == model.router)
    #expect(frame.columns == model.columns && frame.head == model.head)
    let bytes = try decodedExpert(view, 2)
    let expert = Expert(decoding: 2, of: view, bytes.span)
    #expect(expert == model.experts[2])
    #expect(try frame.section(of: expert, index: 2) == bytes)
  }

  @Test func `a frame alone cannot be written`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    let frame = ModelDescription(frameOf: try ModelView(validating: file.span))
    #expect(throws: PackagingError.self) { _ = try frame.encoded(profile: .map) }
  }

  @Test func `a damaged expert is an error and no value`() throws {
    var file = try TestModels.mixed().encoded(profile: .map)
    let place = try ModelView(validating: file.span).expertEntry(3).range
    file[place.lowerBound] ^= 1
    let error = try #require(throws: ModelDecodingError.self) { _ = try decode(file) }
    guard case .unlawful(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .damagedExpert && broken.index == 3)
  }

  @Test func `a damaged or unknown ancillary section is an error`() throws {
    var model = TestModels.mixed()
    model.ancillary.modelCard = Array("{}".utf8)
    let file = try model.encoded(profile: .map)
    var damaged = file
    let card = try ModelView(validating: file.span).entry(.modelCard)
    let place = try #require(card).range
    damaged[place.lowerBound] ^= 1
    let error = try #require(throws: ModelDecodingError.self) { _ = try decode(damaged) }
    guard case .unlawful(let broken) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(broken.rule == .damagedSection)
    var unknown = SectionReplacement(.modelCard, [1, 2, 3])
    unknown.kind = 0x8000_0001
    let other = try replacing([unknown], in: ModelView(validating: file.span))
    #expect(throws: ModelDecodingError.sectionWithoutPlace(kind: 0x8000_0001)) {
      _ = try decode(other)
    }
  }
}

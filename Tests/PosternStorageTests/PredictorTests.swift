import PosternFormat
import PosternPackaging
import PosternRuntime
import PosternStorage
import TestModels
import Testing

@Suite struct PredictorTests {
  /// Goal: how experts are stored changes no bit. Method: raw against compressed, with a cache for
  /// one expert, for some and for all.
  @Test(arguments: [1, 2, 5], [1, 16])
  func `compressed experts give the bits of raw ones`(slots: Int, batch: Int) throws {
    let model = TestModels.mixed(
      task: .multiclass, expertCount: 5, widths: [[32], [48, 32], [16]], hasSharedExpert: true)
    let rows = TestModels.rows(120)
    let raw = try values(try model.encoded(profile: .map), rows, batch: batch, slots: 1)
    let packed = try model.encoded(profile: .ship)
    #expect(try values(packed, rows, batch: batch, slots: slots) == raw)
  }

  /// The decoder must stand at a multiple of 8 bytes, wherever the caller's memory starts and
  /// however few experts there are.
  @Test(arguments: [1, 3], 0..<16)
  func `a cache works at any word`(expertCount: Int, offset: Int) throws {
    let description = TestModels.mixed(expertCount: expertCount, widths: [[64, 64]])
    let file = try description.encoded(profile: .ship)
    let model = try ModelView(validating: file.span)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    let count = ExpertCache.byteCount(model, slotCount: 1) / 4
    var cache = [UInt32](repeating: 0, count: count + offset)
    let workspace = words.mutableSpan
    var memory = cache.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: 1, workspace: workspace,
      cache: memory._mutatingExtracting(offset..<offset + count))
    let row = TestModels.rows(1)[0]
    predictor.session.load(row.span, at: 0)
    try predictor.predict(count: 1)
    #expect(predictor.session.status(0).refusal == nil)
  }

  @Test func `a cache without room for one expert is refused with the bytes needed`() throws {
    let file = try TestModels.mixed(widths: [[64, 64]]).encoded(profile: .ship)
    let model = try ModelView(validating: file.span)
    let needed = ExpertCache.byteCount(model, slotCount: 1)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    var cache = [UInt32](repeating: 0, count: needed / 4 - 1)
    #expect(throws: PredictorError.cacheTooSmall(byteCount: needed - 4, needed: needed)) {
      let workspace = words.mutableSpan
      let memory = cache.mutableSpan
      _ = try Predictor(
        model: model, rowCapacity: 1, workspace: workspace, cache: memory)
    }
  }

  /// A damaged expert must be an error at its first use and never a number.
  @Test(arguments: Profile.allCases)
  func `a damaged expert is refused when a row needs it`(profile: Profile) throws {
    var file = try TestModels.mixed(expertCount: 1, widths: [[64, 64]]).encoded(profile: profile)
    let place = try ModelView(validating: file.span).expertEntry(0).range
    file[(place.lowerBound + place.upperBound) / 2] ^= 1
    let error = try #require(throws: FormatError.self) {
      _ = try values(file, TestModels.rows(1), batch: 1, slots: 1)
    }
    #expect(error.rule == .damagedExpert)
    #expect(error.kind == SectionKind.expert.rawValue)
  }

  private func values(
    _ file: [UInt8], _ rows: [[Float]], batch: Int, slots: Int
  ) throws -> [[UInt32]] {
    let model = try ModelView(validating: file.span)
    let header = model.header
    var words = [UInt32](
      repeating: 0, count: header.workspaceByteCount(rowCapacity: batch) / 4)
    var cache = [UInt32](
      repeating: 0, count: ExpertCache.byteCount(model, slotCount: slots) / 4)
    let workspace = words.mutableSpan
    let memory = cache.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: batch, workspace: workspace, cache: memory)
    var values: [[UInt32]] = []
    for start in stride(from: 0, to: rows.count, by: batch) {
      let count = min(batch, rows.count - start)
      for slot in 0..<count {
        let row = rows[start + slot]
        predictor.session.load(row.span, at: slot)
      }
      try predictor.predict(count: count)
      for slot in 0..<count {
        values.append(
          (0..<header.outputCount).map {
            predictor.session.value(slot, output: $0).bitPattern
          })
      }
    }
    return values
  }
}

// BinaryNumbersTests.swift: rows and predictions in binary64.

import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

@Suite struct BinaryNumbersTests {
  private struct Answer: Equatable {
    var values: [Float] = []
    var predictions: [Double] = []
    var refusal: RowRefusal?
  }

  private func answer(
    _ file: [UInt8], _ load: (inout Session) -> RowStatus
  ) throws -> Answer {
    let view = try ModelView(validating: file.span)
    var words = [UInt32](
      repeating: 0, count: view.header.workspaceByteCount(rowCapacity: 1) / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: view, rowCapacity: 1, workspace: workspace)
    var answer = Answer(refusal: load(&session).refusal)
    try session.predictRaw(count: 1)
    if answer.refusal == nil {
      for output in 0..<2 {
        answer.values.append(session.value(0, output: output))
        answer.predictions.append(session.prediction(0, output: output))
      }
    }
    return answer
  }

  private func answer(_ file: [UInt8], _ row: [Float]) throws -> Answer {
    try answer(file) { $0.load(row.span, at: 0) }
  }

  private func answer(_ file: [UInt8], binary64 row: [Double]) throws -> Answer {
    try answer(file) { $0.load(binary64: row.span, at: 0) }
  }

  /// Goal: what is far from zero keeps its digits. Method: a row around an origin, loaded in
  /// binary64 and, with the origin subtracted, in binary32.
  @Test func `a session takes and gives binary64`() throws {
    var model = TestModels.mixed()
    var numbers = [InputDescription.Number](repeating: InputDescription.Number(), count: 5)
    numbers[0].origin = 1_700_000_000
    numbers[1].exponent = -40
    numbers[4] = InputDescription.Number(origin: 19_753.5, source: 0, part: .days)
    model.input = InputDescription(
      columns: numbers,
      targets: [InputDescription.Number(origin: -1e12, exponent: -20), InputDescription.Number()],
      sources: [InputDescription.Source(name: Array("when".utf8), form: .epochSeconds)])
    let file = try model.encoded(profile: .map)
    let near = try answer(file, [0.5, 0.25, 1, .nan, 0.125])
    let row: [Double] = [1_700_000_000.5, 0x1p-42, 1, .nan, 19_753.625]
    let far = try answer(file, binary64: row)
    #expect(near.values == far.values && far.refusal == nil)
    #expect(far.predictions[0] == -1e12 + Double(near.values[0]) * 0x1p-20)
    #expect(far.predictions[1] == Double(near.values[1]))
    #expect(near.predictions == far.predictions)
    #expect(try answer(file, binary64: [1e300, 0, 1, .nan, 0]).refusal == .infiniteValue)
    #expect(try answer(file, binary64: [0, 0.25, 7, .nan, 0]).refusal == .invalidCode)
  }

  @Test func `without input binary64 is rounded and given as it is`() throws {
    let file = try TestModels.mixed().encoded(profile: .map)
    for row in TestModels.rows(20) {
      let plain = try answer(file, row)
      #expect(try answer(file, binary64: row.map { Double($0) }) == plain)
      #expect(plain.predictions == plain.values.map { Double($0) })
    }
  }

  @Test func `an origin is subtracted before a number is rounded`() {
    let far = NumberOrigin(origin: 1e12, exponent: -3)
    #expect(far.rowValue(1e12 + 0.25) == 2)
    #expect(far.prediction(2) == 1e12 + 0.25)
    #expect(far.rowValue(.nan).isNaN && far.rowValue(1e300).isInfinite)
    let tiny = NumberOrigin(origin: 0, exponent: -1_022)
    #expect(tiny.rowValue(0x1p-1074) == 0x1p-52 && tiny.prediction(0x1p-52) == 0x1p-1074)
    let huge = NumberOrigin(origin: 0, exponent: 1_022)
    #expect(huge.rowValue(0x1.8p1023) == 3 && huge.prediction(3) == 0x1.8p1023)
    #expect(NumberOrigin.zero.rowValue(0.1) == 0.1 && NumberOrigin.zero.prediction(0.5) == 0.5)
  }
}

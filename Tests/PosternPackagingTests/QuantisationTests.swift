// QuantisationTests.swift: weights of fewer bits are the nearest that their type has.

import PosternFormat
import PosternPackaging
import Testing
import TestModels

@Suite struct QuantisationTests {
  /// Goal: what is read back is within half a step. Method: steps by hand from each output's
  /// largest weight, or for int4 the largest of each 32 inputs.
  @Test(arguments: [Expert.ElementType.f16, .int8, .int4])
  func `each weight comes back within half a step`(type: Expert.ElementType) throws {
    var model = TestModels.mixed()
    let before = model.experts
    for expert in model.experts.indices { model.experts[expert].elementType = type }
    let bytes = try model.encoded(profile: .map)
    let view = try ModelView(validating: bytes.span)
    let after = try ModelDescription(
      decoding: view,
      decoded: { expert throws(FormatError) in
        let section = try view.checkedRawExpert(expert)
        return (0..<section.count).map { section[$0] }
      })
    var moved = 0
    for (old, new) in zip(before, after.experts) {
      #expect(new.elementType == type)
      for (number, (layer, rounded)) in zip(old.layers, new.layers).enumerated() {
        #expect(layer.bias == rounded.bias && layer.slopes == rounded.slopes)
        let outputs = layer.bias.count
        let isLookup = number == 0 && old.firstLayer == .lookup
        for (index, weight) in layer.weights.enumerated() {
          let (input, output) = (index / outputs, index % outputs)
          let group =
            type == .int4 && !isLookup
            ? input / 32 * 32..<min(input / 32 * 32 + 32, layer.weights.count / outputs)
            : 0..<layer.weights.count / outputs
          let largest = group.map { abs(layer.weights[$0 * outputs + output]) }.max() ?? 0
          let step: Float =
            switch type {
            case .f16: abs(weight) * 0x1p-10 + 0x1p-24
            case .int4 where !isLookup: largest / 7
            default: largest / 127
            }
          #expect(abs(rounded.weights[index] - weight) <= 0.501 * step)
          if rounded.weights[index] != weight { moved += 1 }
        }
      }
    }
    #expect(moved > 0)
  }
}

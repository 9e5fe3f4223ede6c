// Network+Import.swift: an expert of a file becomes a network again, and the other way round.
//
// Step: file → [network] → training → [expert] → file.
// Specification: formats/model.md, section 7.

import PosternPackaging

extension InputShape {
  /// The input of networks whose parameters are the look-up table itself: every entry has a row of
  /// its own, whatever the column. A file keeps the table and not the increments that it was summed
  /// up from, so that only this way a network starts with the very bits of the file.
  init(tableOf columns: [Column]) {
    featureCount = columns.reduce(0) { $0 + $1.featureCount }
    self.columns = columns.compactMap { column in
      column.kind == .ignored
        ? nil : .categorical(shares: [Float](repeating: 1, count: column.entryCount))
    }
  }
}

/// A network with the numbers of an expert.
struct ImportedNetwork: Sendable {
  let shape: NetworkShape
  let parameters: [Float]
  /// The outputs of each layer in the file, without padding.
  private let widths: [Int]

  /// The network of `expert`, its layers padded with zeros, which training leaves zero.
  ///
  /// - Precondition: The expert is a look-up, its hidden layers PReLU.
  init(_ expert: Expert, columns: [Column]) {
    precondition(expert.firstLayer == .lookup)
    widths = expert.layers.map(\.bias.count)
    shape = NetworkShape(
      input: InputShape(tableOf: columns),
      widths: widths.dropLast().map { ($0 + 15) / 16 * 16 }, outputCount: widths[widths.count - 1])
    var parameters = [Float](repeating: 0, count: shape.parameterCount)
    var inputs = shape.input.entryCount
    for (index, place) in shape.layers.enumerated() {
      let layer = expert.layers[index]
      for input in 0..<inputs {
        for output in 0..<widths[index] {
          parameters[Self.weight(place, isLookup: index == 0, input, output)] =
            layer.weights[input * widths[index] + output]
        }
      }
      for output in 0..<widths[index] { parameters[place.bias + output] = layer.bias[output] }
      if let slopes = place.slopes {
        for output in 0..<widths[index] { parameters[slopes + output] = layer.slopes[output] }
      }
      inputs = widths[index]
    }
    self.parameters = parameters
  }

  /// The expert of other parameters of the same shape.
  func expert(_ parameters: [Float]) -> Expert {
    precondition(parameters.count == shape.parameterCount)
    var inputs = shape.input.entryCount
    var layers: [Expert.Layer] = []
    for (index, place) in shape.layers.enumerated() {
      var weights: [Float] = []
      weights.reserveCapacity(inputs * widths[index])
      for input in 0..<inputs {
        for output in 0..<widths[index] {
          weights.append(parameters[Self.weight(place, isLookup: index == 0, input, output)])
        }
      }
      func vector(_ first: Int) -> [Float] { Array(parameters[first..<first + widths[index]]) }
      layers.append(
        Expert.Layer(
          weights: weights, bias: vector(place.bias), slopes: place.slopes.map(vector) ?? []))
      inputs = widths[index]
    }
    return Expert(firstLayer: .lookup, layers: layers)
  }

  private static func weight(
    _ place: LayerPlace, isLookup: Bool, _ input: Int, _ output: Int
  ) -> Int {
    isLookup
      ? place.weights + input * place.outputCount + output
      : place.weights + ((output / 16) * place.inputCount + input) * 16 + output % 16
  }
}

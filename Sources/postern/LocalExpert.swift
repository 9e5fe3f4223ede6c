// LocalExpert.swift: one expert, and the exact slopes of its outputs at a row.
//
// Step: inputs → [expert] → local slopes.   Specification: formats/model.md, sections 7 and 9.2.
//
// Between the edges of the look-ups and the kinks of its units an expert is an affine function of
// its inputs, and its derivative is that function's coefficients: no approximation is involved. Of
// units that cube their sums the derivative is that of the curve.

internal import PosternFormat
internal import PosternPackaging
internal import PosternStorage

/// What a hidden unit makes of its sum, and how that grows with the sum.
private func activated(
  _ sum: Double, slope: Double, _ activation: Expert.Activation
) -> (value: Double, derivative: Double) {
  switch activation {
  case .prelu: sum > 0 ? (sum, 1) : (slope * sum, slope)
  case .cube: (sum * sum * sum, 3 * sum * sum)
  }
}

/// An expert's weights as plain arrays, without padding.
struct LocalExpert: Sendable {
  struct Layer: Sendable {
    let inputCount: Int
    let outputCount: Int
    /// Shape `(inputs, outputs)`.
    fileprivate(set) var weights: [Float]
    fileprivate(set) var bias: [Float] = []
    /// PReLU slopes; none in the last layer.
    fileprivate(set) var slopes: [Float] = []
  }

  /// What a row does in an expert.
  struct Trace {
    fileprivate(set) var outputs: [Double]
    /// For each hidden layer, the derivative of each unit.
    fileprivate var derivatives: [[Double]] = []
  }

  private let isLookup: Bool
  private let activation: Expert.Activation
  private var layers: [Layer] = []
  /// For a look-up: the mean row of each column's known categories. Shape `(columns, outputs)`.
  private var meanRows: [Double] = []

  /// Unpacks an expert; `expertCount` names the shared one.
  ///
  /// - Throws: What is wrong with the expert.
  init(_ model: ModelView, _ expert: Int) throws(FormatError) {
    let bytes = try decodedExpert(model, expert)
    let value = Expert(decoding: expert, of: model, bytes.span)
    isLookup = value.firstLayer == .lookup
    activation = value.activation
    layers = value.layers.map { Layer($0) }
    if isLookup { meanRows = layers[0].meanRows(LocalInputs(model).columns) }
  }

  /// Computes the outputs at a row, in double precision.
  ///
  /// - Complexity: O(*weights in use*).
  func trace(_ inputs: LocalInputs) -> Trace {
    var trace = Trace(outputs: isLookup ? lookedUp(inputs) : layers[0].sums(inputs.features))
    for layer in 1..<layers.count {
      let slopes = layers[layer - 1].slopes
      var derivatives = trace.outputs
      for unit in slopes.indices {
        (trace.outputs[unit], derivatives[unit]) = activated(
          trace.outputs[unit], slope: Double(slopes[unit]), activation)
      }
      trace.derivatives.append(derivatives)
      trace.outputs = layers[layer].sums(trace.outputs)
    }
    return trace
  }

  private func lookedUp(_ inputs: LocalInputs) -> [Double] {
    let layer = layers[0]
    let count = layer.outputCount
    var result = layer.bias.map(Double.init)
    var sums = result.mutableSpan
    for column in inputs.columns {
      let start = column.entry * count
      let below = layer.weights.span.extracting(start..<start + count)
      if column.fraction == 0 {
        for output in below.indices { sums[output] += Double(below[output]) }
        continue
      }
      let above = layer.weights.span.extracting(start + count..<start + 2 * count)
      for output in below.indices {
        let a = Double(below[output])
        sums[output] += a + column.fraction * (Double(above[output]) - a)
      }
    }
    return result
  }

  /// The gradient of `direction · outputs` with respect to the sums of the first layer.
  private func gradient(_ direction: [Double], _ trace: Trace) -> [Double] {
    var gradient = direction
    for layer in (1..<max(layers.count, 1)).reversed() {
      gradient = layers[layer].backward(gradient)
      for unit in gradient.indices { gradient[unit] *= trace.derivatives[layer - 1][unit] }
    }
    return gradient
  }

  /// Adds, for each column, the slope of `direction · outputs`: for a number its derivative by the
  /// column, for anything else what it adds compared with the column's centre or mean category.
  ///
  /// - Complexity: O(*weights in use*).
  func addSlopes(
    of direction: [Double], at inputs: LocalInputs, _ trace: Trace, _ model: ModelView,
    to slopes: inout [Double]
  ) {
    let gradient = gradient(direction, trace)
    if isLookup {
      for place in inputs.columns.indices {
        slopes[place] += lookupSlope(inputs.columns[place], place, gradient, model)
      }
      return
    }
    let features = layers[0].backward(gradient)
    for place in inputs.columns.indices {
      let column = inputs.columns[place]
      if case .number(_, let isCutOff) = column.content {
        let slope = features[column.record.firstFeature] * Double(column.record.scale)
        slopes[place] += isCutOff ? 0 : slope
        continue
      }
      let first = column.record.firstFeature
      for feature in first..<first + column.record.featureCount {
        slopes[place] +=
          features[feature] * (inputs.features[feature] - inputs.centralFeatures[feature])
      }
    }
  }

  private func lookupSlope(
    _ column: LocalColumn, _ place: Int, _ gradient: [Double], _ model: ModelView
  ) -> Double {
    let layer = layers[0]
    let here = layer.product(column.entry, gradient)
    if case .number(_, let isCutOff) = column.content {
      if isCutOff { return 0 }
      return (layer.product(column.entry + 1, gradient) - here) / column.binWidth
    }
    if column.record.kind == .categorical {
      var mean = 0.0
      for output in gradient.indices {
        mean += meanRows[place * gradient.count + output] * gradient[output]
      }
      return here - mean
    }
    func between(_ entry: Int, _ fraction: Double) -> Double {
      let below = layer.product(entry, gradient)
      return fraction > 0
        ? below + fraction * (layer.product(entry + 1, gradient) - below) : below
    }
    let low = model.transform.value(column.record.firstValue)
    let high = model.transform.value(column.record.firstValue + column.record.valueCount - 1)
    let center = LocalInputs.bin(
      of: min(max(column.record.center, low), high), column.record, model.transform)
    return between(column.entry, column.fraction) - between(center.entry, center.fraction)
  }
}

extension LocalExpert.Layer {
  /// A layer of a decoded expert.
  fileprivate init(_ layer: Expert.Layer) {
    outputCount = layer.bias.count
    inputCount = layer.weights.count / outputCount
    (weights, bias, slopes) = (layer.weights, layer.bias, layer.slopes)
  }

  fileprivate func sums(_ inputs: [Double]) -> [Double] {
    var result = bias.map(Double.init)
    var sums = result.mutableSpan
    for input in 0..<inputCount where inputs[input] != 0 {
      let row = weights.span.extracting(input * outputCount..<(input + 1) * outputCount)
      let value = inputs[input]
      for output in row.indices { sums[output] += value * Double(row[output]) }
    }
    return result
  }

  fileprivate func backward(_ gradient: [Double]) -> [Double] {
    (0..<inputCount).map { product($0, gradient) }
  }

  /// One input's weights times a vector over the outputs.
  fileprivate func product(_ input: Int, _ vector: [Double]) -> Double {
    let row = weights.span.extracting(input * outputCount..<(input + 1) * outputCount)
    let vector = vector.span
    var chains = (0.0, 0.0, 0.0, 0.0)
    var output = 0
    while output + 4 <= outputCount {
      chains.0 += Double(row[output]) * vector[output]
      chains.1 += Double(row[output + 1]) * vector[output + 1]
      chains.2 += Double(row[output + 2]) * vector[output + 2]
      chains.3 += Double(row[output + 3]) * vector[output + 3]
      output += 4
    }
    for rest in output..<outputCount { chains.0 += Double(row[rest]) * vector[rest] }
    return (chains.0 + chains.1) + (chains.2 + chains.3)
  }

  fileprivate func meanRows(_ columns: [LocalColumn]) -> [Double] {
    var rows = [Double](repeating: 0, count: columns.count * outputCount)
    for (place, column) in columns.enumerated() where column.categoryCount > 0 {
      for code in 0..<column.categoryCount {
        let start = (column.record.firstEntry + code) * outputCount
        for output in 0..<outputCount {
          rows[place * outputCount + output] +=
            Double(weights[start + output]) / Double(column.categoryCount)
        }
      }
    }
    return rows
  }
}

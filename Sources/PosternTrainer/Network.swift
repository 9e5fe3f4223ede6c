// Network.swift: one network: its parameters, the forward and the backward pass.
//
// Step: encoded rows → [networks] → model value.

import PosternPackaging

/// A network with the memory that training it takes. One thread at a time may use it.
final class Network {
  let shape: NetworkShape
  var parameters: [Float]
  var gradient: [Float]
  /// Outputs of the last forward pass, shape `(rows, outputStride)`; then their gradient.
  var outputs: [Float]

  private var entries: [UInt32] = []
  /// What a dense first layer reads, shape `(rows, featureStride)`.
  private var features: [Float] = []
  private var fractions: [Float] = []
  private var table: [Float]
  /// Of each hidden layer: before activation, after it, the dropout factors.
  private var sums: [[Float]]
  private var activations: [[Float]]
  private var masks: [[Float]]
  private var flow: [Float] = []
  private var flowBefore: [Float] = []
  private var scratch: [Float] = []
  private var rowCount = 0
  private var capacity = 0

  init(shape: NetworkShape, parameters: [Float]) {
    precondition(parameters.count == shape.parameterCount)
    self.shape = shape
    self.parameters = parameters
    gradient = [Float](repeating: 0, count: parameters.count)
    outputs = []
    let tableCount = shape.firstLayer == .lookup ? shape.layers[0].weightCount : 0
    table = [Float](repeating: 0, count: tableCount)
    sums = shape.widths.map { _ in [] }
    activations = sums
    masks = sums
  }

  private func reserve(_ rows: Int) {
    guard rows > capacity else { return }
    capacity = rows
    for (layer, width) in shape.widths.enumerated() {
      sums[layer] = [Float](repeating: 0, count: rows * width)
      activations[layer] = sums[layer]
    }
    outputs = [Float](repeating: 0, count: rows * shape.outputStride)
  }

  /// Makes the look-up table of `parameters`; needed after each change of the parameters.
  func prepare() {
    guard shape.firstLayer == .lookup else { return }
    makeTable(
      of: shape.input, width: shape.layers[0].outputCount, parameters: parameters, table: &table)
  }

  /// The look-up table of the last ``prepare()``.
  var preparedTable: [Float] { table }

  /// Computes the outputs of `rows` of `data`.
  ///
  /// `dropout` is the share of activations that is dropped; the others grow by as much.
  func forward(
    _ data: EncodedRows, rows: ArraySlice<Int32>, dropout: Float, random: inout RandomStream
  ) {
    rowCount = rows.count
    reserve(rowCount)
    if shape.firstLayer == .dense {
      data.gatherFeatures(rows, into: &features)
      readFeatures()
    } else {
      data.gather(rows, entries: &entries, fractions: &fractions)
      lookUp(data.pairCount)
    }
    guard !shape.widths.isEmpty else { return }
    for (index, width) in shape.widths.enumerated() {
      if index > 0 {
        DenseProduct.forward(
          shape.layers[index], parameters: parameters, x: activations[index - 1],
          rowCount: rowCount, y: &sums[index])
      }
      drawMask(index, count: rowCount * width, dropout: dropout, random: &random)
      if let polynomial = shape.activation.polynomial {
        VectorMath.activate(
          sums[index], polynomial, count: rowCount * width, mask: masks[index],
          into: &activations[index])
      } else {
        VectorMath.activate(
          sums[index], parameters: parameters, slopes: shape.layers[index].slopes ?? 0,
          width: width, rowCount: rowCount, mask: masks[index], into: &activations[index])
      }
    }
    DenseProduct.forward(
      shape.layers[shape.layers.count - 1], parameters: parameters,
      x: activations[activations.count - 1], rowCount: rowCount, y: &outputs)
  }

  /// The activations of the last hidden layer in the last forward pass, shape `(rows, width)`.
  var lastActivations: [Float] { activations.last ?? [] }

  /// A dense first layer; without a hidden one it gives the outputs.
  private func readFeatures() {
    if shape.widths.isEmpty {
      DenseProduct.forward(
        shape.layers[0], parameters: parameters, x: features, rowCount: rowCount, y: &outputs)
    } else {
      DenseProduct.forward(
        shape.layers[0], parameters: parameters, x: features, rowCount: rowCount, y: &sums[0])
    }
  }

  /// A look-up layer; without a hidden one it gives the outputs.
  private func lookUp(_ pairCount: Int) {
    let lookup = shape.layers[0]
    let bias = parameters[lookup.bias..<lookup.bias + lookup.outputCount]
    if shape.widths.isEmpty {
      DenseProduct.lookup(
        table: table, bias: bias, entries: entries, fractions: fractions, pairCount: pairCount,
        rowCount: rowCount, y: &outputs)
    } else {
      DenseProduct.lookup(
        table: table, bias: bias, entries: entries, fractions: fractions, pairCount: pairCount,
        rowCount: rowCount, y: &sums[0])
    }
  }

  private func drawMask(
    _ layer: Int, count: Int, dropout: Float, random: inout RandomStream
  ) {
    guard dropout > 0 else {
      masks[layer].removeAll(keepingCapacity: true)
      return
    }
    if masks[layer].count < count { masks[layer] = [Float](repeating: 0, count: count) }
    VectorMath.drawMask(&masks[layer], count: count, dropout: dropout, random: &random)
  }

  /// Computes `gradient` from the gradient in `outputs`, for the rows of the last forward pass.
  func backward() {
    swap(&flow, &outputs)
    for index in shape.layers.indices.reversed() {
      let layer = shape.layers[index]
      if let slopes = layer.slopes, let polynomial = shape.activation.polynomial {
        VectorMath.activateBackward(
          &flow, polynomial, z: sums[index], count: rowCount * layer.outputCount,
          mask: masks[index])
        for slope in slopes..<slopes + layer.outputCount { gradient[slope] = 0 }
      } else if let slopes = layer.slopes {
        VectorMath.activateBackward(
          &flow, z: sums[index], parameters: parameters, slopes: slopes, bias: layer.bias,
          width: layer.outputCount, rowCount: rowCount, mask: masks[index], gradient: &gradient)
      }
      if layer.slopes == nil || shape.activation != .prelu {
        VectorMath.columnSums(
          flow, width: layer.outputCount, rowCount: rowCount, into: &gradient, at: layer.bias)
      }
      guard index > 0 else { break }
      grow(&scratch, to: layer.weightCount)
      grow(&flowBefore, to: rowCount * layer.inputCount)
      DenseProduct.weightGradient(
        layer, x: activations[index - 1], dy: flow, rowCount: rowCount, gradient: &gradient)
      DenseProduct.inputGradient(
        layer, parameters: parameters, dy: flow, rowCount: rowCount, dx: &flowBefore,
        scratch: &scratch)
      swap(&flow, &flowBefore)
      if index == shape.layers.count - 1 { swap(&flowBefore, &outputs) }
    }
    firstLayerGradient()
    if shape.widths.isEmpty { swap(&flow, &outputs) }
  }

  private func firstLayerGradient() {
    let layer = shape.layers[0]
    guard shape.firstLayer == .lookup else {
      DenseProduct.weightGradient(
        layer, x: features, dy: flow, rowCount: rowCount, gradient: &gradient)
      return
    }
    let width = layer.outputCount
    scatterToTable(
      outputGradient: flow, width: width, entries: entries, fractions: fractions,
      pairCount: shape.input.columns.count, rowCount: rowCount,
      entryCount: layer.inputCount, gradient: &gradient)
    tableGradientToParameters(of: shape.input, width: width, gradient: &gradient)
  }

  private func grow(_ array: inout [Float], to count: Int) {
    if array.count < count { array = [Float](repeating: 0, count: count) }
  }
}

extension EncodedRows {
  /// Copies the features of `rows` to the front of `features`.
  func gatherFeatures(_ rows: ArraySlice<Int32>, into target: inout [Float]) {
    target.removeAll(keepingCapacity: true)
    for row in rows {
      target.append(
        contentsOf: features[Int(row) * featureStride..<(Int(row) + 1) * featureStride])
    }
  }

  /// Copies the pairs of `rows` to the front of `entries` and `fractions`.
  func gather(_ rows: ArraySlice<Int32>, entries: inout [UInt32], fractions: inout [Float]) {
    entries.removeAll(keepingCapacity: true)
    fractions.removeAll(keepingCapacity: true)
    for row in rows {
      let pairs = Int(row) * pairCount..<(Int(row) + 1) * pairCount
      entries.append(contentsOf: self.entries[pairs])
      fractions.append(contentsOf: self.fractions[pairs])
    }
  }
}

// Network.swift: one network: its parameters, the forward and the backward pass.
//
// Step: encoded rows → [networks] → model value.

import PosternPackaging

/// What a network computes on the way forward and back. It grows with the largest batch; networks
/// that are computed one after the other may share it.
final class NetworkMemory {
  /// Outputs of the last forward pass, shape `(rows, outputStride)`; then their gradient.
  fileprivate(set) var outputs: [Float] = []
  /// The gradient by the parameters.
  fileprivate(set) var gradient: [Float] = []
  fileprivate var entries: [UInt32] = []
  /// What a dense first layer reads, shape `(rows, featureStride)`.
  fileprivate var features: [Float] = []
  fileprivate var fractions: [Float] = []
  fileprivate var table: [Float] = []
  /// Of each hidden layer: before activation, after it, the dropout factors.
  fileprivate var sums: [[Float]] = []
  fileprivate var activations: [[Float]] = []
  fileprivate var masks: [[Float]] = []
  fileprivate var flow: [Float] = []
  fileprivate var flowBefore: [Float] = []
  fileprivate var scratch: [Float] = []

  fileprivate func reserve(_ shape: NetworkShape, rows: Int) {
    while sums.count < shape.widths.count {
      sums.append([])
      activations.append([])
      masks.append([])
    }
    for (layer, width) in shape.widths.enumerated() {
      grow(&sums[layer], to: rows * width)
      grow(&activations[layer], to: rows * width)
    }
    grow(&outputs, to: rows * shape.outputStride)
  }
}

private func grow(_ array: inout [Float], to count: Int) {
  if array.count < count { array = [Float](repeating: 0, count: count) }
}

/// A network with the memory that training it takes. One thread at a time may use it.
final class Network {
  let shape: NetworkShape
  var parameters: [Float]
  /// May be that of another network of the same shape, from before one forward pass until after
  /// what is done with its results.
  var memory = NetworkMemory()
  private var rowCount = 0

  init(shape: NetworkShape, parameters: [Float]) {
    precondition(parameters.count == shape.parameterCount)
    self.shape = shape
    self.parameters = parameters
  }

  /// The gradient by the parameters, of the last backward pass.
  var gradient: [Float] { memory.gradient }

  /// Outputs of the last forward pass, shape `(rows, outputStride)`; then their gradient.
  var outputs: [Float] {
    get { memory.outputs }
    _modify { yield &memory.outputs }
  }

  /// Makes the look-up table of `parameters`; needed after each change of the parameters.
  func prepare() {
    guard shape.firstLayer == .lookup else { return }
    grow(&memory.table, to: shape.layers[0].weightCount)
    makeTable(
      of: shape.input, width: shape.layers[0].outputCount, parameters: parameters,
      table: &memory.table)
  }

  /// The look-up table of the last ``prepare()``.
  var preparedTable: ArraySlice<Float> { memory.table[..<shape.layers[0].weightCount] }

  /// Computes the outputs of `rows` of `data`.
  ///
  /// `dropout` is the share of activations that is dropped; the others grow by as much.
  func forward(
    _ data: EncodedRows, rows: ArraySlice<Int32>, dropout: Float, random: inout RandomStream
  ) {
    rowCount = rows.count
    memory.reserve(shape, rows: rowCount)
    if shape.firstLayer == .dense {
      data.gatherFeatures(rows, into: &memory.features)
      readFeatures()
    } else {
      data.gather(rows, entries: &memory.entries, fractions: &memory.fractions)
      lookUp(data.pairCount)
    }
    guard !shape.widths.isEmpty else { return }
    for (index, width) in shape.widths.enumerated() {
      if index > 0 {
        DenseProduct.forward(
          shape.layers[index], parameters: parameters, x: memory.activations[index - 1],
          rowCount: rowCount, y: &memory.sums[index])
      }
      drawMask(index, count: rowCount * width, dropout: dropout, random: &random)
      if let polynomial = shape.activation.polynomial {
        VectorMath.activate(
          memory.sums[index], polynomial, count: rowCount * width, mask: memory.masks[index],
          into: &memory.activations[index])
      } else {
        VectorMath.activate(
          memory.sums[index], parameters: parameters, slopes: shape.layers[index].slopes ?? 0,
          width: width, rowCount: rowCount, mask: memory.masks[index],
          into: &memory.activations[index])
      }
    }
    DenseProduct.forward(
      shape.layers[shape.layers.count - 1], parameters: parameters,
      x: memory.activations[shape.widths.count - 1], rowCount: rowCount, y: &memory.outputs)
  }

  /// The activations of the last hidden layer in the last forward pass, shape `(rows, width)`.
  var lastActivations: [Float] {
    shape.widths.isEmpty ? [] : memory.activations[shape.widths.count - 1]
  }

  /// A dense first layer; without a hidden one it gives the outputs.
  private func readFeatures() {
    if shape.widths.isEmpty {
      DenseProduct.forward(
        shape.layers[0], parameters: parameters, x: memory.features, rowCount: rowCount,
        y: &memory.outputs)
    } else {
      DenseProduct.forward(
        shape.layers[0], parameters: parameters, x: memory.features, rowCount: rowCount,
        y: &memory.sums[0])
    }
  }

  /// A look-up layer; without a hidden one it gives the outputs.
  private func lookUp(_ pairCount: Int) {
    let lookup = shape.layers[0]
    let bias = parameters[lookup.bias..<lookup.bias + lookup.outputCount]
    if shape.widths.isEmpty {
      DenseProduct.lookup(
        table: memory.table, bias: bias, entries: memory.entries, fractions: memory.fractions,
        pairCount: pairCount,
        rowCount: rowCount, y: &memory.outputs)
    } else {
      DenseProduct.lookup(
        table: memory.table, bias: bias, entries: memory.entries, fractions: memory.fractions,
        pairCount: pairCount,
        rowCount: rowCount, y: &memory.sums[0])
    }
  }

  private func drawMask(
    _ layer: Int, count: Int, dropout: Float, random: inout RandomStream
  ) {
    guard dropout > 0 else {
      memory.masks[layer].removeAll(keepingCapacity: true)
      return
    }
    if memory.masks[layer].count < count {
      memory.masks[layer] = [Float](repeating: 0, count: count)
    }
    VectorMath.drawMask(&memory.masks[layer], count: count, dropout: dropout, random: &random)
  }

  /// Computes `gradient` from the gradient in `outputs`, for the rows of the last forward pass.
  func backward() {
    if memory.gradient.count != parameters.count {
      memory.gradient = [Float](repeating: 0, count: parameters.count)
    }
    swap(&memory.flow, &memory.outputs)
    for index in shape.layers.indices.reversed() {
      let layer = shape.layers[index]
      if let slopes = layer.slopes, let polynomial = shape.activation.polynomial {
        VectorMath.activateBackward(
          &memory.flow, polynomial, z: memory.sums[index], count: rowCount * layer.outputCount,
          mask: memory.masks[index])
        for slope in slopes..<slopes + layer.outputCount { memory.gradient[slope] = 0 }
      } else if let slopes = layer.slopes {
        VectorMath.activateBackward(
          &memory.flow, z: memory.sums[index], parameters: parameters, slopes: slopes,
          bias: layer.bias,
          width: layer.outputCount, rowCount: rowCount, mask: memory.masks[index],
          gradient: &memory.gradient)
      }
      if layer.slopes == nil || shape.activation != .prelu {
        VectorMath.columnSums(
          memory.flow, width: layer.outputCount, rowCount: rowCount, into: &memory.gradient,
          at: layer.bias)
      }
      guard index > 0 else { break }
      grow(&memory.scratch, to: layer.weightCount)
      grow(&memory.flowBefore, to: rowCount * layer.inputCount)
      DenseProduct.weightGradient(
        layer, x: memory.activations[index - 1], dy: memory.flow, rowCount: rowCount,
        gradient: &memory.gradient)
      DenseProduct.inputGradient(
        layer, parameters: parameters, dy: memory.flow, rowCount: rowCount, dx: &memory.flowBefore,
        scratch: &memory.scratch)
      swap(&memory.flow, &memory.flowBefore)
      if index == shape.layers.count - 1 { swap(&memory.flowBefore, &memory.outputs) }
    }
    firstLayerGradient()
    if shape.widths.isEmpty { swap(&memory.flow, &memory.outputs) }
  }

  private func firstLayerGradient() {
    let layer = shape.layers[0]
    guard shape.firstLayer == .lookup else {
      DenseProduct.weightGradient(
        layer, x: memory.features, dy: memory.flow, rowCount: rowCount, gradient: &memory.gradient)
      return
    }
    let width = layer.outputCount
    scatterToTable(
      outputGradient: memory.flow, width: width, entries: memory.entries,
      fractions: memory.fractions,
      pairCount: shape.input.columns.count, rowCount: rowCount,
      entryCount: layer.inputCount, gradient: &memory.gradient)
    tableGradientToParameters(of: shape.input, width: width, gradient: &memory.gradient)
  }
}

extension EncodedRows {
  /// Copies the features of `rows` to the front of `target`.
  func gatherFeatures(_ rows: ArraySlice<Int32>, into target: inout [Float]) {
    VectorMath.gather(rows, of: features, width: featureStride, into: &target)
  }

  /// Copies the pairs of `rows` to the front of `entries` and `fractions`.
  func gather(_ rows: ArraySlice<Int32>, entries: inout [UInt32], fractions: inout [Float]) {
    VectorMath.gather(rows, of: self.entries, width: pairCount, into: &entries)
    VectorMath.gather(rows, of: self.fractions, width: pairCount, into: &fractions)
  }
}

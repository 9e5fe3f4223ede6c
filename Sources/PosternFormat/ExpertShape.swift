// ExpertShape.swift: how large an expert is, known without reading it.
//
// Step: section → [shape] → expert.   Specification: formats/model.md, sections 6.5 and 7.

/// What an expert's first layer reads. The number is the one in the file.
public enum FirstLayer: UInt8, Sendable {
  case dense = 0
  case lookup = 1
}

/// How an expert's weights are stored. The number is the one in the file.
public enum ElementType: UInt8, Sendable {
  case f32 = 0
  case f16 = 1
  case int8 = 2
  case int4 = 3
}

/// What an expert's hidden layers do to their sums. The number is the one in the file.
public enum Activation: UInt8, Sendable {
  /// `z > 0 ? z : slope × z`.
  case prelu = 0
  /// `(z × z) × z`.
  case cube = 1
}

/// The layers of one expert.
public struct ExpertShape: Sendable {
  /// What the first layer reads.
  public let firstLayer: FirstLayer
  /// How weights are stored.
  public let elementType: ElementType
  /// Layers before the last.
  public let hiddenCount: Int
  /// What hidden layers do to their sums.
  public let activation: Activation
  /// Inputs that share a scale; 0 unless int4.
  public let groupSize: Int
  private let widths: InlineArray<12, UInt32>

  init(_ bytes: Span<UInt8>, at offset: Int) {
    let record = bytes.extracting(offset..<offset + Layout.shapeRecordByteCount)
    firstLayer = FirstLayer(rawValue: record[0]) ?? .dense
    elementType = ElementType(rawValue: record[1]) ?? .f32
    hiddenCount = Int(record[2])
    activation = Activation(rawValue: record[3]) ?? .prelu
    groupSize = record.count(at: 4)
    var widths = InlineArray<12, UInt32>(repeating: 0)
    for layer in 0..<12 { widths[layer] = record.uint32(at: 8 + 4 * layer) }
    self.widths = widths
  }

  /// The outputs of a hidden layer.
  ///
  /// - Precondition: `layer` is in `0..<hiddenCount`.
  public func width(ofHiddenLayer layer: Int) -> Int {
    precondition(layer >= 0 && layer < hiddenCount)
    return Int(widths[layer])
  }

  /// Where the parts of the first layer are.
  package func firstLayout(_ model: ModelSizes) -> LayerLayout {
    LayerLayout(
      self, layer: 0, start: 0,
      inputs: firstLayer == .lookup ? model.entryCount : model.featureCount, model)
  }

  /// Where the parts of the layer behind `layout` are.
  package func nextLayout(_ layout: LayerLayout, _ model: ModelSizes) -> LayerLayout {
    LayerLayout(
      self, layer: layout.layer + 1, start: layout.end, inputs: layout.outputs, model)
  }

  /// The size of the expert's section once decoded.
  package func byteCount(_ model: ModelSizes) -> Int {
    var layout = firstLayout(model)
    for _ in 0..<hiddenCount { layout = nextLayout(layout, model) }
    return layout.end
  }
}

/// The counts that sizes of experts depend on.
package struct ModelSizes: Sendable {
  package let featureCount: Int
  package let entryCount: Int
  package let outputCount: Int
}

/// Where the parts of one layer are in the decoded section.
package struct LayerLayout: Sendable {
  package let layer: Int
  package let isLookup: Bool
  package let isLast: Bool
  package let inputs: Int
  package let outputs: Int
  /// Inputs with padding; the entries themselves for a look-up layer.
  package let paddedInputs: Int
  package let paddedOutputs: Int
  package let weights: Int
  /// Scales of quantised weights; equal to `bias` when there are none.
  package let weightScale: Int
  package let bias: Int
  /// PReLU slopes; equal to `end` in the last layer.
  package let slopes: Int
  package let end: Int

  init(_ shape: ExpertShape, layer: Int, start: Int, inputs: Int, _ model: ModelSizes) {
    self.layer = layer
    isLookup = layer == 0 && shape.firstLayer == .lookup
    isLast = layer == shape.hiddenCount
    self.inputs = inputs
    outputs = isLast ? model.outputCount : shape.width(ofHiddenLayer: layer)
    paddedInputs = isLookup ? inputs : Layout.pad(inputs, to: 4)
    paddedOutputs = Layout.pad(outputs, to: Layout.panelWidth)
    weights = start
    let elements = paddedInputs.times(paddedOutputs)
    let vector = 4 * paddedOutputs
    let isByteTable = isLookup && shape.elementType == .int4
    switch shape.elementType {
    case .f32: weightScale = start.plus(Layout.pad(4 * elements, to: 64))
    case .f16: weightScale = start.plus(Layout.pad(2 * elements, to: 64))
    case .int8: weightScale = start.plus(Layout.pad(elements, to: 64))
    case .int4:
      weightScale = start.plus(Layout.pad(isByteTable ? elements : elements / 2, to: 64))
    }
    switch shape.elementType {
    case .f32, .f16: bias = weightScale
    case .int8: bias = weightScale.plus(vector)
    case .int4:
      let groups =
        isLookup ? 1 : (paddedInputs + shape.groupSize - 1) / max(shape.groupSize, 1)
      bias = weightScale.plus(groups.times(vector))
    }
    slopes = bias.plus(vector)
    end = isLast ? slopes : slopes.plus(vector)
  }
}

// ModelExport.swift: trained numbers become the value that the encoder writes.
//
// Step: networks → [model value] → encoder.   Specification: formats/model.md, sections 6 and 7.

import PosternPackaging

extension NetworkShape {
  /// The network as an expert of the model: padding gone, the first layer as a look-up table.
  func expert(parameters: [Float]) -> Expert {
    let network = Network(shape: self, parameters: parameters)
    network.prepare()
    let described = layers.enumerated().map { index, layer in
      let count = index == layers.count - 1 ? outputCount : layer.outputCount
      var weights: [Float] = []
      weights.reserveCapacity(layer.inputCount * count)
      for input in 0..<layer.inputCount {
        for output in 0..<count {
          weights.append(
            index == 0
              ? network.preparedTable[input * layer.outputCount + output]
              : parameters[
                layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16])
        }
      }
      return Expert.Layer(
        weights: weights, bias: Array(parameters[layer.bias..<layer.bias + count]),
        slopes: layer.slopes.map { Array(parameters[$0..<$0 + count]) } ?? [])
    }
    return Expert(firstLayer: .lookup, layers: described)
  }
}

extension NetworkParameters {
  /// The network as an expert of the model.
  var expert: Expert { shape.expert(parameters: values) }
}

extension Mixture {
  /// The mixture as a model over the prepared columns.
  func description(_ prepared: PreparedData) -> ModelDescription {
    var description = ModelDescription(
      task: prepared.task, gateScale: gateScale, columns: prepared.columns,
      targetNames: prepared.targetNames, classNames: prepared.classNames, router: router.serving,
      experts: experts.map(\.expert), sharedExpert: shared?.expert, head: prepared.head)
    if router.expertCount > 1 {
      description.ancillary.routerParameters = router.published(temperature: temperature)
    }
    return description
  }
}

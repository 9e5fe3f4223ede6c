// ModelExport.swift: trained numbers become the value that the encoder writes.
//
// Step: networks → [model value] → encoder.   Specification: formats/model.md, sections 6 and 7.

import PosternPackaging

extension NetworkShape {
  /// The network as an expert of the model: padding gone, a look-up layer as its table.
  ///
  /// - Throws: ``TrainingError/unservableActivation`` for an activation that no file can say.
  func expert(parameters: [Float]) throws(TrainingError) -> Expert {
    let served: Expert.Activation
    switch activation {
    case .prelu: served = .prelu
    // Without hidden layers there is nothing to cube, and section 6.5 has one way to say that.
    case .cube: served = widths.isEmpty ? .prelu : .cube
    case .hermite3: throw .unservableActivation
    }
    let network = Network(shape: self, parameters: parameters)
    network.prepare()
    let described = layers.enumerated().map { index, layer in
      let count = index == layers.count - 1 ? outputCount : layer.outputCount
      var weights: [Float] = []
      let inputCount =
        index == 0 && firstLayer == .dense ? input.featureCount : layer.inputCount
      weights.reserveCapacity(inputCount * count)
      for input in 0..<inputCount {
        for output in 0..<count {
          weights.append(
            index == 0 && firstLayer == .lookup
              ? network.preparedTable[input * layer.outputCount + output]
              : parameters[
                layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16])
        }
      }
      return Expert.Layer(
        weights: weights, bias: Array(parameters[layer.bias..<layer.bias + count]),
        slopes: layer.slopes.map { Array(parameters[$0..<$0 + count]) } ?? [])
    }
    return Expert(firstLayer: firstLayer, activation: served, layers: described)
  }
}

extension NetworkParameters {
  /// The network as an expert of the model.
  func expert() throws(TrainingError) -> Expert { try shape.expert(parameters: values) }
}

extension Mixture {
  /// The mixture as a model over the prepared columns.
  ///
  /// - Throws: ``TrainingError/unservableActivation``.
  func description(_ prepared: PreparedData) throws(TrainingError) -> ModelDescription {
    var served: [Expert] = []
    for expert in experts { served.append(try expert.expert()) }
    var description = ModelDescription(
      task: prepared.task, gateScale: gateScale, columns: prepared.columns,
      targetNames: prepared.targetNames, classNames: prepared.classNames, router: router.serving,
      experts: served, head: prepared.head)
    description.sharedExpert = try shared?.expert()
    if let linear = prepared.linear { linear.add(to: &description) }
    if router.expertCount > 1 {
      description.ancillary.routerParameters = router.published(temperature: temperature)
    }
    return description
  }
}

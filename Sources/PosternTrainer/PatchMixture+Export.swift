// PatchMixture+Export.swift: filters that look at every patch, written for a file.
//
// Step: trained mixture → [model value] → encoder.

package import PosternPackaging

extension PatchMixture {
  /// The mixture over `patchCount · patchSize` numeric columns whose features are the values
  /// themselves: one logit, class 1 less class 0, times the router's value.
  package func description(columns: [Column]) throws(TrainingError) -> ModelDescription {
    let form = router.forms[0]
    let weights = (0..<shape.expertCount).flatMap { expert in
      (0..<shape.patchCount * shape.patchSize).map {
        router.parameters[form.weight(expert, $0 % shape.patchSize)]
      }
    }
    return ModelDescription(
      task: .binary, gateScale: shape.expertCount > 1 ? .score : .none, columns: columns,
      targetNames: [Array("label".utf8)], classNames: [Array("-1".utf8), Array("1".utf8)],
      router: .flat(
        RouterNode(
          kind: .affine, weights: weights,
          bias: [Float](repeating: 0, count: shape.expertCount))),
      experts: experts.map(unfolded), head: [HeadOutput()])
  }

  /// Each filter once for each patch, with zeros for the other patches.
  private func unfolded(_ network: Network) -> Expert {
    let layer = network.shape.layers[0]
    let (inputs, outputs) = (
      shape.patchCount * shape.patchSize, shape.patchCount * shape.filterCount
    )
    var weights = [Float](repeating: 0, count: inputs * outputs)
    for patch in 0..<shape.patchCount {
      for index in 0..<shape.patchSize {
        for filter in 0..<shape.filterCount {
          let to =
            (patch * shape.patchSize + index) * outputs + patch * shape.filterCount + filter
          weights[to] =
            network.parameters[
              layer.weights + ((filter / 16) * layer.inputCount + index) * 16 + filter % 16]
        }
      }
    }
    let copies = 0..<outputs
    return Expert(
      firstLayer: .dense, activation: shape.filter == .cube ? .cube : .prelu,
      layers: [
        Expert.Layer(
          weights: weights,
          bias: copies.map { network.parameters[layer.bias + $0 % shape.filterCount] },
          slopes: copies.map { _ in shape.filter == .cube ? 0 : 1 }),
        Expert.Layer(
          weights: copies.map { 2 * ($0 % shape.filterCount) < shape.filterCount ? -1 : 1 },
          bias: [0], slopes: []),
      ])
  }
}

// RouterFormulas.swift: a router's published parameters under the formulas that training uses.
//
// Step: router parameters → [logits, gradients, serving router] → experiments.

package import PosternPackaging

/// The logits of a flat router and their gradients, as training computes them.
package struct RouterFormulas: Sendable {
  private let router: TrainableRouter

  /// A flat router with the parameters of `published`.
  package init(_ published: RouterParameters, expertCount: Int, featureCount: Int) {
    precondition(published.innerKind == nil && published.nodes.count == 1)
    router = TrainableRouter(published, groups: [expertCount], featureCount: featureCount)
  }

  /// What routes in a model's file.
  package var serving: Router { router.serving }

  /// The logits of rows, `rows[row][feature]`; shape `(rows, experts)`.
  package func logits(_ rows: [[Float]]) -> [Float] {
    let form = router.forms[0]
    var trace = RouterTrace()
    form.forward(
      router.parameters, features: padded(rows), rowCount: rows.count, into: &trace)
    return rows.indices.flatMap { row in
      (0..<form.childCount).map { trace.logits[row * form.stride + $0] }
    }
  }

  /// The gradient of one expert's logit in one row by that expert's weight.
  package func weightGradient(_ row: [Float], expert: Int) -> [Float] {
    let form = router.forms[0]
    let features = padded([row])
    var trace = RouterTrace()
    form.forward(router.parameters, features: features, rowCount: 1, into: &trace)
    var logitGradient = [Float](repeating: 0, count: form.stride)
    logitGradient[expert] = 1
    var gradient = [Float](repeating: 0, count: router.parameters.count)
    form.backward(
      router.parameters, features: features, rowCount: 1, trace: trace,
      logitGradient: &logitGradient, gradient: &gradient)
    return (0..<form.featureCount).map { gradient[form.weight(expert, $0)] }
  }

  private func padded(_ rows: [[Float]]) -> [Float] {
    let inputs = router.forms[0].place.inputCount
    return rows.flatMap { $0 + [Float](repeating: 0, count: inputs - $0.count) }
  }
}

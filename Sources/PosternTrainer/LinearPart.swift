// LinearPart.swift: a linear model for what is linear, networks for the rest.
//
// Step: linear model → [rest of the targets] → networks → [linear model added] → model value.

import PosternPackaging

/// A linear model whose rest the networks learn, each target in units of that rest's deviation: a
/// network that had to learn the whole would be off by a hundredth of it.
///
/// In the file it is the shared expert, whose outputs are added to those of the routed one, so that
/// routed experts keep outputs of the size that training knows, and `update` trains them as any.
struct LinearPart: Sendable {
  /// The share of a target's variance that a linear model explains from which on it is a part.
  static let leastExplained = 0.9

  /// Targets that it does not explain well have no weights.
  let model: LinearModel
  /// What the file says; the networks' outputs are in units of `scale`.
  let head: [HeadOutput]

  /// The part of `fit` that explains well, for rows whose networks have `head`; nil if that is
  /// nothing.
  init?(_ fit: RidgeRegression.Fit, _ table: TrainingTable, head: [HeadOutput]) {
    var model = fit.model
    let isPart = head.indices.map {
      head[$0].scale > 0 && fit.explained[$0] >= Self.leastExplained
    }
    guard isPart.contains(true) else { return nil }
    for output in head.indices where !isPart[output] {
      model.weights[output] = model.weights[output].map { _ in 0 }
      model.intercepts[output] = Double(head[output].offset)
    }
    let values = model.predict(table)
    self.head = zip(head, table.truth).enumerated().map { output, pair in
      guard isPart[output] else { return pair.0 }
      var reaching = pair.0.reaching(pair.1)
      let squares = pair.1.indices.reduce(0.0) { sum, row in
        let rest = pair.1[row] - values[row * head.count + output]
        return sum + rest * rest
      }
      let deviation = (squares / Double(max(table.rowCount, 1))).squareRoot()
      // Below this the rest is what rounding makes of it.
      reaching.scale = Float(max(deviation, 1e-6 * Double(pair.0.scale)))
      return reaching
    }
    self.model = model
  }

  /// Puts the linear model into `description`, whose experts know the rest.
  func add(to description: inout ModelDescription) {
    guard let columns = model.design.reaching(from: description.columns) else { return }
    for expert in description.experts.indices {
      description.experts[expert] = description.experts[expert].reaching(
        from: description.columns, to: columns)
    }
    description.columns = columns
    description.head = head
    description.sharedExpert = model.expert(over: columns, head: head)
  }
}

extension PreparedData {
  /// Makes the rest that `part` leaves of `table`, which the data were made of, what is learned.
  ///
  /// - Precondition: The columns have room for it: ``LinearDesign/reaching(from:)``.
  mutating func learnRest(of table: TrainingTable, _ part: LinearPart) {
    linear = part
    // Without limits, which would have to move from row to row.
    head = part.head.map { HeadOutput(scale: $0.scale) }
    targets.values = standardized(part.rest(of: table))
    validation.head = head
    validation.truth = part.rest(of: validationTable)
    validation.targets.values = standardized(validation.truth)
  }

  private func standardized(_ rest: [Double]) -> [Float] {
    rest.indices.map { index in
      let scale = Double(head[index % head.count].scale)
      return scale > 0 ? Float(rest[index] / scale) : 0
    }
  }
}

extension LinearPart {
  /// The exact targets less what the linear model says, shape `(rows, outputs)`.
  func rest(of table: TrainingTable) -> [Double] {
    let values = model.predict(table)
    let truth = table.truth
    return values.indices.map { truth[$0 % truth.count][$0 / truth.count] - values[$0] }
  }
}

extension HeadOutput {
  /// The same with limits as far beyond the range of `values` as a linear model goes on.
  func reaching(_ values: [Double]) -> HeadOutput {
    var wider = self
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let limit = Double(Float.greatestFiniteMagnitude)
    let margin = LinearDesign.reach * (most - least)
    wider.low = Float(max(least - margin, -limit))
    wider.high = Float(min(most + margin, limit))
    return wider
  }
}

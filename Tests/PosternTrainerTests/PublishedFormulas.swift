// PublishedFormulas.swift: routers and losses once more, straight from the papers, in double
// precision.

import PosternPackaging

@testable import PosternTrainer

/// The tests' own elementary functions, by series: independent of those under test.
enum Series {
  static func exp(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for n in 1..<60 {
      term *= (x / 64) / Double(n)
      sum += term
    }
    var power = sum
    for _ in 0..<6 { power *= power }
    return power
  }

  static func log(_ x: Double) -> Double {
    var y = 0.0
    for _ in 0..<200 { y += 2 * (x - exp(y)) / (x + exp(y)) }
    return y
  }
}

/// A router's formulas, of parameters that stand where the trainer has them.
struct PublishedRouter {
  let forms: [RouterForm]
  let groups: [Range<Int>]
  let isTwoLevel: Bool

  init(_ router: TrainableRouter) {
    forms = router.forms
    groups = router.experts
    isTwoLevel = router.isTwoLevel
  }

  /// The logits of a node for one row.
  func logits(_ node: Int, _ parameters: [Double], _ x: [Double]) -> [Double] {
    let form = forms[node]
    let scale = Series.exp(parameters[form.logScale])
    return (0..<form.childCount).map { child in
      let w = (0..<form.featureCount).map { parameters[form.weight(child, $0)] }
      let b = parameters[form.place.bias + child]
      let product = zip(w, x).reduce(0) { $0 + $1.0 * $1.1 }
      let distance = zip(w, x).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
      let normW = w.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let normX = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let (tau1, tau2) = (Double(form.tau1), Double(form.tau2))
      switch form.kind {
      case .linear: return product + b
      case .laplace: return -scale * distance + b
      case .cosine: return scale * product / (normW * normX) + b
      case .perturbedCosine: return scale * product / ((normW + tau1) * (normX + tau2)) + b
      case .prototype: return -scale * distance
      }
    }
  }

  static func softmax(_ logits: [Double], temperature: Double) -> [Double] {
    let largest = logits.max() ?? 0
    let exponentials = logits.map { Series.exp(max(($0 - largest) / temperature, -300)) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The probability of each expert for one row.
  func probabilities(_ parameters: [Double], _ x: [Double], temperature: Double) -> [Double] {
    let outer = Self.softmax(logits(0, parameters, x), temperature: temperature)
    guard isTwoLevel else { return outer }
    return groups.indices.flatMap { group in
      Self.softmax(logits(group + 1, parameters, x), temperature: temperature).map {
        outer[group] * $0
      }
    }
  }

  /// The expert by greedy argmax, ties to the lowest index, and how far it was ahead, in logits.
  func choice(_ parameters: [Double], _ x: [Double]) -> (expert: Int, margin: Double) {
    func best(_ scores: [Double]) -> (Int, Double) {
      var best = 0
      for index in scores.indices where scores[index] > scores[best] { best = index }
      let others = scores.indices.filter { $0 != best }.map { scores[$0] }
      return (best, others.max().map { scores[best] - $0 } ?? .infinity)
    }
    let (outer, margin) = best(logits(0, parameters, x))
    guard isTwoLevel else { return (outer, margin) }
    let (inner, innerMargin) = best(logits(outer + 1, parameters, x))
    return (groups[outer].lowerBound + inner, min(margin, innerMargin))
  }

  /// The mean over the rows of the expected loss, plus the weighted load-balancing, importance and
  /// z-losses. The shares of rows that experts are chosen for have no slope and are given.
  func loss(
    _ parameters: [Double], rows: [[Double]], losses: [[Double]], shares: [Double],
    weights: RouterLossWeights, temperature: Double
  ) -> Double {
    let count = Double(rows.count)
    let all = rows.map { probabilities(parameters, $0, temperature: temperature) }
    var expected = 0.0
    for (p, losses) in zip(all, losses) {
      expected += zip(p, losses).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let experts = shares.count
    let importance = (0..<experts).map { expert in all.reduce(0) { $0 + $1[expert] } }
    let balance =
      Double(experts) * zip(shares, importance).reduce(0) { $0 + $1.0 * $1.1 / count }
    let mean = importance.reduce(0, +) / Double(experts)
    let variance =
      importance.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(experts - 1, 1))
    var z = 0.0
    for node in forms.indices {
      let share = node == 0 ? 1 : 1 / Double(forms.count - 1)
      for row in rows {
        let logSum = Series.log(
          logits(node, parameters, row).reduce(0) { $0 + Series.exp($1) })
        z += share * logSum * logSum / count
      }
    }
    return expected / count + Double(weights.balance) * balance
      + Double(weights.importance) * variance / (mean * mean + 1e-10) + Double(weights.z) * z
  }
}

// NewChild+Training.swift: the place of a new child, by what each row gains or loses by it.
//
// Step: features, gains → [new child] → router section.

import PosternPackaging
import PosternRuntime

extension NewChild {
  /// A child that wins rows with gains and leaves the others, as far as its form can.
  ///
  /// `Σ gain · σ(β (score - best))` with `σ(z) = (1 + z / (1 + |z|)) / 2` is climbed by Adam over
  /// all rows of the node from several starts; `β` grows, so that the sum comes near to what top-1
  /// gains. The candidate with the largest top-1 gain of both sets of rows on the way is the
  /// result.
  ///
  /// - Returns: The child as trained; nil if no child gains anything.
  func trained(_ rows: ChildRows, judged: ChildRows) -> (weight: [Float], bias: Float)? {
    let (rows, judged) = (scored(rows), scored(judged))
    var climb = Climb(self, rows)
    guard climb.isPossible else { return nil }
    for step in 0..<Self.stepCount {
      if step % 4 == 0 { climb.judge(self, rows, judged) }
      climb.move(self, rows, progress: Float(step) / Float(Self.stepCount))
    }
    climb.judge(self, rows, judged)
    return climb.best.map { ($0.weight, $0.bias) }
  }
}

/// The candidates for a new child on their way.
private struct Climb {
  private var parameters: [Float]
  /// How far Adam may go in a step: `(weights, bias)` of each candidate.
  private var rates: [(weight: Float, bias: Float)] = []
  /// One over how far scores and best scores are apart among the parent's rows.
  private var sharpness: [Float] = []
  private var first: [Float]
  private var second: [Float]
  private var trace = RouterTrace()
  private var other = RouterTrace()
  private var steps = 0
  private(set) var best: (gain: Double, weight: [Float], bias: Float)?
  let isPossible: Bool

  init(_ child: NewChild, _ rows: ChildRows) {
    parameters = child.blank
    first = [Float](repeating: 0, count: parameters.count)
    second = first
    guard let means = Means(rows, featureCount: child.featureCount) else {
      isPossible = false
      return
    }
    isPossible = true
    for candidate in 0..<NewChild.candidateCount {
      let start = child.start(candidate, means)
      for feature in 0..<child.featureCount {
        parameters[child.form.weight(candidate, feature)] = start.weight[feature]
      }
      parameters[child.form.place.bias + candidate] = start.bias
      rates.append((start.rate, child.hasBias ? start.rate : 0))
    }
    child.form.forward(
      parameters, features: rows.features, rowCount: rows.rowCount, into: &trace)
    for candidate in 0..<NewChild.candidateCount {
      let gaps = rows.best.indices.filter { rows.isOwn[$0] }.map {
        Double(trace.logits[$0 * child.form.stride + candidate] - rows.best[$0])
      }
      let mean = gaps.reduce(0, +) / Double(max(gaps.count, 1))
      let square = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(gaps.count, 1))
      sharpness.append(2 / max(Float(square.squareRoot()), 1e-6))
    }
  }

  /// Takes note of the candidate that gains most.
  mutating func judge(_ child: NewChild, _ rows: ChildRows, _ judged: ChildRows) {
    let (form, parameters) = (child.form, parameters)
    form.forward(parameters, features: rows.features, rowCount: rows.rowCount, into: &trace)
    form.forward(parameters, features: judged.features, rowCount: judged.rowCount, into: &other)
    func gain(_ rows: ChildRows, _ trace: RouterTrace, _ candidate: Int) -> Double {
      var sum = 0.0
      for row in 0..<rows.rowCount
      where trace.logits[row * form.stride + candidate] > rows.best[row] { sum += rows.gains[row] }
      return sum / Double(max(rows.rowCount, 1))
    }
    for candidate in 0..<NewChild.candidateCount {
      let gain = gain(rows, trace, candidate) + gain(judged, other, candidate)
      guard gain > best?.gain ?? 0 else { continue }
      let weight = (0..<child.featureCount).map { parameters[form.weight(candidate, $0)] }
      best = (gain, weight, parameters[form.place.bias + candidate])
    }
  }

  /// One step of Adam; `progress` in 0...1 sharpens the choice eightfold and slows down.
  mutating func move(_ child: NewChild, _ rows: ChildRows, progress: Float) {
    let form = child.form
    form.forward(parameters, features: rows.features, rowCount: rows.rowCount, into: &trace)
    let total = Float(rows.gains.reduce(0) { $0 + abs($1) })
    guard total > 0 else { return }
    var slopes = [Float](repeating: 0, count: rows.rowCount * form.stride)
    let growth = Float(Elementary.exp(2.08 * Double(progress)))
    for row in 0..<rows.rowCount {
      let gain = Float(rows.gains[row]) / total
      for candidate in 0..<NewChild.candidateCount {
        let index = row * form.stride + candidate
        let beta = sharpness[candidate] * growth
        let reach = 1 + beta * abs(trace.logits[index] - rows.best[row])
        slopes[index] = -gain * beta / (2 * reach * reach)
      }
    }
    var gradient = [Float](repeating: 0, count: parameters.count)
    form.backward(
      parameters, features: rows.features, rowCount: rows.rowCount, trace: trace,
      logitGradient: &slopes, gradient: &gradient)
    steps += 1
    let correction = 1 - Float(Elementary.exp(-0.10536 * Double(steps)))
    let secondCorrection = 1 - Float(Elementary.exp(-0.0010005 * Double(steps)))
    let slowing = 1 - 0.9 * progress
    func step(_ index: Int, _ rate: Float) {
      first[index] = 0.9 * first[index] + 0.1 * gradient[index]
      second[index] = 0.999 * second[index] + 0.001 * gradient[index] * gradient[index]
      parameters[index] -=
        slowing * rate * (first[index] / correction)
        / ((second[index] / secondCorrection).squareRoot() + 1e-12)
    }
    for candidate in 0..<NewChild.candidateCount {
      for feature in 0..<child.featureCount {
        step(form.weight(candidate, feature), rates[candidate].weight)
      }
      step(form.place.bias + candidate, rates[candidate].bias)
    }
  }
}

/// Where, among the parent's rows, those that gain and those that do not lie.
private struct Means {
  /// Means by gain and by loss.
  var gaining: [Float]
  var losing: [Float]
  var variance: [Float]
  /// The deviation, along the line from one mean to the other, of the parent's rows.
  var spread: Float
  /// The mean size of the best scores' differences from their mean.
  var scoreSpread: Float

  init?(_ rows: ChildRows, featureCount: Int) {
    let own = (0..<rows.rowCount).filter { rows.isOwn[$0] }
    guard own.contains(where: { rows.gains[$0] > 0 }) else { return nil }
    let width = rows.features.count / rows.rowCount
    func mean(_ weight: (Int) -> Double) -> [Double]? {
      var (sum, total) = ([Double](repeating: 0, count: featureCount), 0.0)
      for row in own {
        let weight = weight(row)
        guard weight > 0 else { continue }
        total += weight
        for feature in 0..<featureCount {
          sum[feature] += weight * Double(rows.features[row * width + feature])
        }
      }
      return total > 0 ? sum.map { $0 / total } : nil
    }
    let all = mean { _ in 1 } ?? []
    var squares = [Double](repeating: 0, count: featureCount)
    for row in own {
      for feature in 0..<featureCount {
        let offset = Double(rows.features[row * width + feature]) - all[feature]
        squares[feature] += offset * offset / Double(own.count)
      }
    }
    let typical = squares.reduce(0, +) / Double(max(featureCount, 1))
    let a = mean { rows.gains[$0] } ?? all
    let b = mean { -rows.gains[$0] } ?? all
    gaining = a.map { Float($0) }
    losing = b.map { Float($0) }
    variance = squares.map { Float($0 + 0.01 * typical + 1e-6) }
    var square = 0.0
    for row in own {
      var along = 0.0
      for feature in 0..<featureCount {
        along +=
          (a[feature] - b[feature]) / Double(variance[feature])
          * (Double(rows.features[row * width + feature]) - all[feature])
      }
      square += along * along / Double(own.count)
    }
    spread = max(Float(square.squareRoot()), 1e-6)
    let mean = own.reduce(0) { $0 + rows.best[$1] } / Float(own.count)
    let scores = own.reduce(0) { $0 + (rows.best[$1] - mean) * (rows.best[$1] - mean) }
    scoreSpread = max((scores / Float(own.count)).squareRoot(), 1e-3)
  }
}

extension NewChild {
  /// Where a candidate begins, and how far it may go in a step.
  ///
  /// Affine scores: the parent's plus a slope from the rows that lose to those that gain, which
  /// parts the parent's cell between the two; a gentle slope wins no row of other cells, a steep
  /// one some. Distances and directions: at the rows that gain, or from the parent towards them.
  fileprivate func start(
    _ candidate: Int, _ means: Means
  ) -> (weight: [Float], bias: Float, rate: Float) {
    let features = 0..<featureCount
    let way = features.map { means.gaining[$0] - means.losing[$0] }
    let (from, bias) = (parentWeight, parentBias)
    func size(_ values: [Float]) -> Float {
      max((values.reduce(0) { $0 + $1 * $1 } / Float(max(values.count, 1))).squareRoot(), 1e-6)
    }
    switch form.kind {
    case .linear:
      let factor = means.scoreSpread / means.spread * [0.1, 0.4, 1.5, 6][candidate]
      let slope = features.map { factor * way[$0] / means.variance[$0] }
      let middle = features.reduce(Float(0)) {
        $0 + slope[$1] * (means.gaining[$1] + means.losing[$1]) / 2
      }
      return (features.map { from[$0] + slope[$0] }, bias - middle, 0.08 * size(slope))
    case .laplace, .prototype:
      let weight =
        candidate == 0
        ? means.gaining : features.map { from[$0] + [0, 0.1, 0.4, 1][candidate] * way[$0] }
      return (weight, bias, 0.05 * size(candidate == 0 ? way : zip(weight, from).map { $0 - $1 }))
    case .cosine, .perturbedCosine:
      let norm = max(from.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-6)
      let length = max(means.gaining.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-6)
      let step = [0, 0.1, 0.4, 1][candidate] * norm / length
      let weight =
        candidate == 0
        ? means.gaining.map { $0 * norm / length } : features.map { from[$0] + step * way[$0] }
      return (weight, bias, 0.05 * size(zip(weight, from).map { $0 - $1 }))
    }
  }
}

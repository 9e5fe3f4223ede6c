// ExpectationMaximization.swift: two affine experts with normal errors, gated by a softmax, by EM.
//
// Step: rows → [EM] → parameters → model value.

import Foundation

/// A mixture of two affine experts over one input; the second one's gate logit is 0 [1].
///
/// [1]: https://doi.org/10.1162/neco.1994.6.2.181
///      "M. Jordan, R. Jacobs. Hierarchical mixtures of experts and the EM algorithm. 1994."
struct AffineMixture {
  /// The first expert's gate logit: slope and intercept.
  var gate = (slope: 0.0, intercept: 0.0)
  /// Of each expert.
  var slopes = [0.0, 0.0]
  var intercepts = [0.0, 0.0]
  var variances = [1.0, 1.0]

  /// The first expert's gate probability.
  func gateProbability(_ x: Double) -> Double {
    1 / (1 + exp(-(gate.slope * x + gate.intercept)))
  }

  func value(_ expert: Int, _ x: Double) -> Double { slopes[expert] * x + intercepts[expert] }

  private func density(_ expert: Int, _ x: Double, _ y: Double) -> Double {
    let error = y - value(expert, x)
    return exp(-error * error / (2 * variances[expert])) / variances[expert].squareRoot()
  }

  /// Climbs the likelihood until a round changes it by less than 1e-10 of itself.
  ///
  /// - Returns: The mean log-likelihood, up to a constant, before each round.
  mutating func fit(_ x: [Double], _ y: [Double], roundLimit: Int = 500) -> [Double] {
    var path: [Double] = []
    var shares = [Double](repeating: 0, count: x.count)
    for _ in 0..<roundLimit {
      var total = 0.0
      for row in x.indices {
        let p = gateProbability(x[row])
        let first = p * density(0, x[row], y[row])
        let second = (1 - p) * density(1, x[row], y[row])
        let sum = max(first + second, 1e-300)
        shares[row] = first / sum
        total += log(sum)
      }
      path.append(total / Double(x.count))
      let last = path.count > 1 ? path[path.count - 2] : -.infinity
      if path[path.count - 1] - last < 1e-10 * abs(path[path.count - 1]) { break }
      fitExpert(0, x, y) { shares[$0] }
      fitExpert(1, x, y) { 1 - shares[$0] }
      fitGate(x, shares)
    }
    return path
  }

  /// Weighted least squares.
  private mutating func fitExpert(
    _ expert: Int, _ x: [Double], _ y: [Double], weight: (Int) -> Double
  ) {
    var (mass, sumX, sumY, sumXX, sumXY) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in x.indices {
      let w = weight(row)
      mass += w
      sumX += w * x[row]
      sumY += w * y[row]
      sumXX += w * x[row] * x[row]
      sumXY += w * x[row] * y[row]
    }
    slopes[expert] = (mass * sumXY - sumX * sumY) / (mass * sumXX - sumX * sumX)
    intercepts[expert] = (sumY - slopes[expert] * sumX) / mass
    var squares = 0.0
    for row in x.indices {
      let error = y[row] - value(expert, x[row])
      squares += weight(row) * error * error
    }
    variances[expert] = squares / mass
  }

  /// Newton's method on the logistic regression of the shares, each step halved until it climbs.
  private mutating func fitGate(_ x: [Double], _ shares: [Double]) {
    var height = gateLikelihood(x, shares)
    for _ in 0..<4 {
      var (g0, g1, h00, h01, h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
      for row in x.indices {
        let p = gateProbability(x[row])
        let (error, weight) = (shares[row] - p, p * (1 - p))
        g0 += error
        g1 += error * x[row]
        h00 += weight
        h01 += weight * x[row]
        h11 += weight * x[row] * x[row]
      }
      let determinant = h00 * h11 - h01 * h01
      let start = gate
      var step = 1.0
      while step > 1e-6 {
        gate.intercept = start.intercept + step * (h11 * g0 - h01 * g1) / determinant
        gate.slope = start.slope + step * (h00 * g1 - h01 * g0) / determinant
        let next = gateLikelihood(x, shares)
        if next >= height {
          height = next
          break
        }
        step /= 2
      }
      if step <= 1e-6 { gate = start }
      if step < 1 { continue }
      if abs(gate.slope - start.slope) < 1e-9 { break }
    }
  }

  private func gateLikelihood(_ x: [Double], _ shares: [Double]) -> Double {
    var total = 0.0
    for row in x.indices {
      let logit = gate.slope * x[row] + gate.intercept
      total += shares[row] * logit - max(logit, 0) - log(1 + exp(-abs(logit)))
    }
    return total
  }
}

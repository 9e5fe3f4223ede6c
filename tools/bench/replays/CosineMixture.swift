// CosineMixture.swift: two experts under a (perturbed) cosine gate, fitted by least squares.
//
// Step: rows → [Levenberg and Marquardt] → parameters.

import Foundation

/// `y = Σ softmax(u + b0) a tanh(b·x + c)` with `u = w·x / ((‖w‖ + τ)(‖x‖ + τ))`, in double
/// precision. Parameters of each of two experts: w (4), b0, b (4), c, a.
struct CosineMixture {
  static let inputCount = 4
  static let expertSize = 11
  /// The second expert's w and b0 are not fitted: adding a vector to both would change nothing.
  static let free = Array(0..<expertSize) + Array(expertSize + 5..<2 * expertSize)

  var values: [Double]
  let tau: Double

  subscript(expert: Int, index: Int) -> Double { values[expert * Self.expertSize + index] }

  /// The norm of an expert's w.
  func norm(_ expert: Int) -> Double {
    (0..<4).reduce(0) { $0 + self[expert, $1] * self[expert, $1] }.squareRoot()
  }

  /// What the logits of a row need.
  struct Gate {
    /// The row over its norm and tau.
    var direction: (Double, Double, Double, Double)
    var cosines: (Double, Double)
    /// The first expert's probability.
    var probability: Double
  }

  func gate(_ x: ArraySlice<Double>, norms: (Double, Double)) -> Gate {
    let s = x.startIndex
    let square = x[s] * x[s] + x[s + 1] * x[s + 1] + x[s + 2] * x[s + 2] + x[s + 3] * x[s + 3]
    let scale = 1 / (square.squareRoot() + tau)
    let d = (x[s] * scale, x[s + 1] * scale, x[s + 2] * scale, x[s + 3] * scale)
    func cosine(_ expert: Int, _ norm: Double) -> Double {
      let v = expert * Self.expertSize
      let product = values[v] * d.0 + values[v + 1] * d.1 + values[v + 2] * d.2
      return (product + values[v + 3] * d.3) / (norm + tau)
    }
    let cosines = (cosine(0, norms.0), cosine(1, norms.1))
    let difference = cosines.0 + self[0, 4] - cosines.1 - self[1, 4]
    return Gate(direction: d, cosines: cosines, probability: 1 / (1 + exp(-difference)))
  }

  private func hidden(_ expert: Int, _ x: ArraySlice<Double>) -> Double {
    let (v, s) = (expert * Self.expertSize + 5, x.startIndex)
    let sum = values[v] * x[s] + values[v + 1] * x[s + 1]
    return tanh(sum + values[v + 2] * x[s + 2] + values[v + 3] * x[s + 3] + values[v + 4])
  }

  /// The values of rows, `x` of shape `(rows, 4)`.
  func predict(_ x: [Double]) -> [Double] {
    let norms = (norm(0), norm(1))
    return stride(from: 0, to: x.count, by: 4).map { first in
      let row = x[first..<first + 4]
      let p = gate(row, norms: norms).probability
      return p * self[0, 10] * hidden(0, row) + (1 - p) * self[1, 10] * hidden(1, row)
    }
  }

  /// The mean squared error.
  func loss(_ x: [Double], _ y: [Double]) -> Double {
    let predicted = predict(x)
    var sum = 0.0
    for row in y.indices { sum += (y[row] - predicted[row]) * (y[row] - predicted[row]) }
    return sum / Double(y.count)
  }

  /// The means over rows of `JᵀJ` (upper half) and `Jᵀr`, `J` by the free parameters.
  private func normalEquations(_ x: [Double], _ y: [Double]) -> (a: [Double], g: [Double]) {
    let count = Self.free.count
    var a = [Double](repeating: 0, count: count * count)
    var g = [Double](repeating: 0, count: count)
    var j = [Double](repeating: 0, count: count)
    let norms = (norm(0), norm(1))
    for row in y.indices {
      let one = x[4 * row..<4 * row + 4]
      let gate = gate(one, norms: norms)
      let p = gate.probability
      let z = (hidden(0, one), hidden(1, one))
      let h = (self[0, 10] * z.0, self[1, 10] * z.1)
      let residual = y[row] - (p * h.0 + (1 - p) * h.1)
      let slope = p * (1 - p) * (h.0 - h.1)
      let d = [gate.direction.0, gate.direction.1, gate.direction.2, gate.direction.3]
      for index in 0..<4 {
        j[index] = slope * (d[index] - gate.cosines.0 * self[0, index] / norms.0) / (norms.0 + tau)
      }
      j[4] = slope
      for (expert, first) in [(0, 5), (1, 11)] {
        let (share, z) = expert == 0 ? (p, z.0) : (1 - p, z.1)
        let weight = share * self[expert, 10] * (1 - z * z)
        for index in 0..<4 { j[first + index] = weight * one[4 * row + index] }
        j[first + 4] = weight
        j[first + 5] = share * z
      }
      for i in 0..<count {
        g[i] += j[i] * residual
        for k in i..<count { a[i * count + k] += j[i] * j[k] }
      }
    }
    let scale = 1 / Double(y.count)
    return (a.map { $0 * scale }, g.map { $0 * scale })
  }

  /// Lowers the squared error by Levenberg's and Marquardt's method with identity damping, for at
  /// most 60 steps or until one gains less than 1e-10 of it.
  mutating func fit(_ x: [Double], _ y: [Double]) {
    var damping = 1e-2
    var error = loss(x, y)
    for _ in 0..<60 {
      let (a, g) = normalEquations(x, y)
      var next = self
      var nextError = error
      var isBetter = false
      for _ in 0..<8 where !isBetter {
        let step = solve(a, g, damping: damping)
        next = self
        for (index, place) in Self.free.enumerated() { next.values[place] += step[index] }
        nextError = next.loss(x, y)
        isBetter = nextError < error
        if !isBetter { damping *= 4 }
      }
      guard isBetter else { return }
      let gain = (error - nextError) / error
      (self, error) = (next, nextError)
      damping = max(damping / 4, 1e-10)
      if gain < 1e-10 { return }
    }
  }
}

/// Solves `(A + damping I) x = g` for a symmetric positive definite `A`, given its upper half
/// (Cholesky).
func solve(_ a: [Double], _ g: [Double], damping: Double) -> [Double] {
  let count = g.count
  var l = [Double](repeating: 0, count: count * count)
  for i in 0..<count {
    for k in 0...i {
      var sum = a[k * count + i] + (i == k ? damping : 0)
      for m in 0..<k { sum -= l[i * count + m] * l[k * count + m] }
      l[i * count + k] = i == k ? max(sum, 1e-300).squareRoot() : sum / l[k * count + k]
    }
  }
  var x = g
  for i in 0..<count {
    for m in 0..<i { x[i] -= l[i * count + m] * x[m] }
    x[i] /= l[i * count + i]
  }
  for i in (0..<count).reversed() {
    for m in i + 1..<count { x[i] -= l[m * count + i] * x[m] }
    x[i] /= l[i * count + i]
  }
  return x
}

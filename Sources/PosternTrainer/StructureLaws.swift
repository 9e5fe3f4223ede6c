// StructureLaws.swift: cheap experts, to see which rows follow one law.
//
// Step: encoded rows → [structure search] → number of experts.

/// Least-squares experts over terms of the features, judged on rows that they did not see.
///
/// For classes the targets are their indicators, so that the loss is the Brier score.
struct StructureLaws {
  /// What an expert is linear in.
  enum Terms: CaseIterable {
    /// The features.
    case affine
    /// Also their squares and, where these are few, their products.
    case quadratic
    /// Also the features above each of their quartiles: close to what a small network can follow.
    case rich
  }

  let rowCount: Int
  private let outputCount: Int
  /// Shape `(rows, outputs)`.
  private let targets: [Double]
  private let terms: [[Double]]
  private let termCounts: [Int]
  /// The fold in which a row is not seen.
  private let folds: [Int]
  private static let foldCount = 5

  init(
    _ points: StructurePoints, targets: [Double], outputCount: Int, random: inout RandomStream
  ) {
    rowCount = points.count
    self.outputCount = outputCount
    self.targets = targets
    var folds = (0..<points.count).map { $0 % Self.foldCount }
    random.shuffle(&folds)
    self.folds = folds
    let made = Terms.allCases.map { Self.terms($0, points) }
    terms = made.map(\.values)
    termCounts = made.map(\.count)
  }

  private static func terms(_ kind: Terms, _ points: StructurePoints) -> (
    values: [Double], count: Int
  ) {
    let size = points.dimension
    var knots: [[Double]] = []
    if kind == .rich && size <= 24 {
      for axis in 0..<size {
        let sorted = (0..<points.count).map { points[$0, axis] }.sorted()
        knots.append([1, 2, 3].map { sorted[$0 * (sorted.count - 1) / 4] })
      }
    }
    var values: [Double] = []
    for point in 0..<points.count {
      for row in 0..<size {
        let value = points[point, row]
        values.append(value)
        guard kind != .affine else { continue }
        for column in (size <= 12 ? 0 : row)...row { values.append(value * points[point, column]) }
        if !knots.isEmpty { for knot in knots[row] { values.append(max(value - knot, 0)) } }
      }
    }
    return (values, values.count / max(points.count, 1))
  }

  /// What an affine expert that was fitted to the others of `rows` misses of the first target.
  func residuals(_ rows: [Int32]) -> [Double] {
    errors(rows, .affine).map { $0[0] }
  }

  /// The loss of each of `rows`, by an expert that was fitted to the others of `rows`.
  ///
  /// - Complexity: O(*rows* · *terms*² + *terms*³).
  func losses(_ rows: [Int32], _ kind: Terms) -> [Double] {
    errors(rows, kind).map { $0.reduce(0) { $0 + $1 * $1 } }
  }

  /// The sum of the squared distances of the targets of `rows` from their means.
  func spread(_ rows: [Int32]) -> Double {
    (0..<outputCount).reduce(0) { total, output in
      let values = rows.map { targets[Int($0) * outputCount + output] }
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      return total + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
  }

  private func errors(_ rows: [Int32], _ kind: Terms) -> [[Double]] {
    let index = Terms.allCases.firstIndex(of: kind) ?? 0
    let size = termCounts[index] + 1
    let columns = standardized(rows, terms[index], count: termCounts[index])
    var grams = [[Double]](
      repeating: [Double](repeating: 0, count: size * size), count: Self.foldCount)
    var rights = [[Double]](
      repeating: [Double](repeating: 0, count: size * outputCount), count: Self.foldCount)
    for (place, row) in rows.enumerated() {
      let fold = folds[Int(row)]
      for first in 0..<size {
        let value = columns[place * size + first]
        for second in 0...first {
          grams[fold][first * size + second] += value * columns[place * size + second]
        }
        for output in 0..<outputCount {
          rights[fold][output * size + first] += value * targets[Int(row) * outputCount + output]
        }
      }
    }
    let experts = (0..<Self.foldCount).map { fold in
      expert(without: fold, grams: grams, rights: rights, size: size)
    }
    return rows.enumerated().map { place, row in
      let weights = experts[folds[Int(row)]]
      return (0..<outputCount).map { output in
        var value = -targets[Int(row) * outputCount + output]
        for first in 0..<size { value += weights[output][first] * columns[place * size + first] }
        return value
      }
    }
  }

  /// The weights for each output, fitted to all folds but one.
  private func expert(
    without fold: Int, grams: [[Double]], rights: [[Double]], size: Int
  ) -> [[Double]] {
    var gram = [Double](repeating: 0, count: size * size)
    var right = [Double](repeating: 0, count: size * outputCount)
    for other in 0..<Self.foldCount where other != fold {
      for index in gram.indices { gram[index] += grams[other][index] }
      for index in right.indices { right[index] += rights[other][index] }
    }
    // One row's worth of ridge on all but the constant.
    for term in 0..<size { gram[term * size + term] += term == size - 1 ? 1e-6 : 1 }
    let factor = Cholesky(nearlySingular: gram, size: size)
    return (0..<outputCount).map { factor.solve(Array(right[$0 * size..<($0 + 1) * size])) }
  }

  /// The terms of `rows` with mean 0 and deviation 1, and a last term that is 1.
  private func standardized(_ rows: [Int32], _ terms: [Double], count: Int) -> [Double] {
    var means = [Double](repeating: 0, count: count)
    var squares = means
    for row in rows {
      for term in 0..<count { means[term] += terms[Int(row) * count + term] / Double(rows.count) }
    }
    for row in rows {
      for term in 0..<count {
        let distance = terms[Int(row) * count + term] - means[term]
        squares[term] += distance * distance / Double(rows.count)
      }
    }
    let scales = squares.map { $0 > 1e-12 ? 1 / $0.squareRoot() : 0 }
    var result: [Double] = []
    result.reserveCapacity(rows.count * (count + 1))
    for row in rows {
      for term in 0..<count {
        result.append((terms[Int(row) * count + term] - means[term]) * scales[term])
      }
      result.append(1)
    }
    return result
  }
}

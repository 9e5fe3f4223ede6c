// StructureLaws.swift: cheap experts, to see which rows follow one law.
//
// Step: encoded rows → [structure search] → number of experts.

/// Least-squares experts over terms of the features, judged on rows that they did not see.
///
/// For classes the targets are their indicators, so that the loss is the Brier score, and what an
/// expert says is bent into a probability: else a border between two classes would look like a
/// place where the law changes.
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
  /// Whether the targets are indicators of classes.
  let isClasses: Bool
  /// Shape `(rows, outputs)`.
  private let targets: [Double]
  private let terms: [[Double]]
  private let termCounts: [Int]
  /// The fold in which a row is not seen.
  private let folds: [Int]
  private static let foldCount = 5

  init(
    _ points: StructurePoints, targets: [Double], outputCount: Int, isClasses: Bool,
    random: inout RandomStream
  ) {
    rowCount = points.count
    self.isClasses = isClasses
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
    zip(rows, answers(rows, .affine)).map { $1[0] - targets[Int($0) * outputCount] }
  }

  /// The loss of each of `rows`, by an expert that was fitted to the others of `rows`.
  ///
  /// - Complexity: O(*rows* · *terms*² + *terms*³).
  func losses(_ rows: [Int32], _ kind: Terms) -> [Double] {
    let answers = answers(rows, kind)
    let losses = losses(rows, answers)
    guard isClasses else { return losses }
    // Few rows say too little about how to bend.
    let bent = self.losses(rows, probabilities(rows, answers))
    return bent.reduce(0, +) < losses.reduce(0, +) ? bent : losses
  }

  private func losses(_ rows: [Int32], _ answers: [[Double]]) -> [Double] {
    zip(rows, answers).map { row, answer in
      answer.indices.reduce(0) { sum, output in
        let error = answer[output] - targets[Int(row) * outputCount + output]
        return sum + error * error
      }
    }
  }

  /// The sum of the squared distances of the targets of `rows` from their means.
  func spread(_ rows: [Int32]) -> Double {
    (0..<outputCount).reduce(0) { total, output in
      let values = rows.map { targets[Int($0) * outputCount + output] }
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      return total + values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
  }

  /// What experts that did not see the row say to each of `rows`.
  private func answers(_ rows: [Int32], _ kind: Terms) -> [[Double]] {
    let index = Terms.allCases.firstIndex(of: kind) ?? 0
    let count = termCounts[index]
    let values = rows.flatMap { terms[index][Int($0) * count..<(Int($0) + 1) * count] }
    return fitted(rows, values, termCount: count)
  }

  /// Bends the answers to `rows` by a function that was fitted to the others of `rows`: linear
  /// between knots.
  private func probabilities(_ rows: [Int32], _ answers: [[Double]]) -> [[Double]] {
    // Of many classes each is bent by itself, as far as the others add up to the rest.
    let bends = (0..<outputCount).map { knots(rows, answers, output: $0) }
    func terms(_ answer: [Double], _ outputs: Range<Int>) -> [Double] {
      outputs.flatMap { output in
        [answer[output]] + bends[output].map { max(answer[output] - $0, 0) }
      }
    }
    let size = (bends.first?.count ?? 0) + 1
    guard outputCount > 4 else {
      let values = answers.flatMap { terms($0, 0..<outputCount) }
      return fitted(rows, values, termCount: outputCount * size).map { $0.map(Self.clipped) }
    }
    var result = answers
    for output in 0..<outputCount {
      let values = answers.flatMap { terms($0, output..<output + 1) }
      for (place, answer) in fitted(rows, values, termCount: size, [output]).enumerated() {
        result[place][output] = Self.clipped(answer[0])
      }
    }
    return result
  }

  /// Where the probability of a class may bend: at a few quantiles of the answers, and at steps
  /// through where the rows of the class overlap with the others.
  private func knots(_ rows: [Int32], _ answers: [[Double]], output: Int) -> [Double] {
    let sorted = answers.map { $0[output] }.sorted()
    let spread = [1, 3, 5, 7, 9].map { sorted[$0 * (sorted.count - 1) / 10] }
    let isInside = rows.map { targets[Int($0) * outputCount + output] > 0.5 }
    let inside = answers.indices.filter { isInside[$0] }
      .map { answers[$0][output] }.sorted()
    let outside = answers.indices.filter { !isInside[$0] }
      .map { answers[$0][output] }.sorted()
    guard !inside.isEmpty, !outside.isEmpty else {
      return spread + [Double](repeating: 0, count: 8)
    }
    let low = inside[(inside.count - 1) / 50]
    let high = outside[(outside.count - 1) * 49 / 50]
    return spread + (0..<8).map { low + (high - low) * (Double($0) + 0.5) / 8 }
  }

  private static func clipped(_ value: Double) -> Double { min(max(value, 0), 1) }

  /// The answers to each of `rows`, of which `terms` has shape `(rows, terms)`, by experts that
  /// were fitted to the other folds.
  private func fitted(
    _ rows: [Int32], _ terms: [Double], termCount: Int, _ outputs: [Int]? = nil
  ) -> [[Double]] {
    let outputs = outputs ?? Array(0..<outputCount)
    let size = termCount + 1
    let columns = standardized(terms, rowCount: rows.count, count: termCount)
    var grams = [[Double]](
      repeating: [Double](repeating: 0, count: size * size), count: Self.foldCount)
    var rights = [[Double]](
      repeating: [Double](repeating: 0, count: size * outputs.count), count: Self.foldCount)
    for (place, row) in rows.enumerated() {
      let fold = folds[Int(row)]
      for first in 0..<size {
        let value = columns[place * size + first]
        for second in 0...first {
          grams[fold][first * size + second] += value * columns[place * size + second]
        }
        for (place, output) in outputs.enumerated() {
          rights[fold][place * size + first] += value * targets[Int(row) * outputCount + output]
        }
      }
    }
    let experts = (0..<Self.foldCount).map { fold in
      expert(without: fold, grams: grams, rights: rights, size: size)
    }
    return rows.enumerated().map { place, row in
      let weights = experts[folds[Int(row)]]
      return weights.map { weights in
        var value = 0.0
        for first in 0..<size { value += weights[first] * columns[place * size + first] }
        return value
      }
    }
  }

  /// The weights for each output, fitted to all folds but one.
  private func expert(
    without fold: Int, grams: [[Double]], rights: [[Double]], size: Int
  ) -> [[Double]] {
    var gram = [Double](repeating: 0, count: size * size)
    var right = [Double](repeating: 0, count: rights[fold].count)
    for other in 0..<Self.foldCount where other != fold {
      for index in gram.indices { gram[index] += grams[other][index] }
      for index in right.indices { right[index] += rights[other][index] }
    }
    // One row's worth of ridge on all but the constant.
    for term in 0..<size { gram[term * size + term] += term == size - 1 ? 1e-6 : 1 }
    let factor = Cholesky(nearlySingular: gram, size: size)
    return stride(from: 0, to: right.count, by: size).map {
      factor.solve(Array(right[$0..<$0 + size]))
    }
  }

  /// The terms with mean 0 and deviation 1, and a last term that is 1.
  private func standardized(_ terms: [Double], rowCount: Int, count: Int) -> [Double] {
    var means = [Double](repeating: 0, count: count)
    var squares = means
    for row in 0..<rowCount {
      for term in 0..<count { means[term] += terms[row * count + term] / Double(rowCount) }
    }
    for row in 0..<rowCount {
      for term in 0..<count {
        let distance = terms[row * count + term] - means[term]
        squares[term] += distance * distance / Double(rowCount)
      }
    }
    let scales = squares.map { $0 > 1e-12 ? 1 / $0.squareRoot() : 0 }
    var result: [Double] = []
    result.reserveCapacity(rowCount * (count + 1))
    for row in 0..<rowCount {
      for term in 0..<count {
        result.append((terms[row * count + term] - means[term]) * scales[term])
      }
      result.append(1)
    }
    return result
  }
}

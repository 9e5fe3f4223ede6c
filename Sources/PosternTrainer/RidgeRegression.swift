// RidgeRegression.swift: the linear model of a regression, its penalty by cross-validation.
//
// Step: rows → [sums of products] → linear model.

/// Fits targets by ridge over the terms of a design: with the terms less their means as the rows of
/// `X` (n rows) and the targets less theirs as `y`, the minimum of `‖X w - y‖² + n λ ‖w‖²`.
///
/// Sums and solutions are binary64, so that a target which follows a column to a millionth of its
/// spread is fitted to that.
struct RidgeRegression {
  /// The model, and the share of each target's variance that it explains on rows that it was not
  /// fitted to.
  struct Fit: Sendable {
    var model: LinearModel
    var explained: [Double]
  }

  /// Penalties `λ` that are tried.
  static let ridges = [
    1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1,
  ]
  /// Where a solution takes long.
  static let fewRidges = [1e-7, 1e-4, 1e-2, 1e-1]
  /// Terms up to which all penalties are tried, and the most that take part at all.
  static let termLimits = (many: 256, most: 1024)
  static let foldCount = 5

  private let design: LinearDesign
  private let table: TrainingTable
  private let maps: [[UInt32]]
  /// Standardised, `targets[target][row]`, and what undoes that.
  private let targets: [[Double]]
  private let units: [(mean: Double, deviation: Double)]
  private let folds: [[Int32]]

  /// The fit to the rows of `table`; nil where they are too few to be parted.
  ///
  /// - Complexity: O(*rows* · *terms*²), of at most so many rows that this stays below 2^32, and
  ///   O(*terms*³) for each penalty and fold.
  static func fit(
    _ design: LinearDesign, _ table: TrainingTable, seed: UInt64, threads: Int
  ) -> Fit? {
    guard table.rowCount >= foldCount, !table.truth.isEmpty, design.termCount > 0 else {
      return nil
    }
    return RidgeRegression(design, table, seed: seed).fit(threads: threads)
  }

  private init(_ design: LinearDesign, _ table: TrainingTable, seed: UInt64) {
    self.table = table
    maps = categoryMaps(of: table, columns: design.columns)
    let truth = table.truth
    units = truth.map { values in
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = (squares / Double(values.count)).squareRoot()
      return (mean, deviation > 0 && deviation.isFinite ? deviation : 1)
    }
    targets = zip(truth, units).map { values, unit in
      values.map { ($0 - unit.mean) / unit.deviation }
    }
    self.design = design.screened(table, maps: maps, targets: targets, Self.termLimits.most)
    let terms = self.design.termCount
    let limit = max(8 * terms, (1 << 32) / (terms * terms))
    let every = (table.rowCount + limit - 1) / limit
    var rows = stride(from: 0, to: table.rowCount, by: every).map { Int32($0) }
    var random = RandomStream(seed: seed, 0x6C69_6E65)
    random.shuffle(&rows)
    folds = (0..<Self.foldCount).map { fold in
      stride(from: fold, to: rows.count, by: Self.foldCount).map { rows[$0] }
    }
  }

  private func fit(threads: Int) -> Fit? {
    let sums = Parallel.map(count: folds.count, threads: threads) { moments(folds[$0]) }
    let ridges = design.termCount <= Self.termLimits.many ? Self.ridges : Self.fewRidges
    // Of each fold by the others, shape `(ridges, targets)`.
    let errors = Parallel.map(count: folds.count, threads: threads) { fold in
      var others = NormalEquations(terms: design.termCount, targets: targets.count)
      for (index, sum) in sums.enumerated() where index != fold { others.add(sum) }
      return squaredErrors(ridges.map { others.solution(ridge: $0) }, rows: folds[fold])
    }
    var all = NormalEquations(terms: design.termCount, targets: targets.count)
    for sum in sums { all.add(sum) }
    var solved: [Int: NormalEquations.Solution] = [:]
    var weights: [[Double]] = []
    var intercepts: [Double] = []
    var explained: [Double] = []
    for target in targets.indices {
      let totals = ridges.indices.map { ridge in errors.reduce(0) { $0 + $1[ridge][target] } }
      let best = totals.indices.reduce(0) { totals[$1] < totals[$0] ? $1 : $0 }
      guard totals[best].isFinite,
        let solution = solved[best] ?? all.solution(ridge: ridges[best])
      else { return nil }
      solved[best] = solution
      let unit = units[target]
      weights.append(solution.weights[target].map { $0 * unit.deviation })
      intercepts.append(solution.intercepts[target] * unit.deviation + unit.mean)
      explained.append(1 - totals[best] / max(all.targetSquares(target), .leastNormalMagnitude))
    }
    let model = LinearModel(
      design: design, weights: weights, intercepts: intercepts, means: all.means)
    return Fit(model: model, explained: explained)
  }

  private func moments(_ rows: [Int32]) -> NormalEquations {
    var moments = NormalEquations(terms: design.termCount, targets: targets.count)
    design.eachBlock(table, maps: maps, rows: rows) { rows, terms in
      moments.add(rows, terms, targets)
    }
    return moments
  }

  private func squaredErrors(
    _ solutions: [NormalEquations.Solution?], rows: [Int32]
  ) -> [[Double]] {
    var errors = solutions.map { solution in
      [Double](repeating: solution == nil ? .infinity : 0, count: targets.count)
    }
    let count = design.termCount
    design.eachBlock(table, maps: maps, rows: rows) { rows, terms in
      for (index, solution) in solutions.enumerated() {
        guard let solution else { continue }
        for target in targets.indices {
          for (place, row) in rows.enumerated() {
            var value = solution.intercepts[target] - targets[target][Int(row)]
            for term in 0..<count {
              value += solution.weights[target][term] * terms[place * count + term]
            }
            errors[index][target] += value * value
          }
        }
      }
    }
    return errors
  }
}

/// Sums over rows of the products of terms, a one, and targets.
private struct NormalEquations {
  struct Solution {
    /// Shape `(targets, terms)`.
    var weights: [[Double]]
    var intercepts: [Double]
  }

  private let terms: Int
  private var rowCount = 0.0
  /// Of two terms, row-major, the lower half.
  private var products: [Double]
  private var sums: [Double]
  /// Of a target and a term, shape `(targets, terms)`.
  private var cross: [[Double]]
  private var targetSums: [Double]
  private var squares: [Double]

  init(terms: Int, targets: Int) {
    self.terms = terms
    products = [Double](repeating: 0, count: terms * terms)
    sums = [Double](repeating: 0, count: terms)
    cross = [[Double]](repeating: sums, count: targets)
    targetSums = [Double](repeating: 0, count: targets)
    squares = targetSums
  }

  var means: [Double] { sums.map { $0 / max(rowCount, 1) } }

  /// The sum of the squares of a target less its mean.
  func targetSquares(_ target: Int) -> Double {
    squares[target] - targetSums[target] * targetSums[target] / max(rowCount, 1)
  }

  mutating func add(_ rows: ArraySlice<Int32>, _ block: [Double], _ targets: [[Double]]) {
    rowCount += Double(rows.count)
    var own = [Double](repeating: 0, count: terms)
    for (place, row) in rows.enumerated() {
      for term in 0..<terms { own[term] = block[place * terms + term] }
      for i in 0..<terms where own[i] != 0 {
        let (value, first) = (own[i], i * terms)
        sums[i] += value
        for j in 0...i { products[first + j] += value * own[j] }
      }
      for target in targets.indices {
        let value = targets[target][Int(row)]
        targetSums[target] += value
        squares[target] += value * value
        for term in 0..<terms { cross[target][term] += value * own[term] }
      }
    }
  }

  mutating func add(_ other: NormalEquations) {
    rowCount += other.rowCount
    for index in products.indices { products[index] += other.products[index] }
    for index in sums.indices { sums[index] += other.sums[index] }
    for target in cross.indices {
      for index in sums.indices { cross[target][index] += other.cross[target][index] }
      targetSums[target] += other.targetSums[target]
      squares[target] += other.squares[target]
    }
  }

  /// The minimum for the penalty `ridge`; nil where rounding leaves none.
  func solution(ridge: Double) -> Solution? {
    guard rowCount > 0 else { return nil }
    var matrix = [Double](repeating: 0, count: terms * terms)
    for i in 0..<terms {
      for j in 0...i {
        matrix[i * terms + j] = products[i * terms + j] - sums[i] * sums[j] / rowCount
      }
      matrix[i * terms + i] += ridge * rowCount
    }
    guard let factor = Cholesky(matrix) else { return nil }
    var solution = Solution(weights: [], intercepts: [])
    for target in cross.indices {
      let weights = factor.solve(
        sums.indices.map { cross[target][$0] - sums[$0] * targetSums[target] / rowCount })
      let shift = zip(weights, sums).reduce(0) { $0 + $1.0 * $1.1 }
      solution.weights.append(weights)
      solution.intercepts.append((targetSums[target] - shift) / rowCount)
    }
    return solution
  }
}

extension LinearDesign {
  /// With at most `limit` terms: those that alone explain most of the targets.
  func screened(
    _ table: TrainingTable, maps: [[UInt32]], targets: [[Double]], _ limit: Int
  ) -> LinearDesign {
    guard termCount > limit else { return self }
    var sums = [Double](repeating: 0, count: termCount)
    var squares = sums
    var cross = [[Double]](repeating: sums, count: targets.count)
    let all = (0..<Int32(table.rowCount)).map { $0 }
    eachBlock(table, maps: maps, rows: all) { rows, terms in
      for (place, row) in rows.enumerated() {
        for term in 0..<termCount where terms[place * termCount + term] != 0 {
          let value = terms[place * termCount + term]
          sums[term] += value
          squares[term] += value * value
          for target in targets.indices { cross[target][term] += value * targets[target][Int(row)] }
        }
      }
    }
    let count = Double(max(table.rowCount, 1))
    let explained = sums.indices.map { term in
      let spread = squares[term] - sums[term] * sums[term] / count
      guard spread > 0 else { return 0.0 }
      return targets.indices.reduce(0.0) { $0 + cross[$1][term] * cross[$1][term] / spread }
    }
    let kept = sums.indices.sorted { (explained[$1], $0) < (explained[$0], $1) }.prefix(limit)
    var result = self
    result.keep(kept.sorted())
    return result
  }
}

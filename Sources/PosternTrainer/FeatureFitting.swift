// FeatureFitting.swift: chooses the constants of the feature transform from the training rows.
//
// Step: rows → [columns] → encoded rows → networks.   Specification: formats/model.md, 6.2 and 9.1.

import PosternPackaging

/// The transform that the training rows ask for, and what training has to know besides.
struct FittedFeatures {
  /// The columns of the model, in the order of the table.
  var columns: [Column]
  /// For each column, how often each of its entries occurs in training (empty unless categorical).
  var entryCounts: [[Int]]
  /// What the user should know.
  var warnings: [TrainingWarning]
}

/// Fits every column of `table`.
///
/// - Parameters:
///   - table: The training rows.
///   - binCount: Bins of a numeric column that has more distinct values than that.
///   - statistics: For each row, numbers that the target says (standardised target, class
///     indicators), shape `(rows, statisticCount)`: what columns of many categories are coded by.
///   - statisticCount: How many these are.
/// - Returns: A column of the model for each of the table's, ignored where it says nothing.
/// - Throws: ``TrainingError/noUsableColumn(columnCount:)``.
/// - Complexity: O(*columns* · *rows* log *rows*).
func fitFeatures(
  of table: TrainingTable, binCount: Int, statistics: [Float], statisticCount: Int
) throws(TrainingError) -> FittedFeatures {
  var fitted = FittedFeatures(columns: [], entryCounts: [], warnings: [])
  for (index, column) in table.columns.enumerated() {
    var result: Column
    var counts: [Int] = []
    switch column.values {
    case .ignored:
      result = Column(name: column.name, kind: .ignored, missing: .refuse)
    case .numeric(let values):
      result = fitNumeric(values, name: column.name, binCount: binCount)
      if case .ignored = result.kind {
        let allMissing = values.allSatisfy(\.isNaN)
        fitted.warnings.append(
          allMissing ? .allMissingColumn(column: index) : .constantColumn(column: index))
      }
    case .categorical(let values, let categories):
      let fit = fitCategorical(
        values, categories: categories, name: column.name, statistics: statistics,
        statisticCount: statisticCount)
      (result, counts) = (fit.column, fit.counts)
      if case .ignored = result.kind {
        let allMissing = values.allSatisfy { $0 == .max }
        fitted.warnings.append(
          allMissing
            ? .allMissingColumn(column: index)
            : fit.rareCategoryCount > 0
              ? .onlyRareCategories(column: index, categoryCount: fit.rareCategoryCount)
              : .constantColumn(column: index))
      } else if fit.rareCategoryCount > 0 {
        fitted.warnings.append(
          .rareCategories(
            column: index, categoryCount: fit.rareCategoryCount, rowCount: fit.rareRowCount))
      }
    }
    fitted.columns.append(result)
    fitted.entryCounts.append(counts)
  }
  guard fitted.columns.contains(where: { $0.kind != .ignored }) else {
    throw .noUsableColumn(columnCount: table.columns.count)
  }
  return fitted
}

/// The largest magnitude of an edge. Section 6.2.
let edgeLimit: Float = 0x1p100

/// Edges at quantiles, or at the distinct values where they are few.
private func fitNumeric(_ values: [Float], name: [UInt8], binCount: Int) -> Column {
  let ignored = Column(name: name, kind: .ignored, missing: .refuse)
  let known = values.filter { !$0.isNaN }.map { min(max($0, -edgeLimit), edgeLimit) }.sorted()
  guard let first = known.first, let last = known.last else { return ignored }
  let hasMissing = known.count < values.count
  let edges: [Float]
  if first == last {
    guard hasMissing else { return ignored }
    // Only whether the value is there says anything: the other edge is never reached, and stands
    // below where there is no room above.
    let next = first < 0 ? first / 2 : max(1, first * 2)
    edges = next <= edgeLimit ? [first, next] : [first / 2, first]
  } else {
    edges = quantileEdges(known, binCount: binCount)
  }
  let middle = known[known.count / 2]
  let fill = min(max(middle, edges[0]), edges[edges.count - 1])
  let (center, scale) = standardization(of: known, low: edges[0], high: edges[edges.count - 1])
  return Column(
    name: name, kind: .numeric(edges: edges, fill: fill, center: center, scale: scale),
    missing: hasMissing ? .own : .fill)
}

/// Strictly ascending edges for sorted values that are not all equal.
///
/// The distinct values where they are few, else quantiles. A value that alone fills more than a bin
/// (the zeros of a column that is mostly zero) is an edge of its own and takes no part in the
/// quantiles of the others, which would otherwise all fall on it.
func quantileEdges(_ sorted: [Float], binCount: Int) -> [Float] {
  var runs: [(value: Float, count: Int)] = []
  for value in sorted {
    if runs.last?.value == value {
      runs[runs.count - 1].count += 1
    } else {
      runs.append((value, 1))
    }
  }
  if runs.count <= binCount + 1 { return runs.map(\.value) }
  let range = winsorizedRange(sorted)
  var edges: Set<Float> = [range.low, range.high]
  let heavy = runs.filter { $0.count > sorted.count / binCount }
  let others = runs.filter { $0.count <= sorted.count / binCount }
  let otherCount = others.reduce(0) { $0 + $1.count }
  let othersBinCount = max(1, binCount - heavy.count)
  for run in heavy { edges.insert(run.value) }
  var position = 0
  var bin = 1
  for run in others {
    position += run.count
    while bin < othersBinCount && bin * otherCount < position * othersBinCount {
      edges.insert(run.value)
      bin += 1
    }
  }
  return edges.filter { $0 >= range.low && $0 <= range.high }.sorted()
}

/// The range that values are clamped to: all of them, unless a few lie far outside the rest.
///
/// A value beyond five times the distance between the 1st and the 99th percentile says no more than
/// that it is extreme, and would squeeze the rest of the standardised feature into a point.
private func winsorizedRange(_ sorted: [Float]) -> (low: Float, high: Float) {
  let (first, last) = (sorted[0], sorted[sorted.count - 1])
  let low = sorted[(sorted.count - 1) / 100]
  let high = sorted[(sorted.count - 1) - (sorted.count - 1) / 100]
  let reach = 5 * (high - low)
  guard reach > 0, reach.isFinite else { return (first, last) }
  return (max(first, low - reach), min(last, high + reach))
}

/// Mean and reciprocal standard deviation of the clamped values, summed from the first to the last.
private func standardization(of values: [Float], low: Float, high: Float) -> (Float, Float) {
  var sum = 0.0
  for value in values { sum += Double(min(max(value, low), high)) }
  let mean = sum / Double(values.count)
  var squares = 0.0
  for value in values {
    let distance = Double(min(max(value, low), high)) - mean
    squares += distance * distance
  }
  let deviation = (squares / Double(values.count)).squareRoot()
  guard deviation > 0 else { return (Float(mean), 1) }
  return (Float(mean), Float(min(1 / deviation, 0x1p100)))
}

// CategoricalFitting.swift: which categories a column knows and how the router sees them.
//
// Step: rows → [columns] → encoded rows → networks.   Specification: formats/model.md, 6.2.

import PosternPackaging

/// A fitted column with what training has to know about it.
struct FittedCategories {
  var column: Column
  var counts: [Int] = []
  var rareCategoryCount = 0
  var rareRowCount = 0
}

/// More known categories than this are coded by target statistics for the router, not one by one.
private let oneHotLimit = 32

/// Categories seen less often than this in training are treated as unknown, which is how the entry
/// for unknown categories learns something.
private func rareCategoryLimit(rowCount: Int) -> Int {
  rowCount >= 10_000 ? 8 : rowCount >= 1_000 ? 4 : 2
}

/// Fits a categorical column. `values` are codes into `categories`, `UInt32.max` is missing.
func fitCategorical(
  _ values: [UInt32], categories: [[UInt8]], name: [UInt8], statistics: [Float],
  statisticCount: Int
) -> FittedCategories {
  var frequency = [Int](repeating: 0, count: categories.count)
  var missingCount = 0
  for value in values {
    if value == .max { missingCount += 1 } else { frequency[Int(value)] += 1 }
  }
  let limit = rareCategoryLimit(rowCount: values.count)
  let known = categories.indices.filter { frequency[$0] >= limit }
  let rare = categories.indices.filter { frequency[$0] > 0 && frequency[$0] < limit }
  let rareRowCount = rare.reduce(0) { $0 + frequency[$1] }

  var codes = [UInt32](repeating: UInt32(known.count), count: categories.count)
  for (code, category) in known.enumerated() { codes[category] = UInt32(code) }
  var counts = known.map { frequency[$0] } + [rareRowCount]
  if missingCount > 0 { counts.append(missingCount) }

  var result = FittedCategories(
    column: Column(name: name, kind: .ignored, missing: .refuse),
    rareCategoryCount: rare.count, rareRowCount: rareRowCount)
  guard known.count > 0, counts.filter({ $0 > 0 }).count > 1 else { return result }

  let featureCodes: (codes: [Float], count: Int)
  if known.count <= oneHotLimit {
    featureCodes = oneHotCodes(knownCount: known.count, hasMissing: missingCount > 0)
  } else {
    let entries = values.map { value in
      value == .max ? known.count + 1 : Int(codes[Int(value)])
    }
    featureCodes = statisticCodes(
      entries, counts: counts, statistics: statistics, statisticCount: statisticCount)
  }
  result.counts = counts
  result.column = Column(
    name: name,
    kind: .categorical(
      categories: known.map { categories[$0] }, unknownHasEntry: true, codes: featureCodes.codes,
      featureCount: featureCodes.count),
    missing: missingCount > 0 ? .own : .fill)
  return result
}

/// One feature for each known category and one for missing; an unknown category has none of them.
/// Two known categories share one feature.
private func oneHotCodes(knownCount: Int, hasMissing: Bool) -> (codes: [Float], count: Int) {
  let entryCount = knownCount + 1 + (hasMissing ? 1 : 0)
  if knownCount <= 2 && !hasMissing {
    return (knownCount == 2 ? [-1, 1, 0] : [1, -1], 1)
  }
  let featureCount = knownCount + (hasMissing ? 1 : 0)
  var codes = [Float](repeating: 0, count: entryCount * featureCount)
  for category in 0..<knownCount { codes[category * featureCount + category] = 1 }
  if hasMissing { codes[(entryCount - 1) * featureCount + knownCount] = 1 }
  return (codes, featureCount)
}

/// The mean of each target statistic over the rows of an entry, drawn to the mean of all rows where
/// the entry has few of them, then standardised over the rows.
private func statisticCodes(
  _ entries: [Int], counts: [Int], statistics: [Float], statisticCount: Int
) -> (codes: [Float], count: Int) {
  let shrinkage = 20.0
  let rowCount = Double(entries.count)
  var codes = [Float](repeating: 0, count: counts.count * statisticCount)
  for statistic in 0..<statisticCount {
    var sums = [Double](repeating: 0, count: counts.count)
    var total = 0.0
    for (row, entry) in entries.enumerated() {
      let value = Double(statistics[row * statisticCount + statistic])
      sums[entry] += value
      total += value
    }
    let mean = total / rowCount
    var means = [Double](repeating: 0, count: counts.count)
    var variance = 0.0
    for entry in counts.indices {
      let count = Double(counts[entry])
      means[entry] = (sums[entry] + shrinkage * mean) / (count + shrinkage) - mean
      variance += count / rowCount * means[entry] * means[entry]
    }
    let deviation = variance.squareRoot()
    guard deviation > 1e-9 else { continue }
    for entry in counts.indices {
      codes[entry * statisticCount + statistic] = Float(means[entry] / deviation)
    }
  }
  return (codes, statisticCount)
}

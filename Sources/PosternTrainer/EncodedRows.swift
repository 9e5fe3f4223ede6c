// EncodedRows.swift: a table as the networks and the router read it.
//
// Step: columns → [encoded rows] → networks.   Specification: formats/model.md, section 9.1.

import PosternPackaging

/// Rows after the feature transform: what look-up layers and the router read.
struct EncodedRows {
  var rowCount: Int
  /// Columns that are not ignored: pairs of entry and fraction in a row.
  var pairCount: Int
  /// Features of a row, and the same padded to a multiple of 4.
  var featureCount: Int
  var featureStride: Int
  /// Shape `(rows, pairs)`.
  var entries: [UInt32]
  /// Shape `(rows, pairs)`, in `0...1`.
  var fractions: [Float]
  /// Shape `(rows, featureStride)`.
  var features: [Float]
}

/// Applies the transform to every row of `table`, in the arithmetic of section 9.1.
///
/// `categoryMaps` translate the codes of the table into those of the model: for each column, one
/// for each category of the table.
///
/// - Complexity: O(*rows* · (*pairs* log *edges* + *features*)).
func encode(
  _ table: TrainingTable, columns: [Column], categoryMaps: [[UInt32]]
) -> EncodedRows {
  let pairCount = columns.count { $0.kind != .ignored }
  let featureCount = columns.reduce(0) { $0 + $1.featureCount }
  let stride = (featureCount + 3) / 4 * 4
  var encoded = EncodedRows(
    rowCount: table.rowCount, pairCount: pairCount, featureCount: featureCount,
    featureStride: stride,
    entries: [UInt32](repeating: 0, count: table.rowCount * pairCount),
    fractions: [Float](repeating: 0, count: table.rowCount * pairCount),
    features: [Float](repeating: 0, count: table.rowCount * stride))
  var place = ColumnPlace(pair: 0, firstEntry: 0, firstFeature: 0)
  for (index, column) in columns.enumerated() {
    switch (column.kind, table.columns[index].values) {
    case (.numeric(let edges, let fill, let center, let scale), .numeric(let values)):
      encoded.setNumeric(
        values, at: place, edges: edges, fill: fill, center: center, scale: scale,
        missing: column.missing)
    case (.categorical(_, _, let codes, let featureCount), .categorical(let values, _)):
      encoded.setCategorical(
        values, at: place, map: categoryMaps[index], entryCount: column.entryCount, codes: codes,
        featureCount: featureCount, missing: column.missing)
    default:
      continue
    }
    place.pair += 1
    place.firstEntry += column.entryCount
    place.firstFeature += column.featureCount
  }
  return encoded
}

/// Where a column's numbers go in a row.
struct ColumnPlace {
  var pair: Int
  var firstEntry: Int
  var firstFeature: Int
}

extension EncodedRows {
  fileprivate mutating func setNumeric(
    _ values: [Float], at place: ColumnPlace, edges: [Float], fill: Float, center: Float,
    scale: Float, missing policy: Column.MissingPolicy
  ) {
    let last = edges.count - 1
    for (row, value) in values.enumerated() {
      let missing = value.isNaN
      var v = missing ? fill : value
      if v < edges[0] { v = edges[0] }
      if v > edges[last] { v = edges[last] }
      features[row * featureStride + place.firstFeature] = (v - center) * scale
      if policy == .own {
        features[row * featureStride + place.firstFeature + 1] = missing ? 1 : 0
      }
      let pair = row * pairCount + place.pair
      if missing && policy == .own {
        entries[pair] = UInt32(place.firstEntry + last + 1)
      } else {
        let bin = lastIndex(in: edges, before: last, notAbove: v)
        entries[pair] = UInt32(place.firstEntry + bin)
        fractions[pair] = (v - edges[bin]) / (edges[bin + 1] - edges[bin])
      }
    }
  }

  fileprivate mutating func setCategorical(
    _ values: [UInt32], at place: ColumnPlace, map: [UInt32], entryCount: Int, codes: [Float],
    featureCount: Int, missing policy: Column.MissingPolicy
  ) {
    let missingEntry = entryCount - 1
    let unknownEntry = policy == .own ? entryCount - 2 : entryCount - 1
    for (row, value) in values.enumerated() {
      let local =
        value != .max ? Int(map[Int(value)]) : policy == .own ? missingEntry : unknownEntry
      entries[row * pairCount + place.pair] = UInt32(place.firstEntry + local)
      for feature in 0..<featureCount {
        features[row * featureStride + place.firstFeature + feature] =
          codes[local * featureCount + feature]
      }
    }
  }
}

/// The largest index in `0..<end` whose edge is at most `value`; 0 if there is none.
private func lastIndex(in edges: [Float], before end: Int, notAbove value: Float) -> Int {
  var (low, high) = (0, end)
  while high - low > 1 {
    let middle = (low + high) / 2
    if edges[middle] <= value { low = middle } else { high = middle }
  }
  return low
}

/// For each category of `table`, the model's code: its place among the known ones, or their count.
///
/// Used for rows that the transform was not fitted on, whose table may know other categories.
func categoryMaps(of table: TrainingTable, columns: [Column]) -> [[UInt32]] {
  zip(table.columns, columns).map { column, fitted in
    guard case .categorical(_, let categories) = column.values,
      case .categorical(let known, _, _, _) = fitted.kind
    else { return [] }
    var codes: [[UInt8]: UInt32] = [:]
    for (code, category) in known.enumerated() { codes[category] = UInt32(code) }
    return categories.map { codes[$0] ?? UInt32(known.count) }
  }
}

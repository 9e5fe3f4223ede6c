// Transform.swift: a row's values to features and entries.
//
// Step: row → [transform] → router.   Specification: formats/model.md, section 9.1.

internal import PosternFormat

/// Where the results of one row go, in words of the workspace.
struct TransformTarget {
  let features: Int
  let entries: Int
  let fractions: Int
}

/// Writes the features, entries and fractions of a row, whose values are asked for in the order of
/// the columns (NaN is missing, a category is its code), and zeros behind the features. Returns
/// whether the row can be answered; what was written of a refused row has no meaning.
///
/// - Complexity: O(*columns* · log *edges*), no allocation.
@inline(__always)
func transformRow(
  _ value: (_ column: Int) -> Float, with view: borrowing TransformView, featureWordCount: Int,
  memory: inout MutableSpan<UInt32>, target: TransformTarget
) -> RowStatus {
  var used = 0
  var written = 0
  for index in 0..<view.columnCount {
    let column = view.column(index)
    let refusal: RowRefusal?
    switch column.kind {
    case .ignored: continue
    case .numeric:
      refusal = transformNumber(value(index), column, view, &memory, target, used)
    case .categorical:
      refusal = transformCode(value(index), column, view, &memory, target, used)
    }
    if let refusal { return RowStatus(refusal: refusal, column: index) }
    used += 1
    written = column.firstFeature + column.featureCount
  }
  for word in written..<featureWordCount { memory[target.features + word] = 0 }
  return .answered
}

private func transformNumber(
  _ value: Float, _ column: TransformColumn, _ view: borrowing TransformView,
  _ memory: inout MutableSpan<UInt32>, _ target: TransformTarget, _ used: Int
) -> RowRefusal? {
  if value.isInfinite { return .infiniteValue }
  let isMissing = value.isNaN
  if isMissing && column.missingPolicy == 0 { return .missingValue }
  let last = column.firstValue + column.valueCount - 1
  var value = isMissing ? column.fill : value
  let low = view.value(column.firstValue)
  let high = view.value(last)
  if value < low { value = low }
  if value > high { value = high }
  let feature = target.features + column.firstFeature
  memory[feature] = ((value - column.center) * column.scale).bitPattern
  let ownEntry = column.missingPolicy == 2
  if ownEntry { memory[feature + 1] = (isMissing ? Float(1) : 0).bitPattern }
  if isMissing && ownEntry {
    memory[target.entries + used] = UInt32(column.firstEntry + column.valueCount)
    memory[target.fractions + used] = 0
    return nil
  }
  // The largest edge that is not above the value, the last one excepted.
  var below = column.firstValue
  var above = last
  while above - below > 1 {
    let middle = (below + above) / 2
    if view.value(middle) <= value { below = middle } else { above = middle }
  }
  let edge = view.value(below)
  let fraction = (value - edge) / (view.value(below + 1) - edge)
  memory[target.entries + used] = UInt32(column.firstEntry + below - column.firstValue)
  memory[target.fractions + used] = fraction.bitPattern
  return nil
}

private func transformCode(
  _ value: Float, _ column: TransformColumn, _ view: borrowing TransformView,
  _ memory: inout MutableSpan<UInt32>, _ target: TransformTarget, _ used: Int
) -> RowRefusal? {
  let own = column.missingPolicy == 2 ? 1 : 0
  let categoryCount = column.entryCount - own - Int(column.unknownPolicy)
  let local: Int
  if value.isNaN {
    if column.missingPolicy == 0 { return .missingValue }
    local = column.missingPolicy == 1 ? categoryCount : column.entryCount - 1
  } else {
    guard value >= 0, value <= Float(categoryCount) else { return .invalidCode }
    local = Int(value)
    guard Float(local) == value else { return .invalidCode }
    if local == categoryCount && column.unknownPolicy == 0 { return .unknownCategory }
  }
  for feature in 0..<column.featureCount {
    memory[target.features + column.firstFeature + feature] =
      view.value(column.firstValue + local * column.featureCount + feature).bitPattern
  }
  memory[target.entries + used] = UInt32(column.firstEntry + local)
  memory[target.fractions + used] = 0
  return nil
}

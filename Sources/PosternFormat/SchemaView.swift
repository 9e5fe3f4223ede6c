// SchemaView.swift: the names of columns, targets, classes and categories.
//
// Step: section → [schema] → names.   Specification: formats/model.md, section 6.1.

/// What a column holds. The number is the one in the file.
public enum ColumnKind: UInt8, Sendable {
  case numeric = 0
  case categorical = 1
  case ignored = 2
}

/// The schema section, read in place.
public struct SchemaView: ~Escapable {
  private let bytes: Span<UInt8>
  private let columnCount: Int
  /// The number of targets: one for each output of a regression, else one.
  public let targetCount: Int
  /// The number of classes; 0 for a regression.
  public let classCount: Int
  private let offsetsStart: Int
  private let textsStart: Int

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    columnCount = bytes.count(at: 0)
    targetCount = bytes.count(at: 4)
    classCount = bytes.count(at: 8)
    offsetsStart = Layout.Schema.fixedByteCount + columnCount * Layout.Schema.recordByteCount
    let textCount = columnCount + targetCount + classCount + bytes.count(at: 12)
    textsStart = offsetsStart + 4 * (textCount + 1)
  }

  /// What the column at `index` holds.
  public func kind(ofColumn index: Int) -> ColumnKind {
    ColumnKind(rawValue: bytes[record(index)]) ?? .ignored
  }

  /// The number of categories of a column; 0 unless it is categorical.
  public func categoryCount(ofColumn index: Int) -> Int {
    bytes.count(at: record(index) + 8)
  }

  /// The name of the column at `index`, in row order.
  @_lifetime(copy self)
  public func columnName(_ index: Int) -> Span<UInt8> { text(index) }

  /// The name of the target at `index`.
  @_lifetime(copy self)
  public func targetName(_ index: Int) -> Span<UInt8> { text(columnCount + index) }

  /// The name of the class at `index`.
  @_lifetime(copy self)
  public func className(_ index: Int) -> Span<UInt8> { text(columnCount + targetCount + index) }

  /// The category with `code` of a column.
  ///
  /// - Precondition: `code` is in `0..<categoryCount(ofColumn: column)`.
  @_lifetime(copy self)
  public func category(_ code: Int, ofColumn column: Int) -> Span<UInt8> {
    precondition(code >= 0 && code < categoryCount(ofColumn: column))
    let first = bytes.count(at: record(column) + 4)
    return text(columnCount + targetCount + classCount + first + code)
  }

  /// The code of `text` in a categorical column; its number of categories when it is not known.
  ///
  /// - Complexity: O(log *categories*) comparisons, no allocation.
  public func code(of text: Span<UInt8>, inColumn column: Int) -> Int {
    let count = categoryCount(ofColumn: column)
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let isLeft = isBefore(category(middle, ofColumn: column), text)
      if isLeft { low = middle + 1 } else { high = middle }
    }
    guard low < count, !isBefore(text, category(low, ofColumn: column)) else { return count }
    return low
  }

  private func record(_ column: Int) -> Int {
    precondition(column >= 0 && column < columnCount)
    return Layout.Schema.fixedByteCount + column * Layout.Schema.recordByteCount
  }

  @_lifetime(copy self)
  private func text(_ index: Int) -> Span<UInt8> {
    let start = textsStart + bytes.count(at: offsetsStart + 4 * index)
    let end = textsStart + bytes.count(at: offsetsStart + 4 * index + 4)
    return bytes.extracting(start..<end)
  }
}

/// Whether `left` comes before `right` in the order of their bytes; a shorter text comes first.
package func isBefore(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
  for index in 0..<min(left.count, right.count) where left[index] != right[index] {
    return left[index] < right[index]
  }
  return left.count < right.count
}

// TransformView.swift: how a row's values become features and entries.
//
// Step: section → [transform] → features.   Specification: formats/model.md, section 6.2.

/// The transform section, read in place.
package struct TransformView: ~Escapable {
  package let bytes: Span<UInt8>
  package let columnCount: Int
  /// Entries of a look-up layer, over all columns.
  package let entryCount: Int
  private let valuesStart: Int

  /// Views checked bytes.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    columnCount = bytes.count(at: 0)
    entryCount = bytes.count(at: 8)
    valuesStart = TransformView.record(columnCount)
  }

  /// Where the record of a column is.
  static func record(_ column: Int) -> Int {
    Layout.Transform.fixedByteCount + column * Layout.Transform.recordByteCount
  }

  /// The record of a column.
  package func column(_ index: Int) -> TransformColumn {
    TransformColumn(bytes, at: TransformView.record(index))
  }

  /// A value (an edge or a code) by its number over all columns.
  @inline(__always)
  package func value(_ index: Int) -> Float { bytes.float(at: valuesStart + 4 * index) }

  /// The number of columns that are not ignored.
  package var usedColumnCount: Int {
    var count = 0
    for index in 0..<columnCount
    where bytes[TransformView.record(index)] != ColumnKind.ignored.rawValue { count += 1 }
    return count
  }
}

/// One column's record in the transform.
package struct TransformColumn {
  package let kind: ColumnKind
  /// 0 refuse, 1 fill or as unknown, 2 an entry of its own.
  package let missingPolicy: UInt8
  /// 0 refuse, 1 an entry of its own.
  package let unknownPolicy: UInt8
  package let firstFeature: Int
  package let featureCount: Int
  package let firstEntry: Int
  package let entryCount: Int
  package let firstValue: Int
  package let valueCount: Int
  package let fill: Float
  package let center: Float
  package let scale: Float

  init(_ bytes: Span<UInt8>, at offset: Int) {
    let record = bytes.extracting(offset..<offset + Layout.Transform.recordByteCount)
    kind = ColumnKind(rawValue: record[0]) ?? .ignored
    missingPolicy = record[1]
    unknownPolicy = record[2]
    firstFeature = record.count(at: 4)
    featureCount = record.count(at: 8)
    firstEntry = record.count(at: 12)
    entryCount = record.count(at: 16)
    firstValue = record.count(at: 20)
    valueCount = record.count(at: 24)
    fill = record.float(at: 28)
    center = record.float(at: 32)
    scale = record.float(at: 36)
  }
}

// LinearDesign.swift: the columns of a table as the terms of a linear model.
//
// Step: rows → [terms] → linear model.

import PosternPackaging

/// What a linear model over fitted columns adds up: one standardised number for each numeric
/// column, one indicator for each category, and one for each column's missing values.
///
/// Numbers are the table's own, not binned and not cut off at the edges of the fitted columns, in
/// binary64: a target that follows them to a millionth of its spread needs both.
struct LinearDesign: Sendable {
  /// A numeric column.
  struct Number: Equatable, Sendable {
    /// Mean and reciprocal deviation of the training values.
    var center: Double
    var scale: Double
    /// Stands in for a missing value where missing values have no term.
    var fill: Double
    /// Values count as inside these.
    var low: Float
    var high: Float
    /// Whether the values differ: only then is there a term.
    var isUsed: Bool
  }

  /// A column and its terms.
  enum Source: Equatable, Sendable {
    /// A term for the number if it is used, and one for missing values if `hasMissing`.
    case number(Number, hasMissing: Bool)
    /// A term for each entry of the column.
    case entries(count: Int, hasMissing: Bool)
    case ignored
  }

  /// How far beyond the training values a linear model goes on, in multiples of their range.
  static let reach = 3.0

  /// The columns of the model.
  let columns: [Column]
  let sources: [Source]
  /// Where the terms of each column start among all terms.
  let firstTerms: [Int]
  /// The place of each term among those that are used, -1 for one that is not.
  private(set) var places: [Int]
  /// Terms that are used.
  private(set) var termCount: Int

  /// The terms for the training rows of `table`, whose `columns` are fitted.
  init(_ table: TrainingTable, columns: [Column]) {
    self.columns = columns
    var sources: [Source] = []
    var firstTerms: [Int] = []
    var count = 0
    for (column, fitted) in zip(table.columns, columns) {
      var source = Source.ignored
      switch (column.values, fitted.kind) {
      case (.numeric(let values), .numeric(let edges, let fill, _, _)):
        let number = Number(values, edges: edges, fill: fill)
        source = .number(number, hasMissing: fitted.missing == .own)
      case (.categorical, .categorical):
        source = .entries(count: fitted.entryCount, hasMissing: fitted.missing == .own)
      default: break
      }
      sources.append(source)
      firstTerms.append(count)
      count += source.termCount
    }
    (self.sources, self.firstTerms, termCount) = (sources, firstTerms, count)
    places = Array(0..<count)
  }

  /// Leaves out all used terms but those with these places, which ascend.
  mutating func keep(_ kept: [Int]) {
    var new = [Int](repeating: -1, count: termCount)
    for (place, old) in kept.enumerated() { new[old] = place }
    places = places.map { $0 < 0 ? -1 : new[$0] }
    termCount = kept.count
  }

  /// The terms of some rows of `table`, shape `(rows, termCount)`, into the front of `terms`.
  ///
  /// `maps` are those of ``categoryMaps(of:columns:)``. Rows of `terms` stand `stride` apart; what
  /// is behind a row's terms becomes zeros.
  func fill<Value: BinaryFloatingPoint>(
    _ terms: inout [Value], _ table: TrainingTable, maps: [[UInt32]], rows: ArraySlice<Int32>,
    stride: Int
  ) {
    for index in 0..<rows.count * stride { terms[index] = 0 }
    for (index, source) in sources.enumerated() {
      let first = firstTerms[index]
      switch (source, table.columns[index].values) {
      case (.number(let number, let hasMissing), .numeric(let values)):
        for (place, row) in rows.enumerated() {
          let value = values[Int(row)]
          let isMissing = hasMissing && value.isNaN
          guard isMissing || number.isUsed else { continue }
          let term = places[first + (isMissing && number.isUsed ? 1 : 0)]
          guard term >= 0 else { continue }
          terms[place * stride + term] = isMissing ? 1 : Value(number.term(value))
        }
      case (.entries(let count, let hasMissing), .categorical(let codes, _)):
        let unknown = count - (hasMissing ? 2 : 1)
        for (place, row) in rows.enumerated() {
          let code = codes[Int(row)]
          let entry =
            code == .max ? (hasMissing ? count - 1 : unknown) : Int(maps[index][Int(code)])
          let term = places[first + entry]
          if term >= 0 { terms[place * stride + term] = 1 }
        }
      default: continue
      }
    }
  }
}

extension LinearDesign.Source {
  fileprivate var termCount: Int {
    switch self {
    case .number(let number, let hasMissing): (number.isUsed ? 1 : 0) + (hasMissing ? 1 : 0)
    case .entries(let count, _): count
    case .ignored: 0
    }
  }
}

extension LinearDesign.Number {
  /// The number of a column with these training values.
  fileprivate init(_ values: [Float], edges: [Float], fill: Float) {
    let known = values.filter { !$0.isNaN }.map { Double(min(max($0, -edgeLimit), edgeLimit)) }
    let (least, most) = (known.min() ?? 0, known.max() ?? 0)
    let mean = known.reduce(0, +) / Double(max(known.count, 1))
    let squares = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(max(known.count, 1))).squareRoot()
    isUsed = least < most && deviation > 0
    center = mean
    scale = isUsed ? 1 / deviation : 0
    self.fill = Double(fill)
    guard isUsed else {
      (low, high) = (edges[0], edges[edges.count - 1])
      return
    }
    // On multiples of a power of two, so that people read short numbers.
    let margin = LinearDesign.reach * (most - least)
    let unit = Double(sign: .plus, exponent: (most - least).exponent - 2, significand: 1)
    let limit = Double(edgeLimit)
    low = Float(max(((least - margin) / unit).rounded(.down) * unit, -limit))
    high = Float(min(((most + margin) / unit).rounded(.up) * unit, limit))
  }

  /// The standardised number of a value, that of the fill for a missing one.
  func term(_ value: Float) -> Double {
    let inside = value.isNaN ? fill : Double(min(max(value, low), high))
    return (inside - center) * scale
  }
}

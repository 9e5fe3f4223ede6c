// LinearModel.swift: a linear model of a table, and the expert that answers as it does.
//
// Step: terms → [linear model] → look-up layer.   Specification: formats/model.md, 6.2 and 7.

import PosternPackaging

/// An affine function of the terms of a design, for each output.
struct LinearModel: Sendable {
  let design: LinearDesign
  /// Shape `(outputs, terms)`.
  var weights: [[Double]]
  /// One for each output.
  var intercepts: [Double]
  /// Each term's mean in training.
  var means: [Double]

  var outputCount: Int { intercepts.count }

  /// What the model says about the rows of `table`, shape `(rows, outputs)`.
  ///
  /// - Complexity: O(*rows* · *terms* · *outputs*).
  func predict(_ table: TrainingTable) -> [Double] {
    let maps = categoryMaps(of: table, columns: design.columns)
    var values: [Double] = []
    values.reserveCapacity(table.rowCount * outputCount)
    let rows = (0..<Int32(table.rowCount)).map { $0 }
    design.eachBlock(table, maps: maps, rows: rows) { rows, terms in
      for row in 0..<rows.count {
        for output in 0..<outputCount {
          var sum = intercepts[output]
          for term in 0..<design.termCount {
            sum += weights[output][term] * terms[row * design.termCount + term]
          }
          values.append(sum)
        }
      }
    }
    return values
  }

  /// What an entry of a column adds to an output, where `edges` are those of a numeric one.
  private func contribution(_ index: Int, entry: Int, edges: [Float], _ output: Int) -> Double {
    func weight(_ term: Int) -> Double? {
      let place = design.places[design.firstTerms[index] + term]
      return place < 0 ? nil : weights[output][place]
    }
    switch design.sources[index] {
    case .number(let number, _):
      if entry == edges.count { return weight(number.isUsed ? 1 : 0) ?? 0 }
      guard number.isUsed else { return 0 }
      return (weight(0) ?? 0) * number.term(edges[entry])
    case .entries(let count, _):
      let first = design.firstTerms[index]
      let isSeen = { design.places[first + $0] >= 0 && means[design.places[first + $0]] > 0 }
      if isSeen(entry) || design.places[first + entry] < 0 { return weight(entry) ?? 0 }
      // No training row has it: as the mean row.
      return (0..<count).filter(isSeen).reduce(0) {
        $0 + (weight($1) ?? 0) * means[design.places[first + $1]]
      }
    case .ignored: return 0
    }
  }

  /// The expert without hidden layers of which `head` makes the model's values. `columns` are those
  /// of the design but for the edges.
  func expert(over columns: [Column], head: [HeadOutput]) -> Expert {
    let scales = head.map { $0.scale > 0 ? Double($0.scale) : 1 }
    var table: [Float] = []
    for (index, column) in columns.enumerated() where column.kind != .ignored {
      var edges: [Float] = []
      if case .numeric(let own, _, _, _) = column.kind { edges = own }
      for entry in 0..<column.entryCount {
        for output in 0..<outputCount {
          table.append(
            Float(contribution(index, entry: entry, edges: edges, output) / scales[output]))
        }
      }
    }
    return Expert(
      firstLayer: .lookup,
      layers: [
        Expert.Layer(
          weights: table,
          bias: (0..<outputCount).map {
            Float((intercepts[$0] - Double(head[$0].offset)) / scales[$0])
          },
          slopes: [])
      ])
  }

  /// The fitted columns with no more edges than the two that the model reaches to.
  var columns: [Column] {
    zip(design.columns, design.sources).map { column, source in
      guard case .numeric(_, let fill, let center, let scale) = column.kind,
        case .number(let number, _) = source
      else { return column }
      return Column(
        name: column.name,
        kind: .numeric(
          edges: [number.low, number.high], fill: fill, center: center, scale: scale),
        missing: column.missing)
    }
  }
}

extension LinearDesign {
  private static let blockSize = 64

  /// The terms of `rows`, block by block: `body` gets the rows of a block, and their terms in the
  /// shape `(rows, termCount)`.
  func eachBlock(
    _ table: TrainingTable, maps: [[UInt32]], rows: [Int32],
    _ body: (ArraySlice<Int32>, [Double]) -> Void
  ) {
    var terms = [Double](repeating: 0, count: Self.blockSize * termCount)
    for start in stride(from: 0, to: rows.count, by: Self.blockSize) {
      let block = rows[start..<min(start + Self.blockSize, rows.count)]
      fill(&terms, table, maps: maps, rows: block, stride: termCount)
      body(block, terms)
    }
  }

  /// Columns whose first and last edge are those that a linear model reaches to; between the old
  /// ones nothing changes. Nil where a column has no room for two edges more.
  func reaching(from columns: [Column]) -> [Column]? {
    var result = columns
    for (index, source) in sources.enumerated() {
      guard case .number(let number, _) = source,
        case .numeric(var edges, let fill, let center, let scale) = columns[index].kind
      else { continue }
      if number.low < edges[0] { edges.insert(number.low, at: 0) }
      if number.high > edges[edges.count - 1] { edges.append(number.high) }
      guard edges.count <= 1025 else { return nil }
      result[index].kind = .numeric(edges: edges, fill: fill, center: center, scale: scale)
    }
    return result
  }
}

extension Expert {
  /// The same expert over columns that have an edge more at either end: there it says what it said
  /// at the old end.
  func reaching(from old: [Column], to new: [Column]) -> Expert {
    precondition(firstLayer == .lookup)
    var expert = self
    let width = layers[0].bias.count
    var weights: [Float] = []
    var first = 0
    for (before, after) in zip(old, new) where before.kind != .ignored {
      defer { first += before.entryCount }
      func append(_ entry: Int) {
        weights += layers[0].weights[(first + entry) * width..<(first + entry + 1) * width]
      }
      guard case .numeric(let edges, _, _, _) = before.kind,
        case .numeric(let wider, _, _, _) = after.kind
      else {
        for entry in 0..<before.entryCount { append(entry) }
        continue
      }
      if wider[0] < edges[0] { append(0) }
      for entry in edges.indices { append(entry) }
      if wider[wider.count - 1] > edges[edges.count - 1] { append(edges.count - 1) }
      if before.missing == .own { append(edges.count) }
    }
    expert.layers[0].weights = weights
    return expert
  }
}

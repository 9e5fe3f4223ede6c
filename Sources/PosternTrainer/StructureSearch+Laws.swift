// StructureSearch+Laws.swift: splits where the law changes though the features do not part.
//
// Step: encoded rows → [structure search] → mixture.

extension StructureSearch {
  /// A cell cut in two.
  struct Split {
    var cell: Int
    var parts: [[Int32]]
    var gain: Gain
  }

  private static let anyTerms = StructureLaws.Terms.allCases

  /// Splits the expert that gains most, while that is more than chance would give.
  mutating func growByLaw() {
    loss = losses(of: cells, oneOf: Self.anyTerms).reduce(0, +) / Double(laws.rowCount)
    // Where a border between classes is sharp, an expert by least squares misses it by a little.
    let spread = laws.spread(cells.flatMap(\.self)) / Double(laws.rowCount)
    let least = laws.isClasses ? 0.05 * spread : 0
    var splits = cells.indices.map { bestSplit(of: $0) }
    while !shouldStop(),
      let best = splits.compactMap(\.self).max(by: { $0.gain.mean < $1.gain.mean })
    {
      guard cells.count < Self.expertLimit, best.gain.exceeds(3),
        best.gain.mean > max(0.02 * loss, least)
      else {
        add(.stop, gain: best.gain)
        return
      }
      cells[best.cell] = best.parts[0]
      cells.append(best.parts[1])
      splits[best.cell] = bestSplit(of: best.cell)
      splits.append(bestSplit(of: cells.count - 1))
      loss -= best.gain.mean
      add(.split, gain: best.gain)
    }
    if !shouldStop() { add(.stop, gain: Gain()) }
  }

  /// The cut that gains most by experts that can bend; `nil` where the cell is small.
  func bestSplit(of index: Int, axisLimit: Int = 8) -> Split? {
    let cell = cells[index]
    let cuts =
      cell.count < 200
      ? [] : cuts(cell, axisLimit: axisLimit).filter { $0.allSatisfy { $0.count >= 60 } }
    guard !cuts.isEmpty, !shouldStop() else { return nil }
    let joint = losses(of: [cell], oneOf: Self.anyTerms)
    let gains = Parallel.map(count: cuts.count, threads: threads) { cut in
      shouldStop() ? Gain() : gain(from: joint, to: losses(of: cuts[cut], oneOf: Self.anyTerms))
    }
    guard !shouldStop() else { return nil }
    var best = 0
    for cut in gains.indices where gains[cut].mean > gains[best].mean { best = cut }
    return Split(cell: index, parts: cuts[best], gain: gains[best])
  }

  /// Cuts of a cell: each of a few features at its median, and between what two laws explain.
  private func cuts(_ cell: [Int32], axisLimit: Int) -> [[[Int32]]] {
    var cuts: [[[Int32]]] = []
    for axis in 0..<min(features.count, axisLimit) {
      let sorted = cell.sorted { (points[Int($0), axis], $0) < (points[Int($1), axis], $1) }
      let middle = points[Int(sorted[sorted.count / 2]), axis]
      let low = sorted.prefix { points[Int($0), axis] < middle }
      cuts.append([low.sorted(), sorted[low.count...].sorted()])
    }
    if let cut = cutByResidual(cell) { cuts.append(cut) }
    return cuts
  }

  /// The cut across the direction in which the errors of one affine expert change their sign most.
  private func cutByResidual(_ cell: [Int32]) -> [[Int32]]? {
    let residuals = laws.residuals(cell)
    let high = cell.indices.filter { residuals[$0] > 0 }.map { cell[$0] }
    let low = cell.indices.filter { residuals[$0] <= 0 }.map { cell[$0] }
    guard !high.isEmpty, !low.isEmpty else { return nil }
    let groups = [PointGroup(low, of: points), PointGroup(high, of: points)]
    let difference = zip(groups[1].mean, groups[0].mean).map { $0 - $1 }
    let direction = Cholesky(
      nearlySingular: PointGroup.covariance(within: groups), size: points.dimension
    )
    .solve(difference)
    func height(_ row: Int32) -> Double {
      direction.indices.reduce(0) { $0 + direction[$1] * points[Int(row), $1] }
    }
    let middle = cell.reduce(0) { $0 + height($1) } / Double(cell.count)
    return [cell.filter { height($0) < middle }, cell.filter { height($0) >= middle }]
  }
}

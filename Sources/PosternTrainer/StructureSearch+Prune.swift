// StructureSearch+Prune.swift: experts that are idle or redundant go.
//
// Step: encoded rows → [structure search] → mixture.

extension StructureSearch {
  /// Gives the rows of experts with hardly any to the nearest other.
  mutating func retire() {
    let least = max(6, laws.rowCount / 200)
    while cells.count > 1, let small = cells.indices.min(by: { cells[$0].count < cells[$1].count }),
      cells[small].count < least
    {
      let all = cells.map { PointGroup($0, of: groups.points) }
      func distance(_ index: Int) -> Double {
        zip(all[index].mean, all[small].mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      guard
        let nearest = cells.indices.filter({ $0 != small }).min(by: {
          distance($0) < distance($1)
        })
      else { return }
      let error = gain(of: [cells[nearest], cells[small]], .affine).error
      cells[nearest] += cells[small]
      cells.remove(at: small)
      add(.retire, error: error)
    }
  }

  /// Joins pairs of experts that one law serves as well.
  mutating func prune() {
    while cells.count > 1, !shouldStop() {
      var best: (first: Int, second: Int, gain: Gain)?
      for first in cells.indices {
        for second in cells.indices.dropFirst(first + 1) {
          guard !shouldStop() else { return }
          let parts = [cells[first], cells[second]]
          let affine = gain(of: parts, .affine)
          guard !affine.exceeds(1), affine.mean < best?.gain.mean ?? .infinity else { continue }
          guard !gain(of: parts, .quadratic).exceeds(1), isKnown(parts.flatMap(\.self)),
            isRoutable(first, second)
          else { continue }
          best = (first, second, affine)
        }
      }
      guard let best else { return }
      cells[best.first] += cells[best.second]
      cells.remove(at: best.second)
      add(.merge, error: best.gain.error)
    }
  }

  /// Whether there is a law in these rows and one expert explains most of it. Where the target
  /// hardly varies, or the expert explains little, nothing can tell whether there are two laws.
  private func isKnown(_ rows: [Int32]) -> Bool {
    let spread = laws.spread(rows)
    let usual = laws.spread(cells.flatMap(\.self)) / Double(laws.rowCount)
    guard spread >= 0.05 * usual * Double(rows.count) else { return false }
    return bestLoss(rows) * Double(laws.rowCount) <= 0.5 * spread
  }

  /// Whether the nearest mean still tells the rows of all experts when two have become one.
  private func isRoutable(_ first: Int, _ second: Int) -> Bool {
    var joined = cells
    joined[first] += joined[second]
    joined.remove(at: second)
    let size = groups.points.dimension
    let means = joined.map { PointGroup($0, of: groups.points).mean }
    var wrong = 0
    for (cell, rows) in joined.enumerated() {
      for row in rows {
        func distance(_ mean: [Double]) -> Double {
          var sum = 0.0
          for axis in 0..<size {
            let difference = groups.points[Int(row), axis] - mean[axis]
            sum += difference * difference
          }
          return sum
        }
        let own = distance(means[cell])
        if means.indices.contains(where: { $0 != cell && distance(means[$0]) < own }) { wrong += 1 }
      }
    }
    return wrong * 20 <= laws.rowCount
  }
}

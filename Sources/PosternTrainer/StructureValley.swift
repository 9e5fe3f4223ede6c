// StructureValley.swift: whether there is a valley of few points between two groups.
//
// Step: encoded rows → [structure search] → number of experts.

/// What lies between two groups on the line that tells them apart best (Fisher's discriminant).
///
/// The line is fitted to one half of the points and the others are looked at on it, then the other
/// way round: along a line fitted to the same points there would be a valley by chance.
struct Valley {
  /// The density at its lowest point between two peaks, as a share of the lower peak.
  private(set) var share = 1.0
  /// How many standard errors of counting the lower peak stands above that.
  private(set) var height = 0.0
  /// The distance of the means, in the spread within the groups.
  private(set) var distance: Double

  /// Whether the groups are two and not one: few points between them, and not by chance.
  var isDeep: Bool { share < 0.65 && height > 3 }

  init(_ one: PointGroup, _ other: PointGroup, _ points: StructurePoints) {
    distance = FisherLine(one, other).distance
    let halves = (0..<2).map { half in [one, other].map { $0.half(half, of: points) } }
    var density = [Double](repeating: 0, count: Self.binCount)
    for half in 0..<2 {
      let line = FisherLine(halves[half][0], halves[half][1])
      let (low, high) = (
        line.project(halves[1 - half][0], points), line.project(halves[1 - half][1], points)
      )
      guard !low.isEmpty, !high.isEmpty else { return }
      let (from, to) = (low[low.count / 2], high[high.count / 2])
      // On a line that is worth something the groups lie in the order of their means.
      guard from < to else { return }
      for value in low + high { Self.add((value - from) / (to - from), to: &density) }
    }
    measure(density)
  }

  private static let binCount = 33

  /// Adds a point to the density, of which 0 and 1 are the medians of the groups, with a kernel of
  /// a tenth of the way between them as its deviation.
  private static func add(_ place: Double, to density: inout [Double]) {
    let reach = 0.265
    let step = 1.6 / Double(binCount - 1)
    let start = -0.3
    let first = ((place - reach - start) / step).rounded(.up)
    var index = Int(min(max(first, 0), Double(binCount)))
    while index < binCount {
      let u = (start + Double(index) * step - place) / reach
      guard u < 1 else { return }
      density[index] += (1 - u * u) * (1 - u * u)
      index += 1
    }
  }

  /// Looks for the place that is lowest beside the peaks on both its sides.
  private mutating func measure(_ density: [Double]) {
    var peaks = density
    var highest = 0.0
    for index in density.indices {
      highest = max(highest, density[index])
      peaks[index] = highest
    }
    highest = 0
    for index in density.indices.reversed() {
      highest = max(highest, density[index])
      let peak = min(peaks[index], highest)
      guard peak > 0, density[index] / peak < share else { continue }
      share = density[index] / peak
      height = (peak - density[index]) / (0.76 * (peak + density[index])).squareRoot()
    }
  }
}

/// The direction along which two groups lie apart most, beside their spread.
private struct FisherLine {
  let direction: [Double]
  let distance: Double

  init(_ one: PointGroup, _ other: PointGroup) {
    let difference = zip(other.mean, one.mean).map { $0 - $1 }
    let covariance = PointGroup.covariance(within: [one, other])
    direction = Cholesky(nearlySingular: covariance, size: difference.count).solve(difference)
    distance = max(zip(direction, difference).reduce(0) { $0 + $1.0 * $1.1 }, 1e-12).squareRoot()
  }

  /// Where the points of a group lie on it, ascending.
  func project(_ group: PointGroup, _ points: StructurePoints) -> [Double] {
    group.points.map { point in
      let first = Int(point) * direction.count
      var sum = 0.0
      for axis in direction.indices { sum += direction[axis] * points.values[first + axis] }
      return sum
    }.sorted()
  }
}

// StructureGroups.swift: how many separate groups the features fall into.
//
// Step: encoded rows → [structure search] → number of experts.

/// Groups of points with a valley of few points between each two of them.
///
/// k-means cuts the points into many more cells than there could be groups; then the two nearest
/// cells without a valley between them become one, until all are separate (the idea of the
/// dendrogram of a mixture [1], with a valley of the density in place of a model's likelihood).
///
/// Two things make that work where only some features tell groups apart: first each feature is
/// divided by its spread within the modes of that feature alone; then, as long as that finds more
/// groups, space is scaled to the spread within the groups found.
///
/// [1]: https://arxiv.org/abs/2403.01684
///      "D. Do et al. Dendrogram of mixing measures. 2024."
struct StructureGroups {
  /// The space in which the groups were found.
  private(set) var points: StructurePoints
  /// At least one.
  private(set) var groups: [PointGroup]

  /// The most axes of that space. Along more, cells of one group lie apart from each other: each is
  /// cut off by all the others, so that few points lie between two. Groups that are apart stay so
  /// along the axes of most spread.
  private static let axisLimit = 12

  /// Finds the groups. `isDiscrete` says of each axis whether it has few different values, between
  /// which there is nothing by their nature. Once `shouldStop` says so, all points are one group.
  init(
    _ points: StructurePoints, isDiscrete: [Bool], random: inout RandomStream,
    shouldStop: () -> Bool = { false }
  ) {
    var points = points
    for axis in isDiscrete.indices where isDiscrete[axis] {
      points.spread(axis: axis, random: &random)
    }
    var scales = [Double](repeating: 1, count: points.dimension)
    for axis in scales.indices where !isDiscrete[axis] && !shouldStop() {
      let line = points.axis(axis, limit: 2000)
      let modes = Self.separate(line, cellCount: 10, restarts: 1, random: &random)
      let within = modes.reduce(0) { $0 + $1.scatter[0] } / Double(line.count)
      scales[axis] = max(within, 0).squareRoot() + 0.05
    }
    points = points.divided(by: scales)
    self.points = points.reduced(to: Self.axisLimit)
    groups = Self.separate(self.points, random: &random, shouldStop: shouldStop)
    for _ in 0..<3 where groups.count > 1 {
      let within = PointGroup.covariance(
        within: groups.map { PointGroup($0.points, of: points) })
      points = points.whitened(by: within)
      let space = points.reduced(to: Self.axisLimit)
      let found = Self.separate(space, random: &random, shouldStop: shouldStop)
      guard found.count > groups.count else { break }
      self.points = space
      groups = found
    }
  }

  private static func separate(
    _ points: StructurePoints, cellCount: Int? = nil, restarts: Int = 3,
    random: inout RandomStream, shouldStop: () -> Bool = { false }
  ) -> [PointGroup] {
    let cellCount = cellCount ?? min(max(points.count / max(30, 4 * points.dimension), 4), 30)
    var best: (cells: [Int32], spread: Double)?
    for _ in 0..<restarts where !shouldStop() {
      let found = kMeans(points, count: cellCount, random: &random)
      if found.spread < best?.spread ?? .infinity { best = found }
    }
    var cells = [[Int32]](repeating: [], count: cellCount)
    for (point, cell) in (best?.cells ?? []).enumerated() { cells[Int(cell)].append(Int32(point)) }
    if shouldStop() { return [PointGroup((0..<Int32(points.count)).map { $0 }, of: points)] }
    let groups = cells.filter { !$0.isEmpty }.map { PointGroup($0, of: points) }
    return merged(groups, points)
  }

  /// Joins the two nearest groups without a valley between them until there are no such two.
  private static func merged(_ groups: [PointGroup], _ points: StructurePoints) -> [PointGroup] {
    var groups: [PointGroup?] = groups
    let size = groups.count
    // Distances of the pairs without a valley; infinite with one.
    var distances = [Double](repeating: .infinity, count: size * size)
    func measure(_ first: Int, _ second: Int) {
      guard let one = groups[first], let other = groups[second] else { return }
      let valley = Valley(one, other, points)
      distances[min(first, second) * size + max(first, second)] =
        valley.isDeep ? .infinity : valley.distance
    }
    for first in 0..<size {
      for second in first + 1..<max(size, first + 1) { measure(first, second) }
    }
    while true {
      var nearest = 0
      for index in distances.indices where distances[index] < distances[nearest] { nearest = index }
      guard distances.indices.contains(nearest), distances[nearest] < .infinity else { break }
      let (first, second) = (nearest / size, nearest % size)
      guard let one = groups[first], let other = groups[second] else { break }
      groups[first] = one.joined(other)
      groups[second] = nil
      for index in 0..<size {
        distances[min(index, second) * size + max(index, second)] = .infinity
        if index != first { measure(first, index) }
      }
    }
    return groups.compactMap(\.self)
  }

  /// Lloyd's algorithm from k-means++ seeds.
  private static func kMeans(
    _ points: StructurePoints, count: Int, random: inout RandomStream
  ) -> (cells: [Int32], spread: Double) {
    let size = points.dimension
    func distance(_ point: Int, _ center: [Double]) -> Double {
      var sum = 0.0
      for axis in 0..<size {
        let difference = points.values[point * size + axis] - center[axis]
        sum += difference * difference
      }
      return sum
    }
    func place(_ point: Int) -> [Double] { Array(points.values[point * size..<(point + 1) * size]) }
    var centers = [place(random.below(points.count))]
    var nearest = [Double](repeating: .infinity, count: points.count)
    while centers.count < count {
      var total = 0.0
      for point in nearest.indices {
        nearest[point] = min(nearest[point], distance(point, centers[centers.count - 1]))
        total += nearest[point]
      }
      var threshold = random.uniform() * total
      var chosen = 0
      for point in nearest.indices where nearest[point] > 0 {
        chosen = point
        threshold -= nearest[point]
        if threshold < 0 { break }
      }
      centers.append(place(chosen))
    }
    var cells = [Int32](repeating: -1, count: points.count)
    var spread = 0.0
    for _ in 0..<25 {
      var isSettled = true
      spread = 0
      var sums = [[Double]](repeating: [Double](repeating: 0, count: size + 1), count: count)
      for point in 0..<points.count {
        var best = (cell: 0, distance: Double.infinity)
        for cell in 0..<count {
          let distance = distance(point, centers[cell])
          if distance < best.distance { best = (cell, distance) }
        }
        spread += best.distance
        if cells[point] != Int32(best.cell) { isSettled = false }
        cells[point] = Int32(best.cell)
        for axis in 0..<size { sums[best.cell][axis] += points.values[point * size + axis] }
        sums[best.cell][size] += 1
      }
      if isSettled { break }
      for cell in 0..<count where sums[cell][size] > 0 {
        for axis in 0..<size { centers[cell][axis] = sums[cell][axis] / sums[cell][size] }
      }
    }
    return (cells, spread)
  }
}

// StructurePoints.swift: rows as points, and sums over groups of them.
//
// Step: encoded rows → [structure search] → number of experts.

/// Points in a space of few dimensions, in double precision.
struct StructurePoints {
  let count: Int
  let dimension: Int
  /// Shape `(count, dimension)`.
  var values: [Double]

  subscript(_ point: Int, _ axis: Int) -> Double { values[point * dimension + axis] }

  /// One axis by itself.
  func axis(_ axis: Int, limit: Int) -> StructurePoints {
    let count = min(count, limit)
    return StructurePoints(
      count: count, dimension: 1, values: (0..<count).map { self[$0, axis] })
  }

  /// Every axis divided by its own scale.
  func divided(by scales: [Double]) -> StructurePoints {
    var result = self
    for index in values.indices { result.values[index] /= scales[index % dimension] }
    return result
  }

  /// Spreads the values of an axis over the gaps between them, so that values that come in steps
  /// are no groups for that alone; a gap wider than the others still is one, with few points in it.
  mutating func spread(axis: Int, random: inout RandomStream) {
    let sorted = Set((0..<count).map { self[$0, axis] }).sorted()
    guard sorted.count > 1 else { return }
    for point in 0..<count {
      let value = self[point, axis]
      var (low, high) = (0, sorted.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < value { low = middle + 1 } else { high = middle }
      }
      let below = low > 0 ? value - sorted[low - 1] : sorted[low + 1] - value
      let above = low + 1 < sorted.count ? sorted[low + 1] - value : below
      values[point * dimension + axis] =
        value - below / 2 + random.uniform() * (below + above) / 2
    }
  }

  /// The points in coordinates in which `covariance` is the identity.
  func whitened(by covariance: [Double]) -> StructurePoints {
    let factor = Cholesky(nearlySingular: covariance, size: dimension)
    var result = self
    for point in 0..<count { factor.forward(&result.values, offset: point * dimension) }
    return result
  }

  /// The points along the `limit` axes of the greatest spread (principal components); as they are
  /// where they have no more.
  func reduced(to limit: Int) -> StructurePoints {
    guard dimension > limit else { return self }
    let all = PointGroup((0..<Int32(count)).map { $0 }, of: self)
    let axes = principalAxes(of: all.scatter, size: dimension).prefix(limit)
    var result = StructurePoints(count: count, dimension: limit, values: [])
    result.values.reserveCapacity(count * limit)
    for point in 0..<count {
      for direction in axes {
        var sum = 0.0
        for axis in 0..<dimension { sum += direction[axis] * self[point, axis] }
        result.values.append(sum)
      }
    }
    return result
  }
}

/// The eigenvectors of a symmetric matrix, that of the largest eigenvalue first, by Jacobi's
/// rotations.
///
/// - Complexity: O(*size*³) for each of about eight sweeps.
func principalAxes(of matrix: [Double], size: Int) -> [[Double]] {
  var matrix = matrix
  // Rows are the axes.
  var axes = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
  for _ in 0..<30 {
    var isDiagonal = true
    for p in 0..<size {
      for q in p + 1..<max(size, p + 1) {
        let (a, b, c) = (matrix[p * size + p], matrix[q * size + q], matrix[p * size + q])
        guard abs(c) > 1e-12 * (abs(a) + abs(b)) else { continue }
        isDiagonal = false
        let ratio = (b - a) / (2 * c)
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        for k in 0..<size {
          let (x, y) = (matrix[k * size + p], matrix[k * size + q])
          matrix[k * size + p] = cosine * x - sine * y
          matrix[k * size + q] = sine * x + cosine * y
        }
        for k in 0..<size {
          let (x, y) = (matrix[p * size + k], matrix[q * size + k])
          matrix[p * size + k] = cosine * x - sine * y
          matrix[q * size + k] = sine * x + cosine * y
          let (u, v) = (axes[p * size + k], axes[q * size + k])
          axes[p * size + k] = cosine * u - sine * v
          axes[q * size + k] = sine * u + cosine * v
        }
      }
    }
    if isDiagonal { break }
  }
  let order = (0..<size).sorted {
    (matrix[$1 * size + $1], $0) < (matrix[$0 * size + $0], $1)
  }
  return order.map { Array(axes[$0 * size..<($0 + 1) * size]) }
}

/// Some of the points, with what distances between groups are computed from.
struct PointGroup {
  var points: [Int32]
  var sum: [Double]
  /// Sums of products, shape `(dimension, dimension)`.
  var products: [Double]

  init(_ points: [Int32], of all: StructurePoints) {
    let size = all.dimension
    self.points = points
    sum = [Double](repeating: 0, count: size)
    products = [Double](repeating: 0, count: size * size)
    for point in points {
      let first = Int(point) * size
      for row in 0..<size {
        let value = all.values[first + row]
        sum[row] += value
        for column in 0...row {
          products[row * size + column] += value * all.values[first + column]
        }
      }
    }
    for row in 0..<size {
      for column in 0..<row { products[column * size + row] = products[row * size + column] }
    }
  }

  var count: Double { Double(points.count) }
  var mean: [Double] { sum.map { $0 / max(count, 1) } }

  /// Sums of products of the distances from the group's mean.
  var scatter: [Double] {
    var result = products
    let mean = mean
    for row in sum.indices {
      for column in sum.indices { result[row * sum.count + column] -= sum[row] * mean[column] }
    }
    return result
  }

  /// Both groups as one.
  func joined(_ other: PointGroup) -> PointGroup {
    var result = self
    result.points += other.points
    for index in sum.indices { result.sum[index] += other.sum[index] }
    for index in products.indices { result.products[index] += other.products[index] }
    return result
  }

  /// Every other of the points.
  func half(_ half: Int, of all: StructurePoints) -> PointGroup {
    PointGroup(stride(from: half, to: points.count, by: 2).map { points[$0] }, of: all)
  }

  /// The covariance within groups, drawn towards a multiple of the identity where there are few
  /// points for so many dimensions.
  static func covariance(within groups: [PointGroup]) -> [Double] {
    let size = groups[0].sum.count
    let count = groups.reduce(0) { $0 + $1.count }
    var result = [Double](repeating: 0, count: size * size)
    for group in groups {
      for (index, value) in group.scatter.enumerated() { result[index] += value / count }
    }
    let mean = (0..<size).reduce(0) { $0 + result[$1 * size + $1] } / Double(size)
    let share = min(1, 2 * Double(size) / count)
    for index in result.indices { result[index] *= 1 - share }
    for axis in 0..<size { result[axis * size + axis] += share * mean + 1e-4 * mean + 1e-9 }
    return result
  }
}

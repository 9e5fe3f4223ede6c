// KMeans.swift: groups of similar rows, where the router starts.
//
// Step: encoded rows → [router] → experts.

import PosternRuntime

/// Centres of groups of rows, by Lloyd's algorithm from k-means++ seeds [1].
///
/// A cell of a centre is the set of rows that the affine score `c · x - |c|² / 2` gives to it, so
/// the centres are a router; ties go to the lower index.
///
/// [1]: https://dl.acm.org/doi/10.5555/1283383.1283494
///      "D. Arthur, S. Vassilvitskii. k-means++: the advantages of careful seeding. SODA 2007."
struct KMeans {
  /// Shape `(count, stride)`, in the scaled space.
  private(set) var centers: [[Float]]
  /// What features are multiplied with before distances are measured.
  let featureWeights: [Float]
  private let featureCount: Int
  private let stride: Int

  /// Finds `count` centres.
  ///
  /// - Parameters:
  ///   - data: The rows.
  ///   - count: How many centres; where rows are equal, so may be centres.
  ///   - featureWeights: One for each feature: how much a difference in it matters.
  ///   - random: Where the first centres come from.
  ///   - rowLimit: At most so many rows, evenly spaced, are looked at.
  /// - Complexity: O(*rows* · *count* · *features*) for each of at most 25 rounds.
  init(
    _ data: EncodedRows, count: Int, featureWeights: [Float], random: inout RandomStream,
    rowLimit: Int = 20_000
  ) {
    self.featureWeights = featureWeights
    featureCount = data.featureCount
    stride = data.featureStride
    let step = max(1, data.rowCount / rowLimit)
    var points: [Float] = []
    for row in Swift.stride(from: 0, to: data.rowCount, by: step) {
      for feature in 0..<stride {
        let weight = feature < featureCount ? featureWeights[feature] : 0
        let value = min(max(data.features[row * stride + feature], -Self.reach), Self.reach)
        points.append(value * weight)
      }
    }
    let pointCount = points.count / stride
    centers = Self.seeds(
      points, stride: stride, pointCount: pointCount, count: count, random: &random)
    var cells: [Int32] = []
    for _ in 0..<25 {
      let now = assign(points, pointCount: pointCount)
      if now == cells { break }
      cells = now
      moveCenters(points, cells: cells)
    }
  }

  /// Features go no further than this from their mean (in standard deviations) while centres are
  /// sought: else a few far rows would each get a centre.
  static let reach: Float = 2.5

  private static func seeds(
    _ points: [Float], stride: Int, pointCount: Int, count: Int, random: inout RandomStream
  ) -> [[Float]] {
    var centers = [Array(points[0..<stride])]
    let first = random.below(pointCount)
    centers[0] = Array(points[first * stride..<(first + 1) * stride])
    var nearest = [Double](repeating: .infinity, count: pointCount)
    while centers.count < count {
      let center = centers[centers.count - 1]
      var total = 0.0
      for point in 0..<pointCount {
        var distance: Float = 0
        for feature in 0..<stride {
          let difference = points[point * stride + feature] - center[feature]
          distance += difference * difference
        }
        nearest[point] = min(nearest[point], Double(distance))
        total += nearest[point]
      }
      var threshold = random.uniform() * total
      var chosen = 0
      for point in 0..<pointCount where nearest[point] > 0 {
        chosen = point
        threshold -= nearest[point]
        if threshold < 0 { break }
      }
      centers.append(Array(points[chosen * stride..<(chosen + 1) * stride]))
    }
    return centers
  }

  private func assign(_ points: [Float], pointCount: Int) -> [Int32] {
    let router = scaledRouter()
    var logits: [Float] = []
    router.logits(features: points, rowCount: pointCount, into: &logits)
    return (0..<pointCount).map { Int32(router.best(logits, row: $0)) }
  }

  private func scaledRouter() -> SoftmaxRouter {
    var router = SoftmaxRouter(expertCount: centers.count, featureStride: stride)
    for (index, center) in centers.enumerated() {
      var square: Float = 0
      for feature in 0..<stride {
        router[index, feature] = center[feature]
        square += center[feature] * center[feature]
      }
      router[bias: index] = -square / 2
    }
    return router
  }

  private mutating func moveCenters(_ points: [Float], cells: [Int32]) {
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: stride), count: centers.count)
    var counts = [Int](repeating: 0, count: centers.count)
    for (point, cell) in cells.enumerated() {
      counts[Int(cell)] += 1
      for feature in 0..<stride {
        sums[Int(cell)][feature] += Double(points[point * stride + feature])
      }
    }
    // A centre without rows stays where it is.
    for cell in centers.indices where counts[cell] > 0 {
      for feature in 0..<stride {
        centers[cell][feature] = Float(sums[cell][feature] / Double(counts[cell]))
      }
    }
  }

  /// The router whose choice is the nearest centre, as sharp as to give the chosen expert the
  /// probability `confidence` on average over the rows of `data`.
  func router(for data: EncodedRows, confidence: Double) -> SoftmaxRouter {
    var router = scaledRouter()
    for expert in centers.indices {
      for feature in 0..<featureCount { router[expert, feature] *= featureWeights[feature] }
    }
    guard centers.count > 1 else { return router }
    var logits: [Float] = []
    router.logits(features: data.features, rowCount: data.rowCount, into: &logits)
    var (low, high) = (1e-4, 1e4)
    for _ in 0..<30 {
      let middle = (low * high).squareRoot()
      if meanConfidence(logits, router: router, rowCount: data.rowCount, sharpness: middle)
        < confidence
      {
        low = middle
      } else {
        high = middle
      }
    }
    router.scale(by: Float((low * high).squareRoot()))
    return router
  }

  private func meanConfidence(
    _ logits: [Float], router: SoftmaxRouter, rowCount: Int, sharpness: Double
  ) -> Double {
    let step = max(1, rowCount / 1000)
    var (total, count) = (0.0, 0.0)
    for row in Swift.stride(from: 0, to: rowCount, by: step) {
      let first = row * router.logitStride
      let largest = logits[first + router.best(logits, row: row)]
      var sum = 0.0
      for expert in 0..<router.expertCount {
        sum += Elementary.exp(sharpness * Double(logits[first + expert] - largest))
      }
      total += 1 / sum
      count += 1
    }
    return total / count
  }
}

// KMeans.swift: groups of similar rows, where the router starts.
//
// Step: encoded rows → [router] → experts.

import PosternPackaging

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
  /// The mean features of each centre's rows, not scaled; shape `(count, featureCount)`.
  private(set) var means: [[Float]] = []
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
    setMeans(data, step: step, cells: cells)
  }

  private mutating func setMeans(_ data: EncodedRows, step: Int, cells: [Int32]) {
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: featureCount), count: centers.count)
    var counts = [Double](repeating: 0, count: centers.count)
    for (point, cell) in cells.enumerated() {
      counts[Int(cell)] += 1
      for feature in 0..<featureCount {
        let value = data.features[point * step * stride + feature]
        sums[Int(cell)][feature] += Double(min(max(value, -Self.reach), Self.reach))
      }
    }
    means = zip(sums, counts).map { sum, count in sum.map { Float($0 / max(count, 1)) } }
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
    var router = TrainableRouter(
      RouterShape(.linear, expertCount: centers.count), featureCount: stride)
    let form = router.forms[0]
    for (index, center) in centers.enumerated() {
      var square: Float = 0
      for feature in 0..<stride {
        router.parameters[form.weight(index, feature)] = center[feature]
        square += center[feature] * center[feature]
      }
      router.parameters[form.place.bias + index] = -square / 2
    }
    var trace = RouterTrace()
    form.forward(router.parameters, features: points, rowCount: pointCount, into: &trace)
    return (0..<pointCount).map { Int32(form.best(trace.logits, row: $0)) }
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
}

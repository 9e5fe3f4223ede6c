// PatchMixture.swift: experts whose filters look at every patch of a row, after Chen et al.
//
// Step: rows of patches → [experts and router] → model value.

import PosternPackaging
import PosternRuntime

/// A top-1 mixture of two-layer convolutional experts over rows of equal patches [1].
///
/// An expert's filters look at each patch with the same weights; what a filter makes of the patches
/// is summed, half of the filters for each of two classes. The router is linear on the sum of the
/// patches, starts at 0 and routes by the largest value after uniform noise; an expert's outputs
/// are multiplied by that value. The loss is the cross-entropy of the softmax of the softmax of the
/// outputs, as in the authors' code.
///
/// A filter that sees each patch is a network over patches: the experts here are ``Network`` whose
/// rows are patches, and a row's outputs are the sum over its patches. ``description(columns:)``
/// writes a filter once for each patch, so that the file needs no word for sharing.
///
/// [1]: https://arxiv.org/abs/2208.02813
///      "Z. Chen et al. Towards understanding mixture of experts in deep learning. NeurIPS 2022."
package struct PatchMixture {
  /// What filters do to their sums.
  package enum Filter: Sendable {
    case cube
    case identity
  }

  /// What stands in a row, and how many experts look at it.
  package struct Shape: Sendable {
    package var patchCount: Int
    /// Numbers of a patch.
    package var patchSize: Int
    package var expertCount: Int
    /// Filters of an expert, a multiple of 16; the first half is for class 0.
    package var filterCount: Int
    package var filter: Filter

    package init(
      patchCount: Int, patchSize: Int, expertCount: Int, filterCount: Int, filter: Filter
    ) {
      self.patchCount = patchCount
      self.patchSize = patchSize
      self.expertCount = expertCount
      self.filterCount = filterCount
      self.filter = filter
    }
  }

  let shape: Shape
  private let threads: Int
  /// The patches as rows, and the sums over each row's patches.
  private let patches: EncodedRows
  private let sums: [Float]
  private let labels: [UInt32]
  let experts: [Network]
  /// A lone expert's rows are cut in pieces, which as many equal networks work on.
  private let helpers: [Network]
  private var optimizers: [Optimizer]
  private(set) var router: TrainableRouter
  private var trace = RouterTrace()
  private var random: RandomStream

  /// Experts with small random weights.
  ///
  /// - Parameters:
  ///   - shape: The experts.
  ///   - rows: Shape `(rows, patchCount, patchSize)`.
  ///   - labels: 0 or 1 for each row.
  ///   - seed: Names the random numbers.
  ///   - threads: Changes no number.
  package init(shape: Shape, rows: [Float], labels: [UInt32], seed: UInt64, threads: Int) {
    precondition(rows.count == labels.count * shape.patchCount * shape.patchSize)
    self.shape = shape
    self.labels = labels
    self.threads = threads
    random = RandomStream(seed: seed, 0x7061_7463)
    let stride = (shape.patchSize + 3) / 4 * 4
    var features: [Float] = []
    features.reserveCapacity(labels.count * shape.patchCount * stride)
    var sums = [Float](repeating: 0, count: labels.count * stride)
    for patch in 0..<labels.count * shape.patchCount {
      let first = patch * shape.patchSize
      features += rows[first..<first + shape.patchSize]
      for _ in shape.patchSize..<stride { features.append(0) }
      let sum = patch / shape.patchCount * stride
      for index in 0..<shape.patchSize { sums[sum + index] += rows[first + index] }
    }
    self.sums = sums
    patches = EncodedRows(
      rowCount: labels.count * shape.patchCount, pairCount: 0, featureCount: shape.patchSize,
      featureStride: stride, entries: [], fractions: [], features: features)
    var stream = random
    experts = (0..<shape.expertCount).map { _ in Self.expert(shape, &stream) }
    random = stream
    let first = experts[0]
    helpers = (1..<(shape.expertCount > 1 ? 1 : Self.pieceCount)).map { _ in
      Network(shape: first.shape, parameters: first.parameters)
    }
    optimizers = experts.map { Optimizer(parameters: $0.parameters) }
    router = TrainableRouter(
      RouterShape(.linear, expertCount: shape.expertCount), featureCount: shape.patchSize)
  }

  /// Pieces of a lone expert's rows, whatever the threads.
  private static let pieceCount = 4
  /// Rows that a network works on at a time, so that they stay in the cache.
  private static let blockSize = 256

  /// Weights and biases uniform within `0.001 / √patchSize`; outputs are sums over the filters of
  /// their class.
  private static func expert(_ shape: Shape, _ random: inout RandomStream) -> Network {
    var input = InputShape(columns: [], entryCounts: [])
    input.featureCount = shape.patchSize
    let network = NetworkShape(
      input: input, widths: [shape.filterCount], outputCount: 2,
      activation: shape.filter == .cube ? .cube : .prelu, firstLayer: .dense)
    var values = [Float](repeating: 0, count: network.parameterCount)
    let (first, last) = (network.layers[0], network.layers[1])
    let reach = 1e-3 / Double(shape.patchSize).squareRoot()
    for filter in 0..<shape.filterCount {
      for index in 0..<shape.patchSize {
        values[first.weights + ((filter / 16) * first.inputCount + index) * 16 + filter % 16] =
          Float(reach * (2 * random.uniform() - 1))
      }
      values[first.bias + filter] = Float(reach * (2 * random.uniform() - 1))
      if let slopes = first.slopes, shape.filter == .identity { values[slopes + filter] = 1 }
      values[last.weights + filter * 16 + (2 * filter < shape.filterCount ? 0 : 1)] = 1
    }
    return Network(shape: network, parameters: values)
  }

  /// One step over all rows: experts by the normalised gradient, the router by the plain one.
  ///
  /// With one expert there is no router and nothing is multiplied by its value.
  ///
  /// - Returns: The mean loss before the step.
  package mutating func step(expertRate: Float, routerRate: Float) -> Double {
    let form = router.forms[0]
    let rowCount = labels.count
    let isRouted = shape.expertCount > 1
    let workers = experts + helpers
    var cells = [[Int32]](repeating: [], count: workers.count)
    if isRouted {
      for (row, expert) in noisyRoutes().enumerated() { cells[Int(expert)].append(Int32(row)) }
    } else {
      for row in 0..<rowCount { cells[row * cells.count / rowCount].append(Int32(row)) }
    }
    var parts = Parallel.map(count: workers.count, threads: threads) { index in
      backward(workers[index], isRouted ? index : 0, cells[index], isRouted: isRouted)
    }
    for helper in parts.indices.dropFirst(isRouted ? parts.count : 1) {
      parts[0].loss += parts[helper].loss
      for index in parts[0].gradient.indices {
        parts[0].gradient[index] += parts[helper].gradient[index]
      }
    }
    var loss = 0.0
    var byLogits = [Float](repeating: 0, count: isRouted ? rowCount * form.stride : 0)
    for (expert, part) in parts.prefix(experts.count).enumerated() where !cells[expert].isEmpty {
      loss += part.loss
      if isRouted {
        for (row, slope) in zip(cells[expert], part.slopes) {
          byLogits[Int(row) * form.stride + expert] = slope
        }
      }
      // The output layer is a fixed sum.
      optimizers[expert].moveNormalized(
        &experts[expert].parameters, gradient: part.gradient,
        layers: experts[expert].shape.layers[0..<1], rate: expertRate)
    }
    for helper in helpers { helper.parameters = experts[0].parameters }
    if isRouted { moveRouter(&byLogits, rate: routerRate) }
    return loss / Double(rowCount)
  }

  /// The expert of each row after fresh noise, as training routes.
  package mutating func noisyRoutes() -> [Int32] {
    let form = router.forms[0]
    form.forward(router.parameters, features: sums, rowCount: labels.count, into: &trace)
    return labels.indices.map { row in
      for child in 0..<form.childCount {
        trace.logits[row * form.stride + child] += Float(random.uniform())
      }
      return Int32(form.best(trace.logits, row: row))
    }
  }

  /// What an expert's rows say.
  private struct Part {
    /// Summed over the rows.
    var loss = 0.0
    /// Of the loss by each row's gate.
    var slopes: [Float] = []
    /// By the expert's parameters.
    var gradient: [Float]
  }

  private func backward(
    _ network: Network, _ expert: Int, _ rows: [Int32], isRouted: Bool
  ) -> Part {
    var part = Part(gradient: [Float](repeating: 0, count: network.parameters.count))
    for first in Swift.stride(from: 0, to: rows.count, by: Self.blockSize) {
      backward(
        network, expert, rows[first..<min(first + Self.blockSize, rows.count)],
        isRouted: isRouted, &part)
      for index in part.gradient.indices { part.gradient[index] += network.gradient[index] }
    }
    return part
  }

  private func backward(
    _ network: Network, _ expert: Int, _ rows: ArraySlice<Int32>, isRouted: Bool,
    _ part: inout Part
  ) {
    let form = router.forms[0]
    let count = shape.patchCount
    var unused = RandomStream(seed: 0)
    let own = rows.flatMap { row in (0..<Int32(count)).map { row * Int32(count) + $0 } }
    network.forward(patches, rows: own[...], dropout: 0, random: &unused)
    let stride = network.shape.outputStride
    for (place, row) in rows.enumerated() {
      var answer = SIMD2<Double>(0, 0)
      for patch in place * count..<(place + 1) * count {
        answer.x += Double(network.outputs[patch * stride])
        answer.y += Double(network.outputs[patch * stride + 1])
      }
      let gate = isRouted ? Double(trace.logits[Int(row) * form.stride + expert]) : 1
      let (loss, slope) = Self.loss(gate * answer, label: labels[Int(row)])
      part.loss += loss
      let scaled = slope / Double(labels.count)
      part.slopes.append(Float(scaled.x * answer.x + scaled.y * answer.y))
      let back = scaled * gate
      for patch in place * count..<(place + 1) * count {
        for output in 0..<stride { network.outputs[patch * stride + output] = 0 }
        network.outputs[patch * stride] = Float(back.x)
        network.outputs[patch * stride + 1] = Float(back.y)
      }
    }
    network.backward()
  }

  /// `-log softmax(softmax(outputs))[label]`, and its slope by the outputs.
  static func loss(
    _ outputs: SIMD2<Double>, label: UInt32
  ) -> (loss: Double, slope: SIMD2<Double>) {
    let inner = softmax(outputs)
    let outer = softmax(inner)
    var slope = outer
    slope[Int(label)] -= 1
    let product = slope.x * inner.x + slope.y * inner.y
    return (-Elementary.log(outer[Int(label)]), inner * (slope - product))
  }

  private static func softmax(_ x: SIMD2<Double>) -> SIMD2<Double> {
    let ratio = Elementary.exp(-abs(x.x - x.y))
    let (larger, smaller) = (1 / (1 + ratio), ratio / (1 + ratio))
    return x.x > x.y ? SIMD2(larger, smaller) : SIMD2(smaller, larger)
  }

  private mutating func moveRouter(_ byLogits: inout [Float], rate: Float) {
    let form = router.forms[0]
    var gradient = [Float](repeating: 0, count: router.parameters.count)
    form.backward(
      router.parameters, features: sums, rowCount: labels.count, trace: trace,
      logitGradient: &byLogits, gradient: &gradient)
    // Weights only: the published router has no bias.
    for index in form.place.weights..<form.place.bias {
      router.parameters[index] -= rate * gradient[index]
    }
  }
}

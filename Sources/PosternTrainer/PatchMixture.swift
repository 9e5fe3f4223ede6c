// PatchMixture.swift: experts whose filters look at every patch of a row, trained as Chen et al. do.
//
// Step: rows of patches → [experts and router] → model value.

package import PosternPackaging
import PosternRuntime

/// A top-1 mixture of two-layer convolutional experts over rows of equal patches [1].
///
/// An expert's filters look at each patch with the same weights; what a filter makes of the patches
/// is summed, half of the filters for each of two classes. The router is linear on the sum of the
/// patches, starts at 0 and routes by the largest value after uniform noise; an expert's outputs are
/// multiplied by that value. The loss is the cross-entropy of the softmax of the softmax of the
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

  private let shape: Shape
  private let threads: Int
  /// The patches as rows, and the sums over each row's patches.
  private let patches: EncodedRows
  private let sums: [Float]
  private let labels: [UInt32]
  private let experts: [Network]
  private var optimizers: [Optimizer]
  private var router: TrainableRouter
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
    optimizers = experts.map { Optimizer(parameters: $0.parameters) }
    router = TrainableRouter(
      RouterShape(.linear, expertCount: shape.expertCount), featureCount: shape.patchSize)
  }

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
    var cells = [[Int32]](repeating: [], count: shape.expertCount)
    if isRouted {
      form.forward(router.parameters, features: sums, rowCount: rowCount, into: &trace)
      for row in 0..<rowCount {
        for child in 0..<form.childCount {
          trace.logits[row * form.stride + child] += Float(random.uniform())
        }
        cells[form.best(trace.logits, row: row)].append(Int32(row))
      }
    } else {
      cells[0] = (0..<Int32(rowCount)).map { $0 }
    }
    let parts = Parallel.map(count: experts.count, threads: threads) { expert in
      backward(expert, cells[expert], isRouted: isRouted)
    }
    var loss = 0.0
    var byLogits = [Float](repeating: 0, count: isRouted ? rowCount * form.stride : 0)
    for (expert, part) in parts.enumerated() where !cells[expert].isEmpty {
      loss += part.loss
      if isRouted {
        for (row, slope) in zip(cells[expert], part.slopes) {
          byLogits[Int(row) * form.stride + expert] = slope
        }
      }
      // The output layer is a fixed sum.
      optimizers[expert].moveNormalized(
        &experts[expert].parameters, gradient: experts[expert].gradient,
        layers: experts[expert].shape.layers[0..<1], rate: expertRate)
    }
    if isRouted { moveRouter(&byLogits, rate: routerRate) }
    return loss / Double(rowCount)
  }

  /// The summed loss of an expert's rows and its slope by each row's gate; the gradient by the
  /// expert's parameters is left in its network.
  private func backward(
    _ expert: Int, _ rows: [Int32], isRouted: Bool
  ) -> (loss: Double, slopes: [Float]) {
    guard !rows.isEmpty else { return (0, []) }
    let network = experts[expert]
    let form = router.forms[0]
    let count = shape.patchCount
    var unused = RandomStream(seed: 0)
    let own = rows.flatMap { row in (0..<Int32(count)).map { row * Int32(count) + $0 } }
    network.forward(patches, rows: own[...], dropout: 0, random: &unused)
    let stride = network.shape.outputStride
    var (loss, slopes) = (0.0, [Float]())
    slopes.reserveCapacity(rows.count)
    for (place, row) in rows.enumerated() {
      var answer = SIMD2<Double>(0, 0)
      for patch in place * count..<(place + 1) * count {
        answer.x += Double(network.outputs[patch * stride])
        answer.y += Double(network.outputs[patch * stride + 1])
      }
      let gate = isRouted ? Double(trace.logits[Int(row) * form.stride + expert]) : 1
      let (own, slope) = Self.loss(gate * answer, label: labels[Int(row)])
      loss += own
      let scaled = slope / Double(labels.count)
      slopes.append(Float(scaled.x * answer.x + scaled.y * answer.y))
      let back = scaled * gate
      for patch in place * count..<(place + 1) * count {
        for output in 0..<stride { network.outputs[patch * stride + output] = 0 }
        network.outputs[patch * stride] = Float(back.x)
        network.outputs[patch * stride + 1] = Float(back.y)
      }
    }
    network.backward()
    return (loss, slopes)
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
    var scratch: [Float] = []
    form.backward(
      router.parameters, features: sums, rowCount: labels.count, trace: trace,
      logitGradient: &byLogits, gradient: &gradient, scratch: &scratch)
    // Weights only: the published router has no bias.
    for index in form.place.weights..<form.place.bias {
      router.parameters[index] -= rate * gradient[index]
    }
  }

  /// The mixture over `patchCount · patchSize` numeric columns whose features are the values
  /// themselves: one logit, class 1 less class 0, times the router's value.
  package func description(columns: [Column]) throws(TrainingError) -> ModelDescription {
    let form = router.forms[0]
    let weights = (0..<shape.expertCount).flatMap { expert in
      (0..<shape.patchCount * shape.patchSize).map {
        router.parameters[form.weight(expert, $0 % shape.patchSize)]
      }
    }
    return ModelDescription(
      task: .binary, gateScale: shape.expertCount > 1 ? .score : .none, columns: columns,
      targetNames: [Array("label".utf8)], classNames: [Array("-1".utf8), Array("1".utf8)],
      router: .flat(
        RouterNode(
          kind: .affine, weights: weights,
          bias: [Float](repeating: 0, count: shape.expertCount))),
      experts: experts.map(unfolded), head: [HeadOutput()])
  }

  /// Each filter once for each patch, with zeros for the other patches.
  private func unfolded(_ network: Network) -> Expert {
    let layer = network.shape.layers[0]
    let (inputs, outputs) = (
      shape.patchCount * shape.patchSize, shape.patchCount * shape.filterCount
    )
    var weights = [Float](repeating: 0, count: inputs * outputs)
    for patch in 0..<shape.patchCount {
      for index in 0..<shape.patchSize {
        for filter in 0..<shape.filterCount {
          let to =
            (patch * shape.patchSize + index) * outputs + patch * shape.filterCount + filter
          weights[to] =
            network.parameters[
              layer.weights + ((filter / 16) * layer.inputCount + index) * 16 + filter % 16]
        }
      }
    }
    let copies = 0..<outputs
    return Expert(
      firstLayer: .dense, activation: shape.filter == .cube ? .cube : .prelu,
      layers: [
        Expert.Layer(
          weights: weights,
          bias: copies.map { network.parameters[layer.bias + $0 % shape.filterCount] },
          slopes: copies.map { _ in shape.filter == .cube ? 0 : 1 }),
        Expert.Layer(
          weights: copies.map { 2 * ($0 % shape.filterCount) < shape.filterCount ? -1 : 1 },
          bias: [0], slopes: []),
      ])
  }
}

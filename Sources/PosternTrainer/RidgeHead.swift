// RidgeHead.swift: the last layer of a network, fitted as the convex problem that it is.
//
// Step: hidden layers → [ridge] → outputs.

import PosternPackaging

/// Fits the output layer of a network by ridge on what its hidden layers give: with the activations
/// and a one as the rows of `H` (n rows), the minimum of `‖H a - y‖² + n λ ‖a‖²`, which solves
/// `(Hᵀ H + n λ I) a = Hᵀ y` [1, phase IV].
///
/// Classes: the minimum of the cross-entropy plus `n λ ‖a‖² / 2` by Newton's steps with a curvature
/// that bounds the true one everywhere, `Hᵀ H / 4` for two classes and `Hᵀ H / 2` for more [2]. One
/// factorisation serves all steps and none can make the loss worse.
///
/// Nothing else of a network moves, so this is also the cheapest way to change one.
///
/// [1]: https://arxiv.org/abs/2506.01656
///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster structure
///      in gradient-based learning. ICML 2025."
/// [2]: https://doi.org/10.1007/BF00048682
///      "D. Böhning. Multinomial logistic regression algorithm. 1992."
struct RidgeHead {
  /// `λ`.
  var ridge = 1e-4
  /// Steps for classes; a regression is done after one, and a second takes rounding away.
  var stepCount = 40
  /// At most so many rows, evenly spaced, are looked at; fewer where the layer is wide.
  var rowLimit = 65_536

  private static let blockSize = 512

  /// Fits the output layer of `network` to `rows` of `data`.
  ///
  /// - Parameters:
  ///   - network: A network with a hidden layer. Its output layer is overwritten.
  ///   - data: The rows of the table.
  ///   - targets: What the outputs should be.
  ///   - rows: Those that the network answers for.
  ///   - offsets: What is added to the outputs of every row of the table; empty for nothing.
  /// - Returns: Whether there was a solution; else the network is as it was.
  /// - Complexity: O(*rows* · *width*² + *width*³).
  @discardableResult
  func fit(
    _ network: Network, data: EncodedRows, targets: Targets, rows: [Int32], offsets: [Float] = []
  ) -> Bool {
    guard let width = network.shape.widths.last, !rows.isEmpty else { return false }
    let limit = min(rowLimit, max(8 * width, (1 << 32) / (width * width)))
    let every = (rows.count + limit - 1) / limit
    let rows = Swift.stride(from: 0, to: rows.count, by: every).map { rows[$0] }
    var problem = Problem(width: width, outputCount: targets.outputCount)
    network.prepare()
    problem.eachBlock(rows, network, data) { problem, _ in problem.addGram() }
    let penalty = ridge * Double(rows.count)
    let curvature =
      switch targets.task {
      case .regression: 1.0
      case .binary: 0.25
      case .multiclass: 0.5
      }
    guard let factor = Cholesky(problem.system(curvature: curvature, penalty: penalty)) else {
      return false
    }
    for _ in 0..<(targets.task == .regression ? 2 : stepCount) {
      problem.clearGradient(penalty: penalty)
      problem.eachBlock(rows, network, data) { problem, block in
        problem.addGradient(block, targets, offsets)
      }
      problem.step(factor)
    }
    guard problem.solution.allSatisfy(\.isFinite) else { return false }
    problem.write(to: network)
    return true
  }

  /// The sums over rows, and the weights so far.
  private struct Problem {
    let width: Int
    let outputCount: Int
    /// Columns of `H`: the activations, a one, zeros.
    let stride: Int
    /// Outputs padded to a multiple of 16.
    let outputStride: Int
    /// Shape `(outputs, width + 1)`, the bias last.
    var solution: [Double]
    private var gradient: [Double]
    private var gram: [Double]
    private var h: [Float] = []
    private var rowCount = 0
    private var outputs: [Float]
    private var panels: [Float]

    var size: Int { width + 1 }

    init(width: Int, outputCount: Int) {
      self.width = width
      self.outputCount = outputCount
      stride = width + 16
      outputStride = (outputCount + 15) / 16 * 16
      solution = [Double](repeating: 0, count: outputCount * (width + 1))
      gradient = solution
      gram = [Double](repeating: 0, count: (width + 1) * (width + 1))
      outputs = [Float](repeating: 0, count: RidgeHead.blockSize * outputStride)
      panels = [Float](repeating: 0, count: (stride + 1) * outputStride)
    }

    /// `H` block by block.
    mutating func eachBlock(
      _ rows: [Int32], _ network: Network, _ data: EncodedRows,
      _ body: (inout Problem, ArraySlice<Int32>) -> Void
    ) {
      var unused = RandomStream(seed: 0)
      for start in Swift.stride(from: 0, to: rows.count, by: RidgeHead.blockSize) {
        let block = rows[start..<min(start + RidgeHead.blockSize, rows.count)]
        network.forward(data, rows: block, dropout: 0, random: &unused)
        rowCount = block.count
        h.removeAll(keepingCapacity: true)
        let activations = network.lastActivations
        for row in 0..<rowCount {
          h.append(contentsOf: activations[row * width..<(row + 1) * width])
          h.append(1)
          for _ in 1..<16 { h.append(0) }
        }
        body(&self, block)
      }
    }

    private func place(outputs: Int) -> LayerPlace {
      LayerPlace(
        inputCount: stride, outputCount: outputs, weights: 0, bias: stride * outputs, slopes: nil)
    }

    /// Adds the block's `Hᵀ H`, in double precision: neurons that point the same way make columns
    /// that hardly differ, and single precision would lose what is left between them.
    mutating func addGram() {
      var own = [Double](repeating: 0, count: size)
      for row in 0..<rowCount {
        for i in 0..<size { own[i] = Double(h[row * stride + i]) }
        for i in 0..<size where own[i] != 0 {
          let (value, first) = (own[i], i * size)
          for j in 0...i { gram[first + j] += value * own[j] }
        }
      }
    }

    /// `curvature · Hᵀ H + penalty · I`, row-major, its lower half.
    func system(curvature: Double, penalty: Double) -> [Double] {
      var matrix = [Double](repeating: 0, count: size * size)
      for i in 0..<size {
        for j in 0...i {
          matrix[i * size + j] = curvature * gram[i * size + j] + (i == j ? penalty : 0)
        }
      }
      return matrix
    }

    mutating func clearGradient(penalty: Double) {
      for index in gradient.indices { gradient[index] = penalty * solution[index] }
    }

    /// Adds the block's `Hᵀ` times the slope of the loss by the outputs.
    mutating func addGradient(
      _ rows: ArraySlice<Int32>, _ targets: Targets, _ offsets: [Float]
    ) {
      for index in 0..<stride * outputStride { panels[index] = 0 }
      for output in 0..<outputCount {
        for i in 0..<size {
          panels[((output / 16) * stride + i) * 16 + output % 16] = Float(
            solution[output * size + i])
        }
      }
      DenseProduct.forward(
        place(outputs: outputStride), parameters: panels, x: h, rowCount: rowCount, y: &outputs,
        hasBias: false)
      // The squared error is a mean over outputs with a slope of 2: halved and undone here.
      let weight = targets.task == .regression ? Float(outputCount) / 2 : 1
      for (index, row) in rows.enumerated() {
        let first = index * outputStride
        if !offsets.isEmpty {
          for output in 0..<outputCount {
            outputs[first + output] += offsets[Int(row) * outputCount + output]
          }
        }
        _ = targets.lossAndGradient(
          row: Int(row), outputs: &outputs, offset: first, weight: weight)
      }
      DenseProduct.weightGradient(
        place(outputs: outputStride), x: h, dy: outputs, rowCount: rowCount, gradient: &panels)
      for output in 0..<outputCount {
        for i in 0..<size {
          gradient[output * size + i] += Double(
            panels[((output / 16) * stride + i) * 16 + output % 16])
        }
      }
    }

    mutating func step(_ factor: Cholesky) {
      for output in 0..<outputCount {
        let range = output * size..<(output + 1) * size
        let move = factor.solve(Array(gradient[range]))
        for (index, value) in zip(range, move) { solution[index] -= value }
      }
    }

    func write(to network: Network) {
      guard let layer = network.shape.layers.last else { return }
      for output in 0..<outputCount {
        for input in 0..<width {
          let at = layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16
          network.parameters[at] = Float(solution[output * size + input])
        }
        network.parameters[layer.bias + output] = Float(solution[output * size + width])
      }
    }
  }
}

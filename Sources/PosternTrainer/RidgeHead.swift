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
/// [3]: https://www.mathnet.ru/eng/dan46009
///      "Y. Nesterov. A method of solving a convex programming problem with convergence rate
///      O(1/k²). 1983."
/// [4]: https://arxiv.org/abs/1204.3982
///      "B. O'Donoghue, E. Candès. Adaptive restart for accelerated gradient schemes. 2012."
struct RidgeHead {
  /// `λ`.
  var ridge = 1e-4
  /// Steps for classes; a regression is done after one, and a second takes rounding away.
  var stepCount = 40
  /// Whether steps for classes gain momentum [3], which starts anew where it points uphill [4]:
  /// many classes make the bound of the curvature a loose one, and plain steps short.
  var isAccelerated = false
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
    network.prepare()
    var unused = RandomStream(seed: 0)
    let solutions = solutions(
      width: width, targets: targets, rows: rows, offsets: offsets, ridges: [ridge]
    ) { block, stride, h in
      network.forward(data, rows: block, dropout: 0, random: &unused)
      let activations = network.lastActivations
      for row in 0..<block.count {
        for i in 0..<width { h[row * stride + i] = activations[row * width + i] }
      }
    }
    guard let solution = solutions.first else { return false }
    write(solution, to: network)
    return true
  }

  /// Puts a block's rows of `H` without the one into the front of `h`, where rows stand `stride`
  /// apart.
  typealias Filling = (_ rows: ArraySlice<Int32>, _ stride: Int, _ h: inout [Float]) -> Void

  /// Solves the problem for each of `ridges`, from the solution of the one before.
  ///
  /// - Parameters:
  ///   - width: Columns of `H` without the one.
  ///   - targets: What the outputs should be.
  ///   - rows: Those that are looked at.
  ///   - offsets: What is added to the outputs of every row of the table; empty for nothing.
  ///   - ridges: Values of `λ`.
  ///   - filling: Makes the rows of `H`.
  /// - Returns: The solutions, shape `(outputs, width + 1)` with the weight of the one last; none
  ///   where there is no solution.
  func solutions(
    width: Int, targets: Targets, rows: [Int32], offsets: [Float] = [], ridges: [Double],
    filling: Filling
  ) -> [[Double]] {
    let limit = min(rowLimit, max(8 * width, (1 << 32) / (width * width)))
    let every = (rows.count + limit - 1) / limit
    let rows = Swift.stride(from: 0, to: rows.count, by: every).map { rows[$0] }
    var problem = Problem(width: width, outputCount: targets.outputCount)
    problem.eachBlock(rows, filling) { problem, _ in problem.addGram() }
    let curvature =
      switch targets.task {
      case .regression: 1.0
      case .binary: 0.25
      case .multiclass: 0.5
      }
    var solutions: [[Double]] = []
    for ridge in ridges {
      let penalty = ridge * Double(rows.count)
      guard let factor = Cholesky(problem.system(curvature: curvature, penalty: penalty)) else {
        return []
      }
      problem.rest()
      for _ in 0..<(targets.task == .regression ? 2 : stepCount) {
        problem.clearGradient(penalty: penalty)
        problem.eachBlock(rows, filling) { problem, block in
          problem.addGradient(block, targets, offsets)
        }
        problem.step(factor)
        if isAccelerated { problem.goOn() }
      }
      problem.rest()
      guard problem.solution.allSatisfy(\.isFinite) else { return [] }
      solutions.append(problem.solution)
    }
    return solutions
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
    /// With momentum, what the last step gave.
    private var last: [Double]?
    private var momentum = 1.0
    private var gram: [Double]
    private var h: [Float]
    private var rowCount = 0
    private var outputs: [Float]
    private var panels: [Float]

    var size: Int { width + 1 }

    init(width: Int, outputCount: Int) {
      self.width = width
      self.outputCount = outputCount
      stride = width / 16 * 16 + 16
      h = [Float](repeating: 0, count: RidgeHead.blockSize * stride)
      outputStride = (outputCount + 15) / 16 * 16
      solution = [Double](repeating: 0, count: outputCount * (width + 1))
      gradient = solution
      gram = [Double](repeating: 0, count: (width + 1) * (width + 1))
      outputs = [Float](repeating: 0, count: RidgeHead.blockSize * outputStride)
      panels = [Float](repeating: 0, count: (stride + 1) * outputStride)
    }

    /// `H` block by block.
    mutating func eachBlock(
      _ rows: [Int32], _ filling: Filling, _ body: (inout Problem, ArraySlice<Int32>) -> Void
    ) {
      for start in Swift.stride(from: 0, to: rows.count, by: RidgeHead.blockSize) {
        let block = rows[start..<min(start + RidgeHead.blockSize, rows.count)]
        rowCount = block.count
        filling(block, stride, &h)
        for row in 0..<rowCount {
          h[row * stride + width] = 1
          for i in width + 1..<stride { h[row * stride + i] = 0 }
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

    /// Takes the momentum away: the solution is what the last step gave.
    mutating func rest() {
      if let last { solution = last }
      (last, momentum) = (nil, 1)
    }

    /// Goes on from the last step in its direction.
    mutating func goOn() {
      let now = solution
      if let last {
        let slope = gradient.indices.reduce(0) { $0 + gradient[$1] * (now[$1] - last[$1]) }
        if slope > 0 { momentum = 1 }
        let next = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
        let share = (momentum - 1) / next
        for index in now.indices { solution[index] += share * (now[index] - last[index]) }
        momentum = next
      }
      last = now
    }
  }

  private func write(_ solution: [Double], to network: Network) {
    guard let layer = network.shape.layers.last else { return }
    let size = layer.inputCount + 1
    for output in 0..<network.shape.outputCount {
      for input in 0..<layer.inputCount {
        let at = layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16
        network.parameters[at] = Float(solution[output * size + input])
      }
      network.parameters[layer.bias + output] = Float(
        solution[output * size + layer.inputCount])
    }
  }
}

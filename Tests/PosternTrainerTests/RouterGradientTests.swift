// RouterGradientTests.swift: the router's gradient against finite differences, loss by loss.
//
// Method: the three losses are written once more here, in double precision and straight from their
// formulas; the gradient by each logit must be their slope.

import Testing

@testable import PosternTrainer

@Suite struct RouterGradientTests {
  private let expertCount = 5
  private let rowCount = 7
  private let temperature = 0.5

  private func softmax(_ logits: [Double]) -> [Double] {
    let exponentials = logits.map { Elementary2.exp($0) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The mean expected loss + `balance` · load-balancing loss + `z` · z-loss. The share of rows
  /// that an expert is chosen for has no slope, so it is taken from `shares`.
  private func total(
    _ logits: [[Double]], losses: [[Double]], shares: [Double], balance: Double, z: Double
  ) -> Double {
    var (expected, zLoss) = (0.0, 0.0)
    var means = [Double](repeating: 0, count: expertCount)
    for (row, values) in logits.enumerated() {
      let p = softmax(values.map { $0 / temperature })
      var (mass, sum) = (0.0, 0.0)
      for expert in 0..<expertCount where !losses[row][expert].isNaN {
        mass += p[expert]
        sum += p[expert] * losses[row][expert]
      }
      expected += sum / mass
      let logSum = Elementary2.log(values.map { Elementary2.exp($0) }.reduce(0, +))
      zLoss += logSum * logSum
      for expert in 0..<expertCount { means[expert] += p[expert] / Double(rowCount) }
    }
    let balanceLoss =
      Double(expertCount) * zip(shares, means).map { $0 * $1 }.reduce(0, +)
    return expected / Double(rowCount) + balance * balanceLoss + z * zLoss / Double(rowCount)
  }

  @Test(arguments: [(0.0, 0.0), (0.5, 0.0), (0.0, 0.3), (0.01, 0.001)])
  func `the gradient is the slope of the losses`(balance: Double, z: Double) {
    var random = RandomStream(seed: 21)
    let router = SoftmaxRouter(expertCount: expertCount, featureStride: 4)
    let stride = router.logitStride
    var logits = [Float](repeating: 0, count: rowCount * stride)
    var losses = [Float](repeating: .nan, count: rowCount * stride)
    for row in 0..<rowCount {
      for expert in 0..<expertCount {
        logits[row * stride + expert] = random.normal()
        losses[row * stride + expert] = abs(random.normal())
      }
    }
    var batch = RouterBatch(router: router)
    batch.set(
      logits: logits, rowCount: rowCount, temperature: Float(temperature), router: router)
    let reported = batch.setGradient(
      losses: losses, balanceWeight: Float(balance), zWeight: Float(z))

    func rows(_ values: [Float]) -> [[Double]] {
      (0..<rowCount).map { row in (0..<expertCount).map { Double(values[row * stride + $0]) } }
    }
    var shares = [Double](repeating: 0, count: expertCount)
    for row in 0..<rowCount { shares[router.best(logits, row: row)] += 1 / Double(rowCount) }
    let now = total(rows(logits), losses: rows(losses), shares: shares, balance: balance, z: z)
    #expect(
      abs(now - (reported.expected + balance * reported.balance + z * reported.z)) < 1e-5)
    for row in 0..<rowCount {
      for expert in 0..<expertCount {
        var (up, down) = (rows(logits), rows(logits))
        up[row][expert] += 1e-4
        down[row][expert] -= 1e-4
        let slope =
          (total(up, losses: rows(losses), shares: shares, balance: balance, z: z)
            - total(down, losses: rows(losses), shares: shares, balance: balance, z: z)) / 2e-4
        #expect(abs(Double(batch.logitGradient[row * stride + expert]) - slope) < 1e-5)
      }
    }
  }

  @Test func `an expert that was not computed takes no part in the expected loss`() {
    let router = SoftmaxRouter(expertCount: 3, featureStride: 4)
    var batch = RouterBatch(router: router)
    var losses = [Float](repeating: .nan, count: 16)
    losses[0] = 1
    losses[1] = 3
    batch.set(
      logits: [Float](repeating: 0, count: 16), rowCount: 1, temperature: 1, router: router)
    let reported = batch.setGradient(losses: losses, balanceWeight: 0, zWeight: 0)
    #expect(abs(reported.expected - 2) < 1e-6)
    #expect(batch.logitGradient[2] == 0)
    // The better expert's logit must rise: its gradient is negative.
    #expect(batch.logitGradient[0] < 0 && batch.logitGradient[1] > 0)
  }

  @Test func `balanced and unbalanced routing have the losses of the paper`() {
    let router = SoftmaxRouter(expertCount: 2, featureStride: 4)
    var batch = RouterBatch(router: router)
    var logits = [Float](repeating: 0, count: 32)
    // Two rows, each with a sharp choice of its own expert: the minimum, 1.
    logits[0] = 50
    logits[17] = 50
    batch.set(logits: logits, rowCount: 2, temperature: 1, router: router)
    let losses = [Float](repeating: 0, count: 32)
    #expect(abs(batch.setGradient(losses: losses, balanceWeight: 1, zWeight: 0).balance - 1) < 1e-6)
    // Both rows with the first: the maximum, the number of experts.
    logits[16] = 100
    batch.set(logits: logits, rowCount: 2, temperature: 1, router: router)
    #expect(abs(batch.setGradient(losses: losses, balanceWeight: 1, zWeight: 0).balance - 2) < 1e-6)
  }
}

/// The tests' own elementary functions, by series: independent of those under test.
private enum Elementary2 {
  static func exp(_ x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for n in 1..<60 {
      term *= (x / 16) / Double(n)
      sum += term
    }
    var power = sum
    for _ in 0..<4 { power *= power }
    return power
  }

  static func log(_ x: Double) -> Double {
    var y = 0.0
    for _ in 0..<60 { y += 2 * (x - exp(y)) / (x + exp(y)) }
    return y
  }
}

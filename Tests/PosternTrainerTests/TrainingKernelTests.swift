// TrainingKernelTests.swift: the loops of training against the same loops written out, bit by bit.

import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

/// Every set that the machine has gives the bits of the sums as they are defined. Serialized,
/// because each test chooses sets.
@Suite(.serialized) struct TrainingKernelTests {
  /// `body`'s numbers are the same under each set of this machine as `expected`.
  static func expectEverywhere(
    _ expected: [Float], _ name: String, _ body: () -> [Float]
  ) {
    let before = KernelSet.current
    for set in [KernelSet.portable, .avx2, .avx512] where set.select() == set {
      let found = body()
      #expect(
        found.map(\.bitPattern) == expected.map(\.bitPattern), "\(name) under \(set.name)")
    }
    before.select()
  }

  /// Numbers of very different sizes, zeros of both signs among them.
  static func numbers(_ count: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { _ in
      switch random.below(16) {
      case 0: 0
      case 1: -0.0
      case 2: random.normal() * 1e-38
      case 3: random.normal() * 1e15
      default: random.normal()
      }
    }
  }

  /// Four chains of fused multiply-adds over the four quarters of `count` terms.
  static func product(_ count: Int, _ term: (Int) -> (Float, Float)) -> Float {
    let quarter = (count + 3) / 4
    let chains = (0..<4).map { run in
      (min(run * quarter, count)..<min((run + 1) * quarter, count)).reduce(Float(0)) {
        $0.addingProduct(term($1).0, term($1).1)
      }
    }
    return (chains[0] + chains[1]) + (chains[2] + chains[3])
  }

  private static func weightGradient(rows: Int, inputs: Int, outputs: Int, seed: UInt64) {
    var random = RandomStream(seed: seed)
    let layer = LayerPlace(
      inputCount: inputs, outputCount: outputs, weights: 3, bias: 3 + inputs * outputs)
    let x = numbers(rows * inputs, &random)
    let dy = numbers(rows * outputs, &random)
    var expected = [Float](repeating: 7, count: layer.bias + 5)
    for panel in 0..<outputs / 16 {
      for input in 0..<inputs {
        for lane in 0..<16 {
          expected[3 + (panel * inputs + input) * 16 + lane] = product(rows) {
            (x[$0 * inputs + input], dy[$0 * outputs + panel * 16 + lane])
          }
        }
      }
    }
    expectEverywhere(expected, "\(rows) rows, \(inputs) x \(outputs), seed: \(seed)") {
      var gradient = [Float](repeating: 7, count: layer.bias + 5)
      DenseProduct.weightGradient(layer, x: x, dy: dy, rowCount: rows, gradient: &gradient)
      return gradient
    }
  }

  @Test(arguments: 1...70)
  func `the gradient by weights is four chains over the rows`(size: Int) {
    let other = size * 29 % 70 + 1
    let outputs = 16 * (size % 3 + 1)
    Self.weightGradient(rows: size, inputs: other, outputs: outputs, seed: UInt64(size))
    Self.weightGradient(rows: other % 24, inputs: size, outputs: 16, seed: UInt64(size))
  }

  @Test(arguments: 1...6, [16, 32, 80])
  func `the gradient by inputs is a product with turned panels`(sixteenth: Int, outputs: Int) {
    var random = RandomStream(seed: UInt64(sixteenth))
    let (inputs, rows) = (16 * sixteenth, 2 * sixteenth + 1)
    let layer = LayerPlace(
      inputCount: inputs, outputCount: outputs, weights: 5, bias: 5 + inputs * outputs)
    let p = Self.numbers(layer.bias, &random)
    let dy = Self.numbers(rows * outputs, &random)
    let expected = (0..<rows * inputs).map { place in
      let (row, input) = (place / inputs, place % inputs)
      return Self.product(outputs) {
        (dy[row * outputs + $0], p[5 + ($0 / 16 * inputs + input) * 16 + $0 % 16])
      }
    }
    Self.expectEverywhere(expected, "\(inputs) x \(outputs)") {
      var dx = [Float](repeating: .nan, count: rows * inputs)
      var scratch = [Float](repeating: .nan, count: inputs * outputs)
      DenseProduct.inputGradient(
        layer, parameters: p, dy: dy, rowCount: rows, dx: &dx, scratch: &scratch)
      return dx
    }
  }

  @Test(arguments: 1...70)
  func `activation goes forward and back neuron by neuron`(rows: Int) {
    var random = RandomStream(seed: UInt64(rows))
    let width = 16 * (rows % 10 + 1)
    let count = rows * width
    let slopes = Self.numbers(width, &random)
    let z = Self.numbers(count, &random)
    let d = Self.numbers(count, &random)
    var mask = [Float](repeating: 1, count: count)
    for index in 0..<count where random.below(3) == 0 { mask[index] = 0 }
    let a = (0..<count).map { (z[$0] > 0 ? z[$0] : slopes[$0 % width] * z[$0]) * mask[$0] }
    var gradient = [Float](repeating: 0, count: 2 * width)
    var flow = d
    for index in 0..<count {
      let output = index % width
      flow[index] *= mask[index]
      gradient[output] += z[index] > 0 ? 0 : flow[index] * z[index]
      flow[index] *= z[index] > 0 ? 1 : slopes[output]
      gradient[width + output] += flow[index]
    }
    var sums = [Float](repeating: 0, count: width)
    for index in 0..<count { sums[index % width] += d[index] }
    Self.expectEverywhere(a + flow + gradient + sums, "\(rows) x \(width)") {
      var found = [Float](repeating: .nan, count: count)
      VectorMath.activate(
        z, parameters: slopes, slopes: 0, width: width, rowCount: rows, mask: mask, into: &found)
      var flow = d
      var gradient = [Float](repeating: .nan, count: 2 * width)
      VectorMath.activateBackward(
        &flow, z: z, parameters: slopes, slopes: 0, bias: width, width: width, rowCount: rows,
        mask: mask, gradient: &gradient)
      var sums = [Float](repeating: .nan, count: width)
      VectorMath.columnSums(d, width: width, rowCount: rows, into: &sums, at: 0)
      return found + flow + gradient + sums
    }
  }

  @Test(arguments: 1...10)
  func `a step of AdamW is its formula`(eighth: Int) {
    var random = RandomStream(seed: UInt64(eighth))
    let count = 8 * eighth
    let g = Self.numbers(count + 8, &random)
    let before = Self.numbers(count + 8, &random)
    let step = AdamStep(
      rate: 0.01, keep: 0.999, gradientScale: 0.3, secondCorrection: 1.5, averageKeep: 0.9)
    var (p, m, v, average) = (before, before.map { $0 / 3 }, before.map { $0 * $0 }, before)
    var moments = Moments(parameters: before)
    (moments.first, moments.second) = (m, v)
    for index in 4..<4 + count {
      let scaled = g[index] * 0.3
      m[index] = m[index] * 0.9 + scaled * (1 - step.beta1)
      v[index] = v[index] * 0.999 + scaled * scaled * (1 - step.beta2)
      let root = (v[index] * 1.5).squareRoot() + step.epsilon
      p[index] = p[index] * 0.999 - m[index] * 0.01 / root
      average[index] = average[index] * 0.9 + p[index] * (1 - step.averageKeep)
    }
    Self.expectEverywhere(p + m + v + average, "\(count)") {
      var (p, moments) = (before, moments)
      step.apply(to: 4..<4 + count, gradient: g, parameters: &p, moments: &moments)
      return p + moments.first + moments.second + moments.average
    }
  }

  @Test(arguments: 0...140)
  func `a squared norm is 32 chains`(count: Int) {
    var random = RandomStream(seed: UInt64(count))
    let x = Self.numbers(count, &random)
    var chains = [Double](repeating: 0, count: 32)
    for (index, value) in x.enumerated() { chains[index % 32] += Double(value) * Double(value) }
    var expected = 0.0
    for first in 0..<8 {
      let low = chains[first] + chains[first + 8]
      expected += low + (chains[first + 16] + chains[first + 24])
    }
    let before = KernelSet.current
    for set in [KernelSet.portable, .avx2, .avx512] where set.select() == set {
      #expect(VectorMath.squaredNorm(x) == expected, "\(set.name)")
    }
    before.select()
  }

  @Test(arguments: 0...35)
  func `dropout draws four factors from each number`(numberCount: Int) {
    let count = 4 * numberCount
    var stream = RandomStream(seed: UInt64(count))
    var expected: [Float] = []
    for _ in 0..<numberCount {
      let bits = stream.next()
      for part in 0..<4 {
        let isDropped = bits >> (16 * UInt64(part)) & 0xFFFF < 19660
        expected.append(isDropped ? 0 : 1 / (1 - 0.3))
      }
    }
    let next = stream.next()
    Self.expectEverywhere(expected, "\(count)") {
      var random = RandomStream(seed: UInt64(count))
      var mask = [Float](repeating: .nan, count: count)
      VectorMath.drawMask(&mask, count: count, dropout: 0.3, random: &random)
      #expect(random.next() == next)
      return mask
    }
  }
}

// TableKernelTests.swift: look-up tables and softmax against the same loops written out.

import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

/// See TrainingKernelTests. Serialized, because each test chooses sets.
@Suite(.serialized) struct TableKernelTests {
  @Test(arguments: 2...40)
  func `a table is prefix sums and its gradient suffix sums`(nodes: Int) {
    var random = RandomStream(seed: UInt64(nodes))
    let width = 16 * (nodes % 10 + 1)
    var input = InputShape(columns: [], entryCounts: [])
    let positions = TrainingKernelTests.numbers(nodes, &random)
    input.columns = [.numeric(positions: positions, hasMissing: nodes % 2 == 0)]
    let entries = input.entryCount
    let p = TrainingKernelTests.numbers(entries * width, &random)
    var (table, gradient) = (p, p)
    for output in 0..<width {
      var (prefix, suffix, weight) = (Float(0), Float(0), Float(0))
      for node in 0..<nodes {
        if node > 0 { prefix += p[node * width + output] }
        table[node * width + output] = prefix + p[output] * positions[node]
      }
      for node in stride(from: nodes - 1, to: 0, by: -1) {
        weight += p[node * width + output] * positions[node]
        suffix += p[node * width + output]
        gradient[node * width + output] = suffix
      }
      gradient[output] = weight + p[output] * positions[0]
    }
    TrainingKernelTests.expectEverywhere(table + gradient, "\(nodes) nodes, \(width) wide") {
      var table = [Float](repeating: .nan, count: p.count)
      makeTable(of: input, width: width, parameters: p, table: &table)
      var gradient = p
      tableGradientToParameters(of: input, width: width, gradient: &gradient)
      return table + gradient
    }
  }

  @Test(arguments: 1...70)
  func `gradients reach the table in the order of the rows`(rows: Int) {
    var random = RandomStream(seed: UInt64(rows))
    let (width, pairs, entries) = (16 * (rows % 10 + 1), rows % 4 + 1, 9)
    let d = TrainingKernelTests.numbers(rows * width, &random)
    let places = (0..<rows * pairs).map { _ in UInt32(random.below(entries - 1)) }
    let fractions = places.map { _ in random.below(3) == 0 ? 0 : Float(random.uniform()) }
    var expected = [Float](repeating: 0, count: entries * width)
    for pair in 0..<rows * pairs {
      let (entry, r) = (Int(places[pair]) * width, fractions[pair])
      for output in 0..<width {
        let value = d[pair / pairs * width + output]
        expected[entry + output] += value * (1 - r)
        if r > 0 { expected[entry + width + output] += value * r }
      }
    }
    TrainingKernelTests.expectEverywhere(expected, "\(rows) rows, \(width) wide") {
      var gradient = [Float](repeating: .nan, count: entries * width)
      scatterToTable(
        outputGradient: d, width: width, entries: places, fractions: fractions, pairCount: pairs,
        rowCount: rows, entryCount: entries, gradient: &gradient)
      return gradient
    }
  }

  @Test(arguments: 1...20)
  func `rows are gathered in any order, some twice`(width: Int) {
    let matrix = (0..<7 * width).map { Float($0) }
    let rows: [Int32] = [6, 0, 3, 3, 5]
    var target = [Float](repeating: -1, count: 2)
    VectorMath.gather(rows[1...], of: matrix, width: width, into: &target)
    #expect(target.count >= 4 * width)
    for (place, row) in rows[1...].enumerated() {
      let found = target[place * width..<(place + 1) * width]
      #expect(found.elementsEqual(matrix[Int(row) * width..<(Int(row) + 1) * width]))
    }
  }

  @Test(arguments: [Float(1), 0.1, 3], [1, 2, 7, 8, 9, 32, 33])
  func `probabilities are exponentials over their sum`(temperature: Float, count: Int) {
    var random = RandomStream(seed: UInt64(count))
    let (rows, stride) = (9, (count + 15) / 16 * 16)
    var logits = (0..<rows * stride).map { _ in 40 * random.normal() }
    logits[stride + count - 1] = -1e9
    logits[2 * stride] = logits[2 * stride + count - 1]
    logits[3 * stride] = -1000
    var soft = [Float](repeating: 0, count: rows * stride)
    var (sharp, logSums, choices) = (soft, [Double](), [Int]())
    for row in 0..<rows {
      let range = row * stride..<row * stride + count
      let best = range.reduce(range.lowerBound) { logits[$1] > logits[$0] ? $1 : $0 }
      let differences = logits[range].map { Double($0 - logits[best]) }
      let e = differences.map { Elementary.exp($0) }
      let sharpened = differences.map { Elementary.exp($0 / Double(temperature)) }
      for (index, place) in range.enumerated() {
        soft[place] = Float(Double(Float(e[index])) / e.reduce(0, +))
        sharp[place] = Float(Double(Float(sharpened[index])) / sharpened.reduce(0, +))
      }
      logSums.append(Double(logits[best]) + Elementary.log(e.reduce(0, +)))
      choices.append(best - range.lowerBound)
    }
    TrainingKernelTests.expectEverywhere(soft + sharp, "\(count) at \(temperature)") {
      var soft = [Float](repeating: 0, count: rows * stride)
      var (sharp, sums) = (soft, [Double](repeating: 0, count: rows))
      var found = [Int](repeating: -1, count: rows)
      VectorMath.softmax(
        logits, stride: stride, count: count, rowCount: rows, temperature: temperature,
        sharp: &sharp, soft: &soft, logSums: &sums, choices: &found)
      #expect(sums == logSums && found == choices)
      return soft + sharp
    }
  }

  @Test func `exponentials are those of predictions at every bound`() {
    var x: [Float] = [0, -745.13, -745.14, -746, -800, -1e9, -.infinity, 88, 709.7, 709.8, 1e9]
    x += (0..<200).map { Float($0) * 7.3 - 745 }
    let before = KernelSet.current
    for set in [KernelSet.portable, .avx2, .avx512] where set.select() == set {
      for first in x.indices {
        let count = min(8, x.count - first)
        var values = x
        let found = VectorMath.exponentials(
          values.mutableSpan, first: first, count: count, largest: 0)
        for lane in 0..<count {
          #expect(found[lane] == Elementary.exp(Double(x[first + lane])), "\(set.name)")
        }
      }
    }
    before.select()
  }
}

// LayerProductTests.swift: the products of layers against sums written out.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct LayerProductTests {
  private func weight(_ layer: LayerPlace, _ p: [Float], _ input: Int, _ output: Int) -> Double {
    Double(p[layer.weights + ((output / 16) * layer.inputCount + input) * 16 + output % 16])
  }

  private func numbers(_ count: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { _ in random.normal() }
  }

  @Test(arguments: [1, 4, 7, 64])
  func `the three products are matrix products`(rowCount: Int) {
    var random = RandomStream(seed: 2)
    let layer = LayerPlace(inputCount: 32, outputCount: 48, weights: 5, bias: 5 + 32 * 48)
    let p = numbers(layer.bias + 48, &random)
    let x = numbers(rowCount * 32, &random)
    let dy = numbers(rowCount * 48, &random)
    var y = [Float](repeating: .nan, count: rowCount * 48)
    var dx = [Float](repeating: .nan, count: rowCount * 32)
    var gradient = [Float](repeating: 7, count: p.count)
    var scratch = [Float](repeating: .nan, count: 32 * 48)
    DenseProduct.forward(layer, parameters: p, x: x, rowCount: rowCount, y: &y)
    DenseProduct.inputGradient(
      layer, parameters: p, dy: dy, rowCount: rowCount, dx: &dx, scratch: &scratch)
    DenseProduct.weightGradient(
      layer, x: x, dy: dy, rowCount: rowCount, gradient: &gradient)
    for row in 0..<rowCount {
      for output in 0..<48 {
        let sum = (0..<32).reduce(Double(p[layer.bias + output])) {
          $0 + Double(x[row * 32 + $1]) * weight(layer, p, $1, output)
        }
        #expect(abs(Double(y[row * 48 + output]) - sum) < 1e-4)
      }
      for input in 0..<32 {
        let sum = (0..<48).reduce(0.0) {
          $0 + Double(dy[row * 48 + $1]) * weight(layer, p, input, $1)
        }
        #expect(abs(Double(dx[row * 32 + input]) - sum) < 1e-4)
      }
    }
    for input in 0..<32 {
      for output in 0..<48 {
        let sum = (0..<rowCount).reduce(0.0) {
          $0 + Double(x[$1 * 32 + input]) * Double(dy[$1 * 48 + output])
        }
        #expect(abs(weight(layer, gradient, input, output) - sum) < 1e-4)
      }
    }
    #expect(gradient[0..<5].allSatisfy { $0 == 7 }, "what is not the layer's stays as it was")
  }

  /// The table must say what the piecewise-linear formula says, at any value between the edges.
  @Test func `a table is the piecewise-linear encoding times its weights`() throws {
    let table = Synthetic.regression(rowCount: 80)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 5)
    let width = 16
    var random = RandomStream(seed: 9)
    let parameters = numbers(prepared.input.entryCount * width, &random)
    var nodes = parameters
    makeTable(of: prepared.input, width: width, parameters: parameters, table: &nodes)
    guard case .numeric(let positions, _) = prepared.input.columns[0],
      case .numeric(let edges, _, let center, let scale) = prepared.columns[0].kind,
      case .numeric(let values) = table.columns[0].values
    else {
      Issue.record("the first column is numeric")
      return
    }
    #expect(positions.count == edges.count && edges.count == 6)
    for (row, value) in values.enumerated() {
      let entry = Int(prepared.data.entries[row * prepared.data.pairCount])
      let r = Double(prepared.data.fractions[row * prepared.data.pairCount])
      for output in 0..<width {
        let position = Double((value - center) * scale)
        var sum: Double = position * Double(parameters[output])
        for bin in 0..<edges.count - 1 {
          let part: Float = (value - edges[bin]) / (edges[bin + 1] - edges[bin])
          let increment = Double(parameters[(bin + 1) * width + output])
          sum += Double(min(max(part, 0), 1)) * increment
        }
        let low = Double(nodes[entry * width + output])
        let high = Double(nodes[min(entry + 1, edges.count - 1) * width + output])
        #expect(abs((1 - r) * low + r * high - sum) < 1e-4)
      }
    }
  }

  @Test func `an entry without training rows is the mean of the others by their share`() {
    var input = InputShape(columns: [], entryCounts: [])
    input.columns = [.categorical(shares: [0.75, 0.25, 0])]
    var table = [Float](repeating: 0, count: 48)
    let parameters: [Float] = [4, 8, 99].flatMap { [Float](repeating: $0, count: 16) }
    makeTable(of: input, width: 16, parameters: parameters, table: &table)
    #expect(table[0] == 4 && table[16] == 8)
    #expect(table[32...].allSatisfy { $0 == 5 })
  }
}

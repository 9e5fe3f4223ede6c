// Workload.swift: the models that are measured, made from a seed.
//
// Step: [workload] → model files and raw numbers → contenders.

import PosternPackaging

/// One shape of model. All weights come from a seed, experts are raw, hidden layers are ReLU.
struct Workload {
  /// What the driver calls it.
  var name: String
  /// Numbers of a row; for T 16 numbers and 4 codes of categories.
  var inputCount: Int
  /// Routed experts.
  var expertCount: Int
  /// Hidden widths and the number of outputs.
  var widths: [Int]
  /// Element types that a file is written for.
  var elementTypes: [Expert.ElementType] = [.f32]
  /// Whether columns are those of a table, with categories; else all are plain numbers.
  var isTable = false
  /// Whether the first layer reads piecewise-linear encodings of a table's columns.
  var hasLookup = false

  /// All shapes, smallest first.
  static let all = [
    Workload(name: "S", inputCount: 16, expertCount: 8, widths: [32, 32, 1]),
    Workload(
      name: "M", inputCount: 64, expertCount: 32, widths: [128, 128, 10],
      elementTypes: [.f32, .f16, .int8, .int4]),
    Workload(
      name: "L", inputCount: 784, expertCount: 64, widths: [256, 256, 10],
      elementTypes: [.f32, .f16, .int8, .int4]),
    Workload(
      name: "XL", inputCount: 512, expertCount: 256, widths: [512, 512, 100],
      elementTypes: [.f32, .f16, .int8, .int4]),
    Workload(
      name: "T", inputCount: 20, expertCount: 16, widths: [64, 64, 1], isTable: true,
      hasLookup: true),
    Workload(name: "TD", inputCount: 20, expertCount: 16, widths: [64, 64, 1], isTable: true),
  ]

  private static let categoryCount = 8
  private static let tableNumberCount = 16
  private static let binCount = 16

  /// Features that the transform makes.
  var featureCount: Int { columns().reduce(0) { $0 + $1.featureCount } }

  /// The columns of the schema.
  func columns() -> [Column] {
    (0..<inputCount).map { index in
      let name = Array("x\(index)".utf8)
      guard isTable else {
        return Column(
          name: name, kind: .numeric(edges: [-4, 4], fill: 0, center: 0, scale: 1), missing: .fill)
      }
      guard index >= Self.tableNumberCount else {
        let edges = (0...Self.binCount).map { 4 * Float($0) / Float(Self.binCount) - 2 }
        return Column(
          name: name, kind: .numeric(edges: edges, fill: 0, center: 0, scale: 1), missing: .fill)
      }
      // One feature for each known category, none for the unknown one.
      let count = Self.categoryCount
      let codes = (0..<(count + 1) * count).map { $0 / count == $0 % count ? Float(1) : 0 }
      return Column(
        name: name,
        kind: .categorical(
          categories: (0..<count).map { Array("c\($0)".utf8) }, unknownHasEntry: true,
          codes: codes, featureCount: count), missing: .fill)
    }
  }

  /// The model with f32 weights: activations keep the size of the inputs, and every expert's scores
  /// have the same spread.
  func description(_ numbers: inout SeededNumbers) -> ModelDescription {
    let columns = columns()
    let features = columns.reduce(0) { $0 + $1.featureCount }
    let entries = columns.reduce(0) { $0 + $1.entryCount }
    var router: [Float] = []
    for _ in 0..<expertCount {
      let row = numbers.floats(features, scale: 1)
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      router += row.map { 2 * $0 / norm }
    }
    var experts: [Expert] = []
    for _ in 0..<expertCount {
      var layers: [Expert.Layer] = []
      var inputs = hasLookup ? entries : features
      for (number, width) in widths.enumerated() {
        let isLast = number == widths.count - 1
        // A look-up layer adds two entries of each column, a dense layer all its inputs.
        let terms = number == 0 && hasLookup ? 2 * inputCount : inputs
        layers.append(
          Expert.Layer(
            weights: numbers.floats(inputs * width, scale: (6 / Float(terms)).squareRoot()),
            bias: numbers.floats(width, scale: 0.1),
            slopes: isLast ? [] : [Float](repeating: 0, count: width)))
        inputs = width
      }
      experts.append(Expert(firstLayer: hasLookup ? .lookup : .dense, layers: layers))
    }
    let outputs = widths[widths.count - 1]
    return ModelDescription(
      task: outputs == 1 ? .regression : .multiclass, columns: columns,
      targetNames: [Array("y".utf8)],
      classNames: outputs == 1 ? [] : (0..<outputs).map { Array("\($0)".utf8) },
      router: .flat(
        RouterNode(
          kind: .affine, weights: router, bias: numbers.floats(expertCount, scale: 0.01))),
      experts: experts, head: [HeadOutput](repeating: HeadOutput(), count: outputs))
  }

  /// Rows of independent numbers in -2...2 (codes in the columns of categories).
  func rows(_ count: Int, _ numbers: inout SeededNumbers) -> [Float] {
    var rows = numbers.floats(count * inputCount, scale: 2)
    guard isTable else { return rows }
    for index in rows.indices where index % inputCount >= Self.tableNumberCount {
      rows[index] = Float(min(Int((rows[index] + 2) * 2), Self.categoryCount - 1))
    }
    return rows
  }

  /// The order in which no two rows that follow each other choose the same expert, where there is
  /// one: a row that would is exchanged for the next one that does not.
  func withoutRepeats(_ rows: [Float], _ model: ModelDescription) -> [Float] {
    guard !isTable, case .flat(let node) = model.router else { return rows }
    let count = rows.count / inputCount
    var chosen = (0..<count).map { row in
      var best = (0, -Float.infinity)
      for expert in 0..<expertCount {
        var score = node.bias[expert]
        for input in 0..<inputCount {
          score += node.weights[expert * inputCount + input] * rows[row * inputCount + input]
        }
        if score > best.1 { best = (expert, score) }
      }
      return best.0
    }
    var order = Array(0..<count)
    for place in 1..<count where chosen[place] == chosen[place - 1] {
      guard let other = (place + 1..<count).first(where: { chosen[$0] != chosen[place - 1] })
      else { break }
      chosen.swapAt(place, other)
      order.swapAt(place, other)
    }
    return order.flatMap { rows[$0 * inputCount..<($0 + 1) * inputCount] }
  }
}

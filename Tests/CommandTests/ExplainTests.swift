// ExplainTests.swift: local coefficients are the derivatives of what the runtime predicts.

import Foundation
import PosternPackaging
import TestModels
import Testing

/// Goal: `predict --explain=K` prints the exact local linear model. Method: no formula is repeated
/// here; the command itself predicts rows that differ a little in one column, and the differences
/// are compared with the slopes.
@Suite struct ExplainTests {
  private struct Term {
    var column: String
    var slope: Double
    var value: Double
    var isNumber: Bool
  }

  private struct Answer {
    var outputs: [Double]
    var explanations: [(intercept: Double, terms: [Term])]

    /// Intercept and terms summed up.
    func sum(_ index: Int) -> Double {
      let (intercept, terms) = explanations[index]
      return terms.reduce(intercept) { $0 + $1.slope * $1.value }
    }
  }

  private let scratch: Scratch
  private let categories = ["blue", "green", "red", "violet"]

  init() throws { scratch = try Scratch() }

  private func predict(_ model: ModelDescription, _ rows: [[Float]], _ options: String) throws
    -> [Answer]
  {
    try scratch.write(try model.encoded(profile: .ship), to: "m.moe")
    var text = "a,b,c,e\n"
    for row in rows {
      let numbers = [row[0], row[1], row[4]].map { $0.isNaN ? "" : $0.description }
      let category = row[2].isNaN ? "" : categories[Int(row[2])]
      text += "\(numbers[0]),\(numbers[1]),\(category),\(numbers[2])\n"
    }
    try scratch.write(Array(text.utf8), to: "rows.csv")
    let proba = model.task == .regression ? "" : "--proba"
    let result = try scratch.run(
      "postern predict m.moe rows.csv -q --out ndjson \(proba) \(options)")
    #expect(result.status == 0, "\(result.errors)")
    return try result.output.split(separator: "\n").map { line in
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      return try answer(object, model.task)
    }
  }

  private func answer(_ object: [String: Any], _ task: ModelDescription.Task) throws -> Answer {
    let keys = task == .regression ? ["explain.y", "explain.z"] : ["explain"]
    let explanations = try keys.map { key in
      let explanation = try #require(object[key] as? [String: Any])
      let terms = try #require(explanation["terms"] as? [[String: Any]])
      return (
        intercept: try #require(explanation["intercept"] as? Double),
        terms: try terms.map { term in
          Term(
            column: try #require(term["column"] as? String),
            slope: try #require(term["slope"] as? Double),
            value: try #require(term["value"] as? Double),
            isNumber: term["category"] == nil && term["missing"] == nil && term["unknown"] == nil)
        }
      )
    }
    if task == .regression {
      let outputs = try ["prediction.y", "prediction.z"].map { try #require(object[$0] as? Double) }
      return Answer(outputs: outputs, explanations: explanations)
    }
    // The margin between classes is the logarithm of the ratio of their probabilities.
    let chosen = try #require(object["prediction"] as? String)
    let names = task == .binary ? ["no", "yes"] : ["a", "b", "c"]
    let probabilities = try names.map { try #require(object["probability.\($0)"] as? Double) }
    let best = probabilities[try #require(names.firstIndex(of: chosen))]
    let others = names.indices.filter { names[$0] != chosen }.map { probabilities[$0] }
    return Answer(outputs: [log(best / (others.max() ?? 1))], explanations: explanations)
  }

  private static let models: [(name: String, model: ModelDescription)] = [
    ("regression", TestModels.mixed(seed: 3)),
    ("with a shared expert", TestModels.mixed(hasSharedExpert: true, seed: 4)),
    ("binary", TestModels.mixed(task: .binary, seed: 5)),
    ("multiclass", TestModels.mixed(task: .multiclass, seed: 6)),
    ("with cubes", cubes(TestModels.mixed(widths: [[5], [4, 3]], seed: 7))),
  ]

  /// The same layers with cubes between them, tame enough for differences to tell a derivative.
  private static func cubes(_ model: ModelDescription) -> ModelDescription {
    var model = model
    for expert in model.experts.indices {
      model.experts[expert].activation = .cube
      for layer in model.experts[expert].layers.indices {
        let weights = model.experts[expert].layers[layer].weights
        model.experts[expert].layers[layer].weights = weights.map { $0 / 2 }
        let slopes = model.experts[expert].layers[layer].slopes
        model.experts[expert].layers[layer].slopes = slopes.map { _ in 0 }
      }
    }
    return model
  }

  /// Two rows closer to the row than to the next kink must lie on one line with it; rows where they
  /// do not are left out, and most must remain.
  @Test(arguments: models.indices)
  func `slopes are the differences of predictions`(index: Int) throws {
    let (name, model) = ExplainTests.models[index]
    let rows = TestModels.rows(60)
    let step: Float = 1 / 256
    let columns: [(name: String, place: Int)] = [("a", 0), ("b", 1), ("e", 4)]
    var moved: [[Float]] = []
    for row in rows {
      for column in columns {
        for sign: Float in [1, -1] {
          var copy = row
          copy[column.place] += sign * step
          moved.append(copy)
        }
      }
    }
    let answers = try predict(model, rows, "--explain=9")
    let neighbours = try predict(model, moved, "--explain=9")
    var compared = 0
    for (number, row) in rows.enumerated() {
      for (place, column) in columns.enumerated() where !row[column.place].isNaN {
        let up = neighbours[2 * (3 * number + place)].outputs
        let down = neighbours[2 * (3 * number + place) + 1].outputs
        for output in answers[number].outputs.indices {
          let here = answers[number].outputs[output]
          let forward = (up[output] - here) / Double(step)
          let backward = (here - down[output]) / Double(step)
          guard abs(forward - backward) < 0.02 else { continue }
          let terms = answers[number].explanations[output].terms
          let term = try #require(terms.first { $0.column == column.name && $0.isNumber })
          #expect(
            abs(term.slope - (forward + backward) / 2) < 0.02,
            "\(name), row \(number), \(column.name), output \(output)")
          compared += 1
        }
      }
    }
    #expect(compared > 100 * answers[0].outputs.count, "\(name): \(compared)")
  }

  @Test(arguments: models.indices, [1, 2, 9])
  func `intercept and terms add up to the prediction`(index: Int, count: Int) throws {
    let model = ExplainTests.models[index].model
    let answers = try predict(model, TestModels.rows(40), "--explain=\(count)")
    for answer in answers {
      for output in answer.outputs.indices {
        #expect(answer.explanations[output].terms.count == min(count, 4))
        #expect(abs(answer.sum(output) - answer.outputs[output]) < 2e-5)
      }
    }
  }

  /// The gate's factor changes with the row, so only the sum can be checked.
  @Test(arguments: [ModelDescription.GateScale.probability, .score])
  func `a gate's factor is in the sum`(scale: ModelDescription.GateScale) throws {
    var model = TestModels.mixed(seed: 8)
    model.gateScale = scale
    for answer in try predict(model, TestModels.rows(40), "--explain=2") {
      for output in 0..<2 { #expect(abs(answer.sum(output) - answer.outputs[output]) < 2e-5) }
    }
  }

  /// One piece of the function has one intercept: moving inside it changes the values only.
  @Test func `a piece is one affine function`() throws {
    let model = TestModels.mixed(expertCount: 1, widths: [[6]], seed: 9)
    let rows: [[Float]] = [[0.1, 0.2, 1, 0, 0.3], [0.1001, 0.2001, 1, 0, 0.3001]]
    let answers = try predict(model, rows, "--explain=9")
    for output in 0..<2 {
      let first = answers[0].explanations[output]
      let second = answers[1].explanations[output]
      #expect(abs(first.intercept - second.intercept) < 1e-5)
      #expect(first.terms.map(\.slope) == second.terms.map(\.slope))
    }
  }

  @Test func `a value outside the training range has slope 0`() throws {
    let model = TestModels.mixed(expertCount: 2, seed: 10)
    // The edges are -2...2, -1...1 and -2...2; the first row is inside, the others beyond.
    let rows: [[Float]] = [[1, 0.5, 0, 0, 1], [9, 0.5, 0, 0, 1], [1, -4, 0, 0, -9]]
    let answers = try predict(model, rows, "--explain=9")
    let outside = [[], ["a"], ["b", "e"]]
    for (answer, names) in zip(answers, outside) {
      for term in answer.explanations[0].terms where term.isNumber {
        #expect((term.slope == 0) == names.contains(term.column), "\(term)")
      }
    }
  }

  /// What a category's term says is what changing the category does, in a model without hidden
  /// layers: there nothing else changes.
  @Test(arguments: [0, 1])
  func `a category's slope is what it adds`(expert: Int) throws {
    var model = TestModels.mixed(expertCount: 2, widths: [[]], seed: 11)
    model.experts = [model.experts[expert]]
    model.router = .flat(
      RouterNode(
        kind: .affine, weights: [Float](repeating: 0, count: model.featureCount), bias: [0]))
    let rows: [[Float]] = [0, 1, 2, 3, .nan].map { [0.5, 0.25, $0, 0, 0.5] }
    let answers = try predict(model, rows, "--explain=9")
    for output in 0..<2 {
      let slopes = try answers.map { answer in
        try #require(answer.explanations[output].terms.first { $0.column == "c" }).slope
      }
      for row in 1..<rows.count {
        let change = answers[row].outputs[output] - answers[0].outputs[output]
        #expect(abs(slopes[row] - slopes[0] - change) < 1e-5)
      }
      // Compared with the mean of the three known ones.
      #expect(abs(slopes[0] + slopes[1] + slopes[2]) < 1e-5)
    }
  }
}

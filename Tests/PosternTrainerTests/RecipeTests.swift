// RecipeTests.swift: what an experiment prescribes is what training does.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct RecipeTests {
  private func options(_ method: TrainingMethod, _ kind: RouterParameters.Kind) -> TrainingOptions {
    var options = TrainingOptions()
    (options.expertCount, options.teacherCount, options.hiddenWidths) = (3, 0, [16])
    (options.method, options.router, options.binCount) = (method, RouterChoice(kind), 1)
    (options.epochCount, options.threadCount) = (3, 1)
    return options
  }

  @Test func `few rows get as many steps by more epochs`() {
    var schedule = Schedule(epochs: 4, batchSize: 10, rate: 1e-3, patience: 1)
    #expect(schedule.epochs(rowCount: 35) == 4)
    schedule.leastStepCount = 50
    #expect(schedule.epochs(rowCount: 35) == 13)
    #expect(schedule.epochs(rowCount: 1000) == 4)
    #expect(schedule.epochs(rowCount: 0) == 50)
  }

  @Test func `an error spread falls in a line and stays`() throws {
    var schedule = MixtureSchedule(
      networks: Schedule(epochs: 1, batchSize: 1, rate: 1, patience: 1))
    #expect(schedule.errorVariance(after: 0) == nil)
    schedule.errorSpread = 0.1...0.5
    for (share, spread) in [(0.0, 0.5), (0.3, 0.3), (0.6, 0.1), (1, 0.1)] {
      let variance = try #require(schedule.errorVariance(after: share))
      #expect(abs(variance - spread * spread) < 1e-12)
    }
  }

  @Test func `a cell's columns have mean 0 and deviation 1 over its rows`() throws {
    let table = Synthetic.regression(rowCount: 200)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let rows = (0..<200).filter { $0 % 3 == 0 }.map { Int32($0) }
    let input = prepared.input.standardized(over: prepared.data, rows: rows)
    var firstEntry = 0
    for (pair, column) in input.columns.enumerated() {
      defer { firstEntry += column.entryCount }
      guard case .numeric(let positions, _) = column else { continue }
      var values: [Double] = []
      for row in rows {
        let index = Int(row) * prepared.data.pairCount + pair
        let bin = Int(prepared.data.entries[index]) - firstEntry
        guard bin + 1 < positions.count else { continue }
        let width = positions[bin + 1] - positions[bin]
        values.append(Double(positions[bin] + prepared.data.fractions[index] * width))
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(mean) < 1e-4)
      #expect(abs(squares - 1) < 1e-3)
    }
    #expect(input.entryCount == prepared.input.entryCount)
    #expect(prepared.input.standardized(over: prepared.data, rows: [1]) == prepared.input)
  }

  @Test func `training's own values are the runtime's, bit for bit`() throws {
    let table = Synthetic.regression(rowCount: 300)
    let result = try Trainer.train(
      table, options: options(.twoStage, .prototype), recipe: TrainingRecipe())
    #expect(try serve(result.refit, table).values == result.trainedValues)
    #expect(result.hardLoss.isFinite && result.softLoss.isFinite)
    #expect(result.joint != result.refit)
  }

  @Test func `random prototypes are rows, and a fixed scale stays`() throws {
    let table = Synthetic.regression(rowCount: 300)
    var recipe = TrainingRecipe()
    recipe.routerStart = .random(scale: 2.5)
    recipe.fixesScale = true
    let fixed = try Trainer.train(
      table, validation: table, options: options(.likelihood, .laplace), recipe: recipe)
    let published = try #require(fixed.joint.ancillary.routerParameters)
    #expect(published.nodes[0].scale.allSatisfy { abs($0 - 2.5) < 1e-5 })

    let cells = try Trainer.train(
      table, validation: table, options: options(.twoStage, .prototype), recipe: recipe)
    let prototypes = try #require(cells.refit.ancillary.routerParameters).nodes[0].weight
    let prepared = try PreparedData(table: table, validation: table, binCount: 1)
    let count = prepared.data.featureCount
    let rows = (0..<300).map { row in
      let first = row * prepared.data.featureStride
      return Array(prepared.data.features[first..<first + count])
    }
    for child in 0..<3 {
      #expect(rows.contains(Array(prototypes[child * count..<(child + 1) * count])))
    }
  }

  @Test func `a cosine's gradient has no part along its weight, a perturbed one's has`() {
    let weight: [Float] = [0.5, -1, 0.25, 2]
    let row: [Float] = [1, 0.5, -2, 0.75]
    let norm = weight.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for tau in [Float(0), 0.5] {
      let published = RouterParameters(
        outerKind: tau > 0 ? .perturbedCosine : .cosine, tau1: tau, tau2: tau,
        nodes: [.init(weight: weight + row, bias: [0, 0], scale: [1, 1])])
      let router = RouterFormulas(published, expertCount: 2, featureCount: 4)
      let u = router.logits([row])[0]
      let rowNorm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let product = zip(weight, row).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(u - product / ((norm + tau) * (rowNorm + tau))) < 1e-6)
      let gradient = router.weightGradient(row, expert: 0)
      let along = zip(weight, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(along - u * tau / (norm + tau)) < 1e-6)
    }
  }
}

// LinearClassifier.swift: the linear model of classes, its penalty by cross-validation.
//
// Step: rows → terms → [logits] → linear model.

import PosternPackaging

/// Logistic regression over the terms of a design, multinomial for more than two classes.
enum LinearClassifier {
  /// Penalties `λ` that are tried, each from the solution of the one before.
  static let ridges = [1e-1, 1e-2, 1e-3, 1e-4]
  /// Where passes are few.
  static let fewRidges = [1e-3]
  static let foldCount = 3
  /// The most multiply-adds of a fit; passes over the rows are as many as this allows.
  static let workLimit = 1 << 35
  /// Passes over the rows below which there is no model, and up to which no penalty is sought.
  static let passLimits = (least: 12, few: 160)

  /// How a fit goes: steps for each penalty.
  struct Plan: Equatable {
    var ridges: [Double]
    var stepCount: Int

    /// The plan for so many passes over the rows; nil for too few.
    init?(rowCount: Int, termCount: Int, outputCount: Int) {
      // An exponential takes as long as some hundred multiply-adds.
      let work = rowCount * ((outputCount + 15) / 16 * 16) * (2 * termCount + 150)
      let passes = LinearClassifier.workLimit / max(work, 1)
      guard passes >= LinearClassifier.passLimits.least else { return nil }
      ridges =
        passes > LinearClassifier.passLimits.few
        ? LinearClassifier.ridges : LinearClassifier.fewRidges
      // All rows once for each penalty, and two thirds of them in each of three folds.
      let rounds = ridges.count > 1 ? 3 * ridges.count : 1
      stepCount = min(passes / rounds, 60)
    }
  }

  /// The fit to the rows of `table`, whose classes are `targets`; nil where they are too few to be
  /// parted, or too many for the classes.
  static func fit(
    _ design: LinearDesign, _ table: TrainingTable, targets: Targets, seed: UInt64, threads: Int
  ) -> LinearModel? {
    let maps = categoryMaps(of: table, columns: design.columns)
    let design = design.screened(
      table, maps: maps, targets: indicators(targets), RidgeRegression.termLimits.most)
    let terms = design.termCount
    guard table.rowCount >= foldCount, terms > 0,
      let plan = Plan(
        rowCount: table.rowCount, termCount: terms, outputCount: targets.outputCount)
    else { return nil }
    var head = RidgeHead()
    head.isAccelerated = true
    head.stepCount = plan.stepCount
    var rows = (0..<Int32(table.rowCount)).map { $0 }
    func solutions(_ rows: [Int32], _ ridges: [Double]) -> [[Double]] {
      head.solutions(width: terms, targets: targets, rows: rows, ridges: ridges) {
        design.fill(&$2, table, maps: maps, rows: $0, stride: $1)
      }
    }
    var ridges = plan.ridges
    if ridges.count > 1 {
      var random = RandomStream(seed: seed, 0x6C69_6E65)
      random.shuffle(&rows)
      let losses = Parallel.map(count: foldCount, threads: threads) { fold in
        let own = rows.indices.filter { $0 % foldCount == fold }.map { rows[$0] }
        let others = rows.indices.filter { $0 % foldCount != fold }.map { rows[$0] }
        let found = solutions(others, ridges)
        guard found.count == ridges.count else {
          return [Double](repeating: .infinity, count: ridges.count)
        }
        return found.map { solution in
          loss(model(design, solution, targets), table, targets, rows: own)
        }
      }
      let totals = ridges.indices.map { index in losses.reduce(0) { $0 + $1[index] } }
      let best = totals.indices.reduce(0) { totals[$1] < totals[$0] ? $1 : $0 }
      ridges = Array(ridges[...best])
      rows.sort()
    }
    return solutions(rows, ridges).last.map { solution in
      var result = model(design, solution, targets)
      result.means = means(design, table, maps)
      return result
    }
  }

  private static func model(
    _ design: LinearDesign, _ solution: [Double], _ targets: Targets
  ) -> LinearModel {
    let size = design.termCount + 1
    return LinearModel(
      design: design,
      weights: (0..<targets.outputCount).map {
        Array(solution[$0 * size..<$0 * size + design.termCount])
      },
      intercepts: (0..<targets.outputCount).map { solution[$0 * size + design.termCount] },
      means: [])
  }

  /// The sum of the losses of `rows`.
  private static func loss(
    _ model: LinearModel, _ table: TrainingTable, _ targets: Targets, rows: [Int32]
  ) -> Double {
    var outputs = model.predict(table.selecting(rows.map { Int($0) })).map { Float($0) }
    return rows.enumerated().reduce(0.0) { sum, place in
      sum
        + Double(
          targets.lossAndGradient(
            row: Int(place.element), outputs: &outputs,
            offset: place.offset * targets.outputCount, weight: 0))
    }
  }

  private static func means(
    _ design: LinearDesign, _ table: TrainingTable, _ maps: [[UInt32]]
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: design.termCount)
    let rows = (0..<Int32(table.rowCount)).map { $0 }
    design.eachBlock(table, maps: maps, rows: rows) { rows, terms in
      for row in 0..<rows.count {
        for term in sums.indices { sums[term] += terms[row * sums.count + term] }
      }
    }
    return sums.map { $0 / Double(max(table.rowCount, 1)) }
  }

  /// For each of at most eight frequent classes whether a row has it, `[class][row]`.
  private static func indicators(_ targets: Targets) -> [[Double]] {
    let count = targets.task == .binary ? 2 : targets.outputCount
    var frequency = [Int](repeating: 0, count: count)
    for label in targets.labels { frequency[Int(label)] += 1 }
    let rows = Double(max(targets.labels.count, 1))
    return frequency.indices.sorted { (frequency[$0], $1) > (frequency[$1], $0) }.prefix(8).map {
      wanted in
      let share = Double(frequency[wanted]) / rows
      return targets.labels.map { (Int($0) == wanted ? 1 : 0) - share }
    }
  }
}

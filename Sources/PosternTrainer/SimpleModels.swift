// SimpleModels.swift: a linear model and a constant, which a network must be better than.
//
// Step: rows → [linear model, constant] → choice.

import PosternPackaging
import PosternRuntime

/// The simplest models of the training rows.
struct SimpleModels: Sendable {
  /// Nil where none was asked for, or where rows are too few for it.
  var linear: LinearModel?
  /// The mean targets, or the logits of the classes' shares, whatever the row.
  var constant: LinearModel
  /// What turns their outputs into values.
  var head: [HeadOutput]
  /// The part of a regression that the linear model explains well.
  var part: LinearPart?

  /// Fits them to the rows of `table`, of which `prepared` was made; without `hasLinear` only the
  /// constant.
  init(
    _ table: TrainingTable, _ prepared: PreparedData, hasLinear: Bool, seed: UInt64, threads: Int
  ) {
    let truth = table.truth
    let isRegression = prepared.task == .regression
    let design = LinearDesign(table, columns: prepared.columns)
    let zeros = [Double](repeating: 0, count: design.termCount)
    constant = LinearModel(
      design: design, weights: prepared.head.map { _ in zeros },
      intercepts: isRegression
        ? truth.map { $0.reduce(0, +) / Double(max($0.count, 1)) } : Self.logits(prepared.targets),
      means: zeros)
    head =
      isRegression
      ? zip(prepared.head, truth).map { $0.scale > 0 ? $0.reaching($1) : $0 } : prepared.head
    guard hasLinear else { return }
    if !isRegression {
      linear = LinearClassifier.fit(
        design, table, targets: prepared.targets, seed: seed, threads: threads)
    } else if let fit = RidgeRegression.fit(design, table, seed: seed, threads: threads) {
      linear = fit.model
      part = LinearPart(fit, table, head: prepared.head)
    }
  }

  /// The logits of the classes' shares; a class without rows counts as half a row.
  private static func logits(_ targets: Targets) -> [Double] {
    let isBinary = targets.task == .binary
    var counts = [Double](repeating: 0, count: isBinary ? 2 : targets.outputCount)
    for label in targets.labels { counts[Int(label)] += 1 }
    let logarithms = counts.map { Elementary.log(max($0, 0.5)) }
    return isBinary ? [logarithms[1] - logarithms[0]] : logarithms
  }
}

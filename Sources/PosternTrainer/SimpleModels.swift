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
  private let frame: Frame

  /// What the models have in common with those that they are compared with.
  private struct Frame: Sendable {
    var columns: [Column]
    var head: [HeadOutput]
    var classNames: [[UInt8]]
    var seed: UInt64
    var threads: Int
  }

  /// Fits them to the rows of `table`, of which `prepared` was made; without `hasLinear` only the
  /// constant.
  init(
    _ table: TrainingTable, _ prepared: PreparedData, hasLinear: Bool, seed: UInt64, threads: Int
  ) {
    self.init(
      table, prepared.targets,
      Frame(
        columns: prepared.columns, head: prepared.head, classNames: prepared.classNames,
        seed: seed, threads: threads), hasLinear: hasLinear)
  }

  /// The same models of other rows, such as all that there are.
  func refitted(to table: TrainingTable) throws(TrainingError) -> SimpleModels {
    let task: ModelDescription.Task =
      frame.classNames.isEmpty ? .regression : frame.head.count == 1 ? .binary : .multiclass
    let targets = try PreparedData.targets(
      table, task: task, head: frame.head, classNames: frame.classNames)
    return SimpleModels(table, targets, frame, hasLinear: linear != nil)
  }

  private init(_ table: TrainingTable, _ targets: Targets, _ frame: Frame, hasLinear: Bool) {
    self.frame = frame
    let truth = table.truth
    let isRegression = targets.task == .regression
    let design = LinearDesign(table, columns: frame.columns)
    let zeros = [Double](repeating: 0, count: design.termCount)
    constant = LinearModel(
      design: design, weights: frame.head.map { _ in zeros },
      intercepts: isRegression
        ? truth.map { $0.reduce(0, +) / Double(max($0.count, 1)) } : Self.logits(targets),
      means: zeros)
    head =
      isRegression
      ? zip(frame.head, truth).map { $0.scale > 0 ? $0.reaching($1) : $0 } : frame.head
    guard hasLinear else { return }
    let (seed, threads) = (frame.seed, frame.threads)
    if !isRegression {
      linear = LinearClassifier.fit(design, table, targets: targets, seed: seed, threads: threads)
    } else if let fit = RidgeRegression.fit(design, table, seed: seed, threads: threads) {
      linear = fit.model
      part = LinearPart(fit, table, head: frame.head)
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

// TrainedModel+Rounding.swift: the same model with weights of fewer bits, and what that costs.
//
// Step: model value → [rounded weights] → runtime → scores.

public import PosternPackaging

extension TrainedModel {
  /// Rounds the experts' weights. Score and deviations become those of the rounded model, as the
  /// runtime computes them; transform and router stay, so that routes stay.
  ///
  /// - Parameters:
  ///   - type: How the file stores weights; with f32 nothing changes.
  ///   - table: The rows that the model was trained on.
  ///   - validation: The rows that judged it, if they were not of `table`.
  ///   - seed: The seed of the training, which names the rows of `table` that judged.
  /// - Throws: ``TrainingError/unservable(_:)`` if the rounded model exceeds a limit of the format.
  /// - Complexity: The prediction of the rows that judge, on one thread.
  public mutating func round(
    to type: Expert.ElementType, _ table: TrainingTable, validation: TrainingTable?, seed: UInt64
  ) throws(TrainingError) {
    guard type != .f32 else { return }
    var rounded = description
    rounded.round(to: type)
    let judged =
      validation ?? table.splitForValidation(seed: seed).map { table.selecting($0.validation) }
      ?? table
    let rows = try LabelledRows(judged, of: rounded)
    let answers = try serve(rounded, judged)
    let score = rows.score(served: answers.values)
    guard score.loss.isFinite else { throw .diverged }
    if rounded.task == .regression {
      rounded.ancillary.deviations = rows.deviations(
        of: answers, expertCount: rounded.experts.count)
    }
    description = rounded
    report.unroundedScore = report.score
    report.score = score.metric
  }
}

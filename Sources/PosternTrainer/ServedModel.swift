// ServedModel.swift: what a model file says about rows: who answers, and what each expert says.
//
// Step: model → runtime → [cells, values].

import PosternFormat
import PosternPackaging
import PosternRuntime

/// The expert that answers for each row of `table`, by the runtime; -1 where the row is refused.
///
/// No expert is read.
///
/// - Parameters:
///   - table: The rows; its columns are the model's.
///   - columns: The model's columns.
///   - model: A validated model with f32 weights.
/// - Returns: One index for each row.
/// - Complexity: O(*rows*), on one thread.
func cells(of table: TrainingTable, columns: [Column], _ model: ModelView) -> [Int] {
  let maps = categoryMaps(of: table, columns: columns)
  let capacity = min(table.rowCount, 256)
  var workspace = [UInt32](
    repeating: 0, count: model.header.workspaceByteCount(rowCapacity: capacity) / 4)
  var experts: [Int] = []
  experts.reserveCapacity(table.rowCount)
  do throws(SessionError) {
    var session = try Session(
      model: model, rowCapacity: capacity, workspace: workspace.mutableSpan)
    var row = [Float](repeating: 0, count: columns.count)
    for start in stride(from: 0, to: table.rowCount, by: capacity) {
      let count = min(capacity, table.rowCount - start)
      for slot in 0..<count {
        table.copyRow(start + slot, maps: maps, to: &row)
        session.load(row.span, at: slot)
      }
      session.route(count: count, explaining: false)
      for slot in 0..<count {
        experts.append(session.status(slot).refusal == nil ? session.expert(slot) : -1)
      }
    }
  } catch {
    preconditionFailure("a workspace of the stated size is large enough for f32 experts")
  }
  return experts
}

extension ModelDescription {
  /// This model's transform and head with one expert that answers for every row.
  func alone(_ expert: Expert) -> ModelDescription {
    var single = self
    single.router = .flat(
      RouterNode(
        kind: .affine, weights: [Float](repeating: 0, count: featureCount), bias: [0]))
    single.gateScale = .none
    single.experts = [expert]
    single.ancillary = Ancillary()
    return single
  }

  /// This model with one expert in all of `expertCount` places: whatever the router chooses, it
  /// answers, and its outputs are multiplied by the gate of the choice.
  func everywhere(_ expert: Expert, expertCount: Int) -> ModelDescription {
    var model = self
    model.experts = [Expert](repeating: expert, count: expertCount)
    model.ancillary = Ancillary()
    return model
  }

  /// An expert whose outputs are all `value`.
  func constant(_ value: Float) -> Expert {
    Expert(
      firstLayer: .dense,
      layers: [
        Expert.Layer(
          weights: [Float](repeating: 0, count: featureCount * outputCount),
          bias: [Float](repeating: value, count: outputCount), slopes: [])
      ])
  }
}

extension LabelledRows {
  /// The loss of each row, from values as the runtime gives them: infinite where it refuses.
  func rowLosses(served values: [Float]) -> [Double] {
    let losses =
      targets.task == .regression
      ? squaredErrors(served: values) : rowLosses(outputs(served: values))
    return losses.map { $0.isFinite ? $0 : .infinity }
  }

  /// The mean over the targets of each row's squared errors, in binary64 and in units of the head.
  private func squaredErrors(served values: [Float]) -> [Double] {
    let count = targets.outputCount
    return (0..<data.rowCount).map { row in
      (0..<count).reduce(0.0) { sum, output in
        guard head[output].scale > 0 else { return sum }
        let index = row * count + output
        let error = (Double(values[index]) - truth[index]) / Double(head[output].scale)
        return sum + error * error / Double(count)
      }
    }
  }
}

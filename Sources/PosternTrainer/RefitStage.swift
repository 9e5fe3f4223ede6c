// RefitStage.swift: each expert once more, on just the rows that it will be asked about.
//
// Step: mixture → [refit] → model value.

/// Trains each expert on its own cell with the router frozen, so that what is served is what was
/// trained.
///
/// An expert keeps its parameters unless the validation rows of its cell get better; where a cell
/// has too few rows for that to mean anything, it keeps them in any case.
///
/// Cells with fewer than `rowLimit` training or validation rows are left.
/// `observe` is told the expert, its passes so far and its loss.
func refit(
  _ mixture: Mixture, data: EncodedRows, targets: Targets, validation: LabelledRows,
  schedule: Schedule, seed: UInt64, threads: Int, rowLimit: Int, reporter: ProgressReporter,
  observe: (Int, Int, Double) -> Void
) -> Mixture {
  let cells = mixture.cells(data, threads: threads)
  let validationCells = mixture.cells(validation.data, threads: threads)
  let adjustment = mixture.adjustment(data, threads: threads)
  let judged = mixture.adjustment(validation.data, threads: threads)
  var refitted = mixture
  refitted.experts = Parallel.map(
    count: cells.count, threads: threads, whileWaiting: reporter.repeatReport
  ) { expert -> NetworkParameters in
    let before = mixture.experts[expert]
    let isJudged = validationCells[expert].count >= rowLimit
    guard cells[expert].count >= rowLimit, isJudged || schedule.keepsLast else {
      return before
    }
    var schedule = schedule
    schedule.epochs = schedule.epochs(rowCount: cells[expert].count)
    let fitted = trainDense(
      shape: before.shape, initial: before.values, data: data, targets: targets,
      rows: cells[expert], validation: validation.selecting(validationCells[expert]),
      schedule: schedule, random: RandomStream(seed: seed, 0x7265_6669, UInt64(expert)),
      reporter: reporter,
      adjustments: (adjustment, judged.selecting(validationCells[expert]))
    ) { epoch, loss, _, _ in observe(expert, epoch, loss) }
    return NetworkParameters(shape: before.shape, values: fitted.parameters)
  }
  return refitted
}

extension OutputAdjustment {
  /// Only `rows`, in that order.
  fileprivate func selecting(_ rows: [Int32]) -> OutputAdjustment {
    var result = self
    if !gates.isEmpty { result.gates = rows.map { gates[Int($0)] } }
    if !offsets.isEmpty {
      result.offsets = rows.flatMap {
        offsets[Int($0) * outputCount..<(Int($0) + 1) * outputCount]
      }
    }
    return result
  }
}

extension LabelledRows {
  /// Only `rows`, in that order.
  func selecting(_ rows: [Int32]) -> LabelledRows {
    var result = self
    result.data = data.selecting(rows)
    let count = targets.outputCount
    if !targets.values.isEmpty {
      result.targets.values = rows.flatMap {
        targets.values[Int($0) * count..<(Int($0) + 1) * count]
      }
    }
    if !targets.labels.isEmpty {
      result.targets.labels = rows.map { targets.labels[Int($0)] }
    }
    return result
  }
}

extension EncodedRows {
  /// Only `rows`, in that order.
  func selecting(_ rows: [Int32]) -> EncodedRows {
    var result = self
    result.rowCount = rows.count
    result.entries = rows.flatMap { entries[Int($0) * pairCount..<(Int($0) + 1) * pairCount] }
    result.fractions = rows.flatMap { fractions[Int($0) * pairCount..<(Int($0) + 1) * pairCount] }
    result.features = rows.flatMap {
      features[Int($0) * featureStride..<(Int($0) + 1) * featureStride]
    }
    return result
  }
}

// PreparedData.swift: everything that is fixed before the first network is trained.
//
// Step: rows → [columns, encoded rows, targets] → networks.

import PosternPackaging

/// The fitted transform, the encoded rows and the targets of training and validation.
struct PreparedData {
  var task: ModelDescription.Task
  var columns: [Column]
  var input: InputShape
  var head: [HeadOutput]
  var targetNames: [[UInt8]]
  var classNames: [[UInt8]]
  var data: EncodedRows
  var targets: Targets
  var validation: LabelledRows
  var warnings: [TrainingWarning]
  /// The rows of `validation` as they came.
  var validationTable: TrainingTable
  /// The linear model whose rest is what networks learn: ``learnRest(of:_:)``.
  var linear: LinearPart?

  /// Fits the transform on `table` and encodes both tables.
  init(
    table: TrainingTable, validation: TrainingTable?, binCount: Int
  ) throws(TrainingError) {
    var warnings: [TrainingWarning] = []
    switch table.target {
    case .regression(let names, let values):
      (task, targetNames, classNames) = (.regression, names, [])
      head = values.map(Self.headOutput)
      for (index, output) in head.enumerated() where output.scale == 0 {
        warnings.append(.constantTarget(target: index))
      }
    case .classification(let name, let labels, let classes):
      (targetNames, classNames) = ([name], classes)
      task = classes.count == 2 ? .binary : .multiclass
      head = [HeadOutput](repeating: HeadOutput(), count: task == .binary ? 1 : classes.count)
      warnings += try Self.checkClasses(labels, classCount: classes.count)
    }
    targets = try Self.targets(table, task: task, head: head, classNames: classNames)
    let statistics = Self.statistics(targets)
    let fitted = try fitFeatures(
      of: table, binCount: binCount, statistics: statistics.values,
      statisticCount: statistics.count)
    columns = fitted.columns
    warnings += fitted.warnings
    input = InputShape(columns: columns, entryCounts: fitted.entryCounts)
    data = encode(table, columns: columns, categoryMaps: categoryMaps(of: table, columns: columns))
    let judged = validation ?? table
    validationTable = judged
    self.validation = LabelledRows(
      data: encode(
        judged, columns: columns, categoryMaps: categoryMaps(of: judged, columns: columns)),
      targets: try Self.targets(judged, task: task, head: head, classNames: classNames),
      head: head, truth: judged.truth)
    if data.featureCount > table.rowCount {
      warnings.append(
        .moreFeaturesThanRows(featureCount: data.featureCount, rowCount: table.rowCount))
    }
    if table.rowCount < 100 { warnings.append(.fewRows(rowCount: table.rowCount)) }
    self.warnings = warnings
  }

  /// Standardises a target, and lets predictions go 5 % beyond its training range.
  private static func headOutput(_ values: [Float]) -> HeadOutput {
    var sum = 0.0
    for value in values { sum += Double(value) }
    let mean = sum / Double(values.count)
    var squares = 0.0
    for value in values { squares += (Double(value) - mean) * (Double(value) - mean) }
    let deviation = (squares / Double(values.count)).squareRoot()
    let low = values.min() ?? 0
    let high = values.max() ?? 0
    guard low < high, Float(deviation) > 0, Float(1 / deviation).isFinite else {
      return HeadOutput(scale: 0, offset: low, low: low, high: low)
    }
    let margin = 0.05 * (Double(high) - Double(low))
    let limit = Double(Float.greatestFiniteMagnitude)
    return HeadOutput(
      scale: Float(deviation), offset: Float(mean), low: Float(max(Double(low) - margin, -limit)),
      high: Float(min(Double(high) + margin, limit)))
  }

  private static func checkClasses(
    _ labels: [UInt32], classCount: Int
  ) throws(TrainingError) -> [TrainingWarning] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    let present = counts.indices.filter { counts[$0] > 0 }
    guard present.count > 1 else { throw .oneClassOnly(classIndex: present.first ?? 0) }
    let absent = counts.indices.filter { counts[$0] == 0 }
    return absent.isEmpty ? [] : [.absentClasses(classIndices: absent)]
  }

  /// The targets as the networks see them.
  static func targets(
    _ table: TrainingTable, task: ModelDescription.Task, head: [HeadOutput], classNames: [[UInt8]]
  ) throws(TrainingError) -> Targets {
    var result = Targets(task: task, outputCount: head.count, values: [], labels: [])
    switch table.target {
    case .regression(_, let values):
      result.values = [Float](repeating: 0, count: table.rowCount * head.count)
      for (output, record) in head.enumerated() where record.scale > 0 {
        for (row, value) in values[output].enumerated() {
          result.values[row * head.count + output] = (value - record.offset) / record.scale
        }
      }
    case .classification(_, let labels, let classes):
      // The other table may list its classes in another order.
      let codes = classes.map { name in classNames.firstIndex(of: name).map { UInt32($0) } }
      result.labels.reserveCapacity(labels.count)
      for (row, label) in labels.enumerated() {
        guard let code = codes[Int(label)] else { throw .unknownValidationClass(row: row) }
        result.labels.append(code)
      }
      if task == .binary { result.values = result.labels.map { Float($0) } }
    }
    return result
  }

  /// What columns of many categories are coded by: standardised targets, or the indicators of the
  /// most frequent classes; at most four of either.
  private static func statistics(_ targets: Targets) -> (values: [Float], count: Int) {
    if targets.task == .binary { return (targets.values, 1) }
    let count = min(targets.outputCount, 4)
    if targets.task == .regression {
      let rows = targets.values.count / targets.outputCount
      return (
        (0..<rows * count).map {
          targets.values[$0 / count * targets.outputCount + $0 % count]
        }, count
      )
    }
    var frequency = [Int](repeating: 0, count: targets.outputCount)
    for label in targets.labels { frequency[Int(label)] += 1 }
    let frequent = frequency.indices.sorted {
      (frequency[$0], $1) > (frequency[$1], $0)
    }.prefix(count)
    return (targets.labels.flatMap { label in frequent.map { Int(label) == $0 ? 1 : 0 } }, count)
  }
}

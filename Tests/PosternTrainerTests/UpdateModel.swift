// UpdateModel.swift: a small trained model, and rows of another law for it.

import PosternFormat
import PosternPackaging

@testable import PosternTrainer

/// A model that tests update, and how.
enum UpdateModel {
  /// Four experts over a law that is linear in each quadrant.
  static let file: [UInt8] = trained(Synthetic.regression(rowCount: 1200))

  static func trained(
    _ table: TrainingTable, experts: Int = 4, router: RouterChoice? = nil, groups: Int? = nil
  ) -> [UInt8] {
    var options = Synthetic.quickOptions(experts: experts)
    // So many experts whatever else would do.
    options.method = .softToHard
    options.router = router
    options.groupCount = groups
    let model = try? Trainer.train(table, options: options)
    return (try? model?.description.encoded(profile: .map)) ?? []
  }

  /// Rows of the same columns whose target is `shift` higher where `a > 0`.
  static func drifted(rowCount: Int, by shift: Float, seed: UInt64 = 50) -> TrainingTable {
    var table = Synthetic.regression(rowCount: rowCount, seed: seed)
    if case .regression(let names, let values) = table.target,
      case .numeric(let a) = table.columns[0].values
    {
      table.target = .regression(
        names: names, values: [values[0].indices.map { values[0][$0] + (a[$0] > 0 ? shift : 0) }])
    }
    return table
  }

  static func update(
    _ table: TrainingTable, _ part: UpdateOptions.Part, validation: TrainingTable? = nil,
    threads: Int = 2, epochs: Int = 15, file: [UInt8] = file, forced: Bool = false,
    asked: (Int) -> Void = { _ in }
  ) throws -> ModelUpdate {
    var options = UpdateOptions(part)
    options.threadCount = threads
    options.epochCount = epochs
    options.isForced = forced
    return try Trainer.update(
      try ModelView(validating: file.span), with: table, validation: validation, options: options,
      decoded: { expert throws(FormatError) in
        asked(expert)
        return try raw(file, expert)
      })
  }

  /// The file after an update.
  static func updated(_ update: ModelUpdate, file: [UInt8] = file) throws -> [UInt8] {
    try update.applied(to: ModelView(validating: file.span))
  }

  /// What the runtime says about rows.
  static func answers(_ table: TrainingTable, file: [UInt8] = file) throws -> ServedAnswers {
    try serve(try description(file), table)
  }

  static func description(_ file: [UInt8] = file) throws -> ModelDescription {
    try ModelDescription(decoding: ModelView(validating: file.span)) { expert throws(FormatError) in
      try raw(file, expert)
    }
  }

  /// The mean squared error of some rows.
  static func error(_ answers: ServedAnswers, _ table: TrainingTable, rows: [Int]) -> Double {
    guard case .regression(_, let values) = table.target else { return .nan }
    let squares = rows.map {
      (answers.values[$0] - values[0][$0]) * (answers.values[$0] - values[0][$0])
    }
    return squares.reduce(0) { $0 + Double($1) } / Double(rows.count)
  }

  private static func raw(_ file: [UInt8], _ expert: Int) throws(FormatError) -> [UInt8] {
    let view = try ModelView(validating: file.span)
    let bytes = try view.checkedRawExpert(expert)
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    return copy
  }
}

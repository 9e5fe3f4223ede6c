// ModelOutline.swift: models of any shape over a table, before anything is trained.
//
// Step: rows → [outline] → sizes.

public import PosternPackaging

/// A table with its transform fitted, from which untrained models of every shape can be made: their
/// files are as long as those of trained ones.
public struct ModelOutline: Sendable {
  /// Rows that training would learn from; the others of the table would judge.
  public let trainingRowCount: Int
  /// Features that the router sees.
  public var featureCount: Int { prepared.data.featureCount }
  /// Columns that are used.
  public var usedColumnCount: Int { prepared.data.pairCount }
  /// Numbers that an expert puts out.
  public var outputCount: Int { prepared.head.count }
  private let prepared: PreparedData

  /// Fits the transform as ``Trainer/train(_:validation:options:progress:)`` would.
  ///
  /// - Parameters:
  ///   - table: The rows.
  ///   - options: What the user chose; only the seed and the number of bins matter.
  ///   - holdsOut: Whether a part of the rows would judge; not where others are given for that.
  /// - Throws: What keeps the table from being trained on.
  /// - Complexity: O(*columns* · *rows* log *rows*).
  public init(
    _ table: TrainingTable, options: TrainingOptions, holdsOut: Bool = true
  ) throws(TrainingError) {
    try options.check()
    try table.check()
    var train = table
    var judged: TrainingTable?
    if holdsOut, let split = table.splitForValidation(seed: options.seed) {
      train = table.selecting(split.train)
      judged = table.selecting(split.validation)
    }
    trainingRowCount = train.rowCount
    let binCounts = TrainingPlan.binCounts(
      options, rowCount: train.rowCount, columnCount: train.columns.count)
    prepared = try PreparedData(
      table: train, validation: judged, binCount: binCounts[binCounts.count - 1])
  }

  /// The most bins that suit a table of this size when nobody chooses.
  public static func defaultBinCounts(_ table: TrainingTable) -> [Int] {
    TrainingPlan.binCounts(
      TrainingOptions(), rowCount: table.rowCount, columnCount: table.columns.count)
  }

  /// Parameters of one expert of these hidden widths: those that the file stores.
  public func parameterCount(widths: [Int]) -> Int {
    shape(widths).parameterCount
  }

  /// An untrained model.
  ///
  /// - Parameters:
  ///   - expertCount: Experts behind a flat router of `kind`.
  ///   - widths: Hidden widths of each, multiples of 16.
  ///   - kind: The router's kind.
  /// - Returns: A model that can be encoded; its weights mean nothing.
  /// - Throws: ``TrainingError`` if the format has no place for such networks.
  public func description(
    expertCount: Int, widths: [Int], kind: RouterParameters.Kind = .linear
  ) throws(TrainingError) -> ModelDescription {
    let shape = shape(widths)
    let zeros = NetworkParameters(
      shape: shape, values: [Float](repeating: 0, count: shape.parameterCount))
    var router = TrainableRouter(
      RouterShape(kind, expertCount: expertCount), featureCount: featureCount)
    // Directions and distances of nothing are not lawful.
    for index in router.parameters.indices { router.parameters[index] = 1e-3 * Float(index + 1) }
    for form in router.forms { router.parameters[form.logScale] = 0 }
    var description = try Mixture(router: router, copies: zeros).description(prepared)
    description.ancillary.routingHistogram = [UInt64](repeating: 0, count: expertCount)
    if prepared.task == .regression {
      description.ancillary.deviations = [Float](repeating: 0, count: expertCount * outputCount)
    }
    return description
  }

  private func shape(_ widths: [Int]) -> NetworkShape {
    NetworkShape(input: prepared.input, widths: widths, outputCount: prepared.head.count)
  }
}

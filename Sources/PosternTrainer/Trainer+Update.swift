// Trainer+Update.swift: a model file and new rows to the sections that change.
//
// Step: model, rows → [update] → sections → file.

public import PosternFormat
import PosternPackaging

extension Trainer {
  /// Trains parts of a model once more, on other rows, and leaves everything else as it is.
  ///
  /// The rows are encoded by the model's own transform (a category that it does not know is
  /// unknown) and routed by its own router. An expert starts from its weights in the file, is
  /// trained on the rows that it answers for, stopped early by some of them, and replaced only if
  /// other, held-out rows of its cell get better by more than chance would do. The head stays.
  ///
  /// The result depends on the model, the tables, the options (but not the number of threads) and
  /// nothing else, unless `progress` stops training.
  ///
  /// - Parameters:
  ///   - model: A validated model.
  ///   - table: The rows to learn from; its columns are the model's, in order.
  ///   - validation: Rows to judge by; without them a fifth, of large cells a tenth is held out.
  ///   - options: What is updated.
  ///   - decoded: The decoded, checked bytes of an expert. Only those that are looked at are asked
  ///     for: the named ones; all of them to find the worst, to train the router or to grow; those
  ///     that rows meet to retire some.
  ///   - progress: As for ``train(_:validation:options:progress:)``.
  /// - Returns: What changes in the file, and what happened.
  /// - Throws: ``UpdateError``.
  public static func update(
    _ model: ModelView, with table: TrainingTable, validation: TrainingTable? = nil,
    options: UpdateOptions, decoded: (_ expert: Int) throws(FormatError) -> [UInt8],
    progress: @escaping (TrainingProgress) -> Bool = { _ in true }
  ) throws(UpdateError) -> ModelUpdate {
    try options.check()
    if case .grow(let count) = options.part, count > 1 {
      return try grow(
        model, by: count, with: table, validation: validation, options: options, decoded: decoded,
        progress: progress)
    }
    var frame = ModelDescription(frameOf: model)
    try checkForm(model, options.part)
    try check(table, frame, isValidation: false)
    if let validation { try check(validation, frame, isValidation: true) }
    func expert(_ index: Int) throws(UpdateError) -> Expert {
      let bytes: [UInt8]
      do throws(FormatError) {
        bytes = try decoded(index)
      } catch {
        throw .damaged(error)
      }
      let expert = Expert(decoding: index, of: model, bytes.span)
      // Training goes on from the weights that were trained, not from rounded ones.
      guard expert.elementType == .f32 || !options.part.trains else {
        throw .unsupportedExpert(index, .elementType)
      }
      return expert
    }
    let published: RouterParameters?
    do throws(FormatError) {
      published = try RouterParameters(decoding: model)
    } catch {
      throw .damaged(error)
    }
    if model.header.hasSharedExpert { frame.sharedExpert = try expert(model.header.expertCount) }
    let run = UpdateRun(
      frame: frame, published: published, expertCount: model.header.expertCount,
      rows: try UpdateRows(table, columns: frame.columns, model),
      judged: try validation.map { table throws(UpdateError) in
        try UpdateRows(table, columns: frame.columns, model)
      },
      options: options, reporter: ProgressReporter(progress))
    var update: ModelUpdate
    switch options.part {
    case .experts(let experts): update = try run.update(experts, expert)
    case .worst(let count): update = try run.updateWorst(count, expert)
    case .router: update = try run.updateRouter(expert)
    case .grow: update = try run.grow(model, expert)
    case .retire(let experts): update = try run.retire(experts, model, expert)
    case .retireIdle: update = try run.retireIdle(model, expert)
    }
    update.report.beyondRangeRowCount = frame.beyondRangeRowCount(table)
    if update.report.isUpdated { update.replacements += try update.ancillary(model) }
    return update
  }

  /// Refuses models and experts that training does not know.
  private static func checkForm(
    _ model: ModelView, _ part: UpdateOptions.Part
  ) throws(UpdateError) {
    let count = model.header.expertCount
    for expert in 0..<model.expertSectionCount
    where part.trains && model.shape(ofExpert: expert).elementType != .f32 {
      throw .unsupportedExpert(expert, .elementType)
    }
    switch part {
    case .experts(let experts):
      try checkNames(experts, expertCount: count)
      try checkShapes(experts, model)
    case .worst(let wanted):
      guard wanted >= 1 && wanted <= count else {
        throw .wrongExpertCount(wanted, expertCount: count)
      }
      try checkShapes(0..<count, model)
    case .grow(let wanted):
      try checkGrowth(model, wanted)
    case .retire(let experts):
      try checkRetirement(model, experts)
    case .retireIdle:
      try checkRetirement(model, [])
    case .router:
      if model.header.gateScale == .score { throw .unsupportedModel(.gateScale) }
    }
  }

  /// Refuses experts that are not there or are named twice.
  static func checkNames(_ experts: [Int], expertCount: Int) throws(UpdateError) {
    for (place, expert) in experts.enumerated() {
      guard (0..<expertCount).contains(expert) else {
        throw .noSuchExpert(expert, expertCount: expertCount)
      }
      if experts[..<place].contains(expert) { throw .repeatedExpert(expert) }
    }
  }

  /// Refuses experts of a form that training does not know.
  static func checkShapes(
    _ experts: some Sequence<Int>, _ model: ModelView
  ) throws(UpdateError) {
    for expert in experts {
      if let form = form(model.shape(ofExpert: expert)) { throw .unsupportedExpert(expert, form) }
    }
  }

  private static func form(_ shape: ExpertShape) -> UpdateError.Form? {
    if shape.firstLayer == .dense { return .denseFirstLayer }
    return shape.hiddenCount > 0 && shape.activation == .cube ? .cube : nil
  }

  /// Refuses tables that are not of the model's columns and targets.
  private static func check(
    _ table: TrainingTable, _ frame: ModelDescription, isValidation: Bool
  ) throws(UpdateError) {
    do throws(TrainingError) {
      try table.check()
    } catch {
      throw .training(error)
    }
    guard table.columns.count == frame.columns.count else { throw .columnsDiffer(column: nil) }
    for (index, (mine, column)) in zip(table.columns, frame.columns).enumerated() {
      let isSame =
        switch (mine.values, column.kind) {
        case (.numeric, .numeric), (.categorical, .categorical), (_, .ignored): true
        default: false
        }
      guard isSame && mine.name == column.name else { throw .columnsDiffer(column: index) }
    }
    let isSame =
      switch table.target {
      case .regression(let names, _): frame.task == .regression && names == frame.targetNames
      case .classification(let name, _, _):
        frame.task != .regression && [name] == frame.targetNames
      }
    guard isSame else { throw .columnsDiffer(column: nil) }
    if case .classification(_, let labels, let classes) = table.target {
      let isKnown = classes.map(Set(frame.classNames).contains)
      if let row = labels.firstIndex(where: { !isKnown[Int($0)] }) {
        throw .unknownClass(row: row, isValidation: isValidation)
      }
    }
  }
}

extension ModelDescription {
  /// Rows with a target that the head can never give.
  fileprivate func beyondRangeRowCount(_ table: TrainingTable) -> Int {
    guard case .regression(_, let values) = table.target else { return 0 }
    return (0..<table.rowCount).count { row in
      zip(head, values).contains { $0.low > $1[row] || $0.high < $1[row] }
    }
  }
}

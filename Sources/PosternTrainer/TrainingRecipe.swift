// TrainingRecipe.swift: constants of an experiment in place of those that the data choose.
//
// Step: rows → [trainer] → model value.

package import PosternPackaging

/// Constants that a published experiment prescribes. What is nil is chosen as for any table.
package struct TrainingRecipe: Sendable {
  /// Where a router starts.
  package enum RouterStart: Equatable, Sendable {
    /// At the centres of k-means.
    case kMeans
    /// At random rows, or with random weights if it is linear; distances and cosines times `scale`.
    case random(scale: Float)
  }

  /// The constants of one stage.
  package struct Stage: Sendable {
    /// Passes over the rows.
    package var epochs: Int?
    /// Steps of each expert, whatever the size of its cell; only for the last stage.
    package var stepCount: Int?
    /// Rows of a batch.
    package var batchSize: Int?
    /// The learning rate at its highest.
    package var rate: Float?

    /// A stage whose constants the data choose.
    package init() {}

    func apply(to schedule: inout Schedule) {
      if let epochs { schedule.epochs = epochs }
      if let batchSize { schedule.batchSize = batchSize }
      if let rate { schedule.rate = rate }
    }
  }

  /// Router and experts together.
  package var joint = Stage()
  /// Each expert on its own cell.
  package var refit = Stage()
  /// Where the router starts.
  package var routerStart = RouterStart.kMeans
  /// The router's learning rate, as a multiple of the experts'.
  package var routerRate: Float?
  /// The spread of a regression's errors as the likelihood has it, in standard deviations of the
  /// target: at the start, and from the 60th hundredth of the steps on.
  package var errorSpread: ClosedRange<Double>?
  /// Whether the scale of distances and cosines stays as it starts.
  package var fixesScale = false
  /// Whether learning rates neither rise nor fall and weights are not averaged over steps.
  package var isPlainAdam = false
  /// Whether a stage's result is its last epoch, not the one that validated best.
  package var keepsLast = false
  /// The share of hidden activations that is dropped.
  package var dropout: Float?
  /// How strongly weights are drawn to zero.
  package var weightDecay: Float?
  /// PReLU slopes at the start.
  package var slope: Float?

  /// A recipe that prescribes nothing.
  package init() {}

  /// Puts what is prescribed in place of what was chosen.
  func apply(to plan: inout TrainingPlan) {
    joint.apply(to: &plan.mixture.networks)
    refit.apply(to: &plan.refit)
    if let stepCount = refit.stepCount { plan.refit.leastStepCount = stepCount }
    plan.routerStart = routerStart
    if let routerRate { plan.mixture.routerRate = routerRate }
    plan.mixture.errorSpread = errorSpread
    plan.mixture.trainsScale = !fixesScale
    if let slope { plan.startSlope = slope }
    if let dropout { plan.student.dropout = dropout }
    for path in [\TrainingPlan.mixture.networks, \.refit] {
      if let weightDecay { plan[keyPath: path].weightDecay = weightDecay }
      plan[keyPath: path].keepsLast = keepsLast
      if isPlainAdam {
        plan[keyPath: path].isConstant = true
        plan[keyPath: path].averageKeep = 0
      }
    }
    plan.refitRowLimit = 1
  }
}

/// What a recipe made, stage by stage.
package struct RecipeResult: Sendable {
  /// After router and experts were trained together.
  package var joint: ModelDescription
  /// After each expert was trained on its own cell.
  package var refit: ModelDescription
  /// What training's own arithmetic answers for the first rows of the training table, in the
  /// target's unit; regression with one target.
  package var trainedValues: [Float]
  /// The mean loss of the blended outputs on the validation rows.
  package var softLoss: Double
  /// The same after both stages under top-1 routing.
  package var hardLoss: Double
}

extension Trainer {
  /// Trains by a recipe; other than with ``train(_:validation:options:progress:)`` what the two
  /// stages give is the result, whether better than something else or not.
  package static func train(
    _ table: TrainingTable, validation: TrainingTable? = nil, options: TrainingOptions,
    recipe: TrainingRecipe
  ) throws(TrainingError) -> RecipeResult {
    var options = options
    options.addsLinearPart = false
    let run = try run(
      table, validation: validation, options: options, reporter: ProgressReporter { _ in true })
    recipe.apply(to: &run.plan)
    run.dropout = run.plan.student.dropout
    let stages = try run.run()
    guard let joint = stages.mixture?.mixture else { throw .diverged }
    let served = stages.refit?.mixture ?? joint
    return RecipeResult(
      joint: try joint.description(run.prepared), refit: try served.description(run.prepared),
      trainedValues: try run.values(of: served, for: table), softLoss: run.softScore(joint).loss,
      hardLoss: run.score(served).loss)
  }
}

extension TrainingRun {
  /// What a mixture says about the first 10,000 rows of a table, in the target's unit.
  func values(of mixture: Mixture, for table: TrainingTable) throws(TrainingError) -> [Float] {
    guard case .regression = table.target, prepared.head.count == 1 else { return [] }
    let rows = table.selecting((0..<min(table.rowCount, 10_000)).map { $0 })
    let data = encode(
      rows, columns: prepared.columns,
      categoryMaps: categoryMaps(of: rows, columns: prepared.columns))
    let head = prepared.head[0]
    return mixture.predict(data, threads: plan.threads).map { output in
      min(max(head.offset.addingProduct(output, head.scale), head.low), head.high)
    }
  }
}

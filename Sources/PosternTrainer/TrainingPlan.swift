// TrainingPlan.swift: what is chosen where the user does not choose.
//
// Step: rows → [trainer] → model value.

import PosternPackaging

/// Every constant of a training run.
///
/// The numbers were chosen by validation scores on public tables of 1,000 to 26,000 rows.
struct TrainingPlan: Equatable, Sendable {
  /// How a teacher is trained.
  struct Teacher: Equatable, Sendable {
    var schedule: Schedule
    /// Index of the encoding of the rows.
    var encoding: Int
  }

  var seed: UInt64
  var threads: Int
  /// Widths of the hidden layers of dense networks, and of experts without widths of their own.
  var widths: [Int]
  var expertWidths: [[Int]]
  var router: RouterShape
  var method: TrainingMethod
  var start: TrainingStart
  var hasSharedExpert: Bool
  /// Whether something simpler is served where the mixture is no better: the dense network, a
  /// linear model, or a constant.
  var mayServeSimpler: Bool
  /// Each dense network that teaches: how it is trained, and on which of the encodings.
  var teachers: [Teacher]
  var studentCount = 2
  /// The share of the teachers' word in what students and experts learn; the labels have the rest.
  var teacherShare: Float = 0.7
  var student: Schedule
  var mixture: MixtureSchedule
  var refit: Schedule
  /// Cells with fewer validation rows than this are not refitted: on fewer, the best of some epochs
  /// is the luckiest.
  var refitRowLimit = 200
  /// The learning rate of hidden layers on their spheres, in phased training.
  var phasedRate: Float = 0.03
  /// The mean probability of the chosen expert where the router starts.
  var startConfidence = 0.7
  var routerStart = TrainingRecipe.RouterStart.kMeans
  /// PReLU slopes of random experts.
  var startSlope: Float = 0.1

  /// Bins of a numeric column: one number, or several of which the teachers find the best.
  ///
  /// Many bins follow a law that jumps (a price over a place), few do not mistake chance for one.
  /// There are never so many that the table of the first layer outgrows the data.
  static func binCounts(_ options: TrainingOptions, rowCount: Int, columnCount: Int) -> [Int] {
    if let binCount = options.binCount { return [binCount] }
    let byColumns = max(2, max(2048, rowCount) / max(columnCount, 1))
    let coarse = min(rowCount >= 1000 ? 24 : rowCount >= 200 ? 16 : 8, byColumns)
    let fine = min(96, rowCount / 128, byColumns)
    return fine > coarse + coarse / 2 ? [fine, coarse] : [coarse]
  }

  var expertCount: Int { router.expertCount }

  /// How many standard errors better than the best student a teacher must validate to be the dense
  /// network.
  ///
  /// The rows that chose among epochs are those that judge here, so that small validation sets
  /// flatter most.
  func teacherPreference(validationRowCount: Int) -> Double {
    validationRowCount < 500 ? 2 : validationRowCount < 1500 ? 1.5 : 1
  }

  /// How many standard errors better than a linear model, or a constant, a network must validate.
  ///
  /// Of a few dozen rows the luckiest epochs of several networks are two standard errors better
  /// than a line that nothing beats.
  func networkPreference(validationRowCount: Int) -> Double {
    validationRowCount < 100 ? 3 : teacherPreference(validationRowCount: validationRowCount)
  }

  /// How many standard errors better than the dense network a mixture must validate.
  ///
  /// Where rows are few no gain can show itself: the mixture is taken unless it is worse by more
  /// than chance, because refined copies rarely are.
  func mixturePreference(validationRowCount: Int) -> Double { validationRowCount < 500 ? -1 : 1 }

  /// The plan that `options` leave open, by the number of rows. `encodingCount` says how many
  /// encodings of the rows there are to choose from, `outputCount` how many outputs a network has.
  init(
    options: TrainingOptions, rowCount: Int, task: ModelDescription.Task, encodingCount: Int = 1,
    outputCount: Int = 1
  ) {
    self.init(options: options, rowCount: rowCount, task: task, encodingCount: encodingCount)
    boundWork(outputCount: outputCount, options: options)
  }

  private init(
    options: TrainingOptions, rowCount: Int, task: ModelDescription.Task, encodingCount: Int
  ) {
    seed = options.seed
    threads = options.threads
    widths = Self.padded(options.hiddenWidths ?? [128, 64])
    expertWidths = options.expertWidths.map(Self.padded)
    router = Self.routerShape(options, rowCount: rowCount)
    method = options.method ?? .softToHard
    if method == .phased && expertWidths.isEmpty && options.hiddenWidths == nil {
      // As published, experts have one hidden layer.
      expertWidths = [[Int]](repeating: [128], count: router.expertCount)
    }
    hasSharedExpert = options.hasSharedExpert
    let teacherCount = options.teacherCount ?? 4
    start =
      options.start
      ?? (method == .twoStage || method == .phased || !expertWidths.isEmpty || teacherCount == 0
        ? .scratch : .upcycled)
    mayServeSimpler =
      options.method == nil && options.start == nil && expertWidths.isEmpty && !hasSharedExpert
      && teacherCount > 0
    let batchSize =
      rowCount >= 200_000 ? 1024 : rowCount >= 8000 ? 256 : rowCount >= 2000 ? 128 : 64
    let epochs =
      options.epochCount ?? min(400, max(rowCount >= 200_000 ? 8 : 20, 5000 * batchSize / rowCount))
    let dense = Schedule(
      epochs: epochs, batchSize: batchSize, rate: 3e-3, patience: max(8, epochs / 10))
    // Some tables want much dropout and some none: the teachers try, and the best one is followed.
    let few: [Float] = task == .regression ? [0.05, 0, 0.2, 0.1] : [0.1, 0, 0.2, 0.1]
    let dropouts = encodingCount > 1 ? [few[0], few[0] + 0.1] : few
    teachers = (0..<teacherCount).map { index in
      var schedule = dense
      schedule.dropout = dropouts[index / encodingCount % dropouts.count]
      return Teacher(schedule: schedule, encoding: index % encodingCount)
    }
    student = dense
    student.epochs = max(1, epochs * 3 / 2)
    var experts = dense
    experts.epochs = max(1, epochs * 3 / 4)
    experts.rate = 2e-3
    refit = dense
    refit.epochs = max(1, epochs / 6)
    refit.rate = 3e-4
    refit.patience = max(3, refit.epochs / 3)
    refit.batchSize = max(32, batchSize / 4)
    if start == .scratch {
      experts.epochs = epochs
      experts.rate = dense.rate
    }
    mixture = Self.mixtureSchedule(experts, method: method, start: start, options: options)
    guard method != .softToHard || start == .scratch else { return }
    // What was not trained under hard routing has more to learn there.
    let hasBegun = method != .twoStage && method != .phased
    refit.epochs = hasBegun ? max(1, epochs / 2) : epochs
    refit.rate = hasBegun ? 1e-3 : dense.rate
    if !hasBegun && options.epochCount == nil { refit.leastStepCount = 3000 }
    refit.patience = max(5, refit.epochs / 3)
    refitRowLimit = 1
  }

  private static func padded(_ widths: [Int]) -> [Int] { widths.map { ($0 + 15) / 16 * 16 } }

  private static func routerShape(_ options: TrainingOptions, rowCount: Int) -> RouterShape {
    let chosen =
      options.expertCount ?? (options.expertWidths.isEmpty ? nil : options.expertWidths.count)
    let expertCount =
      chosen ?? (rowCount >= 2000 ? 8 : rowCount >= 500 ? 4 : rowCount >= 100 ? 2 : 1)
    let kind: RouterParameters.Kind = options.method == .twoStage ? .prototype : .linear
    var shape = RouterShape(options.router?.outer ?? kind, expertCount: expertCount)
    if let inner = options.router?.inner, let groups = options.groupCount {
      shape.inner = inner
      shape.groups = [Int](repeating: expertCount / groups, count: groups)
    }
    (shape.tau1, shape.tau2) = (options.tau1, options.tau2)
    return shape
  }

  /// The joint training of `method`, as its paper has it.
  private static func mixtureSchedule(
    _ networks: Schedule, method: TrainingMethod, start: TrainingStart, options: TrainingOptions
  ) -> MixtureSchedule {
    var schedule = MixtureSchedule(networks: networks)
    if method != .softToHard { schedule.lastTemperature = 1 }
    switch method {
    case .softToHard:
      // Cosines are bounded: at a tenth their rows still belong to several experts.
      let kinds = [options.router?.outer, options.router?.inner]
      if kinds.contains(.cosine) || kinds.contains(.perturbedCosine) {
        schedule.lastTemperature = 0.03
      }
    case .phased: break
    // Cells are hard from the start: the limit of the softmax at temperature 0.
    case .twoStage: schedule.lastTemperature = 0.01
    case .switchTop1: schedule.objective = .gatedTop1
    case .straightThrough: schedule.objective = .straightThrough
    case .noisyTop1:
      schedule.objective = .straightThrough
      schedule.noise = .learned
      schedule.losses.importance = 0.1
    case .likelihood:
      schedule.objective = .likelihood
      schedule.probabilityLimit = 1e-3
    case .leastSquares:
      schedule.objective = .blended
      schedule.probabilityLimit = 1e-3
    }
    if start == .scratch { schedule.copyNoise = 0 }
    if let weight = options.balanceWeight { schedule.losses.balance = weight }
    if let weight = options.importanceWeight { schedule.losses.importance = weight }
    if let weight = options.zWeight { schedule.losses.z = weight }
    if let weight = options.loadWeight, weight > 0 {
      schedule.losses.load = weight
      schedule.noise = .learned
    }
    schedule.biasRate = options.biasRate ?? 0
    schedule.expertDropout = options.expertDropout ?? 0
    return schedule
  }
}

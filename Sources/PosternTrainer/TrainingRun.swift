// TrainingRun.swift: the stages of training, in order, and the choice among what they give.
//
// Step: encoded rows → [teachers, student, mixture, refit] → model value.

import PosternPackaging

/// One run over prepared data.
final class TrainingRun {
  /// The encoding of the rows that is used: after the teachers, the best one's.
  private(set) var prepared: PreparedData
  /// All that the teachers try; targets and validation rows are the same in each.
  private let encodings: [PreparedData]
  var plan: TrainingPlan
  let reporter: ProgressReporter
  private let rows: [Int32]
  /// The dropout that served the best teacher, and the index of its encoding.
  var dropout: Float
  private var encoding = 0

  init(encodings: [PreparedData], plan: TrainingPlan, reporter: ProgressReporter) {
    precondition(!encodings.isEmpty && plan.teachers.allSatisfy { $0.encoding < encodings.count })
    prepared = encodings[0]
    self.encodings = encodings
    self.plan = plan
    self.reporter = reporter
    dropout = plan.student.dropout
    rows = (0..<Int32(prepared.data.rowCount)).map { $0 }
  }

  /// Prepares `table` with each of `binCounts` and makes a plan for it.
  convenience init(
    table: TrainingTable, validation: TrainingTable?, binCounts: [Int], options: TrainingOptions,
    reporter: ProgressReporter
  ) throws(TrainingError) {
    var encodings: [PreparedData] = []
    for binCount in binCounts {
      var prepared = try PreparedData(table: table, validation: validation, binCount: binCount)
      if validation == nil { prepared.warnings.append(.noValidationRows) }
      if encodings.last?.columns != prepared.columns { encodings.append(prepared) }
    }
    let plan = TrainingPlan(
      options: options, rowCount: table.rowCount, task: encodings[0].task,
      encodingCount: encodings.count)
    self.init(encodings: encodings, plan: plan, reporter: reporter)
  }

  /// What the stages gave.
  struct Stages {
    var teachers: [FittedNetwork]
    var teachersMeanScore: Score
    var students: [FittedNetwork]
    /// The best of teachers and students: what the mixture grows from, and the dense comparison.
    var dense: FittedNetwork
    /// The dense network in every expert.
    var copied: FittedMixture
    var mixture: FittedMixture?
    var softMixtureScore: Score?
    var refit: FittedMixture?
    var chosen: TrainingReport.Candidate
    var model: FittedMixture
  }

  /// Runs all stages and describes the model.
  func model() throws(TrainingError) -> TrainedModel {
    let stages = try run()
    let traffic = stages.model.mixture.cells(prepared.data).map(\.count)
    var description = stages.model.mixture.description(prepared)
    description.ancillary.routingHistogram = traffic.map { UInt64($0) }
    // The score that is told is the runtime's own.
    let served = prepared.validation.score(
      served: try serve(description, prepared.validationTable).values)
    guard served.loss.isFinite else { throw .diverged }
    let report = TrainingReport(
      metric: prepared.task == .regression ? .rootMeanSquaredError : .accuracy,
      trainingRowCount: prepared.data.rowCount,
      validationRowCount: prepared.validation.data.rowCount,
      teacherScores: stages.teachers.map(\.score.metric),
      teachersMeanScore: stages.teachersMeanScore.metric,
      studentScores: stages.students.map(\.score.metric), denseScore: stages.dense.score.metric,
      softMixtureScore: stages.softMixtureScore?.metric,
      mixtureScore: stages.mixture?.score.metric, refitScore: stages.refit?.score.metric,
      score: served.metric, chosen: stages.chosen, expertTraffic: traffic,
      stoppedEarly: reporter.shouldStop,
      warnings: prepared.warnings
        + traffic.indices.filter { traffic[$0] == 0 }.map { .idleExpert(expert: $0) })
    let single = SoftmaxRouter(expertCount: 1, featureStride: prepared.data.featureStride)
    var dense = Mixture(
      router: single, shape: stages.dense.shape, copies: stages.dense.parameters
    ).description(prepared)
    dense.ancillary.routingHistogram = [UInt64(prepared.data.rowCount)]
    return TrainedModel(description: description, dense: dense, report: report)
  }

  /// Runs all stages.
  func run() throws(TrainingError) -> Stages {
    var (stages, targets) = try runDense()
    guard plan.expertCount > 1, !reporter.shouldStop else { return stages }
    trainMixture(&stages, targets: targets)
    choose(&stages)
    return stages
  }

  /// Runs the stages that train dense networks. Returns with them what a mixture is to learn.
  func runDense() throws(TrainingError) -> (Stages, Targets) {
    reporter.begin(share: 0.35)
    let teachers = trainNetworks(plan.teachers, targets: prepared.targets, stage: .teachers)
    let best = try follow(teachers)
    let learnable = prepared.data.rowCount * prepared.targets.outputCount <= Self.teachableCount
    let (blended, teachersMeanScore) =
      learnable ? distill(teachers) : (prepared.targets, teachers[best].score)
    reporter.begin(share: 0.25)
    var students: [FittedNetwork] = []
    if teachers.count > 1 && learnable && !reporter.shouldStop {
      var schedule = plan.student
      schedule.dropout = dropout
      let student = TrainingPlan.Teacher(schedule: schedule, encoding: encoding)
      students = trainNetworks(
        [TrainingPlan.Teacher](repeating: student, count: plan.studentCount), targets: blended,
        stage: .student)
    }
    let dense = bestDense(teacher: teachers[best], students: students)
    let router = startRouter(dense: dense)
    let copies = Mixture(router: router, shape: dense.shape, copies: dense.parameters)
    let copied = FittedMixture(mixture: copies, score: dense.score, epochs: 0)
    let stages = Stages(
      teachers: teachers, teachersMeanScore: teachersMeanScore, students: students, dense: dense,
      copied: copied, chosen: .copiedDense, model: copied)
    return (stages, blended)
  }

  /// What teachers say about every row takes four bytes an output; beyond this nobody learns from
  /// them.
  private static let teachableCount = 1 << 28

  /// Takes over the encoding whose teachers validate best, and the dropout of the best among them.
  ///
  /// - Returns: The index of that teacher.
  private func follow(_ teachers: [FittedNetwork]) throws(TrainingError) -> Int {
    var bestLoss = Double.infinity
    for candidate in encodings.indices {
      let own = teachers.indices.filter { plan.teachers[$0].encoding == candidate }
      guard !own.isEmpty else { continue }
      let loss = own.reduce(0) { $0 + teachers[$1].score.loss } / Double(own.count)
      guard loss < bestLoss else { continue }
      bestLoss = loss
      encoding = candidate
    }
    prepared = encodings[encoding]
    let own = teachers.indices.filter { plan.teachers[$0].encoding == encoding }
    let best = own.reduce(own[0]) {
      teachers[$1].score.loss < teachers[$0].score.loss ? $1 : $0
    }
    guard teachers[best].score.loss.isFinite else { throw .diverged }
    dropout = plan.teachers[best].schedule.dropout
    return best
  }

  /// Trains a network for each of `plans`, each from a seed of its own.
  private func trainNetworks(
    _ plans: [TrainingPlan.Teacher], targets: Targets, stage: TrainingProgress.Stage
  ) -> [FittedNetwork] {
    let name = UInt64(TrainingProgress.Stage.allCases.firstIndex(of: stage) ?? 0)
    return Parallel.map(
      count: plans.count, threads: plan.threads, whileWaiting: reporter.repeatReport
    ) { index in
      let prepared = encodings[plans[index].encoding]
      let schedule = plans[index].schedule
      let shape = NetworkShape(
        input: prepared.input, widths: plan.widths, outputCount: prepared.head.count)
      var random = RandomStream(seed: plan.seed, name, UInt64(index))
      let initial = shape.initialParameters(&random)
      return trainDense(
        shape: shape, initial: initial, data: prepared.data, targets: targets, rows: rows,
        validation: prepared.validation, schedule: schedule, random: random,
        reporter: reporter
      ) { epoch, loss, score, best in
        // Networks go in order, so those before this one are done.
        reporter.report(
          TrainingProgress(
            stage: stage, epoch: index * schedule.epochs + epoch,
            epochCount: plans.count * schedule.epochs, trainingLoss: loss,
            validationScore: score.metric, bestScore: best.metric, fractionDone: 0))
      }
    }
  }

  /// The targets drawn to the mean of what the teachers say.
  private func distill(_ teachers: [FittedNetwork]) -> (Targets, Score) {
    func answers(_ data: (PreparedData) -> EncodedRows) -> [[Float]] {
      Parallel.map(count: teachers.count, threads: plan.threads) { index in
        let teacher = Network(
          shape: teachers[index].shape, parameters: teachers[index].parameters)
        let rows = data(encodings[plan.teachers[index].encoding])
        var outputs = teacher.predict(rows)
        for row in 0..<rows.rowCount {
          prepared.targets.teach(&outputs, offset: row * prepared.targets.outputCount)
        }
        return outputs
      }
    }
    // The best first, then each as long as the mean validates better with it.
    let judged = answers(\.validation.data)
    let order = teachers.indices.sorted {
      (teachers[$0].score.loss, $0) < (teachers[$1].score.loss, $1)
    }
    var chosen = [order[0]]
    var score = prepared.validation.score(ofTaught: judged[order[0]])
    for index in order.dropFirst() where teachers[index].score.loss.isFinite {
      let wider = prepared.validation.score(ofTaught: mean((chosen + [index]).map { judged[$0] }))
      guard wider.loss <= score.loss else { continue }
      chosen.append(index)
      score = wider
    }
    let taught = answers(\.data)
    let blended = prepared.targets.distilled(
      from: mean(chosen.map { taught[$0] }), teacherShare: plan.teacherShare)
    return (blended, score)
  }

  private func mean(_ answers: [[Float]]) -> [Float] {
    var sum = [Float](repeating: 0, count: answers[0].count)
    let share = 1 / Float(answers.count)
    for answer in answers {
      for index in sum.indices { sum[index] += share * answer[index] }
    }
    return sum
  }

  /// The router that gives each row to the nearest of the centres of k-means.
  func startRouter(dense: FittedNetwork) -> SoftmaxRouter {
    var random = RandomStream(seed: plan.seed, 0x6B6D_6561)
    guard plan.expertCount > 1 else {
      return SoftmaxRouter(expertCount: 1, featureStride: prepared.data.featureStride)
    }
    let weights = featureWeights(of: dense, columns: prepared.columns, data: prepared.data)
    let means = KMeans(
      prepared.data, count: plan.expertCount, featureWeights: weights, random: &random)
    return means.router(for: prepared.data, confidence: plan.startConfidence)
  }

  func trainMixture(_ stages: inout Stages, targets: Targets) {
    reporter.begin(share: 0.4)
    var schedule = plan.mixture
    schedule.networks.dropout = dropout
    let trainer = MixtureTrainer(
      start: stages.copied.mixture, data: prepared.data, targets: targets, schedule: schedule,
      seed: plan.seed, threads: plan.threads)
    let fitted = trainer.train(
      rows: rows, start: stages.copied, validation: prepared.validation, seed: plan.seed,
      reporter: reporter
    ) { epoch, loss, score, best in
      reporter.report(
        TrainingProgress(
          stage: .mixture, epoch: epoch, epochCount: schedule.networks.epochs, trainingLoss: loss,
          validationScore: score.metric, bestScore: best.metric, fractionDone: 0))
    }
    stages.mixture = fitted
    stages.softMixtureScore = prepared.validation.score(
      fitted.mixture.predictBlended(
        prepared.validation.data, temperature: schedule.lastTemperature, threads: plan.threads))
    guard !reporter.shouldStop else { return }
    reporter.begin(share: 0.05)
    var refitSchedule = plan.refit
    refitSchedule.dropout = dropout
    let refitted = refit(
      fitted.mixture, data: prepared.data, targets: targets, validation: prepared.validation,
      schedule: refitSchedule, seed: plan.seed, threads: plan.threads,
      rowLimit: plan.refitRowLimit, reporter: reporter
    ) { expert, epoch, loss in
      reporter.report(
        TrainingProgress(
          stage: .refit, epoch: expert * plan.refit.epochs + epoch,
          epochCount: plan.expertCount * plan.refit.epochs, trainingLoss: loss,
          validationScore: nil, bestScore: nil, fractionDone: 0))
    }
    stages.refit = FittedMixture(
      mixture: refitted,
      score: prepared.validation.score(
        refitted.predict(prepared.validation.data, threads: plan.threads)),
      epochs: plan.refit.epochs)
  }

  /// The best student, unless the best teacher validates better by more than chance would do: what
  /// learned from several has less luck in its score.
  private func bestDense(teacher: FittedNetwork, students: [FittedNetwork]) -> FittedNetwork {
    guard var best = students.first else { return teacher }
    for student in students where student.score.loss < best.score.loss { best = student }
    func losses(_ network: FittedNetwork) -> [Double] {
      prepared.validation.rowLosses(
        Network(shape: network.shape, parameters: network.parameters)
          .predict(prepared.validation.data))
    }
    return isBetter(losses(teacher), than: losses(best)) ? teacher : best
  }

  /// Whether the mean loss is lower by as many standard errors as the plan asks for.
  private func isBetter(_ losses: [Double], than base: [Double]) -> Bool {
    let gains = zip(base, losses).map { $0 - $1 }
    let count = Double(gains.count)
    let mean = gains.reduce(0, +) / count
    var squares = 0.0
    for gain in gains { squares += (gain - mean) * (gain - mean) }
    let error = (squares / count / max(count - 1, 1)).squareRoot()
    return mean > plan.preference(validationRowCount: gains.count) * error
  }

  /// Takes the mixture that validates best, if it is better than the copied dense network by more
  /// than chance would do.
  func choose(_ stages: inout Stages) {
    let data = prepared.validation.data
    func losses(_ mixture: Mixture) -> [Double] {
      prepared.validation.rowLosses(mixture.predict(data, threads: plan.threads))
    }
    let base = losses(stages.copied.mixture)
    var bestLoss = stages.copied.score.loss
    for (candidate, fitted) in [
      (TrainingReport.Candidate.refitMixture, stages.refit), (.mixture, stages.mixture),
    ] {
      guard let fitted, fitted.score.loss < bestLoss,
        isBetter(losses(fitted.mixture), than: base)
      else { continue }
      bestLoss = fitted.score.loss
      stages.chosen = candidate
      stages.model = fitted
    }
  }
}

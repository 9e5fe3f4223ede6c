// TrainingRun.swift: the stages of training, in order, and the choice among what they give.
//
// Step: encoded rows → [teachers, student, mixture, refit] → model value.

import PosternPackaging

/// One run over prepared data.
final class TrainingRun {
  /// The encoding of the rows that is used: after the teachers, the best one's.
  var prepared: PreparedData
  /// All that the teachers try; targets and validation rows are the same in each.
  let encodings: [PreparedData]
  var plan: TrainingPlan
  let reporter: ProgressReporter
  /// All rows of training.
  let rows: [Int32]
  /// The dropout that served the best teacher, and the index of its encoding.
  var dropout: Float
  var encoding = 0
  /// What the structure search found, if the number of experts was sought.
  var expertStart: ExpertStart?
  private var structure: [StructureStep] = []
  /// What the networks must be better than.
  var simple: SimpleModels?
  /// The rows of training and those held out of the same table to judge; nil where these are from
  /// another.
  var whole: TrainingTable?

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
      encodingCount: encodings.count, outputCount: encodings[0].head.count)
    let simple = SimpleModels(
      table, encodings[0], hasLinear: plan.mayServeSimpler, seed: plan.seed, threads: plan.threads)
    if let part = simple.part, options.addsLinearPart,
      encodings.allSatisfy({ part.model.design.reaching(from: $0.columns) != nil })
    {
      for index in encodings.indices { encodings[index].learnRest(of: table, part) }
    }
    self.init(encodings: encodings, plan: plan, reporter: reporter)
    self.simple = simple
    if options.findsExpertCount { findStructure() }
  }

  /// Finds the number of experts.
  private func findStructure() {
    reporter.begin(.structure, share: 0)
    let reporter = reporter
    let found = StructureSearch(
      prepared.data, targets: prepared.targets, seed: plan.seed, threads: plan.threads
    ) { reporter.shouldStop }
    structure = found.steps
    expertStart = ExpertStart(cells: found.cells, features: found.features)
    plan.router.groups = [found.cells.count]
  }

  /// What the stages gave.
  struct Stages {
    var teachers: [FittedNetwork] = []
    var teachersMeanScore: Score?
    var students: [FittedNetwork] = []
    /// The best of teachers and students: what the mixture grows from, and the dense comparison.
    var dense: FittedNetwork?
    /// The dense network in every expert: where the mixture starts, and no better than it.
    var copied: FittedMixture?
    var mixture: FittedMixture?
    var refit: FittedMixture?
    var phases: [PhaseReport] = []
    var chosen = TrainingReport.Candidate.dense
    /// What is served.
    var model: FittedMixture?
  }

  /// Runs all stages and describes the model.
  func model() throws(TrainingError) -> TrainedModel {
    let stages = try run()
    guard let model = stages.model else { throw .diverged }
    var routed = try model.mixture.description(prepared)
    routed.ancillary.routingHistogram = model.mixture.cells(prepared.data).map { UInt64($0.count) }
    routed.removeIdleExperts()
    routed.mergeEqualExperts()
    let contenders = try contenders(stages.chosen, routed)
    var chosen = chosen(of: contenders)
    guard chosen.score.loss.isFinite else { throw .diverged }
    if prepared.task == .regression {
      chosen.description.ancillary.deviations = chosen.rows.deviations(
        of: chosen.answers, expertCount: chosen.description.experts.count)
    }
    let dense: ModelDescription? =
      if let network = stages.dense { try describe(network) } else { nil }
    return TrainedModel(
      description: try written(chosen), dense: dense,
      report: report(stages, chosen, contenders))
  }

  private func report(
    _ stages: Stages, _ chosen: Contender, _ contenders: [Contender]
  ) -> TrainingReport {
    let traffic = chosen.description.ancillary.routingHistogram.map { Int($0) }
    var report = TrainingReport(
      metric: prepared.task == .regression ? .rootMeanSquaredError : .accuracy,
      trainingRowCount: prepared.data.rowCount,
      validationRowCount: prepared.validation.data.rowCount, score: chosen.score.metric,
      chosen: chosen.candidate, expertTraffic: traffic, stoppedEarly: reporter.shouldStop,
      warnings: prepared.warnings
        + traffic.indices.filter { traffic[$0] == 0 }.map { .idleExpert(expert: $0) })
    report.triedExpertCount = plan.expertCount
    report.hasLinearPart = prepared.linear != nil && contenders.first?.candidate == chosen.candidate
    report.linearScore = contenders.first { $0.candidate == .linear }?.score.metric
    report.warnings += compareWithConstant(&report, contenders)
    report.structure = structure
    report.teacherScores = stages.teachers.map(\.score.metric)
    report.teachersMeanScore = stages.teachersMeanScore?.metric
    report.studentScores = stages.students.map(\.score.metric)
    report.denseScore = stages.dense?.score.metric
    report.phases = stages.phases
    guard let mixture = stages.mixture else { return report }
    // Before the second of two stages the experts know nothing.
    let soft = softScore(
      (plan.method == .twoStage ? stages.refit : nil)?.mixture ?? mixture.mixture)
    report.softMixtureScore = soft.metric
    report.mixtureScore = plan.method == .twoStage ? nil : mixture.score.metric
    report.refitScore = stages.refit?.score.metric
    report.expertChangeRates = mixture.changeRates
    report.routerFrozenAfter = mixture.frozenAfter
    report.softLoss = soft.loss
    report.hardLoss = (stages.refit ?? mixture).score.loss
    return report
  }

  /// A dense network as a model with one expert.
  private func describe(_ dense: FittedNetwork) throws(TrainingError) -> ModelDescription {
    var description = try single(dense).mixture.description(prepared)
    description.ancillary.routingHistogram = [UInt64(prepared.data.rowCount)]
    return description
  }

  /// A dense network as the one expert of a mixture.
  private func single(_ dense: FittedNetwork) -> FittedMixture {
    let network = NetworkParameters(shape: dense.shape, values: dense.parameters)
    let mixture = Mixture(
      router: .single(featureCount: prepared.data.featureCount), experts: [network])
    return FittedMixture(mixture: mixture, score: dense.score, epochs: 0)
  }

  /// Runs all stages.
  func run() throws(TrainingError) -> Stages {
    var (stages, targets) =
      plan.teachers.isEmpty ? (Stages(), prepared.targets) : try runDense()
    guard stages.dense == nil || (plan.expertCount > 1 && !reporter.shouldStop) else {
      return stages
    }
    trainMixture(&stages, targets: targets)
    choose(&stages)
    return stages
  }

  /// Runs the stages that train dense networks. Returns with them what a mixture is to learn.
  func runDense() throws(TrainingError) -> (Stages, Targets) {
    reporter.begin(.teachers, share: 0.35)
    let teachers = trainNetworks(plan.teachers, targets: prepared.targets, stage: .teachers)
    let best = try follow(teachers)
    let learnable =
      prepared.data.rowCount * prepared.targets.outputCount <= Self.teachableCount
      && !reporter.shouldStop
    let (blended, teachersMeanScore) =
      learnable ? distill(teachers) : (prepared.targets, teachers[best].score)
    reporter.begin(.student, share: 0.25)
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
    let copies = Mixture(
      router: startRouter(dense: dense),
      copies: NetworkParameters(shape: dense.shape, values: dense.parameters))
    let copied = FittedMixture(mixture: copies, score: dense.score, epochs: 0)
    let stages = Stages(
      teachers: teachers, teachersMeanScore: teachersMeanScore, students: students, dense: dense,
      copied: copied, model: single(dense))
    return (stages, blended)
  }
}

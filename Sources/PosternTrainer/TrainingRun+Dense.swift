// TrainingRun+Dense.swift: the dense networks, and what they teach.
//
// Step: encoded rows → [teachers, student] → mixture.

import PosternPackaging

extension TrainingRun {
  /// What teachers say about every row takes four bytes an output; beyond this nobody learns from
  /// them.
  static let teachableCount = 1 << 28

  /// Takes over the encoding whose teachers validate best, and the dropout of the best among them.
  ///
  /// - Returns: The index of that teacher.
  func follow(_ teachers: [FittedNetwork]) throws(TrainingError) -> Int {
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
  func trainNetworks(
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
  func distill(_ teachers: [FittedNetwork]) -> (Targets, Score) {
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

  func mean(_ answers: [[Float]]) -> [Float] {
    var sum = [Float](repeating: 0, count: answers[0].count)
    let share = 1 / Float(answers.count)
    for answer in answers {
      for index in sum.indices { sum[index] += share * answer[index] }
    }
    return sum
  }
}

// TrainingPlan+Work.swift: many classes cost no more time than some.
//
// Step: rows → [trainer] → model value.

extension TrainingPlan {
  /// Outputs up to which a plan is what the rows ask for.
  static let freeOutputCount = 100
  /// More outputs may cost what so many do.
  static let boundOutputCount = 32
  /// What an output costs beside its weights, in multiply-adds: an exponential, the loss, and what
  /// teachers say about it.
  static let outputWork = 100

  /// The most multiply-adds of all networks' forward passes over one row, first layers left out.
  func workPerRow(outputCount: Int) -> Int {
    func network(_ widths: [Int]) -> Int {
      zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        + outputCount * ((widths.last ?? 0) + Self.outputWork)
    }
    var passes = teachers.reduce(0) { $0 + $1.schedule.epochs }
    if teachers.count > 1 { passes += studentCount * student.epochs }
    if expertCount > 1 || teachers.isEmpty {
      passes += expertCount * mixture.networks.epochs + refit.epochs
    }
    return passes * network(widths)
  }

  /// Takes away what the user did not ask for, until the networks take no more time than those of
  /// ``boundOutputCount`` outputs would: time follows the rows, not the number of classes.
  ///
  /// Experts go first, then teachers, because each class has few rows where classes are many; then
  /// passes over the rows, then neurons before the outputs.
  mutating func boundWork(outputCount: Int, options: TrainingOptions) {
    guard outputCount > Self.freeOutputCount else { return }
    let limit = workPerRow(outputCount: Self.boundOutputCount)
    func isBeyond(_ plan: TrainingPlan) -> Bool {
      plan.workPerRow(outputCount: outputCount) > limit
    }
    if isBeyond(self), mayServeSimpler, options.expertCount == nil, !options.findsExpertCount {
      router.groups = [1]
    }
    while isBeyond(self), teachers.count > 1, options.teacherCount == nil { teachers.removeLast() }
    if isBeyond(self), options.epochCount == nil {
      shareEpochs(Double(limit) / Double(workPerRow(outputCount: outputCount)))
    }
    while isBeyond(self), options.hiddenWidths == nil, let last = widths.last, last > 16 {
      widths[widths.count - 1] = (last / 2 + 15) / 16 * 16
    }
  }

  private mutating func shareEpochs(_ share: Double) {
    func shrink(_ schedule: inout Schedule) {
      schedule.epochs = max(2, Int(Double(schedule.epochs) * share))
      schedule.patience = min(schedule.patience, max(2, schedule.epochs / 4))
    }
    for index in teachers.indices { shrink(&teachers[index].schedule) }
    shrink(&student)
    shrink(&mixture.networks)
    shrink(&refit)
  }
}

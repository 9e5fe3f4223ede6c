// PlanWorkTests.swift: how much work a plan is, counted and not timed.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct PlanWorkTests {
  private func plan(
    rowCount: Int, classCount: Int, options: TrainingOptions = TrainingOptions()
  ) -> TrainingPlan {
    TrainingPlan(
      options: options, rowCount: rowCount, task: .multiclass, encodingCount: 1,
      outputCount: classCount)
  }

  /// One network of 128, 64 and three outputs: 128 · 64 + 3 · (64 + 100) for each of ten passes.
  @Test func `work is the passes times a network's multiply-adds`() {
    var options = TrainingOptions()
    (options.teacherCount, options.epochCount, options.expertCount) = (1, 10, 1)
    let plan = plan(rowCount: 1000, classCount: 3, options: options)
    #expect(plan.workPerRow(outputCount: 3) == 10 * (128 * 64 + 3 * 164))
  }

  @Test(arguments: [500, 4000, 20_000, 300_000])
  func `up to a hundred classes nothing changes`(rowCount: Int) {
    let some = plan(rowCount: rowCount, classCount: 3)
    #expect(plan(rowCount: rowCount, classCount: 100) == some)
    #expect(plan(rowCount: rowCount, classCount: 101) != some)
  }

  @Test(arguments: [500, 4000, 20_000, 300_000], [101, 1000, 4000, 20_000])
  func `more classes are no more work`(rowCount: Int, classCount: Int) {
    let some = plan(rowCount: rowCount, classCount: 100)
    let many = plan(rowCount: rowCount, classCount: classCount)
    #expect(
      many.workPerRow(outputCount: classCount) <= some.workPerRow(outputCount: 100)
        || (many.teachers[0].schedule.epochs == 2 && many.widths.last == 16))
    #expect(many.teachers.count >= 1 && many.expertCount == 1)
  }

  @Test func `what the user asks for stays`() {
    var options = TrainingOptions()
    options.expertCount = 5
    options.epochCount = 50
    options.teacherCount = 3
    options.hiddenWidths = [64]
    let plan = plan(rowCount: 3000, classCount: 5000, options: options)
    #expect(plan.expertCount == 5 && plan.teachers.count == 3 && plan.widths == [64])
    #expect(plan.teachers[0].schedule.epochs == 50)
  }
}

// BudgetTests.swift: budgets are read exactly, and what exceeds one is named with its excess.

import PosternPackaging
import PosternTrainer
import Testing

@testable import postern

@Suite struct BudgetTests {
  @Test func `bytes are powers of 1024 and multiply-adds of 1000`() throws {
    let budget = try Budget("flash=64K,ram=1.5K,macs=20K")
    #expect(budget[.flash] == 65_536)
    #expect(budget[.ram] == 1536)
    #expect(budget[.macs] == 20_000)
    #expect(try Budget("ram=512B")[.ram] == 512)
    #expect(try Budget("macs=750")[.flash] == nil)
  }

  @Test(arguments: [
    ("", Budget.Fault.empty), ("flash", .noValue("flash")), ("flash=", .noValue("flash=")),
    ("disk=1K", .unknownKey("disk")), ("ram=1K,ram=2K", .namedTwice(.ram)),
    ("ram=64", .missingUnit(.ram, "64")), ("ram=0K", .notASize(.ram, "0K")),
    ("macs=-1", .notASize(.macs, "-1")), ("flash=manyK", .notASize(.flash, "manyK")),
    ("flash=1K,", .unknownKey("")), ("flash=0", .notASize(.flash, "0")),
    ("ram=-5", .notASize(.ram, "-5")), ("flash=nan", .notASize(.flash, "nan")),
    ("ram=0.0001", .notASize(.ram, "0.0001")),
  ])
  func `what is no budget is refused`(text: String, fault: Budget.Fault) {
    #expect(throws: fault) { try Budget(text) }
  }

  @Test func `each exceeded limit is named with its excess`() throws {
    let budget = try Budget("flash=1K,ram=1K,macs=100")
    let sizes = BudgetSizes(fileByteCount: 1025, ramByteCount: 1024, rowMacCount: 350)
    let overruns = budget.overruns(sizes)
    #expect(
      overruns == [
        Budget.Overrun(limit: .flash, found: 1025, most: 1024),
        Budget.Overrun(limit: .macs, found: 350, most: 100),
      ])
    let failure = Messages.overBudget(overruns, "m.moe")
    #expect(failure.status == .doneWithRejects)
    #expect(failure.message.text.contains("flash 1,025 bytes, 1 over 1,024"))
    #expect(failure.message.text.contains("macs 350 multiply-adds, 250 over 100"))
  }

  @Test(arguments: ["flash=32K", "ram=900B", "macs=300", "flash=16K,ram=1K,macs=200"])
  func `everything that is proposed stays within the budget and the bound`(text: String) throws {
    let plan = try BudgetTable.plan(text)
    let budget = try Budget(text)
    #expect(plan.chosen != nil)
    for candidate in plan.candidates {
      #expect(budget.overruns(candidate.sizes).isEmpty)
      let depth = candidate.widths.count + 1
      let width = candidate.widths.max() ?? 1
      let count = candidate.expertCount
      #expect(candidate.complexity == count * max(plan.featureCount * count, depth * width))
      #expect(candidate.complexity <= plan.trainingRowCount)
    }
  }

  @Test func `where nothing fits the smallest is told`() throws {
    let plan = try BudgetTable.plan("flash=1K")
    #expect(plan.chosen == nil)
    #expect(plan.candidates.isEmpty)
    #expect(plan.smallest.expertCount == 1 && plan.smallest.widths.isEmpty)
    #expect(Messages.nothingFits(plan).message.text.contains("flash"))
  }

  @Test(arguments: Expert.ElementType.byBits)
  func `an untrained model is as long as a trained one`(type: Expert.ElementType) throws {
    var options = TrainingOptions()
    options.expertCount = 3
    options.hiddenWidths = [16]
    options.binCount = 4
    options.epochCount = 2
    options.teacherCount = 1
    options.method = .softToHard
    var trained = try Trainer.train(BudgetTable.table, options: options)
    try trained.round(to: type, BudgetTable.table, validation: nil, seed: options.seed)
    var outline = try ModelOutline(BudgetTable.table, options: options)
      .description(expertCount: 3, widths: [16])
    for expert in outline.experts.indices { outline.experts[expert].elementType = type }
    trained.description.ancillary.provenance = []
    outline.ancillary.provenance = []
    #expect(
      try trained.description.encoded(profile: .map).count
        == outline.encoded(profile: .map).count)
  }
}

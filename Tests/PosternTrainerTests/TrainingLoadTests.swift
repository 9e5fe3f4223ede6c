// TrainingLoadTests.swift: what the benchmark times is training.

import Testing

@testable import PosternTrainer

@Suite struct TrainingLoadTests {
  private static func load(threads: Int) -> TrainingLoad {
    var random = RandomStream(seed: 5)
    let features = (0..<600 * 8).map { _ in random.normal() }
    let labels = (0..<600).map { row in UInt32(features[row * 8] > 0.3 ? 2 : 0) }
    return TrainingLoad(
      features: features, featureCount: 8, labels: labels, classCount: 3, expertCount: 4,
      widths: [16, 32], seed: 3, threads: threads)
  }

  @Test(arguments: [TrainingLoad.Work.top1, .soft])
  func `small batches learn more in a pass than one batch`(work: TrainingLoad.Work) {
    let load = Self.load(threads: 1)
    let whole = load.run(work, batchSize: 600, dropout: 0)
    let parts = load.run(work, batchSize: 4, dropout: 0)
    #expect(whole.isFinite && parts < 0.95 * whole)
  }

  @Test(arguments: [TrainingLoad.Work.top1, .soft], [Float(0), 0.2])
  func `threads change no bit of the loss`(work: TrainingLoad.Work, dropout: Float) {
    let one = Self.load(threads: 1).run(work, batchSize: 64, dropout: dropout)
    #expect(Self.load(threads: 3).run(work, batchSize: 64, dropout: dropout) == one)
  }

  @Test func `every row is in a cell`() {
    let load = Self.load(threads: 2)
    #expect(load.cellShares.lowerBound >= 0 && load.cellShares.upperBound <= 1)
    #expect(load.cellShares.lowerBound * 4 <= 1 && load.cellShares.upperBound * 4 >= 1)
    #expect(load.run(.cells, batchSize: 32, dropout: 0) == 0)
  }
}

// SmallPartsTests.swift: random numbers, schedules, sums, k-means, splits.

import Foundation
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct SmallPartsTests {
  @Test func `streams of one seed differ and repeat`() {
    var (a, b, c) = (
      RandomStream(seed: 1, 2, 3), RandomStream(seed: 1, 2, 3), RandomStream(seed: 1, 3, 2)
    )
    let first = (0..<4).map { _ in a.next() }
    #expect(first == (0..<4).map { _ in b.next() })
    #expect(first != (0..<4).map { _ in c.next() })
  }

  @Test func `normal numbers have mean 0 and variance 1`() {
    var random = RandomStream(seed: 5)
    let values = (0..<20_000).map { _ in Double(random.normal()) }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
    #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
  }

  @Test func `a shuffle keeps what it shuffles`() {
    var random = RandomStream(seed: 6)
    var items = Array(0..<100)
    random.shuffle(&items)
    #expect(items != Array(0..<100) && items.sorted() == Array(0..<100))
  }

  @Test func `half a cosine goes from one to zero`() {
    #expect(abs(halfCosine(0) - 1) < 1e-5 && abs(halfCosine(1)) < 1e-5)
    #expect(abs(halfCosine(0.5) - 0.5) < 1e-12)
    #expect(abs(halfCosine(1.0 / 3) - 0.75) < 1e-5)
  }

  @Test func `the rate rises to its height and falls to a hundredth`() {
    let schedule = Schedule(epochs: 1, batchSize: 1, rate: 2, patience: 1)
    let rates = (0..<1000).map { schedule.rate(step: $0, of: 1000) }
    #expect(rates[0] < 0.03 && abs(rates[100] - 2) < 1e-3 && rates[999] < 0.021)
    #expect(zip(rates[100...], rates[101...]).allSatisfy { $0 >= $1 })
  }

  @Test func `long gradients are shortened and broken ones left out`() {
    #expect(clippingScale(square: 0.25, limit: 1) == 1)
    #expect(clippingScale(square: 16, limit: 1) == 0.25)
    #expect(clippingScale(square: .nan, limit: 1) == 0)
  }

  @Test func `the norm adds every square`() {
    let values = (1...29).map { Float($0) }
    #expect(VectorMath.squaredNorm(values) == 29 * 30 * 59 / 6)
  }

  /// The first AdamW step moves by the rate against the sign of the gradient, less the decay.
  @Test func `a first step has the length of the rate`() {
    var parameters = [Float](repeating: 1, count: 24)
    var optimizer = Optimizer(parameters: parameters)
    var schedule = Schedule(epochs: 1, batchSize: 1, rate: 0.1, patience: 1)
    schedule.weightDecay = 0.5
    var gradient = [Float](repeating: 0, count: 24)
    gradient[0] = 3
    gradient[23] = -0.2
    optimizer.update(
      &parameters, gradient: gradient, decayedRanges: [8..<16], rate: 0.1, schedule: schedule,
      gradientScale: 1)
    #expect(abs(parameters[0] - 0.9) < 1e-5)
    #expect(abs(parameters[23] - 1.1) < 1e-5)
    #expect(parameters[8..<16].allSatisfy { abs($0 - 0.95) < 1e-6 })
    #expect(parameters[1..<8].allSatisfy { $0 == 1 })
  }

  @Test func `the temperature falls and stays`() {
    let networks = Schedule(epochs: 1, batchSize: 1, rate: 1, patience: 1)
    let schedule = MixtureSchedule(networks: networks)
    #expect(schedule.temperature(after: 0) == 1)
    #expect(abs(schedule.temperature(after: 0.3) - 0.31623) < 1e-4)
    #expect(abs(schedule.temperature(after: 0.6) - 0.1) < 1e-6)
    #expect(schedule.temperature(after: 1) == schedule.temperature(after: 0.6))
  }

  @Test func `k-means finds groups that lie apart, and its router gives them`() {
    var random = RandomStream(seed: 8)
    let rowCount = 300
    var data = EncodedRows(
      rowCount: rowCount, pairCount: 0, featureCount: 2, featureStride: 4, entries: [],
      fractions: [], features: [])
    for row in 0..<rowCount {
      let corner = row % 3
      data.features += [
        (corner == 0 ? 2 : -1) + 0.2 * random.normal(),
        (corner == 1 ? 2 : -1) + 0.2 * random.normal(), 0, 0,
      ]
    }
    for kind in RouterParameters.Kind.allCases {
      let router = TrainableRouter(
        startingFrom: data, shape: RouterShape(kind, expertCount: 3), featureWeights: [1, 1],
        confidence: 0.9, random: &random)
      let routed = ServingRouter(router.serving).route(data)
      for row in 3..<rowCount { #expect(routed[row] == routed[row % 3]) }
      #expect(Set(routed[0..<3]).count == 3)
      var batch = RouterBatch(router: router)
      batch.forward(
        router.parameters, features: data.features, rowCount: rowCount, temperature: 1)
      let mean = (0..<rowCount).reduce(Float(0)) {
        $0 + batch.probabilities[$1 * router.stride + batch.choices[$1]] / Float(rowCount)
      }
      #expect(abs(mean - 0.9) < 0.02)
    }
  }

  @Test func `held-out rows have each class's share`() throws {
    let table = Synthetic.classification(rowCount: 600, classCount: 4)
    let split = try #require(table.splitForValidation(seed: 1))
    #expect((split.train + split.validation).sorted() == Array(0..<600))
    guard case .classification(_, let labels, _) = table.target else { return }
    for label in 0..<4 as Range<UInt32> {
      let all = labels.count { $0 == label }
      let held = split.validation.count { labels[$0] == label }
      #expect(abs(held - all / 6) <= 1)
    }
  }

  @Test func `pieces of work each run once, on any number of threads`() {
    for threads in [1, 2, 7] {
      let squares = Parallel.map(count: 50, threads: threads) { $0 * $0 }
      #expect(squares == (0..<50).map { $0 * $0 })
    }
  }

  /// The caller's piece waits until another thread has the other one, which in turn ends only once
  /// the caller was heard waiting.
  @Test func `the caller's thread is not silent while others work`() {
    let started = DispatchSemaphore(value: 0)
    let heard = DispatchSemaphore(value: 0)
    let caller = ObjectIdentifier(Thread.current)
    var waits = 0
    Parallel.forEach(
      count: 2, threads: 2,
      whileWaiting: {
        waits += 1
        heard.signal()
      }
    ) { _ in
      if ObjectIdentifier(Thread.current) == caller {
        started.wait()
      } else {
        started.signal()
        heard.wait()
      }
    }
    #expect(waits > 0)
  }

  /// A pass over the rows may take minutes: the wish to stop is asked for between batches.
  @Test func `a wish to stop is heard before the first report`() {
    let reporter = ProgressReporter { _ in false }
    #expect(!reporter.shouldStop)
    reporter.begin(.structure, share: 0)
    #expect(reporter.shouldStop)
  }
}

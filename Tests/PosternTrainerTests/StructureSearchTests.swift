// StructureSearchTests.swift: the number of experts is found where the truth is known.

import PosternPackaging
import Testing

@testable import PosternTrainer

/// Separate clusters of features, with a law for the target in each.
private struct Clusters {
  var count: Int
  var dimension: Int
  var rowCount: Int
  var seed: UInt64
  /// Whether every cluster has the law of the first.
  var isOneLaw = false
  var classes = false
  /// Features that say nothing.
  var noiseCount = 0

  /// Centres at least six deviations apart; laws linear, sines or products by turns.
  var table: TrainingTable {
    var random = RandomStream(seed: seed, 77)
    var centers: [[Float]] = []
    var reach: Float = 5
    while centers.count < count {
      let center = (0..<dimension).map { _ in reach * Float(2 * random.uniform() - 1) }
      reach *= 1.001
      let isFree = centers.allSatisfy { other in
        zip(other, center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } > 36
      }
      if isFree { centers.append(center) }
    }
    let laws = (0..<count).map { _ in (0..<dimension).map { _ in random.normal() } }
    var values = [[Float]](repeating: [], count: dimension + noiseCount)
    var target: [Float] = []
    for row in 0..<rowCount {
      let cluster = row % count
      let offsets = (0..<dimension).map { _ in random.normal() }
      for axis in 0..<dimension { values[axis].append(centers[cluster][axis] + offsets[axis]) }
      for axis in 0..<noiseCount { values[dimension + axis].append(random.normal()) }
      let place = isOneLaw ? values.prefix(dimension).map { $0[row] } : offsets
      let z = zip(place, laws[isOneLaw ? 0 : cluster]).reduce(0) { $0 + $1.0 * $1.1 }
      let law = isOneLaw ? z : [2 * z, z * z - 1, z + Float(cluster)][cluster % 3]
      target.append(law + 0.2 * random.normal())
    }
    let columns = values.enumerated().map {
      TrainingTable.Column(name: bytes("x\($0.offset)"), values: .numeric($0.element))
    }
    guard classes else {
      return TrainingTable(
        columns: columns, target: .regression(names: [bytes("y")], values: [target]),
        rowCount: rowCount)
    }
    return TrainingTable(
      columns: columns,
      target: .classification(
        name: bytes("y"), labels: target.map { $0 > 0 ? 1 : 0 }, classes: ["no", "yes"].map(bytes)),
      rowCount: rowCount)
  }

  func search(
    threads: Int = 2, shouldStop: @escaping () -> Bool = { false }
  ) throws -> StructureSearch {
    let data = try PreparedData(table: table, validation: nil, binCount: 8)
    return StructureSearch(
      data.data, targets: data.targets, seed: seed, threads: threads, shouldStop: shouldStop)
  }
}

@Suite struct StructureSearchTests {
  @Test(arguments: [3, 5, 8])
  func `separate clusters with a law each are as many experts`(count: Int) throws {
    var hits = 0
    for seed in 1...3 as ClosedRange<UInt64> {
      let clusters = Clusters(
        count: count, dimension: 1 + Int(seed), rowCount: 800, seed: seed,
        classes: seed == 3)
      if try clusters.search().cells.count == count { hits += 1 }
    }
    #expect(hits == 3)
  }

  @Test func `features that say nothing hide no cluster`() throws {
    let clusters = Clusters(count: 5, dimension: 2, rowCount: 900, seed: 3, noiseCount: 3)
    #expect(try clusters.search().cells.count == 5)
  }

  @Test func `the cells are the clusters`() throws {
    let clusters = Clusters(count: 5, dimension: 3, rowCount: 900, seed: 2)
    for cell in try clusters.search().cells {
      let counts = (0..<5).map { cluster in cell.count { Int($0) % 5 == cluster } }
      #expect((counts.max() ?? 0) * 50 >= cell.count * 49)
    }
  }

  @Test(arguments: zip([1, 3], [64, 32]))
  func `many features make no groups and hide none`(count: Int, dimension: Int) {
    var random = RandomStream(seed: UInt64(dimension), 5)
    let centers = (0..<count * dimension).map { _ in 2 * Double(random.normal()) }
    var points = StructurePoints(count: 1000, dimension: dimension, values: [])
    for point in 0..<points.count {
      for axis in 0..<dimension {
        points.values.append(
          centers[point % count * dimension + axis] + Double(random.normal()))
      }
    }
    let found = StructureGroups(
      points, isDiscrete: [Bool](repeating: false, count: dimension), random: &random)
    #expect(found.groups.count == count)
    for group in found.groups {
      let counts = (0..<count).map { cluster in
        group.points.count { Int($0) % count == cluster }
      }
      #expect(counts.max() == group.points.count)
    }
  }

  @Test func `a border between two classes is one expert`() throws {
    let blob = Clusters(count: 1, dimension: 3, rowCount: 1200, seed: 7, classes: true)
    #expect(try blob.search().cells.count == 1)
  }

  @Test func `groups that predict worse apart are not split`() throws {
    var random = RandomStream(seed: 21)
    let places = (0..<900).map { Float(8 * ($0 % 3)) + random.normal() }
    let table = TrainingTable(
      columns: [.init(name: bytes("x"), values: .numeric(places))],
      target: .regression(names: [bytes("y")], values: [places.map { _ in random.normal() }]),
      rowCount: 900)
    let data = try PreparedData(table: table, validation: nil, binCount: 8)
    let found = StructureSearch(data.data, targets: data.targets, seed: 1, threads: 1)
    #expect(found.groups.groups.count == 3)
    #expect(found.cells.count < 3)
    #expect(found.steps.allSatisfy { $0.action != .merge })
  }

  @Test func `there are never more experts than the limit`() throws {
    let found = try Clusters(count: 20, dimension: 3, rowCount: 2000, seed: 3).search()
    #expect(found.groups.groups.count > StructureSearch.expertLimit)
    #expect(found.steps.allSatisfy { $0.expertCount <= StructureSearch.expertLimit })
    #expect(found.cells.count == StructureSearch.expertLimit)
  }

  @Test func `a search that is stopped answers with what it has`() throws {
    let clusters = Clusters(count: 5, dimension: 2, rowCount: 600, seed: 2)
    #expect(try clusters.search(threads: 1, shouldStop: { true }).cells.count == 1)
    final class Calls { var count = 0 }
    let all = Calls()
    let whole = try clusters.search(
      threads: 1,
      shouldStop: {
        all.count += 1
        return false
      })
    for share in 1..<8 {
      let calls = Calls()
      let found = try clusters.search(
        threads: 1,
        shouldStop: {
          calls.count += 1
          return calls.count > share * all.count / 8
        })
      #expect((1...whole.cells.count).contains(found.cells.count))
      #expect(found.cells.reduce(0) { $0 + $1.count } == 600)
      #expect(found.steps.allSatisfy { $0.action != .stop })
    }
  }

  @Test func `progress is told while the number of experts is sought`() throws {
    var options = Synthetic.quickOptions()
    options.expertCount = nil
    options.findsExpertCount = true
    var stages: [TrainingProgress.Stage] = []
    let table = Clusters(count: 3, dimension: 2, rowCount: 900, seed: 6).table
    let model = try Trainer.train(table, options: options) {
      stages.append($0.stage)
      return false
    }
    #expect(stages == [.structure])
    #expect(model.report.stoppedEarly)
    #expect(model.report.structure.isEmpty)
    #expect(try serve(model.description, table).values.allSatisfy(\.isFinite))
  }

  @Test func `neighbours with one law become one expert`() throws {
    let found = try Clusters(count: 3, dimension: 2, rowCount: 900, seed: 5, isOneLaw: true)
      .search()
    #expect(found.cells.count < 3)
    #expect(found.steps.contains { $0.action == .merge })
  }

  @Test func `a law that bends is one expert`() throws {
    var random = RandomStream(seed: 9)
    let a = (0..<1500).map { _ in Float(2 * random.uniform() - 1) }
    let b = (0..<1500).map { _ in Float(2 * random.uniform() - 1) }
    let table = TrainingTable(
      columns: [
        .init(name: bytes("a"), values: .numeric(a)), .init(name: bytes("b"), values: .numeric(b)),
      ],
      target: .regression(
        names: [bytes("y")],
        values: [zip(a, b).map { $0 * $0 + 0.5 * $1 + 0.1 * random.normal() }]), rowCount: 1500)
    let data = try PreparedData(table: table, validation: nil, binCount: 8)
    let found = StructureSearch(data.data, targets: data.targets, seed: 1, threads: 1)
    #expect(found.cells.count == 1)
    #expect(found.steps.map(\.action) == [.stop])
  }

  @Test func `a law that jumps is split without clusters`() throws {
    let table = Synthetic.regression(rowCount: 1500)
    let data = try PreparedData(table: table, validation: nil, binCount: 8)
    let found = StructureSearch(data.data, targets: data.targets, seed: 1, threads: 1)
    #expect((2...8).contains(found.cells.count))
    #expect(found.steps.dropLast().allSatisfy { $0.action == .split && $0.gain > 0 })
  }

  @Test func `steps lead from one expert to those found`() throws {
    let found = try Clusters(count: 5, dimension: 4, rowCount: 900, seed: 1).search()
    var count = 1
    for step in found.steps {
      switch step.action {
      case .split: count += 1
      case .merge, .retire: count -= 1
      case .stop: break
      }
      #expect(step.expertCount == count)
      #expect(step.standardError >= 0)
    }
    #expect(found.steps.last?.action == .stop)
    #expect(found.cells.count == count)
    #expect(found.cells.reduce(0) { $0 + $1.count } == found.sample.count)
  }

  @Test func `threads change nothing`() throws {
    let clusters = Clusters(count: 3, dimension: 3, rowCount: 600, seed: 4)
    let (one, three) = (try clusters.search(threads: 1), try clusters.search(threads: 3))
    #expect(one.steps == three.steps)
    #expect(one.cells == three.cells)
  }

  @Test(arguments: [RouterChoice(.linear), RouterChoice(.laplace), RouterChoice(.prototype)])
  func `every flat router starts from the cells`(router: RouterChoice) throws {
    let clusters = Clusters(count: 3, dimension: 3, rowCount: 600, seed: 4)
    let data = try PreparedData(table: clusters.table, validation: nil, binCount: 4)
    let found = try clusters.search()
    let trained = TrainableRouter(
      startingFrom: ExpertStart(cells: found.cells, features: found.features), data: data.data,
      shape: RouterShape(router.outer, expertCount: 3), confidence: 0.7)
    let routed = ServingRouter(trained.serving).route(data.data)
    for (expert, cell) in found.cells.enumerated() {
      let right = cell.count { routed[Int($0)] == Int32(expert) }
      #expect(right * 50 >= cell.count * 49)
    }
  }

  @Test func `a model is trained with the experts found, the same each time`() throws {
    let table = Clusters(count: 3, dimension: 2, rowCount: 900, seed: 6).table
    var options = Synthetic.quickOptions()
    options.expertCount = nil
    options.findsExpertCount = true
    options.epochCount = 3
    let model = try Trainer.train(table, options: options)
    #expect(model.description.experts.count == 3)
    #expect(model.report.structure.last?.expertCount == 3)
    #expect(try Trainer.train(table, options: options).description == model.description)
  }

  @Test func `two levels, widths of each and a number are refused`() {
    let table = Synthetic.regression(rowCount: 200)
    var options = TrainingOptions()
    options.findsExpertCount = true
    options.router = RouterChoice(.linear, .linear)
    #expect(throws: TrainingError.structureNotFlat) { try Trainer.train(table, options: options) }
    options.router = nil
    options.expertWidths = [[16], [32]]
    #expect(throws: TrainingError.structureWithWidths(count: 2)) {
      try Trainer.train(table, options: options)
    }
    options.expertWidths = []
    options.expertCount = 4
    #expect(throws: TrainingError.structureWithCount(experts: 4)) {
      try Trainer.train(table, options: options)
    }
  }
}

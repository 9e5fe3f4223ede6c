// FeatureFittingTests.swift: edges, codes and what becomes of columns that say nothing.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct FeatureFittingTests {
  private func fit(_ columns: [TrainingTable.Column], rowCount: Int) throws -> FittedFeatures {
    let table = TrainingTable(
      columns: columns,
      target: .regression(names: [bytes("y")], values: [(0..<rowCount).map { Float($0) }]),
      rowCount: rowCount)
    return try fitFeatures(
      of: table, binCount: 4, statistics: (0..<rowCount).map { Float($0) }, statisticCount: 1)
  }

  @Test func `few distinct values are the edges`() {
    #expect(quantileEdges([0, 0, 1, 1, 1, 5], binCount: 4) == [0, 1, 5])
  }

  @Test func `edges ascend strictly and reach from the least to the largest value`() {
    var random = RandomStream(seed: 4)
    for _ in 0..<50 {
      let values = (0..<200).map { _ in Float(random.below(60)) }.sorted()
      let edges = quantileEdges(values, binCount: 8)
      #expect(edges.first == values.first && edges.last == values.last)
      #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
      #expect(edges.count <= 11)
    }
  }

  @Test func `a heavy value leaves bins for the others`() {
    // 90 % zeros: plain quantiles would put every inner edge on zero.
    let values = [Float](repeating: 0, count: 900) + (1...100).map { Float($0) }
    let edges = quantileEdges(values, binCount: 5)
    #expect(edges.filter { $0 > 10 && $0 < 90 }.count == 3)
    #expect(edges[0] == 0 && edges[edges.count - 1] == 100)
  }

  @Test func `a value far outside does not stretch the range`() {
    let values = (0..<1000).map { Float($0) } + [1e9]
    let edges = quantileEdges(values.sorted(), binCount: 4)
    #expect(edges[edges.count - 1] < 10_000)
    #expect(edges[0] == 0)
  }

  @Test func `columns without information are ignored with a warning`() throws {
    let count = 40
    let fitted = try fit(
      [
        .init(name: bytes("constant"), values: .numeric([Float](repeating: 3, count: count))),
        .init(name: bytes("absent"), values: .numeric([Float](repeating: .nan, count: count))),
        .init(
          name: bytes("identity"),
          values: .categorical(
            codes: (0..<count).map { UInt32($0) },
            categories: (0..<count).map { bytes("id \(100 + $0)") })),
        .init(
          name: bytes("same"),
          values: .categorical(
            codes: [UInt32](repeating: 0, count: count), categories: [bytes("x")])),
        .init(name: bytes("good"), values: .numeric((0..<count).map { Float($0) })),
      ], rowCount: count)
    #expect(fitted.columns[0..<4].allSatisfy { $0.kind == .ignored })
    #expect(fitted.columns[4].kind != .ignored)
    #expect(
      fitted.warnings == [
        .constantColumn(column: 0), .allMissingColumn(column: 1),
        .onlyRareCategories(column: 2, categoryCount: 40), .constantColumn(column: 3),
      ])
  }

  @Test func `missing values in training give a column an entry of its own`() throws {
    let values = (0..<40).map { $0 % 4 == 0 ? Float.nan : Float($0) }
    let fitted = try fit([.init(name: bytes("gap"), values: .numeric(values))], rowCount: 40)
    #expect(fitted.columns[0].missing == .own)
    #expect(fitted.columns[0].featureCount == 2)
  }

  @Test func `a column that is constant where it is known tells whether it is known`() throws {
    let values = (0..<40).map { $0 % 2 == 0 ? Float.nan : 6 }
    let fitted = try fit([.init(name: bytes("flag"), values: .numeric(values))], rowCount: 40)
    guard case .numeric(let edges, let fill, _, _) = fitted.columns[0].kind else {
      Issue.record("the column is used")
      return
    }
    #expect(edges[0] == 6 && edges[1] > 6 && fill == 6)
  }

  /// No edge may be above 2^100 (rule R24), however large the only value is.
  @Test(arguments: [0x1p99, 0x1.8p99, 0x1p100, 3e38, -3e38, -.leastNonzeroMagnitude] as [Float])
  func `a constant of any size has two lawful edges`(value: Float) throws {
    let values = (0..<40).map { $0 % 2 == 0 ? Float.nan : value }
    let fitted = try fit([.init(name: bytes("flag"), values: .numeric(values))], rowCount: 40)
    guard case .numeric(let edges, let fill, _, _) = fitted.columns[0].kind else {
      Issue.record("the column is used")
      return
    }
    #expect(edges.count == 2 && edges[0] < edges[1] && edges.contains(fill))
    #expect(edges.allSatisfy { $0.magnitude <= 0x1p100 })
  }

  @Test func `rare categories are unknown and many categories are coded by the target`() throws {
    let count = 400
    // 40 categories of 10 rows, but the last has a single row; the target grows with the code.
    let codes = (0..<count).map { row -> UInt32 in row == 399 ? 39 : UInt32(min(row / 10, 38)) }
    let categories = (0..<40).map { bytes("c\(100 + $0)") }
    let fitted = try fit(
      [.init(name: bytes("c"), values: .categorical(codes: codes, categories: categories))],
      rowCount: count)
    guard case .categorical(let known, true, let features, 1) = fitted.columns[0].kind else {
      Issue.record("one code a category")
      return
    }
    #expect(known == Array(categories[0..<39]))
    #expect(features.count == 40)
    #expect(zip(features[0..<38], features[1..<39]).allSatisfy { $0 < $1 })
    #expect(fitted.entryCounts[0].last == 1)
    #expect(
      fitted.warnings == [.rareCategories(column: 0, categoryCount: 1, rowCount: 1)])
  }

  @Test func `category codes are found by name in another table`() {
    let column = Column(
      name: bytes("c"),
      kind: .categorical(
        categories: ["a", "b"].map(bytes), unknownHasEntry: true, codes: [0, 1, 0],
        featureCount: 1), missing: .fill)
    let table = TrainingTable(
      columns: [
        .init(
          name: bytes("c"),
          values: .categorical(codes: [0, 1, 2], categories: ["b", "new", "a"].map(bytes)))
      ], target: .regression(names: [bytes("y")], values: [[0, 0, 0]]), rowCount: 3)
    #expect(categoryMaps(of: table, columns: [column]) == [[1, 2, 0]])
  }
}

// LinearModelTests.swift: linear models, and the experts and columns that serve them.
//
// Method: laws whose coefficients the tests know; what the runtime says is compared with what the
// fit says, inside the training range and outside.

import PosternPackaging
import Testing

@testable import PosternTrainer

/// Tables that follow a linear law, and others.
enum LinearTables {
  /// `a` and `b` in 0...1, `gap` with a tenth missing, `kind` of three categories; the target is
  /// `law` of them plus normal noise. Beyond `stretch` 1 the numbers go beyond 0...1.
  static func table(
    rowCount: Int, noise: Double, seed: UInt64 = 1, stretch: Double = 1,
    law: (_ a: Double, _ b: Double, _ gap: Double?, _ kind: UInt32) -> Double = linear
  ) -> TrainingTable {
    var random = RandomStream(seed: seed)
    func uniform() -> Float { Float(0.5 + stretch * (random.uniform() - 0.5)) }
    let a = (0..<rowCount).map { _ in uniform() }
    let b = (0..<rowCount).map { _ in uniform() }
    let gap = (0..<rowCount).map { _ in random.below(10) == 0 ? Float.nan : uniform() }
    let kind = (0..<rowCount).map { _ in UInt32(random.below(3)) }
    let y = (0..<rowCount).map { row in
      law(
        Double(a[row]), Double(b[row]), gap[row].isNaN ? nil : Double(gap[row]), kind[row])
        + noise * Double(random.normal())
    }
    return TrainingTable(
      columns: [
        .init(name: bytes("a"), values: .numeric(a)), .init(name: bytes("b"), values: .numeric(b)),
        .init(name: bytes("gap"), values: .numeric(gap)),
        .init(
          name: bytes("kind"),
          values: .categorical(codes: kind, categories: ["blue", "green", "red"].map(bytes))),
      ],
      target: .regression(names: [bytes("y")], values: [y.map { Float($0) }]), exactTargets: [y],
      rowCount: rowCount)
  }

  static func linear(_ a: Double, _ b: Double, _ gap: Double?, _ kind: UInt32) -> Double {
    3 * a - 2 * b + (gap.map { 0.5 * $0 } ?? -1) + [0.0, 0.7, -0.4][Int(kind)]
  }

  static func rootMeanSquare(_ values: some Sequence<Double>) -> Double {
    let all = Array(values)
    return (all.reduce(0) { $0 + $1 * $1 } / Double(all.count)).squareRoot()
  }
}

@Suite struct LinearModelTests {
  private func prepared(_ table: TrainingTable, binCount: Int = 6) throws -> PreparedData {
    try PreparedData(table: table, validation: nil, binCount: binCount)
  }

  private func fit(_ table: TrainingTable) throws -> RidgeRegression.Fit {
    let design = LinearDesign(table, columns: try prepared(table).columns)
    return try #require(RidgeRegression.fit(design, table, seed: 1, threads: 2))
  }

  @Test func `a linear law is found to the noise that it has`() throws {
    let fit = try fit(LinearTables.table(rowCount: 2000, noise: 1e-6))
    let fresh = LinearTables.table(rowCount: 500, noise: 0, seed: 9)
    let error = LinearTables.rootMeanSquare(
      zip(fit.model.predict(fresh), fresh.truth[0]).map { $0 - $1 })
    #expect(error < 2e-7, "off by \(error)")
    #expect(fit.explained[0] > 1 - 1e-10)
  }

  /// Half of the variance is noise, which cross-validation sees.
  @Test func `what is explained is that of rows which were left out`() throws {
    let spread = 1.1
    let fit = try fit(LinearTables.table(rowCount: 3000, noise: spread))
    #expect(fit.explained[0] > 0.4 && fit.explained[0] < 0.6)
    var random = RandomStream(seed: 4)
    var nothing = LinearTables.table(rowCount: 40, noise: 0)
    nothing.exactTargets = [(0..<40).map { _ in Double(random.normal()) }]
    #expect(try self.fit(nothing).explained[0] < 0.2)
  }

  @Test func `the fit is the same on any number of threads`() throws {
    let table = LinearTables.table(rowCount: 300, noise: 0.1)
    let design = LinearDesign(table, columns: try prepared(table).columns)
    let fits = [1, 3].compactMap {
      RidgeRegression.fit(design, table, seed: 1, threads: $0)?.model.weights
    }
    #expect(fits.count == 2 && fits[0] == fits[1])
  }

  @Test func `fewer rows than folds have no fit`() throws {
    let table = LinearTables.table(rowCount: 4, noise: 0)
    let design = LinearDesign(table, columns: try prepared(table).columns)
    #expect(RidgeRegression.fit(design, table, seed: 1, threads: 1) == nil)
  }

  /// The runtime's answers, with missing values, unknown categories, and values up to three ranges
  /// beyond those of training.
  @Test func `the expert says what the fit says, also beyond the training range`() throws {
    let table = LinearTables.table(rowCount: 1000, noise: 0.01)
    let model = try fit(table).model
    let head = [HeadOutput(scale: 0.5, offset: 2)]
    let fresh = LinearTables.table(rowCount: 300, noise: 0, seed: 5, stretch: 6)
    let columns = model.columns
    let description = ModelDescription(
      task: .regression, columns: columns, targetNames: [bytes("y")], classNames: [],
      router: TrainableRouter.single(featureCount: try prepared(table).data.featureCount).serving,
      experts: [model.expert(over: columns, head: head)], head: head)
    let answers = try serve(description, fresh)
    for (served, fitted) in zip(answers.values, model.predict(fresh)) {
      #expect(abs(Double(served) - fitted) < 1e-5)
    }
    // Beyond its reach a model says the same as at it.
    let far = [1, 1e6].map { (factor: Float) -> Float in
      var row = table.selecting([0])
      guard case .numeric(let a) = row.columns[0].values else { return .nan }
      row.columns[0].values = .numeric([(a[0] + 100) * factor])
      return (try? serve(description, row).values[0]) ?? .nan
    }
    #expect(far[0] == far[1])
  }

  @Test func `a category without training rows counts as the mean one`() throws {
    let table = LinearTables.table(rowCount: 1000, noise: 0.01)
    let model = try fit(table).model
    var unknown = table.selecting([0])
    unknown.columns[3].values = .categorical(codes: [0], categories: [bytes("violet")])
    let served = try serve(
      ModelDescription(
        task: .regression, columns: model.columns, targetNames: [bytes("y")], classNames: [],
        router: TrainableRouter.single(featureCount: try prepared(table).data.featureCount).serving,
        experts: [model.expert(over: model.columns, head: [HeadOutput()])],
        head: [HeadOutput()]), unknown)
    var known = (0..<3).map { code -> Double in
      var row = table.selecting([0])
      row.columns[3].values = .categorical(
        codes: [UInt32(code)], categories: ["blue", "green", "red"].map(bytes))
      return model.predict(row)[0]
    }
    known.sort()
    #expect(Double(served.values[0]) > known[0] && Double(served.values[0]) < known[2])
  }

  /// Edges at either end and rows of the look-up for them.
  @Test func `an expert that reaches further says the same inside and goes on as at the end`()
    throws
  {
    let table = LinearTables.table(rowCount: 300, noise: 0.1)
    let prepared = try prepared(table)
    let design = LinearDesign(table, columns: prepared.columns)
    let columns = try #require(design.reaching(from: prepared.columns))
    let shape = NetworkShape(input: prepared.input, widths: [16], outputCount: 1)
    var random = RandomStream(seed: 3)
    let expert = try NetworkParameters(
      shape: shape, values: shape.initialParameters(&random)
    ).expert()
    func answers(_ columns: [Column], _ expert: Expert, _ table: TrainingTable) throws -> [Float] {
      try serve(
        ModelDescription(
          task: .regression, columns: columns, targetNames: [bytes("y")], classNames: [],
          router: TrainableRouter.single(featureCount: prepared.data.featureCount).serving,
          experts: [expert], head: [HeadOutput()]), table
      ).values
    }
    let wider = expert.reaching(from: prepared.columns, to: columns)
    for rows in [table, LinearTables.table(rowCount: 300, noise: 0, seed: 6, stretch: 3)] {
      let (old, new) = (
        try answers(prepared.columns, expert, rows), try answers(columns, wider, rows)
      )
      // At an end the one rounds what the other has as it is.
      #expect(zip(old, new).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    for (old, new) in zip(prepared.columns, columns) {
      guard case .numeric(let few, _, _, _) = old.kind, case .numeric(let many, _, _, _) = new.kind
      else { continue }
      #expect(many.count == few.count + 2 && Array(many[1...few.count]) == few)
    }
  }

  @Test func `columns of as many edges as there may be have no room to reach further`() throws {
    let table = LinearTables.table(rowCount: 3000, noise: 0.1)
    let full = try prepared(table, binCount: 1024)
    let design = LinearDesign(table, columns: full.columns)
    #expect(design.reaching(from: full.columns) == nil)
    #expect(design.reaching(from: try prepared(table, binCount: 1022).columns) != nil)
  }

  /// 1,100 terms, of which the first 1,024 by what they explain take part.
  @Test func `terms that explain least are left out where they are many`() throws {
    var random = RandomStream(seed: 2)
    let values = (0..<1100).map { _ in (0..<60).map { _ in Float(random.normal()) } }
    let y = (0..<60).map { Double(values[1050][$0]) }
    let table = TrainingTable(
      columns: values.enumerated().map { .init(name: bytes("c\($0)"), values: .numeric($1)) },
      target: .regression(names: [bytes("y")], values: [y.map { Float($0) }]), rowCount: 60)
    let columns = try fitFeatures(of: table, binCount: 4, statistics: [], statisticCount: 0).columns
    let design = LinearDesign(table, columns: columns)
    let maps = categoryMaps(of: table, columns: columns)
    let screened = design.screened(table, maps: maps, targets: [y], 1024)
    #expect(design.termCount == 1100 && screened.termCount == 1024)
    #expect(screened.places[1050] >= 0 && screened.places.count { $0 < 0 } == 76)
  }
}

@Suite struct LinearClassifierTests {
  /// Two classes on either side of a line, with noise: the logits are known.
  private func table(rowCount: Int, classCount: Int, seed: UInt64) -> TrainingTable {
    var random = RandomStream(seed: seed)
    let a = (0..<rowCount).map { _ in random.normal() }
    let b = (0..<rowCount).map { _ in random.normal() }
    let labels = (0..<rowCount).map { row -> UInt32 in
      let scores = (0..<classCount).map { index -> Float in
        let angle = 6.2832 * Float(index) / Float(classCount)
        let (x, y) = (1 - angle * angle / 8, angle / 2)
        return 2 * (x * a[row] + y * b[row]) + random.normal()
      }
      return UInt32(scores.indices.max { scores[$0] < scores[$1] } ?? 0)
    }
    return TrainingTable(
      columns: [
        .init(name: bytes("a"), values: .numeric(a)), .init(name: bytes("b"), values: .numeric(b)),
      ],
      target: .classification(
        name: bytes("y"), labels: labels, classes: (0..<classCount).map { bytes("class \($0)") }),
      rowCount: rowCount)
  }

  @Test(arguments: [2, 5])
  func `logits are at the minimum of the penalised loss`(classCount: Int) throws {
    let table = table(rowCount: 900, classCount: classCount, seed: 3)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let design = LinearDesign(table, columns: prepared.columns)
    var head = RidgeHead()
    (head.isAccelerated, head.stepCount) = (true, 300)
    let rows = (0..<Int32(900)).map { $0 }
    let ridge = 1e-2
    let solution = try #require(
      head.solutions(
        width: design.termCount, targets: prepared.targets, rows: rows, ridges: [1, ridge]
      ) { design.fill(&$2, table, maps: [[], []], rows: $0, stride: $1) }.last)
    // The gradient of the mean loss and the penalty, by central differences.
    let size = design.termCount + 1
    func loss(_ solution: [Double]) -> Double {
      let model = LinearModel(
        design: design,
        weights: stride(from: 0, to: solution.count, by: size).map {
          Array(solution[$0..<$0 + size - 1])
        },
        intercepts: stride(from: size - 1, to: solution.count, by: size).map { solution[$0] },
        means: [0, 0])
      var outputs = model.predict(table).map { Float($0) }
      let count = prepared.targets.outputCount
      let total = (0..<900).reduce(0.0) {
        $0
          + Double(
            prepared.targets.lossAndGradient(
              row: $1, outputs: &outputs, offset: $1 * count, weight: 0))
      }
      return total / 900 + ridge / 2 * solution.reduce(0) { $0 + $1 * $1 }
    }
    for index in solution.indices {
      var (up, down) = (solution, solution)
      up[index] += 0.01
      down[index] -= 0.01
      #expect(abs((loss(up) - loss(down)) / 0.02) < 2e-4)
    }
  }

  @Test func `a fit says nearly what the law says`() throws {
    let table = table(rowCount: 3000, classCount: 4, seed: 5)
    let prepared = try PreparedData(table: table, validation: nil, binCount: 4)
    let design = LinearDesign(table, columns: prepared.columns)
    let model = try #require(
      LinearClassifier.fit(design, table, targets: prepared.targets, seed: 1, threads: 2))
    let fresh = self.table(rowCount: 2000, classCount: 4, seed: 6)
    let rows = try PreparedData(table: fresh, validation: nil, binCount: 4).validation
    #expect(rows.score(model.predict(fresh).map { Float($0) }).metric > 0.7)
  }

  @Test func `passes over the rows are as many as the work allows`() {
    let small = LinearClassifier.Plan(rowCount: 1000, termCount: 10, outputCount: 3)
    #expect(small?.ridges == LinearClassifier.ridges && small?.stepCount == 60)
    let large = LinearClassifier.Plan(rowCount: 4000, termCount: 10, outputCount: 2000)
    #expect(large?.ridges == LinearClassifier.fewRidges && large?.stepCount == 25)
    #expect(LinearClassifier.Plan(rowCount: 20_000, termCount: 10, outputCount: 10_000) == nil)
  }
}

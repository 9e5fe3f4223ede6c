// RouterUpdateTests.swift: a router learns which of the experts that there are answers best.

import Foundation
import PosternFormat
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct RouterUpdateTests {
  /// The model with a router that sends every row astray: each expert's column of weights is the
  /// next one's.
  private func astray() throws -> [UInt8] {
    var model = try UpdateModel.description()
    guard case .flat(var node) = model.router else { return [] }
    let features = model.featureCount
    node.weights = Array(node.weights[features...] + node.weights[..<features])
    node.bias = Array(node.bias[1...] + node.bias[..<1])
    model.router = .flat(node)
    model.ancillary.routingHistogram = [1, 2, 3, 4]
    return try model.encoded(profile: .map)
  }

  @Test func `a router that errs is set right`() throws {
    let file = try astray()
    let table = Synthetic.regression(rowCount: 1500, seed: 50)
    let update = try UpdateModel.update(table, .router, epochs: 60, file: file)
    let trial = try #require(update.report.router)
    #expect(trial.outcome == .updated && update.report.isUpdated)
    #expect(update.report.experts.isEmpty)
    #expect(
      Set(update.replacements.map(\.kind))
        == Set(
          [.router, .routingHistogram, .routerParameters, .deviations].map(\SectionKind.rawValue)))
    let after = try UpdateModel.updated(update, file: file)
    let rows = Synthetic.regression(rowCount: 3000, seed: 90)
    let all = Array(0..<3000)
    let answers = try [file, after, UpdateModel.file].map {
      UpdateModel.error(try UpdateModel.answers(rows, file: $0), rows, rows: all)
    }
    // Of what the router's errors cost, most is gone.
    #expect(answers[1] - answers[2] < 0.25 * (answers[0] - answers[2]), "\(answers)")
    let model = try UpdateModel.description(after)
    #expect(model.experts == (try UpdateModel.description(file)).experts)
    #expect(
      model.ancillary.routingHistogram == update.report.expertTraffic.map { UInt64($0) })
    let parameters = try #require(model.ancillary.routerParameters)
    guard case .flat(let node) = model.router else { return }
    #expect(parameters.outerKind == .linear && parameters.nodes[0].weight == node.weights)
    #expect(model.ancillary.deviations.count == 4)
    // The histogram is what the runtime counts.
    let served = try UpdateModel.answers(table, file: after).experts
    #expect((0..<4).map { expert in served.count { $0 == expert } } == update.report.expertTraffic)
  }

  /// What is told is the runtime's own score.
  @Test func `scores are those of the held-out rows`() throws {
    let file = try astray()
    let judged = Synthetic.regression(rowCount: 500, seed: 66)
    let update = try UpdateModel.update(
      Synthetic.regression(rowCount: 1000, seed: 50), .router, validation: judged, file: file)
    let trial = try #require(update.report.router)
    let after = try UpdateModel.updated(update, file: file)
    let all = Array(0..<500)
    for (file, told) in [(file, trial.before), (after, trial.after)] {
      let error = UpdateModel.error(try UpdateModel.answers(judged, file: file), judged, rows: all)
      #expect(abs(error.squareRoot() - (try #require(told))) < 1e-4 * error.squareRoot())
    }
    #expect(trial.heldOutRowCount == 500 && trial.trainingRowCount == 1000)
  }

  @Test func `a router that is right stays to the bit`() throws {
    var model = try UpdateModel.description()
    // All experts alike: no choice is better than another.
    model.experts = [Expert](repeating: model.experts[0], count: 4)
    let file = try model.encoded(profile: .map)
    let update = try UpdateModel.update(
      Synthetic.regression(rowCount: 800, seed: 50), .router, file: file)
    #expect(update.report.router?.outcome == .noImprovement)
    #expect(try UpdateModel.updated(update, file: file) == file)
  }

  @Test func `too few rows or one expert leave the router`() throws {
    let few = try UpdateModel.update(Synthetic.regression(rowCount: 20, seed: 5), .router)
    #expect(few.report.router?.outcome == .tooFewRows && few.replacements.isEmpty)
    let single = UpdateModel.trained(Synthetic.regression(rowCount: 300), experts: 1)
    let one = try UpdateModel.update(
      Synthetic.regression(rowCount: 800, seed: 5), .router, file: single)
    #expect(one.report.router?.isUpdated == false)
  }

  /// A router that was trained as any kind goes on from what the file says that it was trained as.
  @Test(arguments: [
    RouterChoice(.linear), RouterChoice(.laplace), RouterChoice(.cosine),
    RouterChoice(.perturbedCosine), RouterChoice(.prototype),
    RouterChoice(.laplace, .perturbedCosine), RouterChoice(.linear, .prototype),
  ])
  func `routers of every kind are set right`(choice: RouterChoice) throws {
    // Behind a gate the experts say less than they have learned, whatever the router.
    for isGated in choice.inner == .perturbedCosine ? [false, true] : [false] {
      let (file, router) = try blunt(choice, isGated: isGated)
      let table = Synthetic.regression(rowCount: 900, seed: 50)
      let update = try UpdateModel.update(table, .router, epochs: 30, file: file)
      let trial = try #require(update.report.router)
      #expect(trial.outcome == .updated, "\(trial)")
      let after = try UpdateModel.updated(update, file: file)
      let rows = Synthetic.regression(rowCount: 1000, seed: 90)
      let errors = try [file, after].map {
        UpdateModel.error(try UpdateModel.answers(rows, file: $0), rows, rows: Array(0..<1000))
      }
      let best = UpdateModel.error(try UpdateModel.answers(rows), rows, rows: Array(0..<1000))
      #expect(errors[1] - best < 0.6 * (errors[0] - best), "\(isGated) \(errors) \(best)")
      let model = try UpdateModel.description(after)
      let published = try #require(model.ancillary.routerParameters)
      #expect(published.outerKind == choice.outer && published.innerKind == choice.inner)
      let again = TrainableRouter(
        published, groups: router.shape.groups, featureCount: model.featureCount)
      #expect(again.parameters != router.parameters)
      // What the file says that it was trained as is what routes.
      #expect(again.serving.isNear(model.router))
      if choice.outer == .prototype { #expect(published.nodes[0].bias.allSatisfy { $0 == 0 }) }
    }
  }

  /// The model with a router of some kind that has its experts in place, but not well.
  private func blunt(
    _ choice: RouterChoice, isGated: Bool
  ) throws -> (file: [UInt8], router: TrainableRouter) {
    var model = try UpdateModel.description()
    let shape =
      choice.inner.map { RouterShape(choice.outer, $0, groups: [2, 2]) }
      ?? RouterShape(choice.outer, expertCount: 4)
    var router = TrainableRouter(shape, featureCount: model.featureCount)
    var random = RandomStream(seed: 4)
    for form in router.forms {
      for child in 0..<form.childCount {
        for feature in 0..<form.featureCount {
          router.parameters[form.weight(child, feature)] = random.normal()
        }
      }
    }
    model.router = router.serving
    model.gateScale = isGated ? .probability : .none
    model.ancillary.routerParameters = router.published(temperature: 1)
    return (try model.encoded(profile: .map), router)
  }

  @Test func `a router without its history goes on from affine scores alone`() throws {
    var model = try UpdateModel.description(
      try blunt(RouterChoice(.linear, .linear), isGated: false).file)
    model.ancillary.routerParameters = nil
    let table = Synthetic.regression(rowCount: 1000, seed: 50)
    let file = try model.encoded(profile: .map)
    let update = try UpdateModel.update(table, .router, epochs: 40, file: file)
    #expect(update.report.router?.outcome == .updated)
    #expect(
      try UpdateModel.description(UpdateModel.updated(update, file: file)).ancillary
        .routerParameters == nil)
  }

  /// Rows in a plane with three experts, of which the one with the largest of three affine scores
  /// says the truth.
  private func sectors(rowCount: Int, isGated: Bool = false) -> RoutedAnswers {
    var random = RandomStream(seed: 9)
    var features: [Float] = []
    var values: [[Float]] = [[], [], []]
    for _ in 0..<rowCount {
      let (x, y) = (random.normal(), random.normal())
      features += [x, y, 0, 0]
      let scores = [x - 0.2, 0.8 * y - 0.5 * x, -0.8 * y - 0.5 * x]
      for expert in 0..<3 {
        values[expert].append(scores[expert] == scores.max() ? 0 : 1 + 0.1 * Float(expert))
      }
    }
    let targets = Targets(
      task: .regression, outputCount: 1,
      values: [Float](repeating: isGated ? 0.3 : 0, count: rowCount), labels: [])
    let data = EncodedRows(
      rowCount: rowCount, pairCount: 0, featureCount: 2, featureStride: 4, entries: [],
      fractions: [], features: features)
    return RoutedAnswers(
      LabelledRows(data: data, targets: targets, head: [HeadOutput(low: -10, high: 10)]),
      outputs: values,
      offsets: isGated ? features.indices.filter { $0 % 4 == 0 }.map { 0.1 * features[$0] } : [],
      isGated: isGated)
  }

  private func start(_ kind: RouterParameters.Kind) -> TrainableRouter {
    var router = TrainableRouter(RouterShape(kind, expertCount: 3), featureCount: 2)
    for (child, weight) in [(0.1, 0), (0, 0.1), (-0.1, 0.05)].enumerated() {
      router.parameters[router.forms[0].weight(child, 0)] = Float(weight.0)
      router.parameters[router.forms[0].weight(child, 1)] = Float(weight.1)
    }
    router.parameters[router.forms[0].place.bias + 1] = kind == .prototype ? 0 : 0.2
    return router
  }

  @Test(arguments: RouterParameters.Kind.allCases)
  func `training finds the sectors`(kind: RouterParameters.Kind) throws {
    let rows = sectors(rowCount: 500)
    let start = start(kind)
    let router = try #require(
      retrainedRouter(
        start, train: rows, stopping: rows, epochCount: 60, seed: 1,
        reporter: ProgressReporter { _ in true }))
    func wrong(_ router: TrainableRouter) -> Int {
      ServingRouter(router.serving).route(rows.data).enumerated().count {
        rows.losses[$0.offset * 3 + Int($0.element)] > 0
      }
    }
    // A cosine without an offset of its own cannot draw a border beside the origin.
    let limit = [.cosine, .perturbedCosine].contains(kind) ? 60 : 20
    #expect(wrong(start) > 130 && wrong(router) < limit, "\(wrong(start)) then \(wrong(router))")
  }

  /// Goal: the gradient is that of the expected loss, also behind gates. Method: central
  /// differences of a direct transcription, the mean over rows of
  /// `Σ softmax(logits / T)[k] · loss(g[k] · f[k])` with `g = softmax(logits)` or 1.
  @Test(arguments: [RouterParameters.Kind.linear, .laplace, .cosine], [false, true])
  func `the gradient is that of the expected loss`(
    kind: RouterParameters.Kind, isGated: Bool
  ) {
    let answers = sectors(rowCount: 30, isGated: isGated)
    let temperature = 0.4
    func expected(_ router: TrainableRouter) -> Double {
      var total = 0.0
      for row in 0..<30 {
        let features = answers.data.features[row * 4..<row * 4 + 2].map { Double($0) }
        let logits = PublishedRouter(router).logits(
          0, router.parameters.map { Double($0) }, features)
        let weights = logits.map { Foundation.exp($0 / temperature) }
        let gates = logits.map { Foundation.exp($0) }
        for child in 0..<3 {
          let gate = isGated ? gates[child] / gates.reduce(0, +) : 1
          let offset = answers.offsets.isEmpty ? 0 : Double(answers.offsets[row])
          let difference =
            gate * Double(answers.outputs[child][row]) + offset
            - Double(answers.targets.values[row])
          total += weights[child] / weights.reduce(0, +) * difference * difference
        }
      }
      return total / 30
    }
    let router = start(kind)
    var slopes = RouterSlopes(router, fixing: router.shape)
    let loss = slopes.set(
      answers, rows: (0..<Int32(30)).map { $0 }[...], temperature: Float(temperature))
    #expect(abs(loss - expected(router)) < 1e-5)
    let form = router.forms[0]
    var places = (0..<3).flatMap { [form.weight($0, 0), form.weight($0, 1), form.place.bias + $0] }
    if kind != .linear { places.append(form.logScale) }
    for place in places {
      var (low, high) = (router, router)
      low.parameters[place] -= 0x1p-11
      high.parameters[place] += 0x1p-11
      let slope = (expected(high) - expected(low)) / 0x1p-10
      #expect(abs(slope - Double(slopes.gradient[place])) < 5e-4, "parameter \(place)")
    }
    for index in router.parameters.indices where !places.contains(index) {
      #expect(slopes.gradient[index] == 0)
    }
  }
}

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

  /// Rows in a plane with three experts, of which the one with the largest of three affine scores
  /// costs nothing.
  private func sectors(rowCount: Int) -> RoutedLosses {
    var random = RandomStream(seed: 9)
    var losses: [Double] = []
    var features: [Float] = []
    var values: [[Float]] = [[], [], []]
    for _ in 0..<rowCount {
      let (x, y) = (random.normal(), random.normal())
      features += [x, y, 0, 0]
      let scores = [x - 0.2, 0.8 * y - 0.5 * x, -0.8 * y - 0.5 * x]
      for expert in 0..<3 {
        let cost: Float = scores[expert] == scores.max() ? 0 : 1 + 0.1 * Float(expert)
        losses.append(Double(cost * cost))
        values[expert].append(cost)
      }
    }
    let targets = Targets(
      task: .regression, outputCount: 1, values: [Float](repeating: 0, count: rowCount), labels: [])
    let data = EncodedRows(
      rowCount: rowCount, pairCount: 0, featureCount: 2, featureStride: 4, entries: [],
      fractions: [], features: features)
    return RoutedLosses(
      rowCount: rowCount, features: features, featureStride: 4, losses: losses, values: values,
      labelled: LabelledRows(data: data, targets: targets, head: [HeadOutput()]))
  }

  private let start = PosternPackaging.RouterNode(
    kind: .affine, weights: [0.1, 0, 0, 0.1, -0.1, 0], bias: [0, 0.2, 0])

  @Test func `training finds the sectors`() {
    let rows = sectors(rowCount: 500)
    let node = retrainedNode(
      start, train: rows, stopping: rows, epochCount: 60, seed: 1,
      reporter: ProgressReporter { _ in true })
    let before = rows.losses(of: start.choices(rows)).count { $0 > 0 }
    let after = rows.losses(of: node.choices(rows)).count { $0 > 0 }
    #expect(before > 150 && after < 15, "\(before) then \(after)")
  }

  /// Goal: the gradient is that of the expected loss. Method: central differences of a direct
  /// transcription, `mean over rows of sum over k of softmax(s · logit)[k] · loss[k]`.
  @Test func `the gradient is that of the expected loss`() {
    let rows = sectors(rowCount: 30)
    let sharpness = 2.5
    func expected(_ panels: NodePanels) -> Double {
      let node = panels.node(featureCount: 2)
      var total = 0.0
      for row in 0..<30 {
        let weights = (0..<3).map { child -> Double in
          let x = (0..<2).map { Double(rows.features[row * 4 + $0]) }
          let logit =
            Double(node.weights[2 * child]) * x[0] + Double(node.weights[2 * child + 1]) * x[1]
            + Double(node.bias[child])
          return Foundation.exp(sharpness * logit)
        }
        let sum = weights.reduce(0, +)
        for child in 0..<3 { total += weights[child] / sum * rows.losses[row * 3 + child] }
      }
      return total / 30
    }
    let panels = NodePanels(start, stride: 4)
    var batch = NodeBatch()
    let all = (0..<Int32(30)).map { $0 }
    batch.setGradient(panels, rows, rows: all[...], sharpness: Float(sharpness))
    let places = [0, 1, 2].flatMap { [$0, 16 + $0, panels.place.bias + $0] }
    for place in places {
      var (low, high) = (panels, panels)
      low.parameters[place] -= 0x1p-7
      high.parameters[place] += 0x1p-7
      let slope = (expected(high) - expected(low)) / 0x1p-6
      #expect(abs(slope - Double(batch.gradient[place])) < 1e-4, "parameter \(place)")
    }
    for index in panels.parameters.indices where !places.contains(index) {
      #expect(batch.gradient[index] == 0)
    }
  }
}

// UpdateRun+Router.swift: the router alone, against experts that stay.
//
// Step: model, rows → losses of all experts → [router] → section.

import PosternFormat
import PosternPackaging
import PosternRuntime

/// What each expert would cost for each row, and what a router sees of the rows.
struct RoutedLosses {
  var rowCount: Int
  /// Shape `(rows, featureStride)`.
  var features: [Float]
  var featureStride: Int
  /// Shape `(rows, experts)`, finite.
  var losses: [Double]
  /// Shape `(experts, rows, outputs)`: what the runtime says.
  var values: [[Float]]
  var labelled: LabelledRows
}

extension UpdateRun {
  /// Trains the router on the expected loss of the experts as they are.
  func updateRouter(
    _ expert: (Int) throws(UpdateError) -> Expert
  ) throws(UpdateError) -> ModelUpdate {
    guard case .flat(let node) = frame.router, node.kind == .affine else {
      throw .unsupportedModel(.router)
    }
    var experts: [Expert] = []
    for index in 0..<expertCount { experts.append(try expert(index)) }
    let parts = parts(of: nil)
    var report = emptyReport
    var trial = UpdateReport.Trial(expert: nil, .tooFewRows, parts)
    report.router = trial
    guard parts.isLargeEnough else { return ModelUpdate(replacements: [], report: report) }
    let heldOut = try losses(of: experts, parts.heldOut)
    reporter.begin(share: 1)
    let new = retrainedNode(
      node, train: try losses(of: experts, parts.training),
      stopping: try losses(of: experts, parts.stopping), epochCount: options.epochCount ?? 60,
      seed: options.seed, reporter: reporter)
    let (before, after) = (node.choices(heldOut), new.choices(heldOut))
    trial.outcome = Self.outcome(
      before: heldOut.losses(of: before), after: heldOut.losses(of: after))
    trial.before = heldOut.score(of: before).metric
    trial.after = heldOut.score(of: after).metric
    report.router = trial
    report.stoppedEarly = reporter.shouldStop
    guard trial.isUpdated else { return ModelUpdate(replacements: [], report: report) }
    let traffic = try traffic(of: new)
    report.expertTraffic = traffic
    var update = ModelUpdate(replacements: try sections(new, traffic), report: report)
    update.routerParameters = try parameters(new)
    if frame.task == .regression {
      let answers = ServedAnswers(experts: after, values: heldOut.values(of: after))
      let deviations = heldOut.labelled.deviations(of: answers, expertCount: expertCount)
      for expert in 0..<expertCount {
        update.deviations[expert] = Array(
          deviations[expert * frame.outputCount..<(expert + 1) * frame.outputCount])
      }
    }
    return update
  }

  private func sections(
    _ node: PosternPackaging.RouterNode, _ traffic: [Int]
  ) throws(UpdateError) -> [SectionReplacement] {
    var model = frame
    model.router = .flat(node)
    var histogram: [UInt8] = []
    for count in traffic {
      for shift in stride(from: 0, to: 64, by: 8) {
        histogram.append(UInt8(truncatingIfNeeded: count >> shift))
      }
    }
    do throws(PackagingError) {
      return [
        SectionReplacement(.router, try model.sectionOfRouter()),
        SectionReplacement(.routingHistogram, histogram),
      ]
    } catch {
      throw .unservable(error)
    }
  }

  /// The new router is what it was trained as.
  private func parameters(_ node: PosternPackaging.RouterNode) throws(UpdateError) -> [UInt8]? {
    var model = frame
    model.router = .flat(node)
    model.ancillary.routerParameters = RouterParameters(
      outerKind: .linear,
      nodes: [
        RouterParameters.Node(
          weight: node.weights, bias: node.bias,
          scale: [Float](repeating: 1, count: node.bias.count))
      ])
    do throws(PackagingError) {
      return try model.sectionOfRouterParameters()
    } catch {
      throw .unservable(error)
    }
  }

  private func losses(
    of experts: [Expert], _ table: TrainingTable
  ) throws(UpdateError) -> RoutedLosses {
    let labelled = try labelled(table)
    var result = RoutedLosses(
      rowCount: table.rowCount, features: labelled.data.features,
      featureStride: labelled.data.featureStride,
      losses: [Double](repeating: 0, count: table.rowCount * experts.count), values: [],
      labelled: labelled)
    var largest = 0.0
    for (index, expert) in experts.enumerated() {
      let answers = try values(expert, table)
      for (row, loss) in labelled.rowLosses(served: answers).enumerated() {
        result.losses[row * experts.count + index] = loss
        if loss.isFinite { largest = max(largest, loss) }
      }
      result.values.append(answers)
    }
    // A refusal is worse than the worst answer.
    for index in result.losses.indices where !result.losses[index].isFinite {
      result.losses[index] = 2 * largest + 1
    }
    return result
  }

  /// Rows of all that is learned from, by the experts that `node` gives them.
  private func traffic(of node: PosternPackaging.RouterNode) throws(UpdateError) -> [Int] {
    let data = try labelled(rows.table).data
    var traffic = [Int](repeating: 0, count: expertCount)
    for expert in node.choices(data.features, stride: data.featureStride, rowCount: data.rowCount) {
      traffic[expert] += 1
    }
    return traffic
  }
}

extension RoutedLosses {
  /// The loss of each row if `experts` answer.
  func losses(of experts: [Int]) -> [Double] {
    let count = values.count
    return experts.enumerated().map { losses[$0 * count + $1] }
  }

  /// The score if `experts` answer.
  func score(of experts: [Int]) -> Score { labelled.score(served: values(of: experts)) }

  /// The values of each row if `experts` answer.
  func values(of experts: [Int]) -> [Float] {
    let outputs = labelled.targets.outputCount
    return experts.enumerated().flatMap { row, expert in
      values[expert][row * outputs..<(row + 1) * outputs]
    }
  }
}

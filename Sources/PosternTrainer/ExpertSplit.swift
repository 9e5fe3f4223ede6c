// ExpertSplit.swift: a new expert and its place in the router, learned by turns.
//
// Step: rows, losses → [new child ⇄ new expert] → model value.

import PosternPackaging

/// One expert of a model being split in two, the model else as it is.
struct ExpertSplit {
  /// A new expert with its child of the router.
  struct Candidate {
    var expert: Expert
    /// The child as trained.
    var child: (weight: [Float], bias: Float)
    /// The serving router with it.
    var router: Router
    /// The mean loss of the rows that choose among candidates.
    var loss: Double
  }

  /// Rows, and what they cost as it is.
  private struct Part {
    var table: TrainingTable
    var rows: LabelledRows
    var losses: [Double]
    /// Those that the node sees; of two levels, those of the parent's group.
    var seen: [Int]
    var experts: [Int]
    var values: [Float]
  }

  private let run: UpdateRun
  private let parent: Int
  private let parentExpert: Expert
  private let place: (group: Int, child: Int)
  private let child: NewChild
  /// The index of the new expert.
  private let index: Int
  private let training: Part
  private let stopping: Part
  private let axis: PrincipalAxis

  /// How often child and expert take turns after the start.
  private static let turnCount = 3

  init(
    run: UpdateRun, whole: ModelDescription, parent: Int, published: RouterParameters?,
    parts: UpdateRun.Parts
  ) throws(UpdateError) {
    self.run = run
    self.parent = parent
    parentExpert = whole.experts[parent]
    let router = whole.router
    place = router.place(of: parent)
    index = router.groups[...place.group].reduce(0, +)
    child = NewChild(
      router, node: router.node(ofGroup: place.group), parent: place.child, published: published)
    func part(_ table: TrainingTable) throws(UpdateError) -> Part {
      guard table.rowCount > 0 else {
        return Part(
          table: table, rows: try run.labelled(table), losses: [], seen: [], experts: [], values: []
        )
      }
      let rows = try run.labelled(table)
      let answers = try run.served(whole, table)
      let group = router.place(of: parent).group
      return Part(
        table: table, rows: rows,
        losses: rows.rowLosses(served: answers.values).map(Self.finite),
        seen: answers.experts.indices.filter {
          answers.experts[$0] >= 0 && router.place(of: answers.experts[$0]).group == group
        }, experts: answers.experts, values: answers.values)
    }
    let learned = try part(parts.training)
    let own = learned.experts.indices.filter { learned.experts[$0] == parent }
    axis = PrincipalAxis(learned.rows.data.selecting(own.map { Int32($0) }))
    training = learned
    stopping = try part(parts.stopping)
  }

  /// A refused row costs more than any answer, and not infinitely more.
  private static func finite(_ loss: Double) -> Double { min(loss, 1e6) }

  /// Whether the parent has rows for two experts.
  var isLargeEnough: Bool {
    let limits = UpdateRun.rowLimits
    return training.experts.count { $0 == parent } >= 2 * limits.training
      && stopping.experts.count { $0 == parent } >= limits.other
  }

  /// The candidate with the least loss on the rows that choose; nil if none wins rows enough, or
  /// none is better than the model as it is.
  func best() throws(UpdateError) -> Candidate? {
    let starts = [Start.loss] + Start.halves + (training.values.isEmpty ? [] : residuals)
    let turns = starts.count + Self.turnCount
    let results = Parallel.map(
      count: starts.count, threads: run.options.threads, whileWaiting: run.reporter.repeatReport
    ) { number -> Result<Candidate?, UpdateError> in
      do throws(UpdateError) {
        let gains = (gains(starts[number], training), gains(starts[number], stopping))
        return .success(try candidate(gains, from: parentExpert, turn: number, of: turns))
      } catch {
        return .failure(error)
      }
    }
    var best: Candidate?
    for result in results {
      if let found = try result.get(), found.loss < best?.loss ?? .infinity { best = found }
    }
    for turn in 0..<Self.turnCount where !run.reporter.shouldStop {
      guard let last = best else { break }
      let gains = (
        try gains(of: last.expert, training), try gains(of: last.expert, stopping)
      )
      let next = try candidate(gains, from: last.expert, turn: starts.count + turn, of: turns)
      guard let next, next.loss < last.loss else { break }
      best = next
    }
    let loss = stopping.losses.reduce(0, +) / Double(max(stopping.losses.count, 1))
    return best.flatMap { $0.loss < loss ? $0 : nil }
  }

  /// One turn: the child learns where the gains are, `expert` is trained on the rows that it wins.
  private func candidate(
    _ gains: (training: [Double], stopping: [Double]), from expert: Expert, turn: Int, of turns: Int
  ) throws(UpdateError) -> Candidate? {
    guard
      let trained = child.trained(
        childRows(training, gains.training), judged: childRows(stopping, gains.stopping))
    else { return nil }
    let router = run.frame.router.adding(
      child.served(weight: trained.weight, bias: trained.bias), toGroup: place.group)
    func won(_ part: Part) -> [Int] {
      let routed = ServingRouter(router).route(part.rows.data)
      return part.seen.filter { Int(routed[$0]) == index }
    }
    let (own, other) = (won(training), won(stopping))
    let limits = UpdateRun.rowLimits
    guard own.count >= limits.training && other.count >= limits.other else { return nil }
    let parts = UpdateRun.Parts(
      training: training.table.selecting(own), stopping: stopping.table.selecting(other),
      heldOut: stopping.table.selecting([]))
    let new = try run.fitted(
      UpdateRun.Work(index: index, expert: expert, parts: parts), place: turn, of: turns)
    var losses = stopping.losses
    let selected = stopping.table.selecting(other)
    let after = try run.labelled(selected).rowLosses(served: try run.values(new, selected))
    for (row, loss) in zip(other, after) { losses[row] = Self.finite(loss) }
    return Candidate(
      expert: new, child: trained, router: router,
      loss: losses.reduce(0, +) / Double(max(losses.count, 1)))
  }

  private func childRows(_ part: Part, _ gains: [Double]) -> ChildRows {
    let data = part.rows.data
    return ChildRows(
      rowCount: part.seen.count,
      features: part.seen.flatMap {
        data.features[$0 * data.featureStride..<($0 + 1) * data.featureStride]
      }, isOwn: part.seen.map { part.experts[$0] == parent }, gains: part.seen.map { gains[$0] })
  }

  /// What each row would gain by `expert`.
  private func gains(of expert: Expert, _ part: Part) throws(UpdateError) -> [Double] {
    let losses = part.rows.rowLosses(served: try run.values(expert, part.table))
    return zip(part.losses, losses).map { $0 - Self.finite($1) }
  }
}

extension ExpertSplit {
  /// What the first child goes by, before there is an expert that could gain anything.
  fileprivate enum Start {
    /// Rows of the parent that cost more than its others.
    case loss
    /// One side of the parent's cell, parted across the direction in which it is longest.
    case half(Float)
    /// Rows of the parent whose first target is above what it says, or below.
    case residual(Float)

    static var halves: [Start] { [.half(1), .half(-1)] }
  }

  private var residuals: [Start] {
    run.frame.task == .regression ? [.residual(1), .residual(-1)] : []
  }

  /// Stand-ins for gains: positive for the parent's rows to be won, negative for its others and
  /// for all rows of other experts.
  private func gains(_ start: Start, _ part: Part) -> [Double] {
    let own = part.experts.indices.filter { part.experts[$0] == parent }
    var scores: [Double]
    switch start {
    case .loss: scores = own.map { part.losses[$0] }
    case .half(let sign): scores = own.map { Double(sign) * axis.place(part.rows.data, row: $0) }
    case .residual(let sign):
      let (count, head) = (run.frame.outputCount, part.rows.head[0])
      scores = own.map { row in
        let said = (part.values[row * count] - head.offset) / (head.scale > 0 ? head.scale : 1)
        return Double(sign * (part.rows.targets.values[row * count] - said))
      }
    }
    scores = scores.map { $0.isFinite ? $0 : 0 }
    // Far values would decide alone where the border is.
    let sorted = scores.sorted()
    let (low, high) = (sorted.first ?? 0, sorted.isEmpty ? 0 : sorted[sorted.count * 9 / 10])
    let middle = scores.reduce(0) { $0 + min(max($1, low), high) } / Double(max(scores.count, 1))
    var gains = [Double](repeating: 0, count: part.experts.count)
    var size = 0.0
    for (row, score) in zip(own, scores) {
      gains[row] = min(score, high) - middle
      size += abs(gains[row])
    }
    let typical = size / Double(max(own.count, 1))
    for row in gains.indices where part.experts[row] != parent { gains[row] = -typical }
    return gains
  }
}

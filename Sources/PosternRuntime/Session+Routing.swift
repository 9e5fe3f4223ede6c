// Session+Routing.swift: chooses the one expert that answers for each row.
//
// Step: features → [router] → groups.   Specification: formats/model.md, sections 9.3 and 9.4.

internal import PosternFormat

/// Rows of a batch that go to the same expert.
public struct ExpertGroup: Equatable, Sendable {
  /// The expert.
  public let expert: Int
  /// The group's first position in the order of the batch.
  public let first: Int
  /// Rows of the group, at least one.
  public let count: Int
  /// The position of the next group.
  public var end: Int { first + count }
}

/// What a node of the router chooses.
private struct Choice {
  var best = 0
  var score: Float = 0
  /// The best of the others, or -1.
  var next = -1
  var margin: Float = .infinity
}

extension Session {
  /// Chooses the expert of each loaded row and groups the rows by expert.
  ///
  /// Top-1 routing as in Switch Transformers [1, equation 2] without the noise that training adds;
  /// on two levels the choice is greedy. A tie goes to the lower index.
  ///
  /// - Parameters:
  ///   - count: Rows loaded in slots `0..<count`, at least 1.
  ///   - explaining: Whether margin, runner-up and gate probability are wanted too.
  /// - Complexity: O(`count` · *features* · *scored children*), no allocation.
  ///
  /// [1]: https://arxiv.org/abs/2101.03961
  ///      "W. Fedus, B. Zoph, N. Shazeer. Switch Transformers. JMLR 23(120), 2022."
  @_lifetime(self: copy self)
  public mutating func route(count: Int, explaining: Bool = false) {
    precondition(count >= 1 && count <= rowCapacity)
    rowCount = count
    let needsGate = explaining || facts.gateScale == .probability
    let needsChoice = needsGate || facts.gateScale == .score
    var first = 0
    while first < count {
      let rows = min(layout.blockRowCount, count - first)
      score(rootNode, row: first, rows: rows)
      if needsChoice {
        for slot in first..<first + rows where isAnswered(slot) {
          let scores = layout.scores + (slot - first) * layout.words.scoreWordCount
          choose(slot, scores, explaining: explaining, needsGate: needsGate)
        }
      } else {
        chooseBest(first, rows: rows)
      }
      first += rows
    }
    group()
  }

  /// Chooses the experts of a block's rows from the root's scores, and nothing else.
  @_lifetime(self: copy self)
  private mutating func chooseBest(_ first: Int, rows: Int) {
    var refused = Kernels.best(
      of: rootNode.childCount, row: first, rows: rows, layout: layout, memory: &memory)
    if facts.isTwoLevel {
      for slot in first..<first + rows where isAnswered(slot) {
        let group = memory[layout.scalar(.expert, slot)]
        if group == .max { continue }
        let node = router.inner(Int(group))
        score(node, row: slot, rows: 1)
        refused += Kernels.best(
          of: node.childCount, row: slot, rows: 1, layout: layout, memory: &memory)
        let child = memory[layout.scalar(.expert, slot)]
        if child != .max {
          memory[layout.scalar(.expert, slot)] = UInt32(node.firstChild) + child
        }
      }
    }
    if refused > 0 {
      for slot in first..<first + rows
      where isAnswered(slot) && memory[layout.scalar(.expert, slot)] == .max {
        refuseForOverflow(slot)
      }
    }
  }

  /// The group at a position of the batch's order, or nil behind the last one. Start at 0, go on at
  /// the group's end.
  public func group(at position: Int) -> ExpertGroup? {
    guard position < answeredCount else { return nil }
    let slot = Int(memory[layout.scalar(.order, position)])
    let expert = Int(memory[layout.scalar(.expert, slot)])
    let end = Int(memory[layout.groups + expert])
    return ExpertGroup(expert: expert, first: position, count: end - position)
  }

  /// Gives every answered row to its runner-up, if it has one, and groups the rows anew: what would
  /// the next best expert have answered? Run the groups and ``finish()`` after it as after
  /// ``route(count:explaining:)``.
  ///
  /// Margin, runner-up and gate probability stay those of the first choice, and so does the factor
  /// of a model that scales outputs.
  ///
  /// - Precondition: The rows were routed with `explaining`.
  /// - Complexity: O(*rows*), no allocation.
  @_lifetime(self: copy self)
  public mutating func routeToRunnersUp() {
    for slot in 0..<rowCount where isAnswered(slot) {
      let runnerUp = memory[layout.scalar(.runnerUp, slot)]
      if runnerUp != .max { memory[layout.scalar(.expert, slot)] = runnerUp }
    }
    group()
  }

  /// How far the best score is above the next one. Infinite without a runner-up. Valid after
  /// ``route(count:explaining:)`` with `explaining`.
  public func margin(_ slot: Int) -> Float { float(layout.scalar(.margin, checked(slot))) }

  /// The expert that would answer without the chosen one, or nil. Valid as ``margin(_:)`` is.
  public func runnerUp(_ slot: Int) -> Int? {
    let word = memory[layout.scalar(.runnerUp, checked(slot))]
    return word == .max ? nil : Int(word)
  }

  /// The softmax value of the chosen expert, in 0...1. Valid as ``margin(_:)`` is.
  public func gateProbability(_ slot: Int) -> Float {
    float(layout.scalar(.gateProbability, checked(slot)))
  }

  /// What the routed expert's outputs are multiplied by; 1 if the model does not scale them. Valid
  /// after ``route(count:explaining:)`` for answered rows.
  public func gateFactor(_ slot: Int) -> Float {
    facts.gateScale == .none ? 1 : float(layout.scalar(.gateFactor, checked(slot)))
  }

  /// Writes the scores of `rows` rows from slot `row` on to the block's score rows.
  @_lifetime(self: copy self)
  private mutating func score(
    _ node: RouterNode, row: Int, rows: Int
  ) {
    let words = layout.words
    let inputs = facts.inputCount
    let outputs = Layout.pad(node.childCount, to: Layout.panelWidth)
    let block = RowBlock(
      x: layout.features + row * words.featureWordCount, xStride: words.featureWordCount,
      y: layout.scores, yStride: words.scoreWordCount, rows: rows)
    switch node.kind {
    case .affine:
      let layer = DenseLayer(
        panels: node.panels, bias: node.bias, slopes: nil, inputs: inputs, outputs: outputs)
      Kernels.dense(layer, weights: router.bytes, rows: block, memory: &memory)
    case .distance:
      let layer = DistanceLayer(
        panels: node.panels, bias: node.bias, scale: node.scale, inputs: inputs,
        outputs: outputs)
      Kernels.distance(layer, weights: router.bytes, rows: block, memory: &memory)
    case .cosine:
      let layer = CosineLayer(
        panels: node.panels, bias: node.bias, scale: node.scale, inputs: inputs,
        children: node.childCount)
      Kernels.cosine(layer, weights: router.bytes, rows: block, memory: &memory)
    }
  }

  /// Chooses a row's expert from the root's scores at `scores`; the inner node's scores replace
  /// them.
  @_lifetime(self: copy self)
  private mutating func choose(
    _ slot: Int, _ scores: Int, explaining: Bool, needsGate: Bool
  ) {
    guard var choice = choice(scores, rootNode.childCount, withNext: explaining) else {
      refuseForOverflow(slot)
      return
    }
    var gate =
      needsGate ? largestProbability(logits: scores, count: rootNode.childCount, memory: memory) : 1
    var score = choice.score
    var expert = choice.best
    var runnerUp = choice.next
    if facts.isTwoLevel {
      let node = router.inner(choice.best)
      guard let inner = innerChoice(slot, node, withNext: explaining) else {
        refuseForOverflow(slot)
        return
      }
      if needsGate {
        gate *= largestProbability(logits: layout.scores, count: node.childCount, memory: memory)
      }
      score *= inner.score
      expert = node.firstChild + inner.best
      if explaining {
        if inner.next >= 0 && inner.margin <= choice.margin {
          choice.margin = inner.margin
          runnerUp = node.firstChild + inner.next
        } else if choice.next >= 0 {
          let other = router.inner(choice.next)
          let best = innerChoice(slot, other, withNext: false)
          runnerUp = best.map { other.firstChild + $0.best } ?? -1
        }
      }
    }
    memory[layout.scalar(.expert, slot)] = UInt32(expert)
    memory[layout.scalar(.gateProbability, slot)] = gate.bitPattern
    let factor = facts.gateScale == .score ? score : gate
    memory[layout.scalar(.gateFactor, slot)] = factor.bitPattern
    memory[layout.scalar(.margin, slot)] = choice.margin.bitPattern
    memory[layout.scalar(.runnerUp, slot)] = runnerUp < 0 ? .max : UInt32(runnerUp)
  }

  /// Scores the children of an inner node for one row, into the block's first score row.
  @_lifetime(self: copy self)
  private mutating func innerChoice(
    _ slot: Int, _ node: RouterNode, withNext: Bool
  ) -> Choice? {
    score(node, row: slot, rows: 1)
    return choice(layout.scores, node.childCount, withNext: withNext)
  }

  /// The best of `count` scores, or nil if one of them is not finite.
  private func choice(_ scores: Int, _ count: Int, withNext: Bool) -> Choice? {
    var choice = Choice()
    choice.score = float(scores)
    guard choice.score.isFinite else { return nil }
    for child in 1..<max(count, 1) {
      let score = float(scores + child)
      guard score.isFinite else { return nil }
      // Strictly greater: an equal score further right must not win.
      if score > choice.score {
        choice.best = child
        choice.score = score
      }
    }
    if withNext && count > 1 {
      for child in 0..<count where child != choice.best {
        let score = float(scores + child)
        if choice.next < 0 || score > float(scores + choice.next) { choice.next = child }
      }
      choice.margin = choice.score - float(scores + choice.next)
    }
    return choice
  }

  /// Orders the slots by expert.
  @_lifetime(self: copy self)
  private mutating func group() {
    distinctCount = Kernels.group(
      rows: rowCount, before: distinctCount, layout: layout, memory: &memory)
    answeredCount = 0
    if distinctCount > 0 {
      let last = Int(memory[layout.scalar(.distinct, distinctCount - 1)])
      answeredCount = Int(memory[layout.groups + last])
    }
  }
}

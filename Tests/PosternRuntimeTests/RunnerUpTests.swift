import PosternFormat
import PosternPackaging
import PosternRuntime
import TestModels
import Testing

@Suite struct RunnerUpTests {
  private struct Answer: Equatable {
    var expert: Int
    var values: [UInt32]
  }

  /// Goal: answering by the runners-up is what their experts say. Method: a router that sends every
  /// row to one expert gives that expert's answers, to the bit.
  @Test(arguments: [false, true])
  func `a runner-up answers as if it had been chosen`(hasSharedExpert: Bool) throws {
    let description = TestModels.mixed(expertCount: 5, hasSharedExpert: hasSharedExpert, seed: 31)
    let rows = TestModels.rows(150)
    let (chosen, others) = try both(description, rows)
    let alone = try (0..<5).map { expert in
      var forced = description
      var bias = [Float](repeating: 0, count: 5)
      bias[expert] = 1
      forced.router = .flat(
        RouterNode(
          kind: .affine, weights: [Float](repeating: 0, count: 5 * description.featureCount),
          bias: bias))
      return try both(forced, rows).chosen
    }
    #expect(Set(others.map(\.expert)).count > 2)
    for row in rows.indices {
      #expect(others[row].expert != chosen[row].expert)
      #expect(chosen[row] == alone[chosen[row].expert][row])
      #expect(others[row] == alone[others[row].expert][row])
    }
  }

  @Test func `a row without a runner-up stays where it is`() throws {
    let (chosen, others) = try both(TestModels.mixed(expertCount: 1), TestModels.rows(20))
    #expect(chosen == others)
  }

  /// The answers of the chosen experts and of their runners-up.
  private func both(
    _ description: ModelDescription, _ rows: [[Float]]
  ) throws -> (chosen: [Answer], others: [Answer]) {
    let file = try description.encoded(profile: .map)
    let model = try ModelView(validating: file.span)
    let byteCount = model.header.workspaceByteCount(rowCapacity: rows.count)
    var words = [UInt32](repeating: 0, count: byteCount / 4)
    let workspace = words.mutableSpan
    var session = try Session(model: model, rowCapacity: rows.count, workspace: workspace)
    for (slot, row) in rows.enumerated() { session.load(row.span, at: slot) }
    try session.predictRaw(count: rows.count, explaining: true)
    let chosen = answers(session)
    let next = rows.indices.map { session.runnerUp($0) }
    session.routeToRunnersUp()
    var position = 0
    while let group = session.group(at: position) {
      session.run(group, expert: try session.rawExpert(group.expert))
      position = group.end
    }
    #expect(position == rows.count)
    if model.header.hasSharedExpert {
      session.runShared(expert: try session.rawExpert(model.header.expertCount))
    }
    session.finish()
    for slot in rows.indices { #expect(session.expert(slot) == next[slot] ?? chosen[slot].expert) }
    return (chosen, answers(session))
  }

  private func answers(_ session: borrowing Session) -> [Answer] {
    (0..<session.rowCount).map { slot in
      Answer(
        expert: session.expert(slot),
        values: (0..<session.model.header.outputCount).map {
          session.value(slot, output: $0).bitPattern
        })
    }
  }
}

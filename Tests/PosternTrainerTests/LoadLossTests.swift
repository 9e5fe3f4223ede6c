// LoadLossTests.swift: loads are those of fresh noise, and gradients are those of the loss.

import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct LoadLossTests {
  private struct Case {
    var form = RouterForm(kind: .linear, childCount: 5, featureCount: 4, offset: 0)
    var rowCount = 40
    var clean: [Float] = []
    var draws: [Float] = []
    var spreads: [Float] = []

    var noisy: [Float] { clean.indices.map { clean[$0] + draws[$0] * spreads[$0] } }

    func loss(weight: Double = 1) -> LoadLoss {
      LoadLoss(
        form: form, noisy: noisy, draws: draws, spreads: spreads, rowCount: rowCount,
        weight: weight)
    }
  }

  private func makeCase(seed: UInt64) -> Case {
    var c = Case()
    var random = RandomStream(seed: seed)
    for _ in 0..<c.rowCount * c.form.stride {
      c.clean.append(random.normal())
      c.draws.append(random.normal())
      c.spreads.append(0.3 + Float(random.uniform()))
    }
    return c
  }

  @Test func `loads are the shares of wins under fresh noise`() {
    let c = makeCase(seed: 1)
    let loads = c.loss().loads
    var random = RandomStream(seed: 2)
    let (noisy, stride, drawCount) = (c.noisy, c.form.stride, 4000)
    for child in 0..<c.form.childCount {
      var wins = 0
      for row in 0..<c.rowCount {
        let others = (0..<c.form.childCount).filter { $0 != child }
        let rival = others.map { noisy[row * stride + $0] }.max() ?? 0
        let index = row * stride + child
        for _ in 0..<drawCount where c.clean[index] + random.normal() * c.spreads[index] > rival {
          wins += 1
        }
      }
      let seen = Double(wins) / Double(drawCount)
      #expect(abs(seen - loads[child]) <= 0.02 * seen, "\(child): \(seen) \(loads[child])")
    }
  }

  @Test func `gradients are those of differences`() {
    let c = makeCase(seed: 3)
    let loss = c.loss(weight: 2)
    let step: Float = 1e-2
    for index in [0, 1, 2, 3, 4, 16, 33, 50, 100, 610, 627] {
      func slope(_ path: WritableKeyPath<Case, [Float]>) -> Double {
        var (up, down) = (c, c)
        up[keyPath: path][index] += step
        down[keyPath: path][index] -= step
        return 2 * (up.loss().value - down.loss().value) / (2 * Double(step))
      }
      let byClean = Double(loss.byClean[index] + loss.byNoisy[index])
      let bySpread = Double(loss.bySpread[index] + loss.byNoisy[index] * c.draws[index])
      #expect(abs(slope(\.clean) - byClean) <= 2e-2 * abs(byClean) + 2e-5)
      #expect(abs(slope(\.spreads) - bySpread) <= 2e-2 * abs(bySpread) + 2e-5)
    }
  }

  @Test func `the normal distribution at known places`() {
    for (x, share) in [
      (0.0, 0.5), (1, 0.8413447), (-1, 0.1586553), (2, 0.9772499), (-3, 0.0013499),
    ] {
      #expect(abs(normalShare(below: x) - share) < 3e-7)
    }
  }

  @Test func `a load weight evens the load of a router that prefers one expert`() throws {
    let table = Synthetic.regression(rowCount: 600)
    func variation(_ weight: Float) throws -> Double {
      var options = TrainingOptions()
      (options.expertCount, options.teacherCount, options.hiddenWidths) = (4, 0, [16])
      (options.method, options.balanceWeight, options.loadWeight) = (.switchTop1, 0, weight)
      (options.epochCount, options.threadCount) = (20, 1)
      var recipe = TrainingRecipe()
      recipe.routerStart = .random(scale: 1)
      recipe.keepsLast = true
      let result = try Trainer.train(
        table, validation: table, options: options, recipe: recipe)
      let experts = try serve(result.refit, table).experts
      let loads = (0..<4).map { expert in Double(experts.count { $0 == expert }) / 600 }
      return loads.reduce(0) { $0 + ($1 - 0.25) * ($1 - 0.25) }
    }
    #expect(try variation(1) < variation(0))
  }
}

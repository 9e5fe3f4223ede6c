// PatchMixtureTests.swift: shared filters, their training, and the file that writes them out.

import PosternFormat
import PosternPackaging
import PosternRuntime
import Testing

@testable import PosternTrainer

@Suite struct PatchMixtureTests {
  private static let patches = 3
  private static let size = 5

  /// The label is the sign of the first patch's first number, in one of three places.
  private func rows(_ count: Int) -> (rows: [Float], labels: [UInt32]) {
    var random = RandomStream(seed: 9)
    var (rows, labels) = ([Float](), [UInt32]())
    for _ in 0..<count {
      let label = random.below(2)
      let place = random.below(Self.patches)
      for patch in 0..<Self.patches {
        for index in 0..<Self.size {
          let signal: Float = patch == place && index == 0 ? (label == 1 ? 10 : -10) : 0
          rows.append(signal + random.normal())
        }
      }
      labels.append(UInt32(label))
    }
    return (rows, labels)
  }

  private func mixture(
    _ data: (rows: [Float], labels: [UInt32]), experts: Int, filter: PatchMixture.Filter,
    threads: Int = 1
  ) -> PatchMixture {
    let shape = PatchMixture.Shape(
      patchCount: Self.patches, patchSize: Self.size, expertCount: experts, filterCount: 16,
      filter: filter)
    return PatchMixture(
      shape: shape, rows: data.rows, labels: data.labels, seed: 4, threads: threads)
  }

  private var columns: [Column] {
    (0..<Self.patches * Self.size).map { index in
      Column(
        name: bytes("x\(index)"),
        kind: .numeric(edges: [-99, 99], fill: 0, center: 0, scale: 1), missing: .refuse)
    }
  }

  @Test(arguments: [UInt32(0), 1])
  func `the slope of the double softmax is that of its loss`(label: UInt32) {
    for outputs in [SIMD2<Double>(0.3, -0.2), SIMD2(4, 1), SIMD2(-1, 2)] {
      let (_, slope) = PatchMixture.loss(outputs, label: label)
      for index in 0..<2 {
        var (up, down) = (outputs, outputs)
        up[index] += 1e-4
        down[index] -= 1e-4
        let numeric =
          (PatchMixture.loss(up, label: label).loss - PatchMixture.loss(down, label: label).loss)
          / 2e-4
        #expect(abs(numeric - slope[index]) < 1e-6)
      }
    }
    // A wholly right answer still costs this: the authors' softmax stands twice.
    let floor = PatchMixture.loss(label == 0 ? SIMD2(99, -99) : SIMD2(-99, 99), label: label).loss
    #expect(abs(floor - 0.31326) < 1e-5)
  }

  @Test(arguments: [PatchMixture.Filter.cube, .identity])
  func `training lowers the loss, and the file answers as it was trained`(
    filter: PatchMixture.Filter
  ) throws {
    let data = rows(300)
    var mixture = mixture(data, experts: 3, filter: filter)
    var losses: [Double] = []
    for _ in 0..<300 { losses.append(mixture.step(expertRate: 1e-3, routerRate: 0.1)) }
    #expect(abs(losses[0] - 0.6931) < 1e-3)
    #expect((losses.last ?? 1) < 0.6)
    let model = try mixture.description(columns: columns)
    #expect(model.gateScale == .score)
    #expect(model.experts[0].activation == (filter == .cube ? .cube : .prelu))
    let width = Self.patches * Self.size
    let table = TrainingTable(
      columns: (0..<width).map { column in
        .init(
          name: bytes("x\(column)"),
          values: .numeric((0..<300).map { data.rows[$0 * width + column] }))
      },
      target: .classification(
        name: bytes("label"), labels: data.labels, classes: [bytes("-1"), bytes("1")]),
      rowCount: 300)
    let served = try serve(model, table)
    let rightCount = zip(served.values, data.labels).count { ($0 > 0 ? 1 : 0) == $1 }
    #expect(rightCount > 240)
  }

  @Test func `threads change no number`() throws {
    let data = rows(60)
    var (one, two) = (
      mixture(data, experts: 4, filter: .cube), mixture(data, experts: 4, filter: .cube, threads: 2)
    )
    for _ in 0..<5 {
      #expect(
        one.step(expertRate: 1e-2, routerRate: 0.1) == two.step(expertRate: 1e-2, routerRate: 0.1))
    }
    #expect(try one.description(columns: columns) == two.description(columns: columns))
  }

  @Test func `one expert has no router and no gate`() throws {
    let data = rows(60)
    var mixture = mixture(data, experts: 1, filter: .cube)
    for _ in 0..<5 { _ = mixture.step(expertRate: 1e-2, routerRate: 0.1) }
    let model = try mixture.description(columns: columns)
    #expect(model.gateScale == .none && model.experts.count == 1)
  }
}

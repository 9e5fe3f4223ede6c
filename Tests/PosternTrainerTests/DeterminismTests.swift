// DeterminismTests.swift: neither threads nor instruction sets change a bit of the model.
//
// Method: the kernels in use are one for the whole process, so each comparison of them runs in a
// process of its own.

import CPosternKernels
import PosternPackaging
import Testing

@testable import PosternTrainer

@Suite struct DeterminismTests {
  private static func model(threads: Int, classCount: Int) throws -> ModelDescription {
    var options = Synthetic.quickOptions(experts: 3)
    options.threadCount = threads
    options.epochCount = 4
    let table =
      classCount == 0
      ? Synthetic.regression(rowCount: 240)
      : Synthetic.classification(rowCount: 240, classCount: classCount)
    return try Trainer.train(table, options: options).description
  }

  @Test(arguments: [0, 2, 4])
  func `one thread and several give the same model`(classCount: Int) throws {
    let single = try Self.model(threads: 1, classCount: classCount)
    #expect(try Self.model(threads: 2, classCount: classCount) == single)
    #expect(try Self.model(threads: 5, classCount: classCount) == single)
  }

  /// A machine without the instructions would compare a set with itself: it leaves the test out.
  @Test(.enabled(if: Int(postern_kernels_selected()) >= POSTERN_KERNELS_AVX2))
  func `AVX2 gives the model of the portable kernels`() async {
    await #expect(processExitsWith: .success) {
      try Self.compare(POSTERN_KERNELS_PORTABLE, POSTERN_KERNELS_AVX2)
    }
  }

  @Test(.enabled(if: Int(postern_kernels_selected()) >= POSTERN_KERNELS_AVX512))
  func `AVX-512 gives the model of the portable kernels`() async {
    await #expect(processExitsWith: .success) {
      try Self.compare(POSTERN_KERNELS_PORTABLE, POSTERN_KERNELS_AVX512)
    }
  }

  private struct Different: Error {}

  /// Trains with both sets.
  private static func compare(_ one: Int, _ other: Int) throws {
    guard postern_kernels_select(Int32(one)) == Int32(one) else { throw Different() }
    let first = try model(threads: 2, classCount: 4)
    guard postern_kernels_select(Int32(other)) == Int32(other) else { throw Different() }
    guard try model(threads: 2, classCount: 4) == first else { throw Different() }
  }
}

// SyntheticTables.swift: small tables with a known law, made from a seed.

@testable import PosternTrainer

/// Texts as the bytes of names.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Tables whose target follows a law that the tests know.
enum Synthetic {
  /// Columns `a` and `b` in -1...1, `gap` with a fifth missing, `kind` of three categories.
  static func columns(rowCount: Int, seed: UInt64) -> [TrainingTable.Column] {
    var random = RandomStream(seed: seed, 1)
    let a = (0..<rowCount).map { _ in Float(random.uniform() * 2 - 1) }
    let b = (0..<rowCount).map { _ in Float(random.uniform() * 2 - 1) }
    let gap = (0..<rowCount).map { _ in
      random.below(5) == 0 ? Float.nan : Float(random.uniform() * 10)
    }
    let kind = (0..<rowCount).map { _ in UInt32(random.below(3)) }
    return [
      .init(name: bytes("a"), values: .numeric(a)),
      .init(name: bytes("b"), values: .numeric(b)),
      .init(name: bytes("gap"), values: .numeric(gap)),
      .init(
        name: bytes("kind"),
        values: .categorical(codes: kind, categories: ["blue", "green", "red"].map(bytes))),
    ]
  }

  private static func number(_ column: TrainingTable.Column, _ row: Int) -> Float {
    guard case .numeric(let values) = column.values else { return .nan }
    return values[row]
  }

  /// A target that is linear in each quadrant of (a, b), with another slope in each.
  static func regression(rowCount: Int, seed: UInt64 = 1) -> TrainingTable {
    let columns = columns(rowCount: rowCount, seed: seed)
    let target = (0..<rowCount).map { row -> Float in
      let (a, b) = (number(columns[0], row), number(columns[1], row))
      return a > 0 ? (b > 0 ? 3 * a : 5 - 2 * b) : (b > 0 ? a * b : -4 + b)
    }
    return TrainingTable(
      columns: columns, target: .regression(names: [bytes("y")], values: [target]),
      rowCount: rowCount)
  }

  /// Classes by angle: for two classes the sign of a · b, for more the sector of (a, b).
  static func classification(rowCount: Int, classCount: Int, seed: UInt64 = 1) -> TrainingTable {
    let columns = columns(rowCount: rowCount, seed: seed)
    let labels = (0..<rowCount).map { row -> UInt32 in
      let (a, b) = (number(columns[0], row), number(columns[1], row))
      if classCount == 2 { return a * b > 0 ? 1 : 0 }
      return UInt32((a > 0 ? 1 : 0) + (b > 0 ? 2 : 0)) % UInt32(classCount)
    }
    let classes = (0..<classCount).map { bytes("class \($0)") }
    return TrainingTable(
      columns: columns,
      target: .classification(name: bytes("label"), labels: labels, classes: classes),
      rowCount: rowCount)
  }

  /// Options under which a few hundred rows take well under a second.
  static func quickOptions(experts: Int = 3, seed: UInt64 = 7) -> TrainingOptions {
    var options = TrainingOptions()
    options.expertCount = experts
    options.seed = seed
    options.hiddenWidths = [16, 16]
    options.binCount = 4
    options.epochCount = 12
    options.teacherCount = 2
    options.threadCount = 2
    return options
  }
}

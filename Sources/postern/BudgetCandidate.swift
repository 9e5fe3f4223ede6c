// BudgetCandidate.swift: a shape and an element type, with what a model of them takes and promises.
//
// Step: table → [candidate] → plan.

internal import PosternPackaging
internal import PosternRuntime
internal import PosternTrainer

/// A shape of a model whose weights are stored in some type, with what it would take.
struct BudgetCandidate: Equatable {
  var expertCount: Int
  var widths: [Int]
  var binCount: Int
  var elementType: Expert.ElementType
  var sizes: BudgetSizes
  /// Stored numbers of one expert.
  var activeParameterCount: Int
  /// The bound on the VC dimension; see ``BudgetPlan``.
  var complexity: Int
  /// What the candidate is ranked by; see ``BudgetPlan``.
  var promise: Double

  var totalParameterCount: Int { expertCount * activeParameterCount }
  var widthText: String { widths.isEmpty ? "none" : widths.map(String.init).joined(separator: ",") }
}

extension Expert.ElementType {
  /// From the most bits to the fewest.
  static let byBits: [Expert.ElementType] = [.f32, .f16, .int8, .int4]

  /// Bits of a weight.
  var bitCount: Int {
    switch self {
    case .f32: 32
    case .f16: 16
    case .int8: 8
    case .int4: 4
    }
  }

  /// By what part the error of a trained network grows when its weights are rounded: the mean over
  /// 37 networks on six public tables, each trained in f32, rounded and tested. It was at most 0.02
  /// in int8 where more than one test row made the difference, and up to 1 in int4.
  var roundingLoss: Double {
    switch self {
    case .f32: 0
    case .f16: 0
    case .int8: 0.006
    case .int4: 0.09
    }
  }

  /// By what factor `L P²` must be larger than in f32 for this type to be worth it: over the shapes
  /// of those networks the error of regressions fell with `L P²` to the power of 1/40.
  var leastGain: Double { Elementary.exp(40 * Elementary.log(1 + roundingLoss)) }
}

extension ModelOutline {
  /// `C = L max(n L, J W)`: see ``BudgetPlan``.
  func complexity(expertCount: Int, widths: [Int]) -> Int {
    let width = widths.max() ?? outputCount
    return expertCount * max(featureCount * expertCount, (widths.count + 1) * width)
  }

  /// The parameters of an expert, with a column's bins counted by their logarithm to base 2.
  func capacity(widths: [Int], binCount: Int) -> Double {
    let logarithm = Elementary.log(Double(binCount)) / Elementary.log(2)
    var inputs = Double(usedColumnCount) * (1 + logarithm)
    var count = 0.0
    for width in widths + [outputCount] {
      count += (inputs + 1) * Double(width)
      inputs = Double(width)
    }
    return count
  }

  /// The logarithm of `L P²`, less what an element type of fewer bits has to gain.
  func promise(
    expertCount: Int, widths: [Int], binCount: Int, _ elementType: Expert.ElementType
  ) -> Double {
    let capacity = capacity(widths: widths, binCount: binCount)
    return Elementary.log(Double(expertCount)) + 2 * Elementary.log(capacity)
      - Elementary.log(elementType.leastGain)
  }
}

// BudgetPlan.swift: the model that makes the most of a budget.
//
// Step: table → [plan] → training.

internal import PosternFormat
internal import PosternPackaging
internal import PosternTrainer

/// A shape of a model, with what it would take.
struct BudgetCandidate: Equatable {
  var expertCount: Int
  var widths: [Int]
  var binCount: Int
  var sizes: BudgetSizes
  /// Stored numbers of one expert.
  var activeParameterCount: Int
  /// The bound on the VC dimension; see ``BudgetPlan``.
  var complexity: Int
  /// What a prediction can use of an expert; see ``BudgetPlan``.
  var capacity: Double

  var totalParameterCount: Int { expertCount * activeParameterCount }
  var widthText: String { widths.isEmpty ? "none" : widths.map(String.init).joined(separator: ",") }
}

/// Every shape that could be meant, measured by encoding an untrained model of it.
///
/// Which one is best follows the trade-off of Kratsios et al. [1]. With `L` experts of `P`
/// parameters over `n` features the error in approximation falls as `(L P²)^(-1/n)`: many small
/// experts store more for the same error than one large one, but a row needs only one of them. So
/// among the shapes within the budget the one with the largest `L P²` is taken, where a bin beyond
/// the second counts by the logarithm of the bins, since it adds to one column alone. Against
/// learning chance by heart stands the bound on the VC dimension `C = L max(n L, J W)`, with depth
/// `J` and width `W`: it may not exceed the rows, which is `rows ≥ C / ε²` for `ε = 1`.
///
/// [1]: https://arxiv.org/abs/2402.03460
///      "A. Kratsios et al. Mixture of experts soften the curse of dimensionality. TMLR 2025."
struct BudgetPlan {
  let budget: Budget
  let rowCapacity: Int
  /// Rows to learn from.
  private(set) var trainingRowCount = 0
  private(set) var featureCount = 0
  /// The best shape of each number of experts that fits, ascending; the rows of the printed table.
  private(set) var candidates: [BudgetCandidate] = []
  /// How many shapes were measured.
  private(set) var measuredCount = 0
  /// What is proposed; `nil` if nothing fits.
  private(set) var chosen: BudgetCandidate?
  /// The smallest model that there is.
  let smallest: BudgetCandidate

  private static let expertCounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
  private static let widths: [[Int]] = [
    [], [16], [32], [64], [16, 16], [32, 16], [32, 32], [64, 32], [64, 64], [128, 64],
  ]
  /// What the text of how a model was made may take, which is not known before.
  static let provenanceByteCount = 1024

  init(
    _ table: TrainingTable, budget: Budget, rowCapacity: Int, seed: UInt64,
    kind: RouterParameters.Kind
  ) throws {
    self.budget = budget
    self.rowCapacity = rowCapacity
    let most = ModelOutline.defaultBinCounts(table).max() ?? 24
    let binCounts = [1, 2, 4, 8, 16, 24, 48, 96].filter { $0 <= most }
    var outlines: [(binCount: Int, outline: ModelOutline)] = []
    for binCount in binCounts {
      var options = TrainingOptions()
      options.seed = seed
      options.binCount = binCount
      outlines.append((binCount, try ModelOutline(table, options: options)))
    }
    let least = outlines[0].outline
    smallest = try Self.measure(least, 1, [], 1, rowCapacity, kind)
    trainingRowCount = least.trainingRowCount
    featureCount = least.featureCount
    // The shapes by what they promise, so that most of them need not be encoded.
    for expertCount in Self.expertCounts {
      let ordered = outlines.flatMap { outline in
        Self.widths.map { (outline, $0, Self.capacity(outline.outline, $0, outline.binCount)) }
      }.sorted { $0.2 > $1.2 }
      for ((binCount, outline), widths, _) in ordered {
        let bytes = 4 * expertCount * outline.parameterCount(widths: widths)
        guard Self.complexity(outline, expertCount, widths) <= max(trainingRowCount, 1),
          bytes <= 1 << 26, bytes / 2 <= budget[.flash] ?? .max
        else { continue }
        measuredCount += 1
        let candidate = try Self.measure(
          outline, expertCount, widths, binCount, rowCapacity, kind)
        guard budget.overruns(candidate.sizes).isEmpty else { continue }
        candidates.append(candidate)
        break
      }
    }
    chosen = candidates.max {
      $0.capacity * $0.capacity * Double($0.expertCount)
        < $1.capacity * $1.capacity * Double($1.expertCount)
    }
    // Where so few rows allow no shape, the smallest is still a model.
    if chosen == nil, budget.overruns(smallest.sizes).isEmpty {
      candidates = [smallest]
      chosen = smallest
    }
  }

  /// `C = L max(n L, J W)`.
  private static func complexity(
    _ outline: ModelOutline, _ expertCount: Int, _ widths: [Int]
  ) -> Int {
    let width = widths.max() ?? outline.outputCount
    return expertCount * max(outline.featureCount * expertCount, (widths.count + 1) * width)
  }

  /// The parameters of an expert, with a column's bins counted by their logarithm.
  private static func capacity(
    _ outline: ModelOutline, _ widths: [Int], _ binCount: Int
  ) -> Double {
    var halvings = 0.0
    var bins = binCount
    while bins > 1 {
      halvings += bins >= 3 && bins < 4 ? 0.6 : 1
      bins /= 2
    }
    var inputs = Double(outline.usedColumnCount) * (1 + halvings)
    var count = 0.0
    for width in widths + [outline.outputCount] {
      count += (inputs + 1) * Double(width)
      inputs = Double(width)
    }
    return count
  }

  private static func measure(
    _ outline: ModelOutline, _ expertCount: Int, _ widths: [Int], _ binCount: Int,
    _ rowCapacity: Int, _ kind: RouterParameters.Kind
  ) throws -> BudgetCandidate {
    var description = try outline.description(
      expertCount: expertCount, widths: widths, kind: kind)
    let rowWordCount = description.columns.count + 1 + outline.outputCount
    description.ancillary.selfTest = [UInt8](
      repeating: 0, count: 16 + 4 * rowWordCount * min(8, expertCount))
    description.ancillary.provenance =
      Array("{}".utf8) + [UInt8](repeating: 0x20, count: provenanceByteCount)
    return BudgetCandidate(
      expertCount: expertCount, widths: widths, binCount: binCount,
      sizes: try BudgetSizes(
        of: try description.encoded(profile: .map), rowCapacity: rowCapacity),
      activeParameterCount: outline.parameterCount(widths: widths),
      complexity: complexity(outline, expertCount, widths),
      capacity: capacity(outline, widths, binCount))
  }
}

extension BudgetSizes {
  /// What the model in `bytes` takes.
  init(of bytes: [UInt8], rowCapacity: Int) throws {
    let model = try ModelView(validating: bytes.span)
    let plan = Plan(model, rowCapacity: rowCapacity)
    self.init(
      fileByteCount: bytes.count,
      ramByteCount: plan.workspaceByteCount + plan.cacheByteCounts.one,
      rowMacCount: plan.rowMacCount)
  }
}

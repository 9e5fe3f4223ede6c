// BudgetPlan.swift: the model that makes the most of a budget.
//
// Step: table → [plan] → training.

internal import PosternPackaging
internal import PosternTrainer

/// Every shape that could be meant in every element type, measured by encoding an untrained model.
///
/// Which one is best follows the trade-off of Kratsios et al. [1]. With `L` experts of `P`
/// parameters over `n` features the error in approximation falls as `(L P²)^(-1/n)`: many small
/// experts store more for the same error than one large one, but a row needs only one of them. A
/// column counts as one input and the logarithm of its bins, since bins add to it alone.
///
/// So the candidate with the largest `L P²` is taken among those of one element type.
///
/// Fewer bits a weight leave room for more parameters and round them. A type of fewer bits is taken
/// only where `L P²` is ``PosternPackaging/Expert/ElementType/leastGain`` times that of the best
/// candidate in f32, so that it gains more than rounding costs. The theorem bounds the worst case
/// and is no measure of that; trained networks are, and the factor is from them.
///
/// Against learning chance by heart stands the bound on the VC dimension `C = L max(n L, J W)`,
/// with depth `J` and width `W`: it may not exceed the rows, which is `rows ≥ C / ε²` for `ε = 1`.
///
/// [1]: https://arxiv.org/abs/2402.03460
///      "A. Kratsios et al. Mixture of experts soften the curse of dimensionality. TMLR 2025."
struct BudgetPlan {
  let budget: Budget
  let rowCapacity: Int
  /// Rows to learn from.
  let trainingRowCount: Int
  let featureCount: Int
  /// For each number of experts and element type the best shape that fits, unless it fits in more
  /// bits as well; by experts, then from the most bits to the fewest.
  private(set) var candidates: [BudgetCandidate] = []
  /// How many models were measured.
  let measuredCount: Int
  /// What is proposed; `nil` if nothing fits.
  private(set) var chosen: BudgetCandidate?
  /// The smallest model that there is.
  let smallest: BudgetCandidate

  private static let expertCounts = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]
  static let widths: [[Int]] = [
    [], [16], [32], [64], [16, 16], [32, 16], [32, 32], [64, 32], [64, 64], [128, 64],
  ]
  /// What the text of how a model was made may take, which is not known before.
  let provenanceByteCount: Int

  /// Plans for `table`, of which a part judges if `holdsOut`. The provenance will have
  /// `nameByteCount` bytes of texts from options in it.
  init(
    _ table: TrainingTable, budget: Budget, rowCapacity: Int, seed: UInt64,
    kind: RouterParameters.Kind, holdsOut: Bool = true, nameByteCount: Int = 0
  ) throws {
    self.budget = budget
    self.rowCapacity = rowCapacity
    provenanceByteCount = 1024 + nameByteCount
    let most = ModelOutline.defaultBinCounts(table).max() ?? 24
    var outlines: [BudgetSearch.Outline] = []
    for binCount in [1, 2, 4, 8, 16, 24, 48, 96] where binCount <= most {
      var options = TrainingOptions()
      options.seed = seed
      options.binCount = binCount
      outlines.append((binCount, try ModelOutline(table, options: options, holdsOut: holdsOut)))
    }
    var search = BudgetSearch(
      outlines: outlines, budget: budget, rowCapacity: rowCapacity, kind: kind,
      provenanceByteCount: provenanceByteCount)
    let least = BudgetSearch.Shape(outline: 0, widths: [])
    var smallest = try search.measure(least, expertCount: 1, .f32)
    var fitting: BudgetCandidate? = budget.overruns(smallest.sizes).isEmpty ? smallest : nil
    for type in Expert.ElementType.byBits.dropFirst() {
      let candidate = try search.measure(least, expertCount: 1, type)
      if candidate.sizes.fileByteCount < smallest.sizes.fileByteCount { smallest = candidate }
      if fitting == nil, budget.overruns(candidate.sizes).isEmpty { fitting = candidate }
    }
    self.smallest = smallest
    trainingRowCount = outlines[0].outline.trainingRowCount
    featureCount = outlines[0].outline.featureCount
    for expertCount in Self.expertCounts {
      candidates += try search.candidates(expertCount: expertCount)
    }
    measuredCount = search.measuredCount
    // Where so few rows allow no shape, the smallest is still a model.
    if candidates.isEmpty, let fitting { candidates = [fitting] }
    for candidate in candidates where candidate.promise > chosen?.promise ?? -.infinity {
      chosen = candidate
    }
  }
}

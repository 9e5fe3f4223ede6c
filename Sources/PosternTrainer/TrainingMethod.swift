// TrainingMethod.swift: the papers' ways to train a mixture, by name.
//
// Step: rows → [trainer] → model value.

public import PosternPackaging

/// How router and experts are trained. The last stage of each is the same: every expert once more
/// on the rows that the router gives it, with the router frozen.
public enum TrainingMethod: String, CaseIterable, Equatable, Sendable {
  /// Each expert's expected loss under the softmax of the logits over a falling temperature.
  case softToHard = "soft-to-hard"
  /// The chosen expert's outputs times its probability, which the file then multiplies too.
  case switchTop1 = "switch"
  /// The chosen expert's outputs; the router learns by the straight-through estimator.
  case straightThrough = "straight-through"
  /// As straight-through, with normal noise of a learned spread on the logits.
  case noisyTop1 = "noisy"
  /// The likelihood of the mixture, as in EM.
  case likelihood
  /// Least squares (cross-entropy for classes) of the blended outputs.
  case leastSquares = "least-squares"
  /// Random routing, then a router, then experts, then their output layers, one after the other.
  case phased
  /// Cells of prototypes first, then each expert on its own cell.
  case twoStage = "two-stage"
}

/// Where router and experts start.
public enum TrainingStart: String, CaseIterable, Equatable, Sendable {
  /// Each expert a copy of the dense network.
  case upcycled
  /// Each expert random.
  case scratch
}

/// A router's kind: of one level, or an outer one over groups and an inner one within each.
public struct RouterChoice: Equatable, Sendable {
  /// The kind of a flat router, or of the one over groups.
  public var outer: RouterParameters.Kind
  /// The kind within each group; `nil` for a flat router.
  public var inner: RouterParameters.Kind?

  /// Creates a choice.
  public init(_ outer: RouterParameters.Kind, _ inner: RouterParameters.Kind? = nil) {
    self.outer = outer
    self.inner = inner
  }
}

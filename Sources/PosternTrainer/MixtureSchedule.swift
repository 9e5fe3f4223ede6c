// MixtureSchedule.swift: the constants of training router and experts together.
//
// Step: student → [mixture] → refit.

import PosternRuntime

/// What router and experts learn from a batch.
enum Objective: Equatable, Sendable {
  /// Each expert's own loss, weighted by its probability.
  case expectedLoss
  /// The likelihood of the truth under the mixture: `-log Σ pᵢ(x) N(y | fᵢ(x), σᵢ²)`, or the
  /// experts' class probabilities in place of the normal density [1].
  ///
  /// [1]: https://doi.org/10.1162/neco.1994.6.2.181
  ///      "M. Jordan, R. Jacobs. Hierarchical mixtures of experts and the EM algorithm. 1994."
  case likelihood
  /// The loss of the chosen expert's outputs times its probability [2, equation 2].
  ///
  /// [2]: https://arxiv.org/abs/2101.03961
  ///      "W. Fedus, B. Zoph, N. Shazeer. Switch Transformers. JMLR 23(120), 2022."
  case gatedTop1
  /// The loss of the chosen expert's outputs; the router learns as if they were multiplied by its
  /// probability (straight-through estimator [3]).
  ///
  /// [3]: https://arxiv.org/abs/1308.3432
  ///      "Y. Bengio, N. Léonard, A. Courville. Estimating or propagating gradients. 2013."
  case straightThrough
  /// The correlation loss of the chosen expert, by the mean over its own rows [4].
  ///
  /// [4]: https://arxiv.org/abs/2506.01656
  ///      "R. Kawata et al. Mixture of experts provably detect and learn the latent cluster
  ///      structure in gradient-based learning. ICML 2025."
  case correlation
  /// The loss of all outputs, blended by probability: least squares of the mixture.
  case blended

  /// Whether an expert's weights need nothing of the other experts.
  var weighsAlone: Bool { self == .expectedLoss || isTop1 }

  /// Whether the outputs are asked for after they were compared.
  var readsAnswers: Bool { self == .blended || isTop1 }

  /// Whether only the chosen expert is computed for a row.
  var isTop1: Bool {
    self == .gatedTop1 || self == .straightThrough || self == .correlation
  }
}

/// What is added to the logits while training.
enum RouterNoise: Equatable, Sendable {
  case none
  /// Uniform in `0..<1`.
  case uniform
  /// Normal, with a spread that is learned from the features, `softplus` of a linear function [1].
  ///
  /// [1]: https://arxiv.org/abs/1701.06538
  ///      "N. Shazeer et al. Outrageously large neural networks. ICLR 2017."
  case learned
}

/// The constants of training a mixture, besides those of its networks.
struct MixtureSchedule: Equatable, Sendable {
  var networks: Schedule
  var objective = Objective.expectedLoss
  var noise = RouterNoise.none
  /// The router's learning rate, as a multiple of the experts'.
  var routerRate: Float = 2
  /// The softmax temperature at the start and from `annealedShare` of the steps on.
  var firstTemperature: Float = 1
  var lastTemperature: Float = 0.1
  var annealedShare = 0.6
  /// An expert less likely than this is not computed for a row.
  var probabilityLimit: Float = 0.02
  /// The spread of a regression's errors in the likelihood, in standard deviations of the target:
  /// the upper end at the start, falling to the lower one. Without it each expert's is estimated.
  var errorSpread: ClosedRange<Double>?
  var losses = RouterLossWeights()
  /// How far an expert's bias goes at each step towards an even load [1]; 0 for not at all.
  ///
  /// [1]: https://arxiv.org/abs/2408.15664
  ///      "L. Wang et al. Auxiliary-loss-free load balancing strategy. 2024."
  var biasRate: Float = 0
  /// The share of experts, and on two levels of groups, that a batch does without.
  var expertDropout: Float = 0
  /// Spread of the noise that parts copies, relative to the spread of the weights.
  var copyNoise: Float = 0.02
  /// Once the temperature has fallen, the router is frozen when no larger share of the validation
  /// rows changed its expert over an epoch: experts can then settle in their cells [1].
  ///
  /// [1]: https://arxiv.org/abs/2406.16437
  ///      "H. Li et al. Theory on mixture-of-experts in continual learning. ICLR 2025."
  var freezingChangeRate = 0.01
  var trainsRouter = true
  var trainsExperts = true
  /// Whether the scale of distances and cosines is learned.
  var trainsScale = true

  /// What ``errorSpread`` prescribes after `share` of the steps: falls in a line, then stays.
  func errorVariance(after share: Double) -> Double? {
    guard let errorSpread else { return nil }
    let left = max(0, 1 - share / annealedShare)
    let width = errorSpread.upperBound - errorSpread.lowerBound
    let spread = errorSpread.lowerBound + left * width
    return spread * spread
  }

  /// The temperature after `share` of the steps: falls geometrically, then stays.
  func temperature(after share: Double) -> Float {
    guard firstTemperature != lastTemperature else { return lastTemperature }
    let progress = min(share / annealedShare, 1)
    let ratio = Double(lastTemperature / firstTemperature)
    return firstTemperature * Float(Elementary.exp(progress * Elementary.log(ratio)))
  }
}

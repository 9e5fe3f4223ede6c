// Schedule.swift: how long and how fast a network learns, and the optimiser that does it.
//
// Step: encoded rows → [networks] → model value.

/// The constants of one training run.
struct Schedule: Equatable, Sendable {
  var epochs: Int
  /// So many steps at least, however few the rows are: as many more epochs.
  var leastStepCount = 0
  /// Whether the result is the last epoch, not the one that validates best.
  var keepsLast = false
  var batchSize: Int
  /// The learning rate after warm-up.
  var rate: Float
  var warmUpSteps = 100
  var weightDecay: Float = 1e-2
  /// The share of hidden activations that is dropped.
  var dropout: Float = 0.1
  /// Whether the rate is the same at every step.
  var isConstant = false
  /// The share that the moving average of the weights keeps at a step.
  var averageKeep: Float = 0.998
  /// The largest norm of a gradient; longer ones are shortened to it.
  var gradientNormLimit: Double = 1
  /// How the rate falls.
  var curve = Curve.cosine
  /// What a gradient does to the parameters.
  var rule = UpdateRule.adamW
  /// How long training goes on without a better validation score; see ``isStale(epoch:best:)``.
  var patience: Int

  /// Whether to stop after `epoch` epochs of which the best was `best`: when as many again and
  /// `patience` more have brought nothing.
  func isStale(epoch: Int, best: Int) -> Bool { epoch - best >= best + patience }

  /// The epochs over `rowCount` rows that ``leastStepCount`` asks for.
  func epochs(rowCount: Int) -> Int {
    let batchCount = max(stepCount(rowCount: rowCount), 1)
    return max(epochs, (leastStepCount + batchCount - 1) / batchCount)
  }

  /// Steps in one epoch over `rowCount` rows.
  func stepCount(rowCount: Int) -> Int { (rowCount + batchSize - 1) / batchSize }

  /// How a learning rate falls.
  enum Curve: Equatable, Sendable {
    /// Up in a line, then down by half a cosine to 1 %.
    case cosine
    /// Whole, then 0.3 from 60 % of the steps on and 0.08 from 80 % on.
    case steps
  }

  /// The learning rate at `step` of `count`.
  func rate(step: Int, of count: Int) -> Float {
    if isConstant { return rate }
    guard curve == .cosine else {
      return rate * (5 * step < 3 * count ? 1 : 5 * step < 4 * count ? 0.3 : 0.08)
    }
    let warmUp = min(warmUpSteps, count / 10 + 1)
    if step < warmUp { return rate * Float(step + 1) / Float(warmUp) }
    let progress = Double(step - warmUp) / Double(max(count - warmUp, 1))
    return rate * Float(0.01 + 0.99 * halfCosine(progress))
  }
}

/// `(1 + cos(π x)) / 2` for `x` in `0...1`, within 1e-5, from plain operations.
func halfCosine(_ x: Double) -> Double {
  // Around the middle the function is odd: 0.5 - sin(π (x - 0.5)) / 2.
  let angle = 3.14159265358979 * (min(max(x, 0), 1) - 0.5)
  let square = angle * angle
  var sine = 1.0
  for denominator in [110.0, 72, 42, 20, 6] { sine = 1 - square / denominator * sine }
  return 0.5 - angle * sine / 2
}

/// The optimiser of one network: AdamW, or another ``UpdateRule``.
struct Optimizer {
  var moments: Moments
  private var step = 0
  private var power1 = 1.0
  private var power2 = 1.0

  init(parameters: [Float]) {
    moments = Moments(parameters: parameters)
  }

  /// The moving average of the weights, which is what is validated and served.
  var average: [Float] { moments.average }

  /// Changes `parameters` by one step along `gradient`.
  ///
  /// `gradientScale` multiplies the gradient (norm clipping).
  mutating func update(
    _ parameters: inout [Float], gradient: [Float], decayedRanges: [Range<Int>], rate: Float,
    schedule: Schedule, gradientScale: Float
  ) {
    step += 1
    power1 *= 0.9
    power2 *= 0.999
    // Young averages forget fast, so that the first weights do not linger.
    let keep = min(schedule.averageKeep, Float(1 + step) / Float(10 + step))
    var constants = AdamStep(
      rate: rate / Float(1 - power1), keep: 1, gradientScale: gradientScale,
      secondCorrection: Float(1 / (1 - power2)), averageKeep: keep)
    var position = 0
    for range in decayedRanges + [parameters.count..<parameters.count] {
      if position < range.lowerBound {
        constants.keep = 1
        constants.apply(
          to: position..<range.lowerBound, gradient: gradient, parameters: &parameters,
          moments: &moments)
      }
      constants.keep = 1 - rate * schedule.weightDecay
      constants.apply(
        to: range, gradient: gradient, parameters: &parameters, moments: &moments)
      position = range.upperBound
    }
  }
}

/// What a gradient of the squared norm `square` is multiplied with so that its norm is at most
/// `limit`; 0 where it is not finite, which leaves the step out.
func clippingScale(square: Double, limit: Double) -> Float {
  guard square.isFinite else { return 0 }
  let norm = square.squareRoot()
  return norm > limit ? Float(limit / norm) : 1
}

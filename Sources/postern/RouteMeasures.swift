// RouteMeasures.swift: how evenly rows are spread over experts, and how that differs from training.
//
// Step: counts → [measures] → report.

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How evenly rows are spread.
struct RouteBalance: Equatable {
  /// Standard deviation of the counts over their mean: 0 for equal traffic, the square root of one
  /// less than the number of experts if one gets all. Nil without rows.
  var coefficientOfVariation: Double?
  /// Entropy of the shares in nats. Nil without rows.
  var entropy: Double?
  /// The entropy as part of the largest one; 1 for a single expert.
  var entropyShare: Double?

  init(_ counts: [Int]) {
    let total = Double(counts.reduce(0, +))
    guard total > 0 else { return }
    let mean = total / Double(counts.count)
    let squares = counts.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    coefficientOfVariation = (squares / Double(counts.count)).squareRoot() / mean
    let sum = counts.reduce(0) { sum, count in
      count > 0 ? sum - Double(count) / total * log(Double(count) / total) : sum
    }
    entropy = max(sum, 0)
    entropyShare = counts.count > 1 ? max(sum, 0) / log(Double(counts.count)) : 1
  }

  /// Experts of equal traffic that would have this entropy.
  var effectiveCount: Double? { entropy.map { exp($0) } }
}

/// The probability that a variable with the chi-square distribution is over `statistic`, which is
/// finite and not negative [1, equations 26.4.4 and 26.4.5].
///
/// - Returns: In 0...1; 1 without degrees of freedom.
/// - Complexity: O(*degrees of freedom*).
///
/// [1]: "M. Abramowitz, I. Stegun. Handbook of Mathematical Functions, 1964."
func chiSquareTail(_ statistic: Double, degreesOfFreedom: Int) -> Double {
  guard degreesOfFreedom > 0, statistic > 0 else { return 1 }
  let half = statistic / 2
  let isOdd = degreesOfFreedom % 2 == 1
  var sum = isOdd ? erfc(half.squareRoot()) : 0
  // Terms half^power · exp(-half) / Γ(power + 1), as logarithms: their parts leave every range.
  var power = isOdd ? 0.5 : 0
  var logTerm = isOdd ? log(half / Double.pi) / 2 + log(2) - half : -half
  while power <= Double(degreesOfFreedom) / 2 - 1 {
    sum += exp(logTerm)
    power += 1
    logTerm += log(half / power)
  }
  return min(sum, 1)
}

/// The probability of at least `count` successes in `total` trials, each with probability `share`;
/// 1 where `count` is not over what is expected, which no test asks about.
///
/// - Complexity: O(`count` + terms that matter).
func binomialTail(_ count: Double, of total: Double, share: Double) -> Double {
  guard count > total * share else { return 1 }
  // The first term is the largest: past the expectation they fall.
  var logTerm = count * log(share) + (total - count) * log1p(-share)
  var chosen = 1.0
  while chosen <= count {
    logTerm += log((total - count + chosen) / chosen)
    chosen += 1
  }
  var term = 1.0
  var sum = 0.0
  var successes = count
  while successes <= total && term > 1e-17 * sum {
    sum += term
    term *= (total - successes) / (successes + 1) * share / (1 - share)
    successes += 1
  }
  return min(exp(logTerm + log(sum)), 1)
}

/// How much the traffic differs from that of the training rows.
struct RouteDrift: Equatable {
  /// The index from which on it is large, and the probability below which it is no chance.
  static let limits = (stabilityIndex: 0.25, probability: 0.001)
  /// Expected rows from which on chi-square has its distribution. With fewer it is large by chance
  /// in some out of a hundred streams of few rows.
  static let leastExpectedCount = 5.0

  /// The population stability index: the sum of (p - q) ln(p / q) over the experts, half a row
  /// added to each count so that an empty one has a share too.
  var stabilityIndex: Double
  /// The statistic of the chi-square test that both samples have the same shares.
  var chiSquare: Double
  var degreesOfFreedom: Int
  /// How probable such a difference is between two samples of the same rows: by chi-square for the
  /// experts that expect enough rows and the rest together, by the binomial distribution for each
  /// one of the rest; the least of them, times their number (Bonferroni).
  var probability = 1.0

  /// Nil if there are no rows on one of the two sides.
  ///
  /// - Complexity: O(*experts*).
  init?(_ counts: [Int], training: [UInt64]) {
    // Experts without a row on either side say nothing.
    let pairs = zip(counts, training).filter { $0 > 0 || $1 > 0 }.map { (Double($0), Double($1)) }
    let total = pairs.reduce(0) { $0 + $1.0 }
    let trained = pairs.reduce(0) { $0 + $1.1 }
    guard total > 0, trained > 0 else { return nil }
    let half = Double(pairs.count) / 2
    stabilityIndex = 0
    for (count, before) in pairs {
      let p = (count + 0.5) / (total + half)
      let q = (before + 0.5) / (trained + half)
      stabilityIndex += (p - q) * log(p / q)
    }
    chiSquare = RouteDrift.statistic(pairs, total, trained)
    degreesOfFreedom = pairs.count - 1
    probability = RouteDrift.probability(pairs, total, trained)
  }

  /// Chi-square of two samples.
  private static func statistic(
    _ pairs: [(Double, Double)], _ total: Double, _ trained: Double
  ) -> Double {
    pairs.reduce(0) { sum, pair in
      let difference =
        (trained / total).squareRoot() * pair.0 - (total / trained).squareRoot() * pair.1
      return sum + difference * difference / (pair.0 + pair.1)
    }
  }

  private static func probability(
    _ pairs: [(Double, Double)], _ total: Double, _ trained: Double
  ) -> Double {
    let smaller = min(total, trained)
    let least = leastExpectedCount * (total + trained) / smaller
    let rare = pairs.filter { $0.0 + $0.1 < least }
    var common = pairs.filter { $0.0 + $0.1 >= least }
    if !rare.isEmpty { common.append(rare.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }) }
    var lowest = chiSquareTail(
      statistic(common, total, trained), degreesOfFreedom: common.count - 1)
    // Of few expected rows only too many are a surprise, and those in the smaller sample.
    for (count, before) in rare {
      let found = total <= trained ? count : before
      let tail = binomialTail(found, of: count + before, share: smaller / (total + trained))
      lowest = min(lowest, tail)
    }
    return min(Double(1 + rare.count) * lowest, 1)
  }

  /// Whether the rows do not look like training: they differ much, and not by chance.
  var isAlarm: Bool {
    stabilityIndex >= RouteDrift.limits.stabilityIndex
      && probability < RouteDrift.limits.probability
  }

  /// How large the index is, in the words of its rule of thumb.
  var verdict: String {
    stabilityIndex < 0.1
      ? "little" : stabilityIndex < RouteDrift.limits.stabilityIndex ? "some" : "large"
  }
}

/// Cohen's h: how far two shares are apart, in the units of a standardised difference of means [1,
/// equation 6.2.1].
///
/// [1]: "J. Cohen. Statistical power analysis for the behavioral sciences, 2nd edition, 1988."
func arcsineDifference(_ share: Double, _ other: Double) -> Double {
  2 * asin(share.squareRoot()) - 2 * asin(other.squareRoot())
}

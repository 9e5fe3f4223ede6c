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

/// How much the traffic differs from that of the training rows.
struct RouteDrift: Equatable {
  /// The population stability index: the sum of (p - q) ln(p / q) over the experts, half a row
  /// added to each count so that an empty one has a share too.
  var stabilityIndex: Double
  /// The statistic of the chi-square test that both samples have the same shares.
  var chiSquare: Double
  var degreesOfFreedom: Int

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
    chiSquare = 0
    for (count, before) in pairs {
      let p = (count + 0.5) / (total + half)
      let q = (before + 0.5) / (trained + half)
      stabilityIndex += (p - q) * log(p / q)
      let difference =
        (trained / total).squareRoot() * count - (total / trained).squareRoot() * before
      chiSquare += difference * difference / (count + before)
    }
    degreesOfFreedom = pairs.count - 1
  }

  /// How large the index is, in the words of its rule of thumb.
  var verdict: String {
    stabilityIndex < 0.1 ? "little" : stabilityIndex < 0.25 ? "some" : "large"
  }
}

/// Cohen's h: how far two shares are apart, in the units of a standardised difference of means [1,
/// equation 6.2.1].
///
/// [1]: "J. Cohen. Statistical power analysis for the behavioral sciences, 2nd edition, 1988."
func arcsineDifference(_ share: Double, _ other: Double) -> Double {
  2 * asin(share.squareRoot()) - 2 * asin(other.squareRoot())
}

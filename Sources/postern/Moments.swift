// Moments.swift: mean and variance of numbers that come one at a time.

/// The count, mean and sum of squared deviations of numbers, without cancellation.
///
/// One number at a time after Welford [1], two parts together after Chan, Golub and LeVeque [2].
///
/// [1]: "B. P. Welford. Note on a method for calculating corrected sums of squares and products.
///      Technometrics 4(3), 1962."
/// [2]: "T. F. Chan, G. H. Golub, R. J. LeVeque. Updating formulae and a pairwise algorithm for
///      computing sample variances. COMPSTAT 1982."
struct Moments: Equatable, Sendable {
  private(set) var count = 0.0
  private(set) var mean = 0.0
  private(set) var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / count
    squares += difference * (value - mean)
  }

  mutating func add(_ other: Moments) {
    guard other.count > 0 else { return }
    let sum = count + other.count
    let difference = other.mean - mean
    squares += other.squares + difference * difference * count * other.count / sum
    mean += difference * other.count / sum
    count = sum
  }

  /// Cohen's d of these numbers against others: the difference of the means in units of the pooled
  /// standard deviation [1, equation 2.3.1]. Infinite where nothing varies and the means differ.
  ///
  /// [1]: "J. Cohen. Statistical power analysis for the behavioral sciences, 2nd edition, 1988."
  func standardizedDifference(from other: Moments) -> Double? {
    guard count > 0, other.count > 0, count + other.count > 2 else { return nil }
    let difference = mean - other.mean
    if difference == 0 { return 0 }
    let deviation = ((squares + other.squares) / (count + other.count - 2)).squareRoot()
    return deviation > 0 ? difference / deviation : (difference > 0 ? .infinity : -.infinity)
  }
}

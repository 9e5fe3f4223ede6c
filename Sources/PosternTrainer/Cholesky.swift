// Cholesky.swift: equations with a symmetric positive matrix.
//
// Step: sums of products → [solution] → output layers, groups of rows.

/// `A = L Lᵀ` for a symmetric positive definite matrix.
struct Cholesky {
  private let size: Int
  private var lower: [Double]

  /// Factors a row-major square matrix, of which the lower half is read; `nil` if it is not
  /// positive definite.
  ///
  /// - Complexity: O(*size*³).
  init?(_ matrix: [Double]) { self.init(matrix, leastPivot: nil) }

  /// Factors a matrix of `size` rows that is positive but for rounding: pivots that vanish become a
  /// small number.
  ///
  /// - Complexity: O(*size*³).
  init(nearlySingular matrix: [Double], size: Int) {
    self = Cholesky(matrix, leastPivot: 1e-12) ?? Cholesky(identity: size)
  }

  private init(identity size: Int) {
    self.size = size
    lower = (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 }
  }

  private init?(_ matrix: [Double], leastPivot: Double?) {
    size = Int(Double(matrix.count).squareRoot().rounded())
    precondition(size * size == matrix.count)
    lower = matrix
    for i in 0..<size {
      for j in 0...i {
        var sum = lower[i * size + j]
        for k in 0..<j { sum -= lower[i * size + k] * lower[j * size + k] }
        if i == j {
          if let leastPivot { sum = max(sum, leastPivot) }
          guard sum > 0, sum.isFinite else { return nil }
          lower[i * size + i] = sum.squareRoot()
        } else {
          lower[i * size + j] = sum / lower[j * size + j]
        }
      }
    }
  }

  /// Replaces the vector at `offset` by `L⁻¹` times it.
  func forward(_ vector: inout [Double], offset: Int = 0) {
    for i in 0..<size {
      var value = vector[offset + i]
      for k in 0..<i { value -= lower[i * size + k] * vector[offset + k] }
      vector[offset + i] = value / lower[i * size + i]
    }
  }

  /// The solution of `A x = b`.
  func solve(_ b: [Double]) -> [Double] {
    precondition(b.count == size)
    var x = b
    forward(&x)
    for i in (0..<size).reversed() {
      for k in i + 1..<max(size, i + 1) { x[i] -= lower[k * size + i] * x[k] }
      x[i] /= lower[i * size + i]
    }
    return x
  }
}

// LookupLayer.swift: the first layer's table, made from piecewise-linear parameters, and back.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: the loops over table rows run millions of times in training; most are
// the kernels'.

private import CPosternKernels

/// Makes the look-up table of a network from its parameters.
///
/// A numeric column is encoded piecewise linearly [1]: `weight · x + Σ increment[i] · r[i](x)`,
/// where `r[i]` rises from 0 to 1 over bin `i`. Between two edges that is linear, so its values at
/// the edges say everything: `table[b] = weight · position[b] + increment[0] + … + increment[b -
/// 1]`. The increments are what is trained, because an increment takes part in every larger value.
///
/// The table's parameters stand first in `parameters`; both have the shape `(entries, width)`.
///
/// - Complexity: O(*entries* · *width*).
///
/// [1]: https://arxiv.org/abs/2203.05556
///      "Y. Gorishniy, I. Rubachev, A. Babenko. On embeddings for numerical features in tabular
///      deep learning. NeurIPS 2022."
func makeTable(
  of input: InputShape, width: Int, parameters: [Float], table: inout [Float]
) {
  precondition(width % 16 == 0 && parameters.count >= input.entryCount * width)
  precondition(table.count >= input.entryCount * width)
  // SAFETY: all rows are below `entryCount`, which the preconditions cover.
  unsafe parameters.withUnsafeBufferPointer { source in
    unsafe table.withUnsafeMutableBufferPointer { target in
      guard var from = source.baseAddress, var to = target.baseAddress else { return }
      for column in input.columns {
        switch column {
        case .numeric(let positions, let hasMissing):
          unsafe makeNodes(positions, hasMissing, width, from, to)
        case .categorical(let shares):
          unsafe makeEntries(shares, width, from, to)
        }
        unsafe from += column.entryCount * width
        unsafe to += column.entryCount * width
      }
    }
  }
}

private func makeNodes(
  _ positions: [Float], _ hasMissing: Bool, _ width: Int, _ from: UnsafePointer<Float>,
  _ to: UnsafeMutablePointer<Float>
) {
  unsafe positions.withUnsafeBufferPointer {
    unsafe postern_table_f32(from, $0.baseAddress, $0.count, width, to)
  }
  guard hasMissing else { return }
  let missing = positions.count * width
  unsafe (to + missing).update(from: from + missing, count: width)
}

private func makeEntries(
  _ shares: [Float], _ width: Int, _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>
) {
  for (entry, share) in shares.enumerated() {
    var output = 0
    while output < width {
      if share > 0 {
        unsafe to.set(entry &* width &+ output, from.lanes(entry &* width &+ output))
      } else {
        var mean = SIMD8<Float>(repeating: 0)
        for (other, weight) in shares.enumerated() where weight > 0 {
          unsafe mean += from.lanes(other &* width &+ output) * weight
        }
        unsafe to.set(entry &* width &+ output, mean)
      }
      output &+= 8
    }
  }
}

/// Turns the gradient of a table, in place, into the gradient of the parameters it was made from.
///
/// The transposed of ``makeTable(of:width:parameters:table:)``: suffix sums instead of prefix sums.
/// Entries that no training row has are not trained, so their gradient is zero already.
func tableGradientToParameters(of input: InputShape, width: Int, gradient: inout [Float]) {
  precondition(width % 16 == 0 && gradient.count >= input.entryCount * width)
  // SAFETY: all rows are below `entryCount`, which the precondition covers.
  unsafe gradient.withUnsafeMutableBufferPointer { gradient in
    guard var g = gradient.baseAddress else { return }
    for column in input.columns {
      if case .numeric(let positions, _) = column {
        unsafe positions.withUnsafeBufferPointer {
          unsafe postern_table_backward_f32(g, $0.baseAddress, $0.count, width)
        }
      }
      unsafe g += column.entryCount * width
    }
  }
}

/// Adds the gradient of a batch's first-layer outputs to the rows of the table that made them.
///
/// A pair `(a, r)` reads `(1 - r) · table[a] + r · table[a + 1]`. Rows are added in ascending order
/// within a column, whatever the machine.
///
/// `outputGradient` has the shape `(rows, width)`, `entries` and `fractions` `(rows, pairs)`;
/// `gradient`, `(entries, width)`, is set to zero first. Each entry is inside the table, and where
/// the fraction is over 0 the next one too.
func scatterToTable(
  outputGradient: [Float], width: Int, entries: [UInt32], fractions: [Float], pairCount: Int,
  rowCount: Int, entryCount: Int, gradient: inout [Float]
) {
  precondition(width % 16 == 0 && outputGradient.count >= rowCount * width)
  precondition(entries.count >= rowCount * pairCount && fractions.count >= rowCount * pairCount)
  precondition(gradient.count >= entryCount * width)
  for index in 0..<rowCount * pairCount {
    precondition(Int(entries[index]) + (fractions[index] > 0 ? 1 : 0) < entryCount)
  }
  // SAFETY: counts and every entry are checked above.
  unsafe gradient.withUnsafeMutableBufferPointer { gradient in
    unsafe outputGradient.withUnsafeBufferPointer { source in
      unsafe entries.withUnsafeBufferPointer { entries in
        unsafe fractions.withUnsafeBufferPointer { fractions in
          guard let to = gradient.baseAddress else { return }
          unsafe to.update(repeating: 0, count: entryCount * width)
          unsafe postern_scatter_f32(
            source.baseAddress, width, entries.baseAddress, fractions.baseAddress, pairCount,
            rowCount, to)
        }
      }
    }
  }
}

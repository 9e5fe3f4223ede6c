// LookupLayer.swift: the first layer's table, made from piecewise-linear parameters, and back.
//
// Step: encoded rows → [networks] → model value.
// This file says `unsafe`: the loops over table rows run millions of times in training.

/// Makes the look-up table of a network from its parameters.
///
/// A numeric column is encoded piecewise linearly [1]: `weight · x + Σ increment[i] · r[i](x)`, where
/// `r[i]` rises from 0 to 1 over bin `i`. Between two edges that is linear, so its values at the
/// edges say everything: `table[b] = weight · position[b] + increment[0] + … + increment[b - 1]`.
/// The increments are what is trained, because an increment takes part in every larger value.
///
/// The table's parameters stand first in `parameters`; both have the shape `(entries, width)`.
///
/// - Complexity: O(*entries* · *width*).
///
/// [1]: https://arxiv.org/abs/2203.05556
///      "Y. Gorishniy, I. Rubachev, A. Babenko. On embeddings for numerical features in tabular deep
///      learning. NeurIPS 2022."
func makeTable(
  of input: InputShape, width: Int, parameters: [Float], table: inout [Float]
) {
  precondition(parameters.count >= input.entryCount * width)
  precondition(table.count >= input.entryCount * width)
  // SAFETY: all rows are below `entryCount`, which both preconditions cover.
  unsafe parameters.withUnsafeBufferPointer { source in
    unsafe table.withUnsafeMutableBufferPointer { target in
      var first = 0
      for column in input.columns {
        let from = unsafe UnsafeBufferPointer(rebasing: source[(first * width)...])
        let to = unsafe UnsafeMutableBufferPointer(rebasing: target[(first * width)...])
        switch column {
        case .numeric(let positions, let hasMissing):
          unsafe makeNodes(positions, hasMissing, width, from, to)
        case .categorical(let shares):
          unsafe makeEntries(shares, width, from, to)
        }
        first += column.entryCount
      }
    }
  }
}

private func makeNodes(
  _ positions: [Float], _ hasMissing: Bool, _ width: Int, _ from: UnsafeBufferPointer<Float>,
  _ to: UnsafeMutableBufferPointer<Float>
) {
  // `to` first holds the prefix sums of the increments, then takes the linear part.
  for output in 0..<width { unsafe to[output] = 0 }
  for node in 1..<positions.count {
    let (now, before) = (node * width, (node - 1) * width)
    for output in 0..<width {
      unsafe to[now + output] = to[before + output] + from[now + output]
    }
  }
  for (node, position) in positions.enumerated() {
    let now = node * width
    for output in 0..<width {
      unsafe to[now + output] = to[now + output] + position * from[output]
    }
  }
  if hasMissing {
    let now = positions.count * width
    for output in 0..<width { unsafe to[now + output] = from[now + output] }
  }
}

private func makeEntries(
  _ shares: [Float], _ width: Int, _ from: UnsafeBufferPointer<Float>,
  _ to: UnsafeMutableBufferPointer<Float>
) {
  for index in 0..<shares.count * width { unsafe to[index] = from[index] }
  for (entry, share) in shares.enumerated() where share == 0 {
    let now = entry * width
    for output in 0..<width { unsafe to[now + output] = 0 }
    for (other, weight) in shares.enumerated() where weight > 0 {
      for output in 0..<width {
        unsafe to[now + output] = to[now + output] + weight * from[other * width + output]
      }
    }
  }
}

/// Turns the gradient of a table, in place, into the gradient of the parameters it was made from.
///
/// The transposed of ``makeTable(of:width:parameters:table:)``: suffix sums instead of prefix sums.
/// Entries that no training row has are not trained, so their gradient is zero already.
func tableGradientToParameters(of input: InputShape, width: Int, gradient: inout [Float]) {
  precondition(gradient.count >= input.entryCount * width)
  var weight = [Float](repeating: 0, count: width)
  // SAFETY: all rows are below `entryCount`, which the precondition covers.
  unsafe gradient.withUnsafeMutableBufferPointer { g in
    unsafe weight.withUnsafeMutableBufferPointer { weight in
      var first = 0
      for column in input.columns {
        if case .numeric(let positions, _) = column {
          let base = first * width
          for output in 0..<width { unsafe weight[output] = 0 }
          for (node, position) in positions.enumerated() {
            let now = base + node * width
            for output in 0..<width {
              unsafe weight[output] = weight[output] + position * g[now + output]
            }
          }
          for node in stride(from: positions.count - 2, to: 0, by: -1) {
            let (now, after) = (base + node * width, base + (node + 1) * width)
            for output in 0..<width {
              unsafe g[now + output] = g[now + output] + g[after + output]
            }
          }
          for output in 0..<width { unsafe g[base + output] = weight[output] }
        }
        first += column.entryCount
      }
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
  // SAFETY: the counts are checked above; each entry is checked before its row is touched.
  unsafe gradient.withUnsafeMutableBufferPointer { gradient in
    for index in 0..<entryCount * width { unsafe gradient[index] = 0 }
    unsafe outputGradient.withUnsafeBufferPointer { source in
      guard let from = source.baseAddress, let to = gradient.baseAddress else {
        return
      }
      for pair in 0..<pairCount {
        for row in 0..<rowCount {
          let entry = Int(entries[row * pairCount + pair])
          let r = fractions[row * pairCount + pair]
          precondition(entry + (r > 0 ? 1 : 0) < entryCount)
          let dy = unsafe UnsafeRawPointer(from + row * width)
          let low = unsafe UnsafeMutableRawPointer(to + entry * width)
          unsafe addScaled(dy, 1 - r, to: low, count: width)
          if r > 0 {
            unsafe addScaled(dy, r, to: low + width * 4, count: width)
          }
        }
      }
    }
  }
}

@inline(__always)
private func addScaled(
  _ x: UnsafeRawPointer, _ scale: Float, to y: UnsafeMutableRawPointer, count: Int
) {
  var byte = 0
  while byte < count * 4 {
    let sum = unsafe y.loadUnaligned(fromByteOffset: byte, as: SIMD16<Float>.self)
    let term = unsafe x.loadUnaligned(fromByteOffset: byte, as: SIMD16<Float>.self)
    unsafe y.storeBytes(of: sum + scale * term, toByteOffset: byte, as: SIMD16<Float>.self)
    byte += 64
  }
}

// ColumnBinding.swift: which field of a record is which input.
//
// Step: header → [binding] → features.

/// Finds wanted columns by name in a header, whatever their order there.
package struct ColumnBinding: Equatable, Sendable {
  /// For each wanted name, in order, the index of its field in a record.
  package let positions: [Int]
  /// The names in the header that nobody wanted, in order.
  package let extras: [[UInt8]]

  /// Binds `wanted` to the columns of `header`.
  ///
  /// Names are equal when their bytes are. A column without a name is not found, and is no extra.
  ///
  /// - Throws: ``DataError/missingColumns(_:)`` with all names that are not there, and
  ///   ``DataError/duplicateName(_:name:first:second:)`` for one that several columns have.
  /// - Complexity: O(*names*), and O(*missing* x *header*) to find similar names.
  package init(
    wanted: [[UInt8]], in header: [[UInt8]], notices: TableNotices = TableNotices()
  ) throws(DataError) {
    var table = TextTable()
    var places: [Int] = []
    for (place, name) in header.enumerated() where !name.isEmpty {
      if table.insert(name.span).isNew { places.append(place) }
    }
    var isWanted = [Bool](repeating: false, count: header.count)
    var positions: [Int] = []
    var missing: [MissingColumn] = []
    for name in wanted {
      if let found = notices.repeated(name) {
        throw .duplicateName(
          found.position, name: ShortText(name), first: found.columns[0], second: found.columns[1])
      }
      if let index = table.index(of: name.span) {
        positions.append(places[index])
        isWanted[places[index]] = true
      } else {
        let similar = mostSimilar(to: name, among: header.filter { !$0.isEmpty })
        missing.append(
          MissingColumn(
            name: ShortText(name), suggestion: similar.map { ShortText($0) }))
      }
    }
    guard missing.isEmpty else { throw .missingColumns(missing) }
    self.positions = positions
    extras = header.indices.filter { !isWanted[$0] && !header[$0].isEmpty }.map { header[$0] }
  }
}

/// The name that was probably meant by `name`.
///
/// Case, blanks, underscores, dots and hyphens do not count; of the rest at most a third of the
/// characters, and at most three, may differ.
///
/// - Returns: The most similar of `names`, the first of equally similar ones, or nil.
package func mostSimilar(to name: [UInt8], among names: [[UInt8]]) -> [UInt8]? {
  let key = comparisonKey(name)
  var best: [UInt8]?
  var bestDistance = min(3, key.count / 3) + 1
  for candidate in names {
    let other = comparisonKey(candidate)
    guard abs(other.count - key.count) < bestDistance else { continue }
    let distance = editDistance(key, other)
    if distance < bestDistance {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

private func comparisonKey(_ name: [UInt8]) -> [UInt8] {
  // Names are compared by their beginning only, so that an absurdly long one costs nothing.
  name.prefix(256).filter { !isBlank($0) && $0 != 0x5F && $0 != 0x2E && $0 != 0x2D }.map(lowercased)
}

/// How many bytes have to be inserted, removed or replaced to turn one text into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for i in left.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in right.indices {
      let substitution = diagonal + (left[i] == right[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
    }
  }
  return row[right.count]
}

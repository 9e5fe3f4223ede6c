// ShuffledBytes.swift: byte planes.
//
// Specification: formats/model.md, section 5.2.

/// `bytes` with all first bytes of its `planeCount`-byte numbers first, then all second ones, and
/// so on.
///
/// - Precondition: `bytes.count` is a multiple of `planeCount`.
func shuffled(_ bytes: [UInt8], planeCount: Int) -> [UInt8] {
  precondition(bytes.count % planeCount == 0)
  if planeCount == 1 { return bytes }
  let count = bytes.count / planeCount
  var planes = [UInt8]()
  planes.reserveCapacity(bytes.count)
  for plane in 0..<planeCount {
    for number in 0..<count { planes.append(bytes[number * planeCount + plane]) }
  }
  return planes
}

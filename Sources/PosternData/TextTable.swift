// TextTable.swift: a set of texts, numbered in the order of their first appearance.
//
// Step: fields → [codes] → features.

/// Distinct byte strings with an index each, found by hashing.
///
/// Finding allocates nothing; inserting a new text allocates now and then. The hash is fixed, so
/// everything about the table is the same in every run.
package struct TextTable: Sendable {
  /// All texts, one behind the other.
  private var bytes: [UInt8] = []
  /// Text `i` is `bytes[ends[i]..<ends[i + 1]]`.
  private var ends: [Int] = [0]
  /// Open addressing: the index of a text plus one, or zero. The count is a power of two.
  private var slots = [UInt32](repeating: 0, count: 16)

  /// Creates an empty table.
  package init() {}

  /// The number of texts.
  package var count: Int { ends.count - 1 }

  /// The text with this index.
  package subscript(index: Int) -> Span<UInt8> {
    @_lifetime(borrow self)
    get { bytes.span.extracting(ends[index]..<ends[index + 1]) }
  }

  /// The index of `text`, or nil if it is not in the table.
  package func index(of text: Span<UInt8>) -> Int? {
    let entry = slots[slot(for: text)]
    return entry == 0 ? nil : Int(entry) - 1
  }

  /// Adds `text` unless it is there.
  ///
  /// - Returns: Its index, and whether it is new.
  @discardableResult
  package mutating func insert(_ text: Span<UInt8>) -> (index: Int, isNew: Bool) {
    let place = slot(for: text)
    if slots[place] != 0 { return (Int(slots[place]) - 1, false) }
    for index in text.indices { bytes.append(text[index]) }
    ends.append(bytes.count)
    slots[place] = UInt32(count)
    if count * 2 > slots.count { grow() }
    return (count - 1, true)
  }

  /// The texts, by index.
  package var texts: [[UInt8]] {
    var result: [[UInt8]] = []
    for index in 0..<count { result.append(self[index].copied()) }
    return result
  }

  /// Where `text` is or would be put.
  private func slot(for text: Span<UInt8>) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash(of: text)) & mask
    while slots[place] != 0, !self[Int(slots[place]) - 1].equals(text) {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt32](repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 {
      let mask = slots.count - 1
      var place = Int(truncatingIfNeeded: hash(of: self[Int(entry) - 1])) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = entry
    }
  }
}

/// FNV-1a, with the high bits folded down because the low ones choose the slot.
func hash(of text: Span<UInt8>) -> UInt64 {
  var state: UInt64 = 0xCBF2_9CE4_8422_2325
  for index in text.indices { state = (state ^ UInt64(text[index])) &* 0x100_0000_01B3 }
  return state ^ (state >> 32)
}

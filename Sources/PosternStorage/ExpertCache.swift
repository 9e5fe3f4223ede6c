// ExpertCache.swift: compressed experts, decoded into memory that the caller provides.
//
// Step: stored expert → [cache] → session.

public import PosternFormat

/// Decoded experts in a fixed number of slots; the least recently used one makes room.
///
/// A slot holds any expert of the model. The decoder lives in the same memory. Nothing here
/// allocates.
public struct ExpertCache: ~Copyable, ~Escapable {
  private let model: ModelView
  private var memory: MutableSpan<UInt32>
  private let slotCount: Int
  private let slotWordCount: Int
  /// For each slot: its expert + 1, and when it was used last.
  private let slotTable: Int
  private let context: Int
  private let scratch: Int
  private let slots: Int
  private var clock: UInt32 = 0

  /// The bytes that a cache of `slotCount` slots takes; 0 for a model without compressed experts.
  public static func byteCount(_ model: borrowing ModelView, slotCount: Int) -> Int {
    precondition(slotCount >= 1 && slotCount <= model.expertSectionCount)
    if model.header.cacheByteCount == 0 { return 0 }
    return 4 * wordCount(model, slotCount: slotCount)
  }

  /// The slots that fit `byteCount` bytes, no more than there are experts; 0 if not even one does.
  public static func slotCount(_ model: borrowing ModelView, byteCount: Int) -> Int {
    let words = byteCount / 4
    let one = wordCount(model, slotCount: 1)
    guard words >= one else { return 0 }
    let more = (words - one) / (model.header.cacheByteCount / 4 + 2)
    return min(model.expertSectionCount, 1 + more)
  }

  /// Expert table, slot table, alignment, decoder, scratch, slots.
  private static func wordCount(_ model: borrowing ModelView, slotCount: Int) -> Int {
    model.expertSectionCount + 2 * slotCount + 16
      + Layout.pad(FrameDecoder.contextWordCount, to: 16)
      + (slotCount + 1) * (model.header.cacheByteCount / 4)
  }

  /// Starts an empty cache in as many slots as fit `memory`.
  ///
  /// - Throws: ``PredictorError/cacheTooSmall(byteCount:needed:)`` if not even one slot fits.
  @_lifetime(copy model, copy memory)
  init(_ model: ModelView, memory: consuming MutableSpan<UInt32>) throws(PredictorError) {
    slotCount = ExpertCache.slotCount(model, byteCount: 4 * memory.count)
    slotWordCount = model.header.cacheByteCount / 4
    if slotWordCount > 0 && slotCount == 0 {
      throw .cacheTooSmall(
        byteCount: 4 * memory.count, needed: ExpertCache.byteCount(model, slotCount: 1))
    }
    slotTable = model.expertSectionCount
    let tables = slotTable + 2 * slotCount
    let shift = FrameDecoder.wordsBeforeAlignment(&memory)
    // The first word behind the tables that stands at a multiple of 64 bytes.
    context = shift + Layout.pad(max(tables - shift, 0), to: 16)
    scratch = context + Layout.pad(FrameDecoder.contextWordCount, to: 16)
    slots = scratch + slotWordCount
    self.model = model
    self.memory = memory
    if slotWordCount > 0 {
      for word in 0..<tables { self.memory[word] = 0 }
    }
  }

  /// The decoded bytes of a compressed expert, checked when they were decoded.
  ///
  /// - Throws: Rule R30 or R31. The cache is as before then, but for the slot that was to be used.
  /// - Complexity: O(1) for an expert in the cache, else its decoding and O(*slots*). No
  ///   allocation.
  @_lifetime(&self)
  mutating func expert(_ expert: Int) throws(FormatError) -> Span<UInt8> {
    let byteCount = Int(model.expertEntry(expert).decodedByteCount)
    let slot = try slot(of: expert)
    return FrameDecoder.bytes(
      memory.span, first: slots + slot * slotWordCount, byteCount: byteCount)
  }

  @_lifetime(self: copy self)
  private mutating func slot(of expert: Int) throws(FormatError) -> Int {
    clock &+= 1
    if clock == 0 {
      // Once in four billion uses: all slots count as old.
      for slot in 0..<slotCount { memory[slotTable + 2 * slot + 1] = 0 }
      clock = 1
    }
    let place = Int(memory[expert])
    if place > 0 {
      memory[slotTable + 2 * (place - 1) + 1] = clock
      return place - 1
    }
    let slot = oldestSlot()
    let before = Int(memory[slotTable + 2 * slot])
    if before > 0 { memory[before - 1] = 0 }
    memory[slotTable + 2 * slot] = 0
    try decode(expert, into: slot)
    memory[expert] = UInt32(slot + 1)
    memory[slotTable + 2 * slot] = UInt32(expert + 1)
    memory[slotTable + 2 * slot + 1] = clock
    return slot
  }

  private func oldestSlot() -> Int {
    var oldest = 0
    for slot in 0..<slotCount {
      if memory[slotTable + 2 * slot] == 0 { return slot }
      if memory[slotTable + 2 * slot + 1] < memory[slotTable + 2 * oldest + 1] { oldest = slot }
    }
    return oldest
  }

  @_lifetime(self: copy self)
  private mutating func decode(_ expert: Int, into slot: Int) throws(FormatError) {
    let entry = model.expertEntry(expert)
    let byteCount = Int(entry.decodedByteCount)
    let target = slots + slot * slotWordCount
    let isDecoded = FrameDecoder.decode(
      model.storedExpert(expert), planeCount: entry.encoding.planeCount, byteCount: byteCount,
      memory: &memory, context: context, scratch: scratch, target: target)
    guard isDecoded else { throw model.undecodable(expert) }
    try model.checkExpert(
      expert, decoded: FrameDecoder.bytes(memory.span, first: target, byteCount: byteCount))
  }
}

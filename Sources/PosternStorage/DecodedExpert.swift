// DecodedExpert.swift: one expert's bytes as an array, for tools that read whole models.

public import PosternFormat

/// The decoded, checked bytes of an expert.
///
/// - Parameters:
///   - model: A validated model.
///   - expert: In `0..<expertSectionCount`; `expertCount` names the shared one.
/// - Returns: The decoded section.
/// - Throws: Rule R30 or R31.
/// - Complexity: O(*decoded bytes*); allocates.
public func decodedExpert(_ model: ModelView, _ expert: Int) throws(FormatError) -> [UInt8] {
  let entry = model.expertEntry(expert)
  if entry.encoding == .raw {
    // A copy first: a file that is changed under its map must not change what was checked.
    let bytes = copy(model.storedExpert(expert))
    try model.checkExpert(expert, decoded: bytes.span)
    return bytes
  }
  let context = Layout.pad(FrameDecoder.contextWordCount, to: 16)
  let byteCount = Int(entry.decodedByteCount)
  var words = [UInt32](repeating: 0, count: 16 + context + byteCount / 2)
  var memory = words.mutableSpan
  let start = FrameDecoder.wordsBeforeAlignment(&memory)
  let target = start + context
  guard
    FrameDecoder.decode(
      model.storedExpert(expert), planeCount: entry.encoding.planeCount, byteCount: byteCount,
      memory: &memory, context: start, scratch: target + byteCount / 4, target: target)
  else { throw model.undecodable(expert) }
  let bytes = FrameDecoder.bytes(memory.span, first: target, byteCount: byteCount)
  try model.checkExpert(expert, decoded: bytes)
  return copy(bytes)
}

private func copy(_ bytes: Span<UInt8>) -> [UInt8] {
  [UInt8](capacity: bytes.count) { output in
    for index in bytes.indices { output.append(bytes[index]) }
  }
}

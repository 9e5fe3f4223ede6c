// FrameDecoder.swift: zstd frames into caller memory. Says `unsafe`.
//
// Step: stored expert → [decoder] → expert cache.   Specification: formats/model.md, section 5.2.

internal import CZstd
internal import PosternFormat

/// Decodes frames with a decoder that lives in memory words; nothing here allocates.
enum FrameDecoder {
  /// Words that the decoder itself takes.
  static var contextWordCount: Int { (ZSTD_estimateDCtxSize() + 3) / 4 }

  /// Words that `memory` has before the first one at a multiple of 64 bytes.
  static func wordsBeforeAlignment(_ memory: inout MutableSpan<UInt32>) -> Int {
    // SAFETY: only the address is looked at.
    let address = unsafe memory.withUnsafeMutableBufferPointer { UInt(bitPattern: $0.baseAddress) }
    return Int((64 - address % 64) % 64 / 4)
  }

  /// Decodes `frame` into `byteCount` bytes at word `target`, by way of as many at `scratch`, with
  /// the decoder in ``contextWordCount`` words from `context` on, a multiple of 8 bytes. Returns
  /// whether the frame is the one lawful frame of `byteCount` bytes.
  ///
  /// The decoder works on a copy of the frame: what it looked at once must not change under it,
  /// and a mapped file can.
  static func decode(
    _ frame: Span<UInt8>, planeCount: Int, byteCount: Int, memory: inout MutableSpan<UInt32>,
    context: Int, scratch: Int, target: Int
  ) -> Bool {
    precondition(context >= 0 && context + contextWordCount <= memory.count)
    precondition(scratch >= 0 && target >= 0 && byteCount % 4 == 0)
    precondition(target + byteCount / 4 <= memory.count)
    precondition(scratch + byteCount / 4 <= memory.count)
    // A frame is shorter than what it holds (rule R16).
    guard frame.count <= byteCount else { return false }
    return unsafe memory.withUnsafeMutableBufferPointer { words in
      unsafe frame.withUnsafeBufferPointer { input in
        guard let base = words.baseAddress, let stored = input.baseAddress else { return false }
        // The output takes one of the two places; the other one holds the frame until the bytes
        // are joined.
        let output = unsafe base + (planeCount == 1 ? target : scratch)
        let place = unsafe base + (planeCount == 1 ? scratch : target)
        // SAFETY: the decoder's words, the output's and the frame's are inside `memory` by the
        // preconditions; the decoder writes no further than the `byteCount` bytes that it is given.
        let source = unsafe UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt8.self)
        unsafe source.update(from: stored, count: input.count)
        guard unsafe isLawful(source, input.count, byteCount: byteCount),
          let decoder = unsafe ZSTD_initStaticDCtx(base + context, 4 * contextWordCount)
        else { return false }
        let count = unsafe ZSTD_decompressDCtx(
          decoder, output, byteCount, source, input.count)
        guard count == byteCount else { return false }
        if planeCount > 1 {
          unsafe join(planeCount, output, base + target, byteCount: byteCount)
        }
        return true
      }
    }
  }

  /// Whether the bytes are one frame without dictionary, its content size stated and right, its
  /// window no larger than needed, and nothing behind it.
  private static func isLawful(
    _ source: UnsafePointer<UInt8>, _ count: Int, byteCount: Int
  ) -> Bool {
    var header = ZSTD_frameHeader()
    // SAFETY: `source` has `count` bytes.
    guard unsafe ZSTD_getFrameHeader(&header, source, count) == 0 else { return false }
    guard unsafe ZSTD_findFrameCompressedSize(source, count) == count else { return false }
    return header.frameType == ZSTD_frame && header.dictID == 0
      && header.frameContentSize == UInt64(byteCount)
      && header.windowSize <= UInt64(Layout.pad(byteCount, to: 1_024))
  }

  /// Puts the numbers of byte planes together again.
  private static func join(
    _ planeCount: Int, _ source: UnsafeMutablePointer<UInt32>,
    _ target: UnsafeMutablePointer<UInt32>, byteCount: Int
  ) {
    // SAFETY: the caller's preconditions: `byteCount` bytes at both places, which do not overlap.
    let planes = unsafe UnsafeRawPointer(source).assumingMemoryBound(to: UInt8.self)
    let bytes = unsafe UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt8.self)
    let count = byteCount / planeCount
    for plane in 0..<planeCount {
      for number in 0..<count {
        unsafe bytes[number * planeCount + plane] = planes[plane * count + number]
      }
    }
  }

  /// The bytes of `byteCount / 4` words from `first` on.
  @_lifetime(copy words)
  static func bytes(_ words: Span<UInt32>, first: Int, byteCount: Int) -> Span<UInt8> {
    let part = words.extracting(first..<first + byteCount / 4)
    // SAFETY: any word is four bytes; the span keeps the lifetime of the words.
    let buffer = unsafe part.withUnsafeBytes { unsafe $0 }
    let bytes = unsafe Span<UInt8>(_unsafeBytes: buffer)
    return unsafe _overrideLifetime(bytes, copying: words)
  }
}

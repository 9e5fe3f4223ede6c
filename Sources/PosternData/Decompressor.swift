// Decompressor.swift: gzip and zstd back to bytes, a block at a time. Says `unsafe`.
//
// Step: file → [bytes] → fields.

private import CZlib
private import CZstd

/// How bytes are compressed.
package enum CompressionKind: Equatable, Sendable {
  case gzip, zstd

  /// The kind of a stream that starts so; nil if it is not compressed.
  ///
  /// - Parameter start: At least four bytes, or all that there are.
  init?(_ start: Span<UInt8>) {
    func starts(_ magic: [UInt8]) -> Bool {
      start.count >= magic.count && start.extracting(first: magic.count).equals(magic.span)
    }
    if starts([0x1F, 0x8B, 0x08]) {
      self = .gzip
    } else if starts([0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else {
      return nil
    }
  }
}

/// What is wrong with compressed bytes.
package enum CompressionFault: Equatable, Sendable {
  /// They end before the stream does.
  case truncated
  /// They are not what a compressor writes, or a checksum is wrong.
  case damaged
  /// The stream asks for more memory than a reader has to give.
  case tooMuchMemory
}

/// A decoder of one stream, which may be several streams one behind the other.
///
/// Memory is that of the decoder: a window of at most 128 MB.
@safe
struct Decompressor: ~Copyable {
  let kind: CompressionKind
  private let gzip: UnsafeMutablePointer<z_stream>?
  private let zstd: OpaquePointer?
  /// Whether a stream has been begun and its end not been found.
  private(set) var isOpen = false
  /// Whether some stream has been read to its end.
  private var hasEnded = false

  /// Creates a decoder; nil if there is no memory for it.
  init?(_ kind: CompressionKind) {
    self.kind = kind
    switch kind {
    case .gzip:
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      unsafe stream.initialize(to: z_stream())
      unsafe gzip = stream
      unsafe zstd = nil
      // SAFETY: the stream is initialised and stays where it is; 31 asks for gzip and its largest
      // window.
      let code = unsafe inflateInit2_(
        stream, 31, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
      guard code == Z_OK else { return nil }
    case .zstd:
      unsafe gzip = nil
      // SAFETY: the decoder is freed with the value.
      unsafe zstd = ZSTD_createDStream()
      guard unsafe zstd != nil else { return nil }
    }
  }

  deinit {
    // SAFETY: both were made by `init` and are used by nobody else; both functions take nil.
    if let gzip = unsafe gzip {
      _ = unsafe inflateEnd(gzip)
      unsafe gzip.deinitialize(count: 1)
      unsafe gzip.deallocate()
    }
    _ = unsafe ZSTD_freeDStream(zstd)
  }

  /// Decodes some bytes.
  ///
  /// - Parameters:
  ///   - input: The compressed bytes.
  ///   - range: Those that have not been taken yet; may be empty.
  ///   - output: Gets the bytes, from `start` on.
  ///   - start: The first place.
  ///   - limit: The most bytes to write.
  /// - Returns: How many bytes were taken and written.
  /// - Throws: What is wrong with the bytes.
  mutating func decode(
    _ input: [UInt8], _ range: Range<Int>, into output: inout [UInt8], at start: Int, limit: Int
  ) throws(DecodingFault) -> (taken: Int, written: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= input.count)
    precondition(start >= 0 && limit > 0 && limit <= output.count - start)
    var result = (taken: 0, written: 0)
    var fault: CompressionFault?
    // SAFETY: the preconditions keep both ranges inside the arrays, which live for the call.
    unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        let input = unsafe UnsafeBufferPointer(start: from + range.lowerBound, count: range.count)
        let output = unsafe UnsafeMutableBufferPointer(start: to + start, count: limit)
        switch kind {
        case .gzip: fault = unsafe inflate(input, output, &result)
        case .zstd: fault = unsafe decompress(input, output, &result)
        }
      }
    }
    if let fault { throw DecodingFault(kind: kind, fault: fault) }
    return result
  }

  private mutating func inflate(
    _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>,
    _ result: inout (taken: Int, written: Int)
  ) -> CompressionFault? {
    guard let stream = unsafe gzip else { return .damaged }
    if !isOpen && hasEnded {
      // Zeros may fill up the last block of a tape or a disk.
      if unsafe input.allSatisfy({ $0 == 0 }) {
        result.taken = input.count
        return nil
      }
      // SAFETY: the stream was initialised by `init`.
      guard unsafe inflateReset(stream) == Z_OK else { return .damaged }
    }
    if input.count > 0 { isOpen = true }
    guard isOpen else { return nil }
    // SAFETY: zlib reads and writes no further than the counts say.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
    unsafe stream.pointee.next_out = output.baseAddress
    unsafe stream.pointee.avail_out = UInt32(clamping: output.count)
    let code = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
    result.taken = input.count - Int(unsafe stream.pointee.avail_in)
    result.written = output.count - Int(unsafe stream.pointee.avail_out)
    switch code {
    case Z_OK, Z_BUF_ERROR: return nil
    case Z_STREAM_END:
      isOpen = false
      hasEnded = true
      return nil
    case Z_MEM_ERROR: return .tooMuchMemory
    default: return .damaged
    }
  }

  private mutating func decompress(
    _ input: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>,
    _ result: inout (taken: Int, written: Int)
  ) -> CompressionFault? {
    if input.count > 0 { isOpen = true }
    guard isOpen else { return nil }
    // SAFETY: zstd reads and writes no further than the sizes say.
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = unsafe ZSTD_decompressStream(zstd, &target, &source)
    result.taken = unsafe source.pos
    result.written = unsafe target.pos
    if ZSTD_isError(code) != 0 {
      return ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge
        ? .tooMuchMemory : .damaged
    }
    if code == 0 { isOpen = false }
    return nil
  }
}

/// What is wrong with a compressed stream.
struct DecodingFault: Error, Equatable {
  var kind: CompressionKind
  var fault: CompressionFault
}

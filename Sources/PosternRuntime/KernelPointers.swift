// KernelPointers.swift: the pointers that kernels take. The only place where they are made.
//
// Step: spans → [pointers] → kernels.   Specification: formats/model.md, section 9.
//
// Every place that C will touch is compared with the memory it lies in before a pointer exists, so
// a wrong number from a caller traps here, as it would in the reference.

#if canImport(CPosternKernels) && _endian(little)
  /// Traps unless `count` floats from byte `offset` on lie inside the weights and can be aligned
  /// with their start.
  @inline(__always)
  func check(_ count: Int, at offset: Int, in weights: Span<UInt8>) {
    precondition(offset >= 0 && offset % 4 == 0)
    precondition(count <= (weights.count - offset) / 4)
  }

  /// Traps unless `rows` rows of `count` words, the first at `start`, lie inside `words` words.
  @inline(__always)
  func check(_ rows: Int, of count: Int, at start: Int, stride: Int, in words: Int) {
    precondition(start >= 0 && stride >= 0)
    precondition((rows - 1) * stride + count <= words - start)
  }

  /// Runs `body` on the start of the memory.
  @inline(__always)
  func withWords<Result>(
    _ memory: inout MutableSpan<UInt32>, _ body: (UnsafeMutablePointer<UInt32>) -> Result
  ) -> Result? {
    // SAFETY: the pointer is used in `body` alone, which ends before the span does.
    unsafe memory.withUnsafeMutableBufferPointer { words in
      guard let words = words.baseAddress else { return nil }
      return unsafe body(words)
    }
  }

  /// Runs `body` on the starts of the weights and of the memory and returns its result; or returns
  /// nil without running it, if the bytes of the model do not stand where floats may.
  @inline(__always)
  func withPointers<Result>(
    _ weights: Span<UInt8>, _ memory: inout MutableSpan<UInt32>,
    _ body: (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Result
  ) -> Result? {
    // SAFETY: the pointers are used in `body` alone, which ends before the spans do. A word of the
    // memory is read and written as a float by C only, whose floats have the size and alignment of
    // words.
    unsafe weights.withUnsafeBytes { bytes in
      unsafe memory.withUnsafeMutableBytes { words in
        guard let bytes = bytes.baseAddress, let words = words.baseAddress,
          UInt(bitPattern: bytes) % 4 == 0
        else { return nil }
        return unsafe body(bytes, words.assumingMemoryBound(to: Float.self))
      }
    }
  }

  /// The floats at `offset`, or nil. Not to be called without a check that they lie inside.
  @inline(__always)
  func floats(_ bytes: UnsafeRawPointer, _ offset: Int?) -> UnsafePointer<Float>? {
    guard let offset else { return nil }
    // SAFETY: the caller has checked that the floats at `offset` lie inside the weights.
    return unsafe (bytes + offset).assumingMemoryBound(to: Float.self)
  }

  /// Words of the memory as integers. Not to be called without a check that they lie inside.
  @inline(__always)
  func integers(_ words: UnsafeMutablePointer<Float>, _ index: Int) -> UnsafeMutablePointer<UInt32>
  {
    // SAFETY: the memory is words; C reads and writes them as what they are.
    unsafe UnsafeMutableRawPointer(words + index).assumingMemoryBound(to: UInt32.self)
  }
#endif

// TextBuffer.swift: output as text, gathered before it is written.
//
// Step: predictions → [text] → file.

/// Why output could not be written.
package enum OutputError: Error, Equatable, Sendable {
  /// The reader of the pipe has gone: a reason to end quietly.
  case closedPipe
  /// The call failed: a full disk (`ENOSPC`), an input/output error.
  case failed(SystemError)
}

/// Bytes of text to be written in one go. Once it has grown to its working size, appending and
/// flushing allocate nothing.
///
/// A process that writes to pipes must ignore `SIGPIPE` to see ``OutputError/closedPipe``.
package struct TextBuffer: Sendable {
  private var storage: [UInt8]
  /// The number of bytes waiting.
  package private(set) var count = 0

  /// Creates an empty buffer with room for `capacity` bytes; it grows when that is not enough.
  package init(capacity: Int = 64 << 10) {
    storage = [UInt8](repeating: 0, count: max(capacity, 64))
  }

  /// The bytes waiting.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(first: count) }
  }

  /// Forgets all bytes and keeps the room.
  package mutating func removeAll() { count = 0 }

  /// Appends one byte.
  package mutating func append(_ byte: UInt8) {
    reserve(1)
    storage[count] = byte
    count += 1
  }

  /// Appends bytes as they are.
  package mutating func append(_ bytes: Span<UInt8>) {
    reserve(bytes.count)
    let start = count
    var output = storage.mutableSpan
    for index in bytes.indices { output[start &+ index] = bytes[index] }
    count += bytes.count
  }

  /// Appends a string's UTF-8.
  package mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte) }
  }

  /// Appends a number as ``FloatText`` writes it.
  package mutating func append(_ value: Float) {
    reserve(FloatText.byteCountLimit)
    let start = count
    var output = storage.mutableSpan
    let end = FloatText.write(value, to: &output, at: start)
    count = end
  }

  /// Appends a number as its four bytes, the lowest first.
  package mutating func append(float32 value: Float) {
    reserve(4)
    for place in 0..<4 {
      storage[count + place] = UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * place))
    }
    count += 4
  }

  /// Appends a number between two short texts.
  package mutating func append(_ value: Float, after prefix: [UInt8], before suffix: [UInt8]) {
    reserve(prefix.count + FloatText.byteCountLimit + suffix.count)
    var end = count
    var output = storage.mutableSpan
    for byte in prefix {
      output[end] = byte
      end &+= 1
    }
    end = FloatText.write(value, to: &output, at: end)
    for byte in suffix {
      output[end] = byte
      end &+= 1
    }
    count = end
  }

  /// Appends an integer.
  package mutating func append(_ value: Int) {
    reserve(20)
    if value < 0 { append(0x2D as UInt8) }
    var rest = value.magnitude
    var digitCount = 1
    while rest >= 10 {
      rest /= 10
      digitCount += 1
    }
    rest = value.magnitude
    var index = count + digitCount
    count = index
    repeat {
      index -= 1
      storage[index] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
  }

  /// Writes all bytes and forgets them.
  ///
  /// - Parameter descriptor: An open file descriptor.
  /// - Throws: ``OutputError``. The bytes stay then, although some may have been written.
  package mutating func flush(to descriptor: CInt) throws(OutputError) {
    do {
      try Descriptor(borrowing: descriptor).write(bytes)
    } catch {
      throw error.isClosedPipe ? .closedPipe : .failed(error)
    }
    count = 0
  }

  /// Makes room for `extra` more bytes.
  private mutating func reserve(_ extra: Int) {
    guard count + extra > storage.count else { return }
    storage.append(contentsOf: repeatElement(0, count: max(extra, storage.count)))
  }
}

import Testing

@testable import PosternData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct TextBufferTests {
  private func text(_ fill: (inout TextBuffer) -> Void) -> String {
    var buffer = TextBuffer(capacity: 1)
    fill(&buffer)
    return String(decoding: buffer.bytes.copied(), as: UTF8.self)
  }

  @Test func `numbers are appended as text`() {
    #expect(
      text {
        $0.append(0)
        $0.append(" ")
        $0.append(-90)
        $0.append(" ")
        $0.append(Int.min)
        $0.append(" ")
        $0.append(Int.max)
        $0.append(" ")
        $0.append(0.1 as Float)
      } == "0 -90 -9223372036854775808 9223372036854775807 0.1")
  }

  @Test func `a CSV field has quotes only when it needs them`() {
    #expect(text { $0.append(csvField: Array("a b;c".utf8).span) } == "a b;c")
    #expect(text { $0.append(csvField: Array("a,\"b\"".utf8).span) } == "\"a,\"\"b\"\"\"")
    #expect(text { $0.append(csvField: Array("a;b".utf8).span, delimiter: 0x3B) } == "\"a;b\"")
  }

  @Test func `a JSON string has its escapes`() {
    #expect(
      text { $0.append(jsonString: Array("é\"\\\n\t\u{1}\u{1F}/\u{1F600}".utf8).span) }
        == "\"é\\\"\\\\\\n\\t\\u0001\\u001f/\u{1F600}\"")
  }

  @Test(
    arguments: [
      [0xFF], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xE2, 0x82], [0x61, 0x80, 0x62], [0xF0, 0x8F, 0xBF, 0xBF],
    ] as [[UInt8]])
  func `a JSON string is always UTF-8`(bytes: [UInt8]) {
    var buffer = TextBuffer()
    buffer.append(jsonString: bytes.span)
    let text = String(validating: buffer.bytes.copied(), as: UTF8.self)
    #expect(text?.contains("\u{FFFD}") == true)
  }

  @Test func `a JSON number that is not finite is null`() {
    #expect(text { $0.append(jsonNumber: .nan) } == "null")
    #expect(text { $0.append(jsonNumber: 2.5) } == "2.5")
  }

  @Test func `a full disk is an error with its number`() throws {
    // SAFETY: the path is a constant that ends in zero.
    let descriptor = unsafe open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var buffer = TextBuffer()
    buffer.append("text")
    #expect(throws: OutputError.failed(SystemError(call: "write", code: ENOSPC))) {
      try buffer.flush(to: descriptor)
    }
    #expect(buffer.count == 4)
  }

  @Test func `a pipe that nobody reads is closed`() throws {
    signal(SIGPIPE, SIG_IGN)
    let ends = try Pipe()
    close(ends.input)
    defer { close(ends.output) }
    var buffer = TextBuffer()
    buffer.append("text")
    #expect(throws: OutputError.closedPipe) { try buffer.flush(to: ends.output) }
  }
}

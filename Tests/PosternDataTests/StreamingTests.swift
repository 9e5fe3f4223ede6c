import Testing

@testable import PosternData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct StreamingTests {
  private func send(_ text: String, to descriptor: CInt) throws {
    var buffer = TextBuffer()
    buffer.append(text)
    try buffer.flush(to: descriptor)
  }

  /// Goal: a coprocess gets its answer as soon as its row is complete, and never before.
  @Test func `a record is given when it is whole, and starvation before`() throws {
    let ends = try Pipe()
    defer { close(ends.input) }
    try send("a,b\n1,2\n3,", to: ends.output)
    var reader = try RecordReader(ByteSource(descriptor: ends.input))
    #expect(try reader.advance(waiting: false) == .record)
    #expect(TableText.row(reader) == ["1", "2"])
    #expect(try reader.advance(waiting: false) == .starved)
    #expect(try reader.advance(waiting: false) == .starved)
    try send("4\r", to: ends.output)
    #expect(try reader.advance(waiting: false) == .record)
    #expect(TableText.row(reader) == ["3", "4"])
    #expect(try reader.advance(waiting: false) == .starved)
    try send("\n\"x\ny\",", to: ends.output)
    #expect(try reader.advance(waiting: false) == .starved)
    try send("z", to: ends.output)
    close(ends.output)
    #expect(try reader.advance(waiting: false) == .record)
    #expect(TableText.row(reader) == ["x\ny", "z"])
    #expect(try reader.advance(waiting: false) == .end)
    #expect(try reader.advance() == .end)
  }

  @Test func `a source knows whether bytes wait`() throws {
    let ends = try Pipe()
    defer { close(ends.input) }
    let source = ByteSource(descriptor: ends.input)
    let isReadyEmpty = source.isReady
    try send("x", to: ends.output)
    let isReadyFull = source.isReady
    close(ends.output)
    let isReadyClosed = source.isReady
    #expect([isReadyEmpty, isReadyFull, isReadyClosed] == [false, true, true])
  }

  @Test func `a source is read to its end`() throws {
    let ends = try Pipe()
    defer { close(ends.input) }
    let text = String(repeating: "0123456789", count: 3000)
    try send(text, to: ends.output)
    close(ends.output)
    var source = ByteSource(descriptor: ends.input)
    #expect(try source.readAll() == Array(text.utf8))
    var memory = ByteSource(bytes: Array(text.utf8), blockByteCount: 7)
    #expect(try memory.readAll() == Array(text.utf8))
  }

  /// Goal: memory does not grow with the input, and no byte is lost when the buffer wraps.
  @Test func `a long stream goes through a small buffer`() throws {
    var text = "a,b\n"
    for row in 0..<5000 { text += "\(row),\"\(row * row)\"\n" }
    var options = RecordReader.Options()
    options.blockByteCount = 64
    var reader = try TableText.reader(text, options: options, blockByteCount: 33)
    let size = reader.buffer.count
    var row = 0
    while try reader.next() {
      #expect(TableText.row(reader) == ["\(row)", "\(row * row)"])
      row += 1
    }
    #expect(row == 5000)
    #expect(reader.buffer.count == size)
  }
}

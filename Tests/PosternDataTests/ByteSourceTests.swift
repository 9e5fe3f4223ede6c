import Testing

@testable import PosternData

/// Compressed streams were made by `gzip -n` and `zstd` from the text "a,b\n1,2\n3,4\n".
@Suite struct ByteSourceTests {
  private static let text = Array("a,b\n1,2\n3,4\n".utf8)
  private static let gzip: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x4B, 0xD4, 0x49, 0xE2,
    0x32, 0xD4, 0x31, 0xE2, 0x32, 0xD6, 0x31, 0xE1, 0x02, 0x00, 0xE5, 0xE9, 0xD6, 0xCE,
    0x0C, 0x00, 0x00, 0x00,
  ]
  private static let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x58, 0x61, 0x00, 0x00, 0x61, 0x2C, 0x62, 0x0A, 0x31,
    0x2C, 0x32, 0x0A, 0x33, 0x2C, 0x34, 0x0A, 0xE1, 0xB3, 0xCB, 0x2E,
  ]

  private func read(
    _ bytes: [UInt8], blockByteCount: Int, encoding: TextEncoding = .utf8, decompresses: Bool = true
  ) throws(DataError) -> [UInt8] {
    var source = ByteSource(bytes: bytes, blockByteCount: blockByteCount)
    source.decompresses = decompresses
    source.encoding = encoding
    return try source.readAll()
  }

  @Test(arguments: [gzip, zstd], [1, 3, 1000])
  func `compressed bytes are decompressed, stream by stream`(bytes: [UInt8], block: Int) throws {
    #expect(try read(bytes, blockByteCount: block) == Self.text)
    #expect(try read(bytes + bytes, blockByteCount: block) == Self.text + Self.text)
    #expect(try read(bytes, blockByteCount: block, decompresses: false) == bytes)
  }

  /// Goal: a transfer that broke off is never a shorter table.
  @Test(arguments: [gzip, zstd])
  func `a stream that is cut short is an error at any byte`(bytes: [UInt8]) {
    for count in 4..<bytes.count {
      for start in [[], bytes] {
        #expect(throws: DataError.self, "\(count)") {
          _ = try read(start + bytes.prefix(count), blockByteCount: 1000)
        }
      }
    }
  }

  @Test func `a changed byte is an error, and zeros at the end are none`() throws {
    var bytes = Self.gzip
    bytes[bytes.count - 6] ^= 1
    #expect(throws: DataError.compressed(.gzip, .damaged)) {
      _ = try read(bytes, blockByteCount: 1000)
    }
    #expect(throws: DataError.compressed(.gzip, .damaged)) {
      _ = try read(Self.gzip + [1, 2, 3], blockByteCount: 1000)
    }
    #expect(try read(Self.gzip + [0, 0, 0], blockByteCount: 2) == Self.text)
  }

  @Test(arguments: [[0x1F], [0x1F, 0x41, 0x42], [0x28], Array("(a,b".utf8), Array("ab".utf8), []])
  func `what only begins like a compressed stream is left as it is`(bytes: [UInt8]) throws {
    for block in [1, 2, 1000] { #expect(try read(bytes, blockByteCount: block) == bytes) }
  }

  @Test(arguments: [1, 7, 1000])
  func `bytes of Windows-1252 become UTF-8`(block: Int) throws {
    let latin: [UInt8] = [0x61, 0xE9, 0x80, 0x99, 0xFF, 0x0A, 0xA0]
    let text = try read(latin, blockByteCount: block, encoding: .latin1)
    #expect(String(decoding: text, as: UTF8.self) == "aé€™ÿ\n\u{A0}")
    let all = (0...255).map { UInt8($0) }
    let texts = try all.map { try read([$0], blockByteCount: block, encoding: .latin1) }
    #expect(Set(texts).count == 256)
    let areValid = texts.allSatisfy { isValidUTF8($0.span) }
    #expect(areValid)
  }

  @Test func `a text that is not UTF-8 makes its record faulty where it is used`() throws {
    for blockByteCount in [1, 1000] {
      let bytes = Array("a,b\n1,\u{E9}\n2,".utf8) + [0xE9] + Array("\n3,x\n".utf8)
      var reader = try RecordReader(ByteSource(bytes: bytes, blockByteCount: blockByteCount))
      reader.expectText(in: [1])
      reader.expectNumbers()
      #expect(try reader.next())
      #expect(
        throws: DataError.invalidText(
          TextPosition(line: 3, column: 3), name: ShortText(Array("b".utf8)),
          text: ShortText([0xE9]))
      ) { _ = try reader.next() }
      let isReadable = [reader.isReadable(0), reader.isReadable(1)]
      #expect(isReadable == [true, false])
      #expect(try reader.next())
      #expect(reader.recordCount == 2)
      var other = try RecordReader(ByteSource(bytes: bytes))
      other.expectText(in: [0])
      for _ in 0..<3 { #expect(try other.next()) }
    }
  }
}

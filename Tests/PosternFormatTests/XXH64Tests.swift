import PosternFormat
import Testing

@Suite struct XXH64Tests {
  /// The empty, the short and the 39-byte text are of the algorithm's published examples; the
  /// others were computed by another implementation.
  static let cases: [(text: String, hash: UInt64)] = [
    ("", 0xef46_db37_51d8_e999),
    ("a", 0xd24e_c4f1_a98c_6e5b),
    ("abc", 0x44bc_2cf5_ad77_0999),
    ("Nobody inspects the spammish repetition", 0xfbce_a83c_8a37_8bf1),
  ]

  @Test(arguments: cases)
  func `the hash is the published one`(text: String, hash: UInt64) {
    #expect(xxh64(Array(text.utf8).span) == hash)
  }

  /// Each tail length takes another way through the code.
  @Test func `any byte changes the hash`() {
    for count in 1...70 {
      var bytes = (0..<count).map { UInt8($0) }
      let hash = xxh64(bytes.span)
      for index in 0..<count {
        bytes[index] ^= 0x10
        #expect(xxh64(bytes.span) != hash, "byte \(index) of \(count)")
        bytes[index] ^= 0x10
      }
    }
  }
}

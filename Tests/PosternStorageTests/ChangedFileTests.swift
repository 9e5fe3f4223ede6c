// What becomes of an open file's bytes when the file is written in place.

import Foundation
import PosternFormat
import PosternPackaging
import TestModels
import Testing

@testable import PosternStorage

@Suite final class ChangedFileTests {
  private let folder: URL
  private var path: String { folder.appending(path: "live.moe").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "postern-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// A model whose raw experts fill pages, large enough to be mapped.
  private static func model(_ profile: Profile = .map) throws -> [UInt8] {
    try TestModels.mixed(
      expertCount: 5, widths: [[200, 100], [150, 90]], hasSharedExpert: true
    ).encoded(profile: profile)
  }

  /// Writes in place, as `cp` does.
  private func overwrite(_ bytes: [UInt8], cutting byteCount: Int? = nil) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    if let byteCount { try file.truncate(atOffset: UInt64(byteCount)) }
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }

  /// Whether the bytes in `ranges` are those of `expected`.
  private func differences(
    _ bytes: Span<UInt8>, _ expected: [UInt8], in ranges: [Range<Int>]
  ) -> Int {
    ranges.joined().count { bytes[$0] != expected[$0] }
  }

  @Test func `all but the pages of experts is copied`() throws {
    let bytes = try ChangedFileTests.model()
    let model = try ModelView(validating: bytes.span)
    let head = MappedParts.headByteCount(
      header: bytes.span.extracting(first: 128), byteCount: bytes.count)
    let ranges = MappedParts.ranges(
      head: bytes.span.extracting(first: head), byteCount: bytes.count, pageByteCount: 4096)
    #expect(!ranges.isEmpty)
    let experts = (0..<model.header.sectionCount).map { model.entry($0) }
      .filter { $0.kind?.isExpert ?? false }.map(\.range)
    for range in ranges {
      #expect(range.lowerBound % 4096 == 0 && range.upperBound % 4096 == 0)
      // Between two experts stand zeros, which are checked with the first.
      #expect(experts.contains { $0.contains(range.lowerBound) })
      #expect(experts.contains { $0.contains(range.upperBound - 1) })
    }
    let mapped = ranges.reduce(0) { $0 + $1.count }
    #expect(mapped > experts.reduce(0) { $0 + $1.count } - 2 * 4096 * (ranges.count + 1))
    for number in 0..<model.header.sectionCount where !experts.contains(model.entry(number).range) {
      #expect(!ranges.contains { $0.overlaps(model.entry(number).range) })
    }
  }

  /// Any bytes may stand where a directory should: the ranges are pages of the file, in order.
  @Test func `a directory that says anything yields pages of the file`() throws {
    let model = try ChangedFileTests.model()
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<3_000 {
      var bytes = model
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let place = Int.random(in: 0..<1_000, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      let byteCount = Int.random(in: 128...bytes.count, using: &generator)
      let head = MappedParts.headByteCount(
        header: bytes.span.extracting(first: 128), byteCount: byteCount)
      #expect(head <= byteCount)
      var end = head
      for range in MappedParts.ranges(
        head: bytes.span.extracting(first: head), byteCount: byteCount, pageByteCount: 4096)
      {
        #expect(range.lowerBound >= end && range.upperBound <= byteCount)
        end = range.upperBound
      }
    }
  }

  @Test(arguments: [nil, 0, 5_000])
  func `what every row needs stays when the file changes`(cut: Int?) throws {
    let bytes = try ChangedFileTests.model()
    try replaceFile(at: path, with: bytes)
    let file = try MappedFile(path: path)
    try overwrite(
      [UInt8](repeating: 0xFF, count: cut == nil ? bytes.count : 0), cutting: cut)
    let model = try ModelView(validating: bytes.span)
    let other = (0..<model.header.sectionCount).map { model.entry($0) }
      .filter { !($0.kind?.isExpert ?? false) }.map(\.range)
    #expect(differences(file.bytes, bytes, in: other) == 0)
    _ = try ModelView(validating: file.bytes)
    var watch = file.watch
    #expect(watch.look() == .contents)
  }

  @Test(arguments: [nil, 0])
  func `a copied file does not change`(cut: Int?) throws {
    for bytes in [try ChangedFileTests.model(), try ChangedFileTests.model(.ship)] {
      try replaceFile(at: path, with: bytes)
      let file = try MappedFile(path: path, access: .copied)
      try overwrite(
        [UInt8](repeating: 0xFF, count: cut == nil ? bytes.count : 0), cutting: cut)
      #expect(differences(file.bytes, bytes, in: [0..<bytes.count]) == 0)
    }
  }

  @Test func `a small file is copied whole`() throws {
    let bytes = [UInt8](repeating: 7, count: MappedFile.copiedByteCount)
    try replaceFile(at: path, with: bytes)
    let file = try MappedFile(path: path)
    try overwrite([], cutting: 0)
    #expect(differences(file.bytes, bytes, in: [0..<bytes.count]) == 0)
  }

  @Test func `a large file that is no model has its bytes`() throws {
    // Beyond the size of a large page, and not of whole pages.
    var bytes = [UInt8](repeating: 7, count: 2_100_001)
    for place in stride(from: 0, to: bytes.count, by: 1_021) {
      bytes[place] = UInt8(truncatingIfNeeded: place)
    }
    try replaceFile(at: path, with: bytes)
    let file = try MappedFile(path: path)
    #expect(file.bytes.count == bytes.count)
    #expect(xxh64(file.bytes) == xxh64(bytes.span))
  }

  @Test func `writing is seen, renaming over and removing are not`() throws {
    let bytes = try ChangedFileTests.model()
    try replaceFile(at: path, with: bytes)
    let first = try MappedFile(path: path)
    var watch = first.watch
    #expect(watch.look() == .none)
    try replaceFile(at: path, with: bytes.reversed())
    #expect(watch.look() == .none)
    #expect(watch.look() == .none)

    let second = try MappedFile(path: path)
    watch = second.watch
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(watch.look() == .properties)
    #expect(watch.look() == .none)
    try overwrite([1])
    #expect(watch.look() == .contents)
    #expect(watch.look() == .contents)

    let third = try MappedFile(path: path)
    watch = third.watch
    try FileManager.default.removeItem(atPath: path)
    #expect(watch.look() == .none)
  }

  /// A time that is older than a tick tells the next change.
  @Test func `a fresh time is waited for`() throws {
    try replaceFile(at: path, with: [1])
    var stamp = try InputFile(path: path).stamp()
    let start: Int64 = 1_700_000_000_000_000_000
    stamp.changed = start + 1
    #expect(stamp.nanosecondsToSettle(at: start + 1) == 20_000_000)
    #expect(stamp.nanosecondsToSettle(at: start + 20_000_001) == 0)
    #expect(stamp.nanosecondsToSettle(at: start) == 0)
    // Where no time has a fraction, the file system counts seconds.
    stamp.changed = start
    stamp.data.modified = start
    #expect(stamp.nanosecondsToSettle(at: start + 5) == 1_999_999_995)
    #expect(stamp.nanosecondsToSettle(at: start + 2_000_000_000) == 0)
  }

  @Test func `a temporary file of a killed process is in nobody's way`() throws {
    let left = path + ".tmp\(getpid())"
    try Data([9]).write(to: URL(fileURLWithPath: left))
    try replaceFile(at: path, with: [1, 2])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data([1, 2]))
    #expect(try Data(contentsOf: URL(fileURLWithPath: left)) == Data([9]))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.count == 2)
  }
}

import Foundation
import PosternStorage
import Testing

@Suite final class FileTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "postern-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  @Test func `a file is mapped as it was written`() throws {
    let path = folder.appending(path: "a").path
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
    try replaceFile(at: path, with: bytes)
    #expect(try contents(path) == bytes)
  }

  @Test func `an empty file has no bytes`() throws {
    let path = folder.appending(path: "empty").path
    try replaceFile(at: path, with: [])
    #expect(try contents(path) == [])
  }

  @Test func `a missing file and a directory are refused by name`() {
    let missing = folder.appending(path: "none").path
    #expect(throws: StorageError.system(call: "open", path: missing, code: ENOENT)) {
      _ = try contents(missing)
    }
    #expect(throws: StorageError.notARegularFile(path: folder.path)) {
      _ = try contents(folder.path)
    }
    #expect(throws: StorageError.system(call: "open", path: folder.path, code: EISDIR)) {
      try replaceFile(at: folder.path, with: [1])
    }
  }

  /// A reader that has the old file mapped keeps it; a new one sees the new file.
  @Test func `replacing leaves the mapped file as it was`() throws {
    let path = folder.appending(path: "b").path
    try replaceFile(at: path, with: [1, 2, 3])
    let old = try MappedFile(path: path)
    try replaceFile(at: path, with: [4, 5])
    let first = old.bytes[0]
    #expect(first == 1)
    #expect(try contents(path) == [4, 5])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["b"])
  }

  @Test func `a symbolic link stays one and its file is replaced`() throws {
    let file = folder.appending(path: "file").path
    let link = folder.appending(path: "link").path
    try replaceFile(at: file, with: [1])
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
    try replaceFile(at: link, with: [9])
    #expect(try contents(file) == [9])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == file)
  }

  @Test func `a write that fails leaves the old file and no other`() throws {
    let path = folder.appending(path: "c").path
    try replaceFile(at: path, with: [1, 2, 3])
    let nowhere = folder.appending(path: "no/such/folder/c").path
    #expect(throws: StorageError.system(call: "open", path: nowhere, code: ENOENT)) {
      try replaceFile(at: nowhere, with: [4])
    }
    #expect(try contents(path) == [1, 2, 3])
  }

  private func contents(_ path: String) throws(StorageError) -> [UInt8] {
    let file = try MappedFile(path: path)
    var bytes: [UInt8] = []
    for index in file.bytes.indices { bytes.append(file.bytes[index]) }
    return bytes
  }
}

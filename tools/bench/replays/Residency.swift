// Residency.swift: what of a mapped file one prediction touches.
//
// Step: file → map → [pages] → figures.

import Foundation
import PosternFormat
import PosternRuntime
import PosternStorage

/// What one row needs of a model's file, seen in two ways.
///
/// The bytes: for each expert a copy of the file is made in which all other experts are zeros, and
/// the rows of that expert must have the answers that they had. The pages: the file is put out of
/// memory, mapped, and one row predicted; the system says how much of the map is resident then.
struct Residency: CustomStringConvertible {
  /// Rows whose answer another expert's bytes changed.
  var changedCount = 0
  /// Bytes of the map that were resident after one prediction.
  var resident = 0
  /// Bytes of the file, of what every row needs, and of one expert.
  var fileByteCount = 0
  var sharedByteCount = 0
  var expertByteCount = 0

  var description: String {
    "file \(fileByteCount) bytes: every row needs \(sharedByteCount) and one expert of"
      + " \(expertByteCount); resident after one row \(resident)"
  }

  init(path: String, columns: [[Float]], expected: MappedAnswers) throws {
    try measurePages(path, columns)
    let whole = try Data(contentsOf: URL(filePath: path))
    let places = try Residency.expertPlaces(path)
    let copy = path + ".one"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    for expert in places.indices {
      let rows = expected.experts.indices.filter { expected.experts[$0] == expert }
      guard !rows.isEmpty else { continue }
      var bytes = whole
      for (other, place) in places.enumerated() where other != expert {
        bytes.replaceSubrange(place, with: Data(count: place.count))
      }
      try bytes.write(to: URL(filePath: copy))
      let own = try answers(
        ofFileAt: copy, columns: columns.map { column in rows.map { column[$0] } })
      changedCount += zip(rows, own.values).count { expected.values[$0] != $1 }
    }
  }

  private static func expertPlaces(_ path: String) throws -> [Range<Int>] {
    let file = try MappedFile(path: path)
    let model = try ModelView(validating: file.bytes)
    return (0..<model.header.expertCount).map { expert in
      let entry = model.expertEntry(expert)
      return Int(entry.offset)..<Int(entry.offset + entry.decodedByteCount)
    }
  }

  private mutating func measurePages(_ path: String, _ columns: [[Float]]) throws {
    // SAFETY: the string lives for the call.
    let descriptor = unsafe open(path, O_RDONLY)
    fsync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
    let file = try MappedFile(path: path)
    let model = try ModelView(validating: file.bytes)
    sharedByteCount = Int(model.expertEntry(0).offset)
    expertByteCount = Int(model.expertEntry(0).decodedByteCount)
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    var none: [UInt32] = []
    let workspace = words.mutableSpan
    let cache = none.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: 1, workspace: workspace, cache: cache)
    let row = columns.map { $0[$0.count / 2] }
    predictor.session.load(row.span, at: 0)
    try predictor.predict(count: 1)
    resident = Residency.residentByteCount(path)
    // The map lives until here.
    fileByteCount = file.bytes.count
  }

  /// Bytes of the maps of the file at `path` that are in memory, as the system says.
  private static func residentByteCount(_ path: String) -> Int {
    // The system says of this file that it is empty: read it to its end.
    let file = FileHandle(forReadingAtPath: "/proc/self/smaps")
    let text = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
    let name = URL(filePath: path).lastPathComponent
    var (total, isModel) = (0, false)
    for line in text.split(separator: "\n") {
      if line.hasSuffix(name) { isModel = true }
      guard isModel, line.hasPrefix("Rss:") else { continue }
      let number = line.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0
      total += number * 1024
      isModel = false
    }
    return total
  }
}

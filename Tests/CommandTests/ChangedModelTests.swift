// ChangedModelTests.swift: a model's file is written while rows are answered from it.

import Foundation
import PosternPackaging
import TestModels
import Testing

@Suite struct ChangedModelTests {
  /// What another program does to the file.
  enum Change: CaseIterable {
    case otherModel, largerModel, smallerModel, cut, cutToNothing, append, otherBytes

    func apply(to path: URL) throws {
      switch self {
      case .otherModel: try ChangedModelTests.overwrite(path, ChangedModelTests.model(1))
      case .largerModel:
        try ChangedModelTests.overwrite(path, ChangedModelTests.model(2))
      case .smallerModel:
        try ChangedModelTests.overwrite(path, ChangedModelTests.model(3))
      case .cut: try ChangedModelTests.resize(path) { $0 / 3 }
      case .cutToNothing: try ChangedModelTests.resize(path) { _ in 0 }
      case .append: try ChangedModelTests.resize(path) { $0 + 1 }
      case .otherBytes:
        let file = try FileHandle(forUpdating: path)
        let count = try file.seekToEnd()
        for place in stride(from: 200, to: count, by: 997) {
          try file.seek(toOffset: place)
          try file.write(contentsOf: Data([0xFF, 0xFF]))
        }
        try file.close()
      }
    }
  }

  /// Models that are the same in every test: of one size and of others.
  private static let models = Result {
    try [(width: 230, seed: UInt64(1)), (230, 2), (260, 3), (20, 4)].map { width, seed in
      TestModels.mixed(widths: [[width, width], [width, width / 2]], seed: seed)
    }.flatMap { model in
      try [model.encoded(profile: .map), model.encoded(profile: .ship)]
    }
  }

  /// One of ``models``, by its number.
  private static func model(_ number: Int, profile: Profile = .map) throws -> [UInt8] {
    try models.get()[2 * number + (profile == .map ? 0 : 1)]
  }

  /// As `cp` does: the same file, cut to nothing and written.
  private static func overwrite(_ path: URL, _ bytes: [UInt8]) throws {
    let file = try FileHandle(forWritingTo: path)
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(bytes))
    try file.close()
  }

  private static func resize(_ path: URL, _ byteCount: (UInt64) -> UInt64) throws {
    let file = try FileHandle(forUpdating: path)
    try file.truncate(atOffset: byteCount(try file.seekToEnd()))
    try file.close()
  }

  private static let rows = (0..<40).map { row in
    "\(row % 7 - 3).25,\(row % 3 - 1).5,\(["red", "green", "blue"][row % 3]),1,\(row % 5 - 2)"
  }

  /// Goal: answers are the old model's or there are none. Method: half of the rows are answered,
  /// the file changes, and the others are sent.
  @Test(arguments: Change.allCases, Profile.allCases)
  func `the old model answers or none does`(change: Change, profile: Profile) throws {
    for options in ["--threads 2", "--explain=2"] {
      let scratch = try Scratch()
      try scratch.write(try ChangedModelTests.model(0, profile: profile), to: "m.moe")
      let text = "a,b,c,d,e\n" + ChangedModelTests.rows.joined(separator: "\n") + "\n"
      let expected = try scratch.run("postern predict m.moe \(options)", input: Array(text.utf8))
        .output.split(separator: "\n").map(String.init)
      let process = try Coprocess(scratch, "postern predict m.moe \(options)")
      try process.send("a,b,c,d,e")
      #expect(process.next() == expected[0])
      for row in 0..<20 {
        #expect(try process.answer(ChangedModelTests.rows[row]) == expected[row + 1])
      }
      try change.apply(to: scratch.folder.appendingPathComponent("m.moe"))
      #expect(try process.answer(ChangedModelTests.rows[20]) == nil)
      let (status, errors) = process.end()
      #expect(status == 76, "\(change) \(profile) \(options)")
      #expect(errors.contains("changed in place") && errors.contains("rename it"))
    }
  }

  @Test func `a model that is replaced by rename answers to the end`() throws {
    let scratch = try Scratch()
    try scratch.write(try ChangedModelTests.model(0), to: "m.moe")
    let text = "a,b,c,d,e\n" + ChangedModelTests.rows.joined(separator: "\n") + "\n"
    let expected = try scratch.run("postern predict m.moe", input: Array(text.utf8))
      .output.split(separator: "\n").map(String.init)
    let process = try Coprocess(scratch, "postern predict m.moe")
    #expect(try process.answer("a,b,c,d,e") == expected[0])
    for (row, line) in ChangedModelTests.rows.enumerated() {
      #expect(try process.answer(line) == expected[row + 1])
      if row == 10 {
        try scratch.write(try ChangedModelTests.model(1), to: "new.moe")
        #expect(try scratch.run("mv new.moe m.moe").status == 0)
      }
      if row == 20 { #expect(try scratch.run("rm m.moe").status == 0) }
    }
    #expect(process.end().status == 0)
  }

  /// A report on rows that another model answered would be wrong as a whole.
  @Test func `routes ends without a report when its model changes`() throws {
    let scratch = try Scratch()
    try scratch.write(try ChangedModelTests.model(0), to: "m.moe")
    let process = try Coprocess(scratch, "postern routes m.moe")
    try process.send("a,b,c,d,e\n" + ChangedModelTests.rows[0])
    let maps = "/proc/\(process.process.processIdentifier)/maps"
    while process.process.isRunning {
      let text = (try? String(contentsOfFile: maps, encoding: .utf8)) ?? ""
      if text.contains("/m.moe\n") { break }
      sched_yield()
    }
    try Change.otherModel.apply(to: scratch.folder.appendingPathComponent("m.moe"))
    try process.send(ChangedModelTests.rows[1])
    let (status, errors) = process.end()
    #expect(status == 76)
    #expect(errors.contains("changed in place"))
  }

  /// Permissions and names are not the bytes.
  @Test func `other permissions change nothing`() throws {
    let scratch = try Scratch()
    try scratch.write(try ChangedModelTests.model(0), to: "m.moe")
    let process = try Coprocess(scratch, "postern predict m.moe")
    _ = try process.answer("a,b,c,d,e")
    let first = try process.answer(ChangedModelTests.rows[0])
    #expect(try scratch.run("chmod 600 m.moe && mv m.moe n.moe").status == 0)
    #expect(try process.answer(ChangedModelTests.rows[0]) == first)
    #expect(process.end().status == 0)
  }

  /// A thread whose row failed must not wait for the one that waits for rows.
  @Test func `a failure does not wait for more rows`() throws {
    let scratch = try Scratch()
    for round in 0..<10 {
      let process = try Coprocess(
        scratch, "postern predict vectors/valid/smallest.moe --threads 2 -o out\(round).csv")
      try process.send("x\n0\nabc")
      #expect(process.waitForExit() == 65)
      #expect(!scratch.exists("out\(round).csv"))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path)
    #expect(names == ["vectors"])
  }
}

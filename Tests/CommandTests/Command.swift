// Command.swift: runs the built `postern` in a folder of its own.

import Foundation

/// What a run of a command left behind.
struct CommandResult: Equatable {
  var status: Int32
  var output: String
  var errors: String
}

/// A folder for one test, with the golden vectors at `vectors`; gone with the value.
final class Scratch {
  let path: URL

  init() throws {
    path = FileManager.default.temporaryDirectory
      .appendingPathComponent("postern-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: path.appendingPathComponent("work"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: folder.appendingPathComponent("vectors"),
      withDestinationURL: Scratch.repository.appendingPathComponent("formats/vectors"))
  }

  deinit { try? FileManager.default.removeItem(at: path) }

  /// Where commands run.
  var folder: URL { path.appendingPathComponent("work") }

  /// The repository, three folders above this file.
  static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of the built command: that of the test program.
  static let programs = URL(fileURLWithPath: CommandLine.arguments[0])
    .resolvingSymlinksInPath().deletingLastPathComponent()

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  /// A process that runs `line` in the shell, in the folder, with `postern` on its path.
  ///
  /// The kernels are the portable ones, so that no text depends on the machine.
  func process(_ line: String) -> Process {
    let process = Process()
    // Another test of this program may ignore closed pipes, and processes inherit that.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["--default-signal=PIPE", "/bin/sh", "-c", line]
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = Scratch.programs.path + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["POSTERN_KERNELS"] = "portable"
    process.environment = environment
    return process
  }

  /// Runs `line` to its end.
  func run(_ line: String, input: [UInt8] = []) throws -> CommandResult {
    let files = ["input", "output", "errors"].map { path.appendingPathComponent($0) }
    try Data(input).write(to: files[0])
    for file in files.dropFirst() { try Data().write(to: file) }
    let process = process(line)
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return CommandResult(
      status: process.terminationStatus, output: try text(files[1]), errors: try text(files[2]))
  }

  private func text(_ file: URL) throws -> String {
    String(decoding: try Data(contentsOf: file), as: UTF8.self)
  }
}

// Open.swift: how much memory the opening of a large model and one row take.

import Foundation
import Glibc
import PosternFormat
import PosternPackaging
import PosternRuntime
import PosternStorage

@main enum Open {
  static let featureCount = 512
  static let expertCount = 260

  static func main() throws {
    let path = CommandLine.arguments[2]
    switch CommandLine.arguments[1] {
    case "make": try make(path)
    default: exit(try measure(path) ? 0 : 1)
    }
  }

  /// Writes a raw model of experts 512-512-512-100, over 600 MB, and forgets its pages.
  static func make(_ path: String) throws {
    var state: UInt64 = 1
    func numbers(_ count: Int, _ scale: Float) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Float(state >> 40) / 8_388_608 - 1) * scale
      }
    }
    let layers = [512, 512, 100].map { width in
      Expert.Layer(
        weights: numbers(512 * width, 0.05), bias: numbers(width, 0.1),
        slopes: width == 100 ? [] : numbers(width, 0.1))
    }
    let model = ModelDescription(
      task: .multiclass,
      columns: (0..<featureCount).map { column in
        Column(
          name: Array("x\(column)".utf8),
          kind: .numeric(edges: [-3, 3], fill: 0, center: 0, scale: 1), missing: .fill)
      },
      targetNames: [Array("y".utf8)], classNames: (0..<100).map { Array("\($0)".utf8) },
      router: .flat(
        RouterNode(
          kind: .affine, weights: numbers(expertCount * featureCount, 1),
          bias: numbers(expertCount, 1))),
      experts: (0..<expertCount).map { expert in
        var own = layers
        own[2].bias[0] = Float(expert)
        return Expert(firstLayer: .dense, layers: own)
      },
      head: [HeadOutput](repeating: HeadOutput(), count: 100))
    try replaceFile(at: path, with: try model.encoded(profile: .map))
    let descriptor = open(path, O_RDONLY)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    close(descriptor)
  }

  /// Opens the model step by step and prints what each adds. False if it is too much.
  static func measure(_ path: String) throws -> Bool {
    _ = Memory(path)
    var table = Table(Memory(path))
    let file = try MappedFile(path: path)
    table.add("map", Memory(path))
    let model = try ModelView(validating: file.bytes)
    table.add("check what every row needs", Memory(path))
    let needed = model.expertEntry(0).offset
    let expert = model.expertEntry(0).decodedByteCount
    var words = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    var none: [UInt32] = []
    let workspace = words.mutableSpan
    let cache = none.mutableSpan
    var predictor = try Predictor(
      model: model, rowCapacity: 1, workspace: workspace, cache: cache)
    table.add("start a session", Memory(path))
    let row = (0..<featureCount).map { Float($0 % 7) / 3 - 1 }
    predictor.session.load(row.span, at: 0)
    try predictor.predict(count: 1)
    let after = Memory(path)
    table.add("predict a row", after)
    for _ in 0..<100 { try predictor.predict(count: 1) }
    table.add("predict it 100 times more", Memory(path))

    print("file \(megabytes(UInt64(file.bytes.count))), \(expertCount) experts")
    table.show()
    let expected = needed + expert
    print("header, directory, schema, transform, router, head, shapes: \(megabytes(needed))")
    print("one expert: \(megabytes(expert)) (row went to \(predictor.session.expert(0)))")
    let grown = after.mapped
    let ratio = Double(grown) / Double(expected)
    print("resident of the map: \(megabytes(grown)), \(String(format: "%.2f", ratio)) of both")
    let isSmall = ratio <= 1.5 && table.growth.resident <= expected + expected / 2 + (4 << 20)
    if !isSmall { print("error: more than 1.5 times what one row needs") }
    return isSmall
  }
}

func megabytes(_ byteCount: UInt64) -> String {
  String(format: "%.2f MB", Double(byteCount) / 1e6)
}

/// What the process holds in memory, in bytes.
struct Memory {
  /// Pages of the model's map.
  var mapped: UInt64 = 0
  /// All pages, the program's own and its libraries' included.
  var resident: UInt64 = 0
  /// Bytes read from the disk since the process began; more than is mapped, by read-ahead.
  var read: UInt64 = 0

  init(_ path: String) {
    resident = Memory.number("/proc/self/status", "VmRSS:") * 1024
    read = Memory.number("/proc/self/io", "read_bytes:")
    let maps = Memory.text("/proc/self/smaps")
    var isModel = false
    for line in maps.split(separator: "\n") {
      if line.contains(path) { isModel = true }
      if isModel && line.hasPrefix("Rss:") {
        mapped += Memory.first(line) * 1024
        isModel = false
      }
    }
  }

  /// All of a file of the system's, which gives a page at a time.
  private static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(descriptor, &block, block.count)
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }

  private static func number(_ path: String, _ name: String) -> UInt64 {
    text(path).split(separator: "\n").first { $0.hasPrefix(name) }.map(first) ?? 0
  }

  private static func first(_ line: Substring) -> UInt64 {
    line.split { !$0.isNumber }.first.flatMap { UInt64($0) } ?? 0
  }
}

/// Lines of what each step adds.
struct Table {
  private let start: Memory
  private var last: Memory
  private var lines: [String] = []

  init(_ start: Memory) {
    self.start = start
    last = start
  }

  /// What was added since the start.
  var growth: (mapped: UInt64, resident: UInt64) {
    (last.mapped, last.resident - min(start.resident, last.resident))
  }

  mutating func add(_ step: String, _ now: Memory) {
    let resident = now.resident - min(last.resident, now.resident)
    let columns = [now.mapped - last.mapped, resident, now.read - last.read].map { byteCount in
      let text = megabytes(byteCount)
      return String(repeating: " ", count: max(0, 14 - text.count)) + text
    }
    lines.append(step.padding(toLength: 28, withPad: " ", startingAt: 0) + columns.joined())
    last = now
  }

  func show() {
    print("step adds".padding(toLength: 28, withPad: " ", startingAt: 0), terminator: "")
    print("  map resident   all resident      from disk")
    for line in lines { print(line) }
  }
}

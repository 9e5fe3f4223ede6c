// VerifyCommand.swift: checks everything about a model that can be checked.
//
// Specification: formats/model.md, sections 8.5 and 11.

internal import ArgumentParser
internal import PosternData
internal import PosternFormat
internal import PosternRuntime
internal import PosternStorage

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a model file completely and replay its self-test.",
    discussion: """
      EXAMPLE:  postern verify price.moe

      Ends with 0 if all is well, with 76 if the file breaks a rule of its format, and with 1 if \
      its self-test gives other answers than the file says.
      """)

  @Argument(help: ArgumentHelp("The model; `-` reads it from standard input.", valueName: "model"))
  var model: String

  @Flag(help: "One JSON object; its keys stay as they are while `schema` is 1.")
  var json = false

  func run() throws {
    let name = Messages.name(ofInput: model)
    let status: ExitStatus = try withModelBytes(at: model) { bytes, watch in
      var watch = watch
      var report = Verification()
      var failure: CommandFailure?
      do throws(FormatError) {
        let model = try ModelView(validating: bytes)
        try report.check(model)
        try report.replay(model, name: name)
      } catch {
        report.problem = error
        failure = Messages.refused(error, in: name, bytes: bytes)
      }
      if let change = watch.failure(nil) { throw change }
      if json {
        try Console.print(report.json(name: name, byteCount: bytes.count).pretty() + "\n")
      } else if failure == nil {
        try Console.print(report.text(name: name))
      }
      if let failure { throw failure }
      return report.differences.isEmpty ? .done : .doneWithRejects
    }
    if status != .done { throw status.exitCode }
  }
}

/// What was checked, and what was found.
struct Verification {
  var sectionCount = 0
  var expertCount = 0
  var selfTestRowCount: Int?
  /// The rule that is broken.
  var problem: FormatError?
  /// Rows of the self-test with other answers.
  var differences: [Int] = []
  var hasSignature = false
  /// Whether the weights are of types that this runtime computes with.
  var canPredict = true

  /// Checks every expert and every ancillary section.
  mutating func check(_ model: ModelView) throws(FormatError) {
    for expert in 0..<model.expertSectionCount {
      _ = try decodedExpert(model, expert)
      expertCount += 1
    }
    for number in 0..<model.header.sectionCount {
      let entry = model.entry(number)
      sectionCount += 1
      guard !entry.isCritical, entry.encoding == .raw else { continue }
      _ = try model.checkedSection(entry)
    }
    hasSignature = model.entry(.signature) != nil
  }

  /// Predicts the rows of the self-test and compares the bits.
  mutating func replay(_ model: ModelView, name: String) throws(FormatError) {
    guard let test = SelfTest(model) else { return }
    var workspace = [UInt32](
      repeating: 0, count: model.header.workspaceByteCount(rowCapacity: 1) / 4)
    var cache = [UInt32](repeating: 0, count: ExpertCache.byteCount(model, slotCount: 1) / 4)
    var predictor: Predictor
    do throws(PredictorError) {
      predictor = try Predictor(
        model: model, rowCapacity: 1, workspace: workspace.mutableSpan, cache: cache.mutableSpan)
    } catch {
      canPredict = false
      return
    }
    selfTestRowCount = test.rowCount
    for row in 0..<test.rowCount {
      let values = test.row(row)
      predictor.session.load(values.span, at: 0)
      try predictor.predict(count: 1)
      let bits = test.valueBits(row)
      let isEqual =
        predictor.session.status(0).refusal == nil
        && predictor.session.expert(0) == test.expert(row)
        && bits.indices.allSatisfy {
          predictor.session.value(0, output: $0).bitPattern == bits[$0]
        }
      if !isEqual { differences.append(row) }
    }
  }

  /// What `postern verify` prints.
  func text(name: String) -> String {
    var text = differences.isEmpty ? "\(name): good\n" : "\(name): the self-test differs\n"
    text += "  \(Messages.count(sectionCount, "section")), checksums and rules R1 to R33\n"
    text += "  \(Messages.count(expertCount, "expert")), decoded, every weight looked at\n"
    if let rows = selfTestRowCount {
      text += "  \(Messages.count(rows, "self-test row")), "
      text +=
        differences.isEmpty
        ? "the same bits on \(KernelSet.current.name)\n"
        : "\(differences.count) with other bits on \(KernelSet.current.name): "
          + Messages.list(differences.map(String.init)) + "\n"
    } else {
      text +=
        canPredict
        ? "  no self-test in the file\n" : "  self-test not replayed: unsupported weights\n"
    }
    text += hasSignature ? "  a signature, not checked here\n" : "  no signature\n"
    return text
  }

  /// What `postern verify --json` prints.
  func json(name: String, byteCount: Int) -> JSON {
    .object([
      "schema": .integer(reportSchema),
      "command": .text("verify"),
      "file": .text(name),
      "byteCount": .integer(byteCount),
      "good": .bool(problem == nil && differences.isEmpty),
      "sectionCount": .integer(sectionCount),
      "expertCount": .integer(expertCount),
      "selfTestRowCount": selfTestRowCount.map(JSON.integer) ?? .null,
      "selfTestDifferences": .array(differences.map(JSON.integer)),
      "hasSignature": .bool(hasSignature),
      "kernels": .text(String(describing: KernelSet.current.name)),
      "problem": problem.map { problem in
        .object([
          "rule": .text("R\(problem.rule.rawValue)"),
          "name": .text("\(problem.rule)"),
          "kind": .integer(Int(problem.kind)),
          "index": .integer(Int(problem.index)),
          "offset": .numeral(String(problem.offset)),
          "found": .numeral(String(problem.found)),
          "expected": .numeral(String(problem.expected)),
        ])
      } ?? .null,
    ])
  }
}

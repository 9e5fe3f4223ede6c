// StructureReport.swift: how the number of experts was found, for a person and for scripts.

internal import PosternTrainer

/// The steps of `--experts auto` as an array; empty where the number was given.
func structureJSON(_ report: TrainingReport) -> JSON {
  .array(
    report.structure.enumerated().map { index, step in
      .object([
        "step": .integer(index + 1),
        "action": .text(step.action.rawValue),
        "experts": .integer(step.expertCount),
        "validationLoss": .number(step.validationLoss),
        "gain": .number(step.gain),
        "standardError": .number(step.standardError),
      ])
    })
}

/// The steps of `--experts auto` as lines of the summary.
func structureText(_ report: TrainingReport) -> String {
  guard !report.structure.isEmpty else { return "" }
  var table = AlignedText([
    ("step", .right), ("", .left), ("experts", .right), ("held-out loss", .right),
    ("gain", .right), ("standard error", .right),
  ])
  for (index, step) in report.structure.enumerated() {
    table.append([
      String(index + 1), step.action.rawValue, String(step.expertCount),
      fixed(step.validationLoss, places: 5), fixed(step.gain, places: 5),
      fixed(step.standardError, places: 5),
    ])
  }
  return "  how the number of experts was found\n" + table.rendered(indent: 4)
}

extension Messages {
  /// Why the number of experts cannot be found.
  static func structure(_ error: TrainingError) -> CommandFailure {
    let (text, help) =
      switch error {
      case .structureWithWidths(let count):
        (
          "`auto` with widths of \(self.count(count, "expert")), expected the same for all",
          "name one list of widths, such as `--hidden 128,64`"
        )
      case .structureWithCount(let experts):
        ("`auto` and \(grouped(experts)), expected one of them", "name one of them")
      default:
        (
          "`auto` with a router of two levels, expected one level",
          "name one kind, such as `--router linear`, or `--experts 4x8`"
        )
      }
    return CommandFailure(.usage, Message("--experts", text, help: help))
  }
}

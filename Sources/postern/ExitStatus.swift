// ExitStatus.swift: what the command tells the shell.

internal import ArgumentParser

/// The exit codes of every command, after sysexits.h.
enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case doneWithRejects = 1
  case usage = 64
  case badData = 65
  case noInput = 66
  case cannotCreate = 73
  case inputOutput = 74
  case refusedModel = 76
  case badSignature = 77
  case interrupted = 130

  /// What the code means, for the help text.
  var meaning: String {
    switch self {
    case .done: "done"
    case .doneWithRejects: "done, but rows were rejected or a check found a difference"
    case .usage: "the command line is wrong"
    case .badData: "the data is not what was asked for"
    case .noInput: "an input cannot be opened"
    case .cannotCreate: "an output cannot be created"
    case .inputOutput: "reading or writing failed"
    case .refusedModel: "the model file is refused, or was changed while it was in use"
    case .badSignature: "the signature is missing or wrong"
    case .interrupted: "stopped by Ctrl-C before there was anything to write"
    }
  }

  /// The table of codes at the end of `postern --help`.
  static var table: String {
    let lines = allCases.map { status in
      let code = String(status.rawValue)
      return "  " + String(repeating: " ", count: 3 - code.count) + code + "  " + status.meaning
    }
    return "EXIT CODES:\n" + lines.joined(separator: "\n")
  }

  var exitCode: ExitCode { ExitCode(rawValue) }
}

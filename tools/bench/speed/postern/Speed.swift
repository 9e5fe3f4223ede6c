// Speed.swift: the workload maker and Postern's contender of `tools/bench/speed`.

import Foundation

/// What goes wrong outside of the package's own errors.
enum SpeedError: Error, CustomStringConvertible {
  case text(String)

  var description: String {
    switch self {
    case .text(let text): text
    }
  }
}

/// `speed make FOLDER NAME...` or `speed contend MODEL ROWS`.
@main enum Speed {
  static let usage = "usage: speed make FOLDER S|M|L|XL|T|TD... | speed contend MODEL ROWS"

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      print("error \(error)")
      exit(1)
    }
  }

  private static func run(_ words: [String]) throws {
    switch (words.first, words.count) {
    case ("make", 3...):
      for name in words[2...] {
        guard let workload = Workload.all.first(where: { $0.name == name }) else {
          throw SpeedError.text("no workload \(name); \(usage)")
        }
        try Make.files(workload, in: words[1])
      }
    case ("contend", 3): try Contender.serve(modelPath: words[1], rowsPath: words[2])
    default: throw SpeedError.text(usage)
    }
  }
}
